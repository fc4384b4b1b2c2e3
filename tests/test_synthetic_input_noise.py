"""Noise whose scale the latents set: draws, densities, likelihoods, information, ceilings, bad input.

Draws are held against N(0, 1) by Kolmogorov-Smirnov with Massart's bound, false-alarm rate 1e-8 each.
"""

import math

import pytest
import torch
from scipy import stats
from torch import Tensor

import synthetic
from synthetic import DotImage, Linear, SignalNoise, place_noise_dots, signal_noise_dots
from synthetic.cramer_rao import explained, filter_errors, frame_error
from synthetic.input_noise import LevelByPlace, NormalLaw, fisher_information, law_of, normal_log_likelihood
from synthetic.noisy_worlds import rotation_law
from tests.test_synthetic_mixing import derivative
from tests.test_synthetic_observations import far_from

WORLDS = {world.name: world for world in (signal_noise_dots(), place_noise_dots())}
PRIOR, MATRIX, NOISE = rotation_law()


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def places(n: int = 20) -> Tensor:
    return torch.randn(n, 2, generator=seeded(1), dtype=torch.float64)


@pytest.mark.parametrize("name", WORLDS)
def test_residuals_over_the_declared_scale_are_normal(name):
    """At n = 10^5 a distance of .016 is missed with probability < 1e-3; the twin divides by the mean scale."""
    world = WORLDS[name]
    z, x, _ = world.sample(20, 50, seeded(3), torch.float64)
    mean, scale = law_of(world.mixing, world.observation, z)
    assert not far_from((x - mean) / scale, "norm")
    assert far_from((x - mean) / scale.square().mean().sqrt(), "norm")


def test_bright_pixels_are_noisier():
    mean, scale = SignalNoise(3, 0.1, 0.5).law(torch.tensor([0.0, 1.0, -2.0]))
    torch.testing.assert_close(scale, torch.tensor([0.1, 0.6, 1.1]))
    torch.testing.assert_close(mean, torch.tensor([0.0, 1.0, -2.0]))


def test_a_seed_is_the_same_noise_in_both_precisions():
    for world in WORLDS.values():
        single, double = (world.sample(3, 4, seeded(), dtype=one) for one in (torch.float32, torch.float64))
        torch.testing.assert_close(single.x.double(), double.x, rtol=0, atol=1e-5)
        assert single.nuisance is None


def test_signal_noise_has_its_density():
    theta, x = (torch.randn(7, 5, generator=seeded(seed), dtype=torch.float64) for seed in (0, 1))
    for gain, same in ((0.4, True), (0.5, False)):
        scale = 0.2 + gain * theta.abs()
        expected = torch.from_numpy(stats.norm.logpdf(x.numpy(), theta.numpy(), scale.numpy()).sum(-1))
        assert torch.allclose(SignalNoise(5, 0.2, 0.4).log_density(x, theta), expected) is same


@pytest.mark.parametrize("name", WORLDS)
def test_likelihoods_differ_from_densities_by_a_constant_of_the_observation(name):
    """At points of each observation's own, and at points that all share; the twin is the other world's likelihood."""
    world, other = WORLDS[name], next(one for one in WORLDS.values() if one.name != name)
    x = world.sample(6, 1, seeded(2), torch.float64).x[:, 0]
    z = torch.randn(6, 9, 2, generator=seeded(4), dtype=torch.float64)
    exact = world.observation.log_density(x.unsqueeze(1), world.mixing(z))

    def apart(kind: synthetic.World) -> float:
        found = normal_log_likelihood(kind.mixing, kind.observation)(x, z) - exact
        return float((found - found[:, :1]).abs().max())

    assert apart(world) < 1e-8
    assert apart(other) > 1
    likelihood = normal_log_likelihood(world.mixing, world.observation)
    torch.testing.assert_close(likelihood(x, z[:1])[:1], likelihood(x, z)[:1])


def divergence(law: NormalLaw, other: NormalLaw) -> Tensor:
    """KL(law || other) of independent normals: its curvature at law = other is the Fisher information."""
    scale, against = (one.scale.expand_as(one.mean) for one in (law, other))
    squared = (scale.square() + (law.mean - other.mean).square()) / (2 * against.square())
    return (torch.log(against / scale) + squared - 0.5).sum()


@pytest.mark.parametrize("name", WORLDS)
def test_information_is_the_curvature_of_the_divergence(name):
    world = WORLDS[name]

    def law(z: Tensor) -> NormalLaw:
        return law_of(world.mixing, world.observation, z)

    for z in places(3):
        here = NormalLaw(*(part.detach() for part in law(z)))
        curvature = torch.autograd.functional.hessian(lambda at, here=here: divergence(here, law(at)), z)
        torch.testing.assert_close(information(world, z), curvature)
        slope = torch.autograd.functional.jacobian(lambda at: law(at).mean, z)
        means_only = fisher_information(here, slope, torch.zeros_like(slope))
        assert not torch.allclose(means_only, curvature, rtol=1e-3)


def information(world: synthetic.World, z: Tensor) -> Tensor:
    if isinstance(world.observation, SignalNoise):
        return world.observation.information(world.mixing, z)
    return world.mixing.information(z)


@pytest.mark.parametrize("name", WORLDS)
def test_no_ceiling_passes_the_bound(name):
    """Posterior Cramer-Rao bounds, from the mean information over N(0, I)."""
    axis = torch.arange(-4, 4.01, 0.2, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    share = torch.softmax(-0.5 * grid.square().sum(-1), 0)
    mean = torch.einsum("k,kij->ij", share, information(WORLDS[name], grid))
    frame = explained(PRIOR, frame_error(PRIOR, mean))
    past = explained(PRIOR, filter_errors(PRIOR, MATRIX, NOISE, mean, 100))
    assert WORLDS[name].ceiling.r2 < frame
    assert WORLDS[name].filtering.r2 < past


def test_a_level_beside_the_image():
    image = DotImage.in_frame(-4.0, 4.0)
    mixing, z = LevelByPlace(image, 0.1, 0.4, (1.0, -0.5)), places()
    torch.testing.assert_close(mixing.jacobian(z), derivative(mixing, z))
    other = LevelByPlace(image, 0.1, 0.5, (1.0, -0.5))
    assert not torch.allclose(other.jacobian(z), derivative(mixing, z))
    torch.testing.assert_close(mixing.inverse(mixing(z)), z)
    level = mixing(z)[:, -1]
    assert bool(((level > 0.1) & (level < 0.4)).all())
    assert mixing.injective.holds
    assert mixing.statement == "between 0.1 and 0.4, logistic in 1 z_1 + -0.5 z_2"


def test_parameters_without_a_ceiling_claim_none():
    assert math.isnan(signal_noise_dots(gain=0.7).ceiling.r2)
    assert math.isnan(place_noise_dots(weights=(0.0, 1.0)).filtering.r2)


EYE = Linear(torch.eye(2, dtype=torch.float64))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SignalNoise(0, 0.1, 0.1), "channels=0 show nothing: take channels >= 1"),
        (lambda: SignalNoise(3, 0.0, 0.1), "floor=0.0: a silent channel needs noise too, take a finite floor > 0"),
        (lambda: SignalNoise(3, math.nan, 0.1), "floor=nan"),
        (lambda: SignalNoise(3, 0.1, -0.1), "gain=-0.1: take a finite gain >= 0"),
        (lambda: LevelByPlace(EYE, 0.3, 0.2, (1.0, 0.0)), "low=0.3, high=0.2: take 0 < low < high"),
        (lambda: LevelByPlace(EYE, 0.1, 0.2, (1.0,)), r"has 1 entries, the mixing takes 2 latents: give each one"),
        (lambda: LevelByPlace(EYE, 0.1, 0.2, (0.0, 0.0)), r"leave the level constant or undefined"),
        (lambda: LevelByPlace(EYE, 0.1, 0.2, (math.inf, 0.0)), r"leave the level constant or undefined"),
        (lambda: signal_noise_dots(floor=-1.0), "floor=-1.0"),
        (lambda: place_noise_dots(low=0.0), "low=0.0, high=0.6: take 0 < low < high"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
