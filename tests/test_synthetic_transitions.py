"""Transition laws that are more than a predictor with noise: density, moments and draws agree with each other.

Densities are integrated over all of their space, which is exact to many digits, and so are their moments; draws are
held against the integrated density by Kolmogorov-Smirnov with Massart's bound, false-alarm rate 1e-8 each.
"""

import dataclasses
import itertools
import math
from typing import NamedTuple

import numpy as np
import pytest
import torch
from scipy import stats

import synthetic
from synthetic import (
    NORMAL,
    AdditiveNoise,
    Assumption,
    Box,
    BoxWalk,
    BoxWalkStart,
    BurnedIn,
    DirichletWalk,
    Euclidean,
    GaussianNoise,
    HeteroscedasticNoise,
    IndependentNoise,
    LinearPredictor,
    ProductTransition,
    Resets,
    StandardNormal,
    SwitchingLinear,
    Transition,
    TurnedDirection,
    UniformOn,
    VonMisesFisher,
)
from tests.declaration_evidence import RATE, draws_at, drift, missed_distance
from tests.unchecked_types import unchecked_types

EYE = torch.eye(2, dtype=torch.float64)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tensor(*values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


def switching(stay: float = 0.8) -> SwitchingLinear:
    return SwitchingLinear(
        torch.stack((0.9 * EYE, tensor([0.0, -0.5], [0.7, 0.2]))),
        tensor([0.0, 0.5], [-0.5, 0.0]),
        torch.stack((0.3 * EYE, tensor([0.5, 0.2], [0.2, 0.4]))),
        tensor([stay, 1 - stay], [0.4, 0.6]),
    )


class Quadrature(NamedTuple):
    """Points of the space with their weights."""

    points: torch.Tensor
    weights: torch.Tensor


def gauss(low: float, high: float, nodes: int = 60) -> tuple[torch.Tensor, torch.Tensor]:
    points, weights = (torch.from_numpy(one) for one in np.polynomial.legendre.leggauss(nodes))
    return low + (points + 1) * (high - low) / 2, weights * (high - low) / 2


def square(low: float, high: float, nodes: int) -> Quadrature:
    points, weights = gauss(low, high, nodes)
    return Quadrature(torch.cartesian_prod(points, points), torch.cartesian_prod(weights, weights).prod(-1))


def triangle() -> Quadrature:
    """The simplex by its first two entries, (u, (1 - u) v)."""
    points, weights = gauss(0, 1)
    (u, v), w = torch.cartesian_prod(points, points).T, torch.cartesian_prod(weights, weights).prod(-1)
    return Quadrature(torch.stack((u, (1 - u) * v, (1 - u) * (1 - v)), -1), w * (1 - u))


def torus() -> Quadrature:
    angle = 2 * math.pi * torch.arange(64, dtype=torch.float64) / 64
    a, b = torch.cartesian_prod(angle, angle).T
    points = torch.stack((a.cos(), a.sin(), b.cos(), b.sin()), -1)
    return Quadrature(points, torch.full_like(a, (2 * math.pi / 64) ** 2))


class Case(NamedTuple):
    law: Transition
    past: torch.Tensor
    quadrature: Quadrature


PLANE = square(-9, 9, 160)
CASES = {
    "switching": Case(switching(), tensor([0.3, -1.0], [1.0, 0.2], [0.5, 0.9]), PLANE),
    "resets": Case(
        Resets(AdditiveNoise(LinearPredictor(0.9 * EYE), GaussianNoise.isotropic(2, 0.3)), GaussianNoise(EYE), 0.3),
        tensor([2.0, -1.0]),
        PLANE,
    ),
    "heteroscedastic": Case(
        AdditiveNoise(LinearPredictor(0.6 * EYE), HeteroscedasticNoise((NORMAL, NORMAL), 0.2, 0.3)),
        tensor([2.0, -1.0]),
        PLANE,
    ),
    "box": Case(
        BoxWalk(LinearPredictor(EYE), 0.5, Box((-1.0,) * 2, (1.0,) * 2)), tensor([0.9, -0.2]), square(-1, 1, 60)
    ),
    "simplex": Case(DirichletWalk(torch.eye(3).double().roll(1, 0), 30.0), tensor([0.7, 0.1, 0.2]), triangle()),
    "torus": Case(
        ProductTransition((VonMisesFisher(TurnedDirection(0.5), 3.0), VonMisesFisher(TurnedDirection(2.0), 2.0))),
        tensor([0.6, 0.8, 0.0, -1.0]),
        torus(),
    ),
}


def masses(case: Case) -> torch.Tensor:
    points, weights = case.quadrature
    return case.law.log_density(points, case.past.reshape(-1, case.law.dim).expand(len(points), -1, -1)).exp() * weights


def past_of(case: Case) -> torch.Tensor:
    return case.past.reshape(1, -1, case.law.dim)


@pytest.mark.parametrize("name", CASES)
def test_densities_integrate_to_the_stated_moments(name):
    """Mass 1, mean and covariance; the twins, a mean and a covariance at another past, do not fit."""
    case = CASES[name]
    mass, points, past = masses(case), case.quadrature.points, past_of(case)
    assert float(mass.sum()) == pytest.approx(1, rel=1e-8)
    mean = mass @ points
    torch.testing.assert_close(mean, case.law.mean(past)[0], rtol=1e-6, atol=1e-8)
    covariance = ((points - mean).T * mass) @ (points - mean)
    torch.testing.assert_close(covariance, case.law.covariance(past)[0], rtol=1e-6, atol=1e-8)
    other = past.flip(-1)
    assert (mean - case.law.mean(other)[0]).abs().max() > 0.05
    assert (covariance - case.law.covariance(other)[0]).abs().max() > 1e-3


@pytest.mark.parametrize("coordinate", [0, 1])
@pytest.mark.parametrize("name", ["switching", "resets", "heteroscedastic", "box"])
def test_draws_follow_the_density(name, coordinate):
    """Null: the marginal of the integrated density, whose step function errs by < 1e-3 at the middle of a step.

    A distance of .022 is missed with probability < 1e-3; draws moved by a fifth of their spread, the twin, are .07 off.
    """
    case = CASES[name]
    draws = draws_at(case.law, past_of(case), 60_000, 3)[0, :, coordinate]
    at, where = case.quadrature.points[:, coordinate].round(decimals=12).unique(return_inverse=True)
    column = torch.zeros_like(at).index_add(0, where, masses(case))
    reached = column.cumsum(0) - column / 2

    def cdf(values: np.ndarray) -> np.ndarray:
        return np.interp(values, at.numpy(), reached.numpy())

    assert missed_distance(len(draws)) + 1e-3 < 0.022
    bound = math.sqrt(math.log(2 / RATE) / (2 * len(draws))) + 1e-3
    assert stats.kstest(draws.numpy(), cdf).statistic < bound
    assert stats.kstest((draws + 0.2 * draws.std()).numpy(), cdf).statistic > bound


def test_regimes_are_bayes_rule_over_all_their_sequences():
    """P(s_t, z_1 .. z_{t-1} | z_0) summed over all sequences of regimes, against the recursion; the twin is off."""
    law = switching()
    past = 0.3 * torch.randn(5, 2, generator=seeded(), dtype=torch.float64)
    weight = torch.zeros(2, dtype=torch.float64)
    for path in itertools.product(range(2), repeat=5):
        log = law.regime_law[path[0]].log() + sum(law.switching[a, b].log() for a, b in itertools.pairwise(path))
        for t, s in enumerate(path[:-1]):
            mean = law.matrices[s] @ past[t] + law.offsets[s]
            log = log + torch.distributions.MultivariateNormal(mean, law.sigmas[s]).log_prob(past[t + 1])
        weight[path[-1]] += log.exp()
    torch.testing.assert_close(law.regimes(past), weight / weight.sum())
    assert (switching(0.05).regimes(past) - weight / weight.sum()).abs().max() > 0.01
    torch.testing.assert_close(law.regime_law, tensor(2 / 3, 1 / 3))
    torch.testing.assert_close(law.regime_law @ law.switching, law.regime_law)


def test_switching_with_one_law_is_that_law():
    """Both regimes alike: a linear Gaussian step, whatever the chain does."""
    matrix, sigma = tensor([0.5, 0.1], [-0.2, 0.8]), tensor([0.5, 0.2], [0.2, 0.4])
    law = SwitchingLinear(
        matrix.expand(2, 2, 2), torch.zeros(2, 2).double(), sigma.expand(2, 2, 2), 0.5 * torch.ones(2, 2)
    )
    plain = AdditiveNoise(LinearPredictor(matrix), GaussianNoise(sigma))
    past = torch.randn(7, 3, 2, generator=seeded(), dtype=torch.float64)
    z = torch.randn(7, 2, generator=seeded(1), dtype=torch.float64)
    torch.testing.assert_close(law.mean(past), plain.mean(past))
    torch.testing.assert_close(law.covariance(past), plain.covariance(past))
    torch.testing.assert_close(law.log_density(z, past), plain.log_density(z, past))


def test_independent_blocks_multiply():
    """A product of a Gaussian plane and a circle: densities add, covariances and directions are block diagonal."""
    plane = AdditiveNoise(LinearPredictor(0.5 * EYE), GaussianNoise(tensor([0.5, 0.2], [0.2, 0.4])))
    circle = VonMisesFisher(TurnedDirection(0.5), 3.0)
    law = ProductTransition((plane, circle))
    past, z = (
        synthetic.Product((synthetic.Box((-1.0,) * 2, (1.0,) * 2), circle.space)).uniform(5, seeded(s)) for s in (0, 1)
    )
    past = past.unsqueeze(1)
    expected = plane.log_density(z[:, :2], past[..., :2]) + circle.log_density(z[:, 2:], past[..., 2:])
    torch.testing.assert_close(law.log_density(z, past), expected)
    assert law.space == synthetic.Product((Euclidean(2), synthetic.Sphere(2)))
    assert law.covariance(past)[:, :2, 2:].abs().max() == 0
    assert law.noise_covariance is None
    torch.testing.assert_close(ProductTransition((plane, plane)).noise_covariance[2:, 2:], plane.noise_covariance)
    said = law.declarations
    assert said[Assumption.COVERAGE].holds
    assert said[Assumption.GAUSSIAN_NOISE] == circle.declarations[Assumption.GAUSSIAN_NOISE]


def test_burning_in_lets_a_law_settle():
    """Null: no drift after 50 steps of z' = .5 z + e from variance 25; a change of .15 deviations is missed < 1e-3."""
    law = AdditiveNoise(LinearPredictor(0.5 * EYE), GaussianNoise.isotropic(2, 0.75))
    wide = synthetic.DiagonalNormal((25.0, 25.0))
    world = dataclasses.replace(synthetic.worlds()["student_noise"](), initial=wide, transition=law)
    score, bound = drift(world.latents(8000, 12, seeded()))
    assert score > bound
    settled = dataclasses.replace(world, initial=BurnedIn(wide, law, 50))
    score, bound = drift(settled.latents(8000, 12, seeded()))
    assert score < bound


NAMES = [
    "student_noise",
    "heteroscedastic",
    "independent_sources",
    "figure_eight",
    "damped_oscillators",
    "circle_path",
    "square_path",
    "lorenz",
    "switching_linear",
    "resets",
    "box_walk",
    "sphere_walk",
    "torus_flow",
    "simplex_walk",
]


@pytest.mark.parametrize("name", NAMES)
def test_named_worlds_are_injective_with_the_best_ceiling(name):
    world = synthetic.worlds()[name]()
    assert world.assumptions[Assumption.INJECTIVE_MIXING].holds
    assert world.ceiling == synthetic.ceiling.INJECTIVE


UNEVEN = tensor([0.9, 0.2], [0.4, 0.6])
FAIR = 0.5 * torch.ones(2, 2, dtype=torch.float64)
STEP = AdditiveNoise(LinearPredictor(0.5 * EYE), GaussianNoise(EYE))
REGIMES = {
    "matrices": torch.stack((EYE, EYE)),
    "offsets": torch.zeros(2, 2, dtype=torch.float64),
    "sigmas": torch.stack((EYE, EYE)),
    "switching": FAIR,
}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SwitchingLinear(**{**REGIMES, "switching": UNEVEN}), "give rows of probabilities that sum to 1"),
        (lambda: SwitchingLinear(**{**REGIMES, "switching": EYE}), "several stationary laws: connect the regimes"),
        (lambda: SwitchingLinear(**{**REGIMES, "sigmas": torch.stack((EYE, -EYE))}), "smallest eigenvalue -1"),
        (lambda: SwitchingLinear(**{**REGIMES, "matrices": torch.stack((EYE, -EYE))}), "average to a singular one"),
        (lambda: Resets(STEP, GaussianNoise(EYE), 1.0), "probability=1.0: take a probability strictly between"),
        (lambda: Resets(STEP, GaussianNoise.isotropic(3, 1.0), 0.1), "base has dimension 2, fresh 3"),
        (lambda: Resets(STEP, HeteroscedasticNoise((NORMAL,) * 2, 1.0, 1.0), 0.1), "constant, invertible covariance"),
        (lambda: Resets(synthetic.constant_predictor().world.transition, GaussianNoise(EYE), 0.1), "does not cover"),
        (lambda: BoxWalk(LinearPredictor(EYE), 0.0, Box((0.0,) * 2, (1.0,) * 2)), "deviation=0.0: take a standard"),
        (lambda: BoxWalk(LinearPredictor(EYE), 1.0, Box((0.0,), (1.0,))), "predictor has dimension 2, box 1"),
        (lambda: BoxWalk(LinearPredictor(0 * EYE), 1.0, Box((0.0,) * 2, (1.0,) * 2)), "lacks full row rank"),
        (lambda: BoxWalkStart(Box((0.0,), (1.0,)), 11.0), "deviation=11.0: take 0 < deviation <= 10"),
        (lambda: DirichletWalk(UNEVEN, 30.0), r"column sums .*: give columns of probabilities that sum to 1"),
        (lambda: DirichletWalk(EYE, 1.0), "kappa=1.0, blend=0.2: take 0 < blend <= 1 and kappa blend >= 2"),
        (lambda: ProductTransition(()), r"factors=\(\) move nothing"),
        (lambda: BurnedIn(StandardNormal(2), STEP, 0), "steps=0 burns nothing in"),
        (lambda: BurnedIn(StandardNormal(3), STEP, 5), "base has dimension 3, transition 2"),
        (lambda: UniformOn(Euclidean(2)), r"space=R\^2 has no uniform law"),
        (lambda: synthetic.path_world("star"), "path='star' is unknown: take one of circle, square"),
        (lambda: synthetic.switching_linear(stay=1.2), "give rows of probabilities that sum to 1"),
        (lambda: synthetic.student_noise(degrees=2.0), "degrees=2.0"),
        (lambda: synthetic.lorenz(variance=-1.0), "variance=-1.0"),
        (lambda: IndependentNoise.alike(NORMAL, 2, math.nan), "take standard deviations > 0"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SwitchingLinear(**{**REGIMES, "matrices": torch.eye(3)[None]}), r"matrices has shape \(1, 3, 3\)"),
        (lambda: SwitchingLinear(**{name: one[:1] for name, one in REGIMES.items()}), r"switching has shape \(1, 2\)"),
        (lambda: SwitchingLinear(EYE[None], torch.zeros(1, 2), EYE[None], torch.ones(1, 1)), "give at least two"),
        (lambda: DirichletWalk(EYE[:1], 30.0), r"matrix is \(1, 2\): give a square one"),
        (lambda: LinearPredictor(EYE[:1]), r"matrix has shape \(1, 2\): give as many rows as columns"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(make, message):
    with unchecked_types(), pytest.raises(ValueError, match=message):
        make()
