"""Standard laws, noises made of them and latent spaces, against SciPy and against themselves.

Distances between draws and a distribution function are Kolmogorov-Smirnov with Massart's bound: false-alarm rate 1e-8
each whatever the law, see `declaration_evidence.normality`.
"""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from synthetic import (
    LAPLACE,
    NORMAL,
    Assumption,
    Box,
    Euclidean,
    GaussianMixture,
    GeneralisedNormal,
    HeteroscedasticNoise,
    IndependentNoise,
    Latest,
    NoiseStart,
    Product,
    Simplex,
    Sphere,
    StudentT,
    Uniform,
    VonMisesFisher,
    torus,
)
from tests.declaration_evidence import RATE, missed_distance

BIMODAL = GaussianMixture((0.3, 0.7), (-2.0, 1.0), (0.5, 1.0))


class Mixture:
    """The distribution that SciPy lacks."""

    def pdf(self, u):
        return sum(w * stats.norm.pdf(u, m, s) for w, m, s in BIMODAL.components)

    def logpdf(self, u):
        return np.log(self.pdf(u))

    def cdf(self, u):
        return sum(w * stats.norm.cdf(u, m, s) for w, m, s in BIMODAL.components)


def generalised(alpha: float):
    return stats.gennorm(alpha, scale=1 / stats.gennorm(alpha).std())


LAWS = {
    "pointed": (GeneralisedNormal(0.5), generalised(0.5)),
    "laplace": (LAPLACE, stats.laplace(scale=1 / math.sqrt(2))),
    "normal": (NORMAL, stats.norm),
    "flat": (GeneralisedNormal(8.0), generalised(8.0)),
    "uniform": (Uniform(), stats.uniform(-math.sqrt(3), 2 * math.sqrt(3))),
    "student_2.5": (StudentT(2.5), stats.t(2.5, scale=math.sqrt(0.5 / 2.5))),
    "student_6": (StudentT(6.0), stats.t(6, scale=math.sqrt(4 / 6))),
    "mixture": (BIMODAL, Mixture()),
}
SPACES = [Euclidean(3), Box((-1.0, 0.0), (1.0, 0.5)), Sphere(2), Sphere(4), Simplex(3), torus(2)]
BOUNDED = SPACES[1:]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def distance(draws: torch.Tensor, cdf) -> tuple[float, float]:
    """Kolmogorov-Smirnov distance and Massart's bound sqrt(log(2 / RATE) / 2n)."""
    values = draws.flatten().numpy()
    return float(stats.kstest(values, cdf).statistic), math.sqrt(math.log(2 / RATE) / (2 * values.size))


@pytest.mark.parametrize("name", LAWS)
def test_densities_are_scipys(name):
    law, reference = LAWS[name]
    u = torch.linspace(-6, 6, 400, dtype=torch.float64)
    assert law.log_density(u).numpy() == pytest.approx(reference.logpdf(u.numpy()), rel=1e-10, abs=1e-10)


@pytest.mark.parametrize("name", LAWS)
def test_laws_are_standard(name):
    """Mass 1, mean 0, variance 1 and the stated kurtosis, by quadrature on both sides of the kink at 0."""
    law, _ = LAWS[name]

    def moment(power: int) -> float:
        def weighed(u: float) -> float:
            return u**power * math.exp(float(law.log_density(torch.tensor(u, dtype=torch.float64))))

        ends = (-math.sqrt(3), 0.0, math.sqrt(3)) if name == "uniform" else (-math.inf, 0.0, math.inf)
        return sum(integrate.quad(weighed, a, b, epsabs=1e-10, limit=400)[0] for a, b in itertools.pairwise(ends))

    expected = [1, 0, 1] + ([] if law.excess_kurtosis == math.inf else [None, law.excess_kurtosis + 3])
    for power, value in enumerate(expected):
        if value is not None:
            assert moment(power) == pytest.approx(value, rel=1e-5, abs=1e-7)


@pytest.mark.parametrize("name", LAWS)
def test_draws_follow_the_density(name):
    """Null: SciPy's law. A distance of .021 is missed with probability < 1e-3; a spread 15 % off, the twin, is seen."""
    law, reference = LAWS[name]
    draws = law.sample((60_000,), seeded())
    assert missed_distance(draws.numel()) < 0.021
    found, bound = distance(draws, reference.cdf)
    assert found < bound
    found, bound = distance(1.15 * draws, reference.cdf)
    assert found > bound


def test_shapes_meet_their_neighbours():
    """alpha 2 is normal, large alpha is nearly uniform, many degrees of freedom nearly normal; alpha 1.5 is neither."""
    u = torch.linspace(-1.6, 1.6, 50, dtype=torch.float64)
    gap = (GeneralisedNormal(200.0).log_density(u) - Uniform().log_density(u)).abs().max()
    assert gap < 0.02
    assert (StudentT(1e6).log_density(u) - NORMAL.log_density(u)).abs().max() < 1e-5
    assert (GeneralisedNormal(1.5).log_density(u) - NORMAL.log_density(u)).abs().max() > 0.05
    assert NORMAL.gaussian
    assert GaussianMixture((0.5, 0.5), (1.0, 1.0), (2.0, 2.0)).gaussian
    assert not any(law.gaussian for law in (LAPLACE, Uniform(), StudentT(30.0), BIMODAL))


def test_a_seed_is_a_draw():
    for law, _ in LAWS.values():
        assert torch.equal(law.sample((5, 2), seeded(1)), law.sample((5, 2), seeded(1)))
        assert not torch.equal(law.sample((5, 2), seeded(1)), law.sample((5, 2), seeded(2)))


def test_independent_noise_is_the_product_of_its_coordinates():
    noise = IndependentNoise((LAPLACE, StudentT(5.0)), (0.5, 2.0))
    e = torch.randn(40, 2, generator=seeded(), dtype=torch.float64)
    expected = stats.laplace.logpdf(e[:, 0], scale=0.5 / math.sqrt(2))
    expected = expected + stats.t.logpdf(e[:, 1], 5, scale=2 * math.sqrt(3 / 5))
    assert noise.log_density(e, e[:, None]).numpy() == pytest.approx(expected, rel=1e-10)
    assert torch.equal(noise.covariance, torch.diag(torch.tensor([0.25, 4.0], dtype=torch.float64)))
    assert torch.equal(noise.covariance_given(e[:, None])[7], noise.covariance)


def test_heteroscedastic_noise_widens_with_the_past():
    """Draws at z = (2, 0): deviations sqrt(.5 + .25 z^2); the twin takes them for constant."""
    noise = HeteroscedasticNoise((NORMAL, LAPLACE), 0.5, 0.25)
    past = torch.tensor([[[2.0, 0.0]]], dtype=torch.float64).expand(60_000, -1, -1)
    e = noise.sample(past, seeded())
    laws = (stats.norm(scale=math.sqrt(1.5)), stats.laplace(scale=0.5))
    for one, law in zip(e.unbind(-1), laws, strict=True):
        found, bound = distance(one, law.cdf)
        assert found < bound
    found, bound = distance(e[:, 0], stats.norm(scale=math.sqrt(0.5)).cdf)
    assert found > bound
    expected = sum(law.logpdf(one[:50]) for one, law in zip(e.unbind(-1), laws, strict=True))
    assert noise.log_density(e[:50], past[:50]).numpy() == pytest.approx(expected, rel=1e-10)
    torch.testing.assert_close(noise.covariance_given(past[0]), torch.diag(past.new_tensor([1.5, 0.5])))


def test_declarations_of_noises():
    said = IndependentNoise.alike(NORMAL, 2, 1.0).declarations
    assert all(one.holds for one in said.values())
    said = IndependentNoise((NORMAL, LAPLACE), (1.0, 1.0)).declarations
    assert not said[Assumption.GAUSSIAN_NOISE].holds
    assert said[Assumption.CONSTANT_COVARIANCE].holds
    said = HeteroscedasticNoise((NORMAL,), 1.0, 1.0).declarations
    assert said[Assumption.GAUSSIAN_NOISE].holds
    assert not said[Assumption.CONSTANT_COVARIANCE].holds


@pytest.mark.parametrize("space", BOUNDED, ids=lambda space: space.statement)
def test_uniform_draws_lie_in_the_space(space):
    """And not in the space moved by a tenth along the diagonal, nor all in it when stretched (the twins)."""
    z = space.uniform(500, seeded())
    assert z.shape == (500, space.dim)
    assert space.contains(z).all()
    assert not space.contains(z + 0.1).all()
    assert not space.contains(1.2 * z).all()
    assert not space.contains(torch.full_like(z, math.nan)).any()


@pytest.mark.parametrize(
    ("space", "coordinate", "cdf"),
    [
        (Box((-1.0, 0.0), (1.0, 0.5)), 1, stats.uniform(0, 0.5).cdf),
        (Sphere(3), 2, stats.uniform(-1, 2).cdf),
        (Sphere(4), 0, lambda w: stats.beta(1.5, 1.5).cdf((w + 1) / 2)),
        (Simplex(3), 1, stats.beta(1, 2).cdf),
        (torus(2), 3, stats.arcsine(-1, 2).cdf),
    ],
    ids=["box", "sphere", "sphere_4", "simplex", "torus"],
)
def test_uniform_draws_are_uniform(space, coordinate, cdf):
    """Null: the marginal of one coordinate. A distance of .03 is missed with probability < 1e-3; z^3 is farther off."""
    z = space.uniform(30_000, seeded())[:, coordinate]
    assert missed_distance(len(z)) < 0.03
    found, bound = distance(z, cdf)
    assert found < bound
    found, bound = distance(z**3, cdf)
    assert found > bound


@pytest.mark.parametrize("kappa", [0.3, 5.0, 80.0])
@pytest.mark.parametrize("dim", [2, 3, 4, 9])
def test_von_mises_fisher_is_scipys(dim, kappa):
    """Density, mean by quadrature over w = z . p, and draws of w: a distance of .028 is missed with probability < 1e-3.

    The twin has another kappa.
    """
    law, z = VonMisesFisher(Latest(dim), kappa), Sphere(dim).uniform(20, seeded())
    past = Sphere(dim).uniform(1, seeded(1))
    reference = stats.vonmises_fisher(past[0].numpy(), kappa)
    found = law.log_density(z, past.expand(20, -1).unsqueeze(1))
    assert found.numpy() == pytest.approx(reference.logpdf(z.numpy()), rel=1e-9, abs=1e-9)
    nodes, weights = np.polynomial.legendre.leggauss(400)
    angle = math.pi * (nodes + 1) / 2  # w = cos(angle) rids the circle of its singular ends
    mass = weights * np.sin(angle) ** (dim - 2) * np.exp(kappa * (np.cos(angle) - 1))
    mass /= mass.sum()
    assert law.mean_length == pytest.approx(mass @ np.cos(angle), rel=1e-9)
    mean = law.mean(past.unsqueeze(1))
    torch.testing.assert_close(mean[0], law.mean_length * past[0])
    draws = law.sample(past.expand(40_000, -1).unsqueeze(1), seeded(2))
    reached = np.cumsum(mass) - mass / 2
    assert missed_distance(len(draws)) < 0.028
    found, bound = distance(torch.arccos((draws @ past[0]).clamp(-1, 1)), lambda a: np.interp(a, angle, reached))
    assert found < bound
    other = mass * np.exp(kappa * 0.5 * np.cos(angle))
    reached = (np.cumsum(other) - other / 2) / other.sum()
    found, bound = distance(torch.arccos((draws @ past[0]).clamp(-1, 1)), lambda a: np.interp(a, angle, reached))
    assert found > bound


@pytest.mark.parametrize("dim", [3, 6])
def test_von_mises_fisher_moments_are_those_of_the_draws(dim):
    """100,000 unit vectors: covariance within 12 standard errors (at most 1 / sqrt(n) each) of closed form."""
    law, past = VonMisesFisher(Latest(dim), 4.0), Sphere(dim).uniform(1, seeded(1)).unsqueeze(1)
    z = law.sample(past.expand(100_000, -1, -1), seeded())
    assert (torch.cov(z.T) - law.covariance(past)[0]).abs().max() < 12 / math.sqrt(len(z))
    assert (torch.cov(z.T) - torch.eye(dim) / dim).abs().max() > 12 / math.sqrt(len(z))


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.statement)
def test_tangents_are_projections_of_the_intrinsic_dimension(space):
    """P^2 = P = P^T of trace k, and a small step along P stays in the space to second order; off it does not."""
    z = space.uniform(50, seeded()) if space in BOUNDED else torch.randn(50, 3, generator=seeded(), dtype=torch.float64)
    projection = space.tangent_projection(z)
    torch.testing.assert_close(projection @ projection, projection)
    torch.testing.assert_close(projection, projection.mT)
    trace = torch.diagonal(projection, dim1=-2, dim2=-1).sum(-1)
    torch.testing.assert_close(trace, torch.full_like(trace, space.intrinsic_dim))
    step = 1e-4 * torch.randn(50, space.dim, 1, generator=seeded(1), dtype=torch.float64)
    inner = space.contains(z + (projection @ step).squeeze(-1), 1e-6)
    if space.intrinsic_dim < space.dim:
        assert not space.contains(z + step.squeeze(-1), 1e-6).all()
    assert inner.double().mean() > 0.95  # corners of boxes and simplices are a few steps away for some


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GeneralisedNormal(0.0), "alpha=0.0 is no shape: take alpha > 0"),
        (lambda: GeneralisedNormal(-1.0), "alpha=-1.0"),
        (lambda: GeneralisedNormal(math.inf), "take alpha > 0, and Uniform"),
        (lambda: StudentT(2.0), "degrees=2.0 has no finite variance to standardise: take degrees > 2"),
        (lambda: GaussianMixture((0.5, 0.6), (0.0, 1.0), (1.0, 1.0)), "take positive weights that sum to 1"),
        (lambda: GaussianMixture((1.5, -0.5), (0.0, 1.0), (1.0, 1.0)), "take positive weights that sum to 1"),
        (lambda: GaussianMixture((1.0,), (0.0,), (0.0,)), r"deviations=\(0.0,\): take standard deviations > 0"),
        (lambda: GaussianMixture((0.5, 0.5), (0.0,), (1.0, 1.0)), "give one of each for every component"),
        (lambda: IndependentNoise((NORMAL,), (1.0, 2.0)), "give one standard deviation for each law"),
        (lambda: IndependentNoise((NORMAL,), (-1.0,)), r"deviations=\(-1.0,\): take standard deviations > 0"),
        (lambda: HeteroscedasticNoise((), 1.0, 1.0), r"laws=\(\) is no noise"),
        (lambda: HeteroscedasticNoise((NORMAL,), -1.0, 1.0), "floor=-1.0, slope=1.0: take both > 0"),
        (lambda: HeteroscedasticNoise((NORMAL,), 1.0, 0.0), "IndependentNoise for a constant variance"),
        (lambda: NoiseStart(HeteroscedasticNoise((NORMAL,), 1.0, 1.0)), "depends on the past: give one that does not"),
        (lambda: Box((0.0, 1.0), (1.0, 1.0)), "take finite low < high"),
        (lambda: Box((0.0,), (1.0, 1.0)), "give both one number for each dimension"),
        (lambda: VonMisesFisher(Latest(1), 1.0), "direction has dimension 1: take 2 or more"),
        (lambda: VonMisesFisher(Latest(3), -1.0), "kappa=-1.0 predicts nothing: take kappa > 0"),
        (lambda: Sphere(1), "dimension=1 is too small: take dimension >= 2"),
        (lambda: Simplex(1), "dimension=1 is too small"),
        (lambda: Euclidean(0), "dimension=0 is too small"),
        (lambda: torus(0), "circles=0 is too small"),
        (lambda: Product(()), r"spaces=\(\) is no space"),
        (lambda: Euclidean(2).uniform(3, seeded()), r"R\^2 has no uniform law"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
