"""Each world's declarations, held against evidence; each piece of evidence rejects a corrupted twin.

Sampled checks have a false-alarm rate of 1e-8 each (about 180 of them); the others are exact.
"""

import pytest
import torch

import synthetic
from synthetic import AdditiveNoise, Assumption, GaussianNoise, Noise
from tests import declaration_evidence as evidence

WORLDS = {name: make() for name, make in synthetic.worlds().items()}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def declared(assumption: Assumption, holds: bool) -> list[str]:
    return [name for name, world in WORLDS.items() if world.assumptions[assumption].holds is holds]


def latents(name: str, n: int = 4000, length: int = 4) -> torch.Tensor:
    return WORLDS[name].latents(n, length, seeded(5))


class LaplaceNoise(GaussianNoise):
    """Same covariance, wrong shape."""

    def sample(self, past, generator):
        uniform = torch.rand(*past.shape[:-2], self.dim, generator=generator, dtype=past.dtype) - 0.5
        laplace = -torch.sign(uniform) * torch.log1p(-2 * uniform.abs()) / 2**0.5
        return laplace @ torch.linalg.cholesky(self.sigma).T


class WideningNoise(GaussianNoise):
    """Gaussian, wider where the last latent is far out."""

    def sample(self, past, generator):
        return super().sample(past, generator) * (0.5 + 0.25 * past[..., -1, :].norm(dim=-1, keepdim=True))


def with_noise(kind: type[Noise]) -> synthetic.World:
    import dataclasses

    world = synthetic.markov_gaussian(2)
    noise = kind(world.transition.noise_covariance)
    return dataclasses.replace(world, transition=AdditiveNoise(world.transition.predictor, noise))


def test_every_world_speaks_of_every_assumption_about_the_data():
    clauses = {one for one in Assumption if one.of_the_world}
    for world in WORLDS.values():
        assert set(world.assumptions) == clauses
        assert all(said.why for said in world.assumptions.values())


@pytest.mark.parametrize("name", declared(Assumption.GAUSSIAN_NOISE, True))
def test_gaussian_noise(name):
    """Null: whitened residuals N(0, 1). A distance of .03 is missed with probability < 1e-3; Laplace is .06 away."""
    sample = evidence.whitened_residuals(WORLDS[name].transition, latents(name, 12_000))
    assert evidence.missed_distance(sample.numel()) < 0.03
    distance, bound = evidence.normality(sample)
    assert distance < bound


def test_laplace_noise_is_seen():
    world = with_noise(LaplaceNoise)
    distance, bound = evidence.normality(
        evidence.whitened_residuals(world.transition, world.latents(4000, 4, seeded()))
    )
    assert distance > bound


def test_selection_truncates_the_noise():
    """A Gaussian step whose mean is out of the frame ends outside with probability > 1/2; none of m such steps did."""
    world = WORLDS["wobbly_selected"]
    assert not world.assumptions[Assumption.GAUSSIAN_NOISE].holds
    z = latents("wobbly_selected", 4000, 20)
    image = synthetic.DotImage()
    assert image.in_view(z).all()
    means = torch.stack([world.transition.mean(z[:, :t]) for t in range(1, 20)], 1)
    assert int((~image.in_view(means)).sum()) > 40  # chance under the declaration's opposite: < 2^-40


@pytest.mark.parametrize("name", declared(Assumption.CONSTANT_COVARIANCE, True))
def test_constant_covariance(name):
    """Null: |e|^2 independent of the past. A rank correlation of .09 is missed with probability < 1e-3, n = 12,000."""
    steps = 3 + WORLDS[name].transition.lags
    found, bound = evidence.dependence_of_spread(WORLDS[name].transition, latents(name, length=steps))
    assert bound < 0.06
    assert found < bound


def test_widening_noise_is_seen():
    world = with_noise(WideningNoise)
    found, bound = evidence.dependence_of_spread(world.transition, world.latents(4000, 4, seeded()))
    assert found > bound


def not_declared(assumption: Assumption) -> list[str]:
    """Worlds whose transition lacks it (where selection takes it away, the transition still has it)."""
    return [name for name, world in WORLDS.items() if not world.transition.declarations[assumption].holds]


@pytest.mark.parametrize("name", not_declared(Assumption.CONSTANT_COVARIANCE))
def test_covariance_that_depends_on_the_past(name):
    """20,000 draws at each of two pasts: their covariances differ by more than a tenth in Frobenius norm."""
    z = latents(name)[:, 0]
    length = z.square().sum(-1)
    pasts = torch.stack((z[length.argmin()], z[length.argmax()])).unsqueeze(1)
    draws = evidence.draws_at(WORLDS[name].transition, pasts, 20_000, 1)
    one, other = (torch.cov(sample.T) for sample in draws)
    assert torch.linalg.matrix_norm(one - other) > 0.1 * torch.linalg.matrix_norm(one)


@pytest.mark.parametrize("name", not_declared(Assumption.GAUSSIAN_NOISE))
def test_noise_that_is_not_gaussian(name):
    """20,000 draws at the past farthest out, standardised; a Gaussian passes with probability above 1 - 1e-8."""
    z = latents(name)[:, 0]
    (sample,) = evidence.draws_at(WORLDS[name].transition, z[z.square().sum(-1).argmax()][None, None], 20_000, 1)
    widest = sample[:, sample.var(0).argmax()]
    distance, bound = evidence.normality((widest - widest.mean()) / widest.std())
    assert distance > bound


@pytest.mark.parametrize("name", WORLDS)
def test_nonsingular_covariance(name):
    """Draws at one past fill all directions, or exactly as many as the law names."""
    world = WORLDS[name]
    (draws,) = evidence.draws_at(world.transition, latents(name, 1)[:, : world.transition.lags], 100, 2)
    singular = torch.linalg.svdvals(draws - draws.mean(0))
    rank = int((singular > 1e-9 * singular[0]).sum())
    assert rank == world.transition.directions.shape[1]
    assert (rank == world.dim) is world.assumptions[Assumption.NONSINGULAR_COVARIANCE].holds


@pytest.mark.parametrize("name", WORLDS)
def test_coverage(name):
    world = WORLDS[name]
    full = evidence.spanned_dimensions(world, latents(name)) == world.dim
    assert full is world.assumptions[Assumption.COVERAGE].holds


def test_deficiencies_are_as_described():
    assert evidence.spanned_dimensions(WORLDS["constant_predictor"], latents("constant_predictor")) == 0
    assert evidence.spanned_dimensions(WORLDS["fold"], latents("fold")) == 1
    assert evidence.spanned_dimensions(WORLDS["deficiency_two"], latents("deficiency_two")) == 1
    assert evidence.spanned_dimensions(WORLDS["deficiency_one"], latents("deficiency_one")) == 2


@pytest.mark.parametrize("name", WORLDS)
def test_row_rank(name):
    volumes = evidence.predictor_volumes(WORLDS[name], latents(name, 500))
    if WORLDS[name].assumptions[Assumption.ROW_RANK].holds:
        assert volumes.min() > 0
        assert volumes.median() > 1e-6  # rounding alone stays below 1e-15
    else:
        assert volumes.max() < 1e-12


@pytest.mark.parametrize("name", declared(Assumption.INJECTIVE_MIXING, True))
def test_injective_mixing(name):
    world = WORLDS[name]
    z, x, nuisance = world.sample(500, 4, seeded(5), torch.float64)
    seen = z if nuisance is None else torch.cat((z, nuisance), -1)
    shown = x if world.observation is None else world.mixing(seen)
    torch.testing.assert_close(world.mixing.inverse(shown), seen, rtol=1e-8, atol=1e-8)


def test_collisions_of_the_mixings_that_are_not_injective():
    assert declared(Assumption.INJECTIVE_MIXING, False) == ["wobbly_published", "fold"]
    z = WORLDS["wobbly_published"].latents(500, 50, seeded())
    image = synthetic.DotImage(clamp=True)
    far = z[~image.in_view(z)]
    assert len(far) > 1000
    mixing = WORLDS["wobbly_published"].mixing
    assert torch.equal(mixing(far), mixing(image.clamped(far)))
    z = latents("fold")
    torch.testing.assert_close(WORLDS["fold"].mixing(z), WORLDS["fold"].mixing(z * torch.tensor([1.0, -1.0])))


@pytest.mark.parametrize("name", WORLDS)
def test_stationarity(name):
    """Null: means and second moments of z_0 and z_last agree. A change of .15 standard deviations is missed < 1e-3."""
    score, bound = evidence.drift(latents(name, 8000, 12))
    assert (score < bound) is WORLDS[name].assumptions[Assumption.STATIONARY].holds


@pytest.mark.parametrize("name", declared(Assumption.GAUSSIAN_MARGINAL, True))
def test_gaussian_marginal(name):
    """Null: a centred normal at the last step, divided by its own spread, which lowers the distance if anything.

    A distance of .05 is missed with probability < 1e-3.
    """
    last = latents(name, 4000, 6)[:, -1]
    distance, bound = evidence.normality(last / last.std(0))
    assert distance < bound


def test_marginals_that_are_not_gaussian():
    """Ring: Kolmogorov-Smirnov. Fig. A7: u + 0.1 tanh(u) has a fourth cumulant; gain 0 (the twin) has none."""
    ring = latents("wobbly_in_view", 4000, 1)
    distance, bound = evidence.normality((ring - ring.mean(0)) / ring.std(0))
    assert distance > bound
    assert abs(evidence.fourth_cumulant_of_stretched_normal(0.1)) > 1e-2
    assert evidence.fourth_cumulant_of_stretched_normal(0.0) == pytest.approx(0, abs=1e-9)
