"""Witness maps lie outside the conclusion's class, by numbers in closed form; and the laws around them are right."""

import math

import numpy as np
import pytest
import torch

import synthetic
from synthetic import Assumption, LinearTurn, TurnByPast, TurnByTime

VIOLATIONS = {name: make() for name, make in synthetic.violations().items()}
OUTSIDE = [name for name, one in VIOLATIONS.items() if one.kind == "outside_class"]
OF_THE_LAW = {
    Assumption.GAUSSIAN_NOISE,
    Assumption.CONSTANT_COVARIANCE,
    Assumption.NONSINGULAR_COVARIANCE,
    Assumption.COVERAGE,
    Assumption.INJECTIVE_MIXING,
    Assumption.NO_NUISANCE,
}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def affine_r2(z: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
    """R2 of each coordinate of h from an affine map of z: fitted on one half of the rows, scored on the other."""
    half = len(z) // 2
    design = torch.cat((z, torch.ones_like(z[:, :1])), 1)
    slope = torch.linalg.lstsq(design[:half], h[:half]).solution
    return 1 - (h[half:] - design[half:] @ slope).var(0) / h[half:].var(0)


@pytest.mark.parametrize("name", OUTSIDE)
def test_the_witness_is_outside_the_class(name):
    """Pooled over time, an affine map misses more than a tenth of some coordinate of h(z), and none of A z + b."""
    violation = VIOLATIONS[name]
    z = violation.world.latents(6000, 3, seeded(1))
    rows = z.flatten(0, 1)
    assert affine_r2(rows, violation.witness(z).flatten(0, 1)).min() < 0.9
    assert affine_r2(rows, 2 * rows.flip(-1) + 1).min() > 1 - 1e-9


@pytest.mark.parametrize("name", OUTSIDE)
def test_only_one_assumption_is_off(name):
    """A warp of Gaussian noise also changes its spread; on spheres (Theorem 2) noise is not Gaussian to begin with."""
    violation = VIOLATIONS[name]
    broken = {one for one, said in violation.world.assumptions.items() if not said.holds} & OF_THE_LAW
    beside = {Assumption.CONSTANT_COVARIANCE} if violation.breaks is Assumption.GAUSSIAN_NOISE else set()
    if violation.denies == "orthogonal":
        beside = {Assumption.GAUSSIAN_NOISE}
    assert broken - beside == ({violation.breaks} if violation.breaks.of_the_world else set())


def test_a_dropped_coordinate_is_lost():
    violation = VIOLATIONS["independent_coordinate"]
    z = violation.world.latents(5, 3, seeded())
    other = z.clone()
    other[..., -1] += 1
    assert violation.kind == "non_invertible"
    assert torch.equal(violation.witness(z), violation.witness(other))


@pytest.mark.parametrize("rate", [0.5, 0.3])
def test_the_turn_is_far_from_affine(rate):
    """Coordinates 1 and 2, 3 of the turn have R2 1 and exp(-rate^2 variance).

    2e5 samples: the standard error of the mean R2 is below 2 / sqrt(n), and six of them are allowed.
    """
    variance = 1 / (1 - 0.9**2)
    z = torch.randn(200_000, 3, generator=seeded(), dtype=torch.float64)
    z[:, 0] *= math.sqrt(variance)
    found, allowed = float(affine_r2(z, LinearTurn(rate)(z)).mean()), 12 / math.sqrt(len(z))
    assert abs(found - synthetic.affine_r2_of_turn(rate, variance)) < allowed
    assert abs(found - synthetic.affine_r2_of_turn(rate + 0.1, variance)) > allowed


def test_sinh_latents_are_part_of_the_way_to_affine():
    """R2 = rate^2 / sinh(rate^2) = .72 at 1.2, against Gauss-Hermite quadrature; 1 for rates near zero."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()
    z = np.sinh(1.2 * nodes)
    quadrature = (weights @ (z * nodes)) ** 2 / (weights @ z**2)
    assert synthetic.affine_r2_of_sinh(1.2) == pytest.approx(quadrature, rel=1e-10)
    assert round(synthetic.affine_r2_of_sinh(1.2), 2) == 0.72
    assert synthetic.affine_r2_of_sinh(1e-3) == pytest.approx(1)


def test_the_mean_of_a_pushed_law_is_exact():
    """E sinh(a (m + e)) = sinh(a m) exp(a^2 s^2 / 2) for e ~ N(0, s^2)."""
    world = VIOLATIONS["warped_latents"].world
    past = world.latents(50, 2, seeded())
    y = 0.9 * torch.asinh(past[:, -1]) / 1.2
    expected = torch.sinh(1.2 * y) * math.exp(1.2**2 * (1 - 0.9**2) / 2)
    torch.testing.assert_close(world.transition.mean(past), expected, rtol=1e-10, atol=1e-12)


def test_tilted_means_are_the_closed_form():
    """L^-1 u = (u_1 - b u_2 u_3 / D, u_2 + b u_1 u_3 / D, u_3 / D), D = 1 - b^2 (u_1^2 + u_2^2)."""
    transition = VIOLATIONS["context_covariance"].world.transition
    past = torch.randn(50, 1, 3, generator=seeded(), dtype=torch.float64)
    u1, u2, u3 = (0.75 * torch.tanh(past[:, 0])).unbind(-1)
    d = 1 - 0.9**2 * (u1**2 + u2**2)
    expected = torch.stack((u1 - 0.9 * u2 * u3 / d, u2 + 0.9 * u1 * u3 / d, u3 / d), -1)
    torch.testing.assert_close(transition.mean(past), expected)


def test_a_copy_without_noise_has_no_density_elsewhere():
    violation = VIOLATIONS["delayed_copy"]
    z = violation.world.latents(20, 2, seeded())
    assert torch.equal(z[:, 1, 1], z[:, 0, 0])
    assert torch.isfinite(violation.world.transition.log_density(z[:, 1], z[:, :1])).all()
    assert (violation.world.transition.log_density(z[:, 1] + 1e-3, z[:, :1]) == -math.inf).all()


def test_a_noisy_copy_cannot_be_bent():
    """Twin of V6: Var asinh(8 (v + s e)) falls with abs v by quadrature, whatever mean is fitted: no constant fits."""
    spread, copies = 0.5, np.array([0.0, 1.0, 2.0])
    nodes, weights = np.polynomial.hermite_e.hermegauss(200)
    weights = weights / weights.sum()
    bent = np.arcsinh(8 * (copies[:, None] + spread * nodes))
    variance = bent**2 @ weights - (bent @ weights) ** 2
    assert variance[0] > 1.5 * variance[1] > 2 * variance[2]
    straight = copies[:, None] + spread * nodes
    assert straight**2 @ weights - (straight @ weights) ** 2 == pytest.approx(spread**2)


@pytest.mark.parametrize("turn", [TurnByPast(1.3), TurnByTime(1.3)])
def test_sequences_are_unrolled(turn):
    z = torch.randn(30, 6, 2, generator=seeded(), dtype=torch.float64)
    torch.testing.assert_close(turn.inverse(turn(z)), z)
    torch.testing.assert_close(turn(z).norm(dim=-1), z.norm(dim=-1))
    torch.testing.assert_close(turn(z)[:, 0], z[:, 0])


def test_a_code_that_looks_at_the_past_is_not_a_function_of_the_frame():
    """The same z_t after two pasts has two codes; a code that knows the time has one at each time."""
    z = torch.randn(30, 2, 2, generator=seeded(), dtype=torch.float64)
    other = torch.stack((z[:, 0] + 1, z[:, 1]), 1)
    assert (TurnByPast()(z) - TurnByPast()(other))[:, 1].abs().max() > 0.1
    assert torch.equal(TurnByTime()(z)[:, 1], TurnByTime()(other)[:, 1])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: synthetic.deficiency_two(phi=1.0), "phi=1.0"),
        (lambda: synthetic.deficiency_two(rate=0.0), "rate=0"),
        (lambda: synthetic.context_covariance(beta=0.0), "beta=0"),
        (lambda: synthetic.context_covariance(kappa=1.0), "kappa=1.0"),
        (lambda: synthetic.warped_latents(rate=-1.0), "rate=-1.0"),
        (lambda: synthetic.warped_latents(dim=4), "dimensions, base in 4"),
        (lambda: synthetic.affine_r2_of_sinh(0.0), "rate=0.0"),
        (lambda: synthetic.delayed_copy(noise=1.0), "noise=1.0"),
        (lambda: synthetic.independent_coordinate(dim=1), "dim=1"),
        (lambda: synthetic.independent_coordinate(rho=1.0), "rho=1.0"),
        (lambda: synthetic.free_density(rho=0.0), "rho=0.0"),
        (lambda: synthetic.encoder_of_the_past(rate=0.0), "rate=0"),
        (lambda: synthetic.level_set_flow(strength=0.0), "strength=0.0"),
        (lambda: synthetic.level_set_flow(shift=1.0), "shift=1.0"),
        (lambda: synthetic.axial_sphere(kappa=0.0), "kappa=0.0"),
        (lambda: synthetic.axial_sphere(rate=0.0), "rate=0"),
        (lambda: synthetic.constant_circle(shift=0.0), "shift=0.0"),
        (lambda: synthetic.VonMisesFisher(synthetic.Latest(1), 1.0), "dimension 1"),
        (lambda: synthetic.TanhPredictor(2, 0.0), "gain=0.0"),
        (lambda: synthetic.SinhWarp(2, last=3), "last=3"),
        (lambda: synthetic.InverseMap(synthetic.TentFold(1)), "is not injective"),
        (lambda: synthetic.InverseMap(synthetic.DotImage()), "2 to 100 dimensions"),
        (lambda: synthetic.Marginal(torch.ones(2, 3)), "rank 1 and 2 rows"),
        (lambda: synthetic.SingularGaussianNoise(torch.eye(2)), "factor is 2 x 2"),
        (lambda: synthetic.linear_gaussian("w", "", torch.eye(2), torch.eye(2), (1.0,)), "start has 1"),
        (lambda: VIOLATIONS["warped_latents"].world.transition.covariance(torch.zeros(1, 1, 2)), "no covariance"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
