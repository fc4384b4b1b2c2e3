"""Ceilings: the information bounds against the joint normal law, particles against the Kalman filter, records anew."""

import math

import pytest
import torch

from synthetic import Ceiling, World, image_information, noisy_dots, noisy_linear
from synthetic.cramer_rao import explained, filter_errors, frame_error
from synthetic.noisy_ceilings import ceilings_of, likelihood_of, noisy_worlds
from synthetic.noisy_worlds import CONSTANT, VARYING, rotation_law
from synthetic.posterior_mean import PosteriorMoments, posterior_ceiling, posterior_of_one, posterior_of_past
from synthetic.recorded_ceilings import RECORDED_CEILINGS

PRIOR, MATRIX, NOISE = rotation_law()


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def standard_error(*ceilings: Ceiling) -> float:
    """Of the difference, from the 95 % intervals."""
    return math.hypot(*(one.high - one.low for one in ceilings)) / (2 * 1.96)


def test_the_recursion_is_the_conditional_covariance():
    """Cov(z_3 | x_0..x_3) from the joint normal law of four steps; the twin has other noise in the transition."""
    steps, level = 4, 0.5
    lift = noisy_linear(level).mixing.mixing.matrix
    powers = [torch.linalg.matrix_power(MATRIX, k) for k in range(steps)]
    later = [[powers[s - t] @ PRIOR if s >= t else 0 * PRIOR for t in range(steps)] for s in range(steps)]
    lower = torch.cat([torch.cat(row, -1) for row in later])
    z = lower + lower.T - torch.block_diag(*[PRIOR] * steps)
    observe = torch.block_diag(*[lift] * steps)
    x = observe @ z @ observe.T + level**2 * torch.eye(len(observe), dtype=torch.float64)
    cross = (z @ observe.T)[-2:]
    expected = PRIOR - cross @ torch.linalg.solve(x, cross.T)
    information = lift.T @ lift / level**2
    torch.testing.assert_close(filter_errors(PRIOR, MATRIX, NOISE, information, steps)[-1], expected)
    twin = filter_errors(PRIOR, MATRIX, 1.1 * NOISE, information, steps)[-1]
    assert not torch.allclose(twin, expected, rtol=1e-2)


def linear_moments(world: World, n: int, length: int) -> tuple[torch.Tensor, PosteriorMoments, PosteriorMoments]:
    z, x, _ = world.sample(n, length, seeded(), torch.float64)
    log_likelihood = likelihood_of(world)
    points = torch.randn(5000, 2, generator=seeded(1), dtype=torch.float64)
    one = posterior_of_one(x, points, None, log_likelihood)
    past = posterior_of_past(x, world.initial, world.transition, log_likelihood, 400, seeded(2))
    return z, one, past


def test_particles_reach_the_closed_form():
    """Null: R2 within 6 standard errors of the closed form (rate 2e-9); that of another noise level lies farther."""
    world, length = noisy_linear(0.5), 30
    z, one, past = linear_moments(world, 150, length)
    for found, kind in ((one, "frame"), (past, "past")):
        estimate = posterior_ceiling(z, found, "")
        exact, twin = (closed_form(kind, level, length) for level in (0.5, 1.0))
        assert abs(estimate.r2 - exact) < 6 * standard_error(estimate)
        assert abs(estimate.r2 - twin) > 6 * standard_error(estimate)


def closed_form(kind: str, level: float, length: int) -> float:
    information = torch.eye(2, dtype=torch.float64) / level**2
    if kind == "frame":
        return explained(PRIOR, frame_error(PRIOR, information))
    return explained(PRIOR, filter_errors(PRIOR, MATRIX, NOISE, information, length))


def test_the_named_linear_world_has_the_closed_form():
    world = noisy_linear(0.5)
    assert world.ceiling.r2 == pytest.approx(closed_form("frame", 0.5, 1)) == pytest.approx(0.8)
    assert world.filtering.r2 == pytest.approx(closed_form("past", 0.5, 100))


@pytest.mark.parametrize("level", [CONSTANT, VARYING])
def test_no_ceiling_of_the_rotation_passes_the_bound(level):
    """Posterior Cramer-Rao bound; with constant, small noise the ceilings come within .001 of it."""
    world = noisy_dots("rotation", level)
    axis = torch.arange(-5, 5.01, 0.2, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    share = torch.softmax(-0.5 * grid.square().sum(-1), 0)
    information = torch.einsum("k,kij->ij", share, image_information(world.mixing.mixing, level, grid))
    frame = explained(PRIOR, frame_error(PRIOR, information))
    past = explained(PRIOR, filter_errors(PRIOR, MATRIX, NOISE, information, 100))
    assert world.ceiling.low < frame
    assert world.filtering.low < past
    if level == CONSTANT:
        assert world.ceiling.r2 == pytest.approx(frame, abs=1e-3)
        assert world.filtering.r2 == pytest.approx(past, abs=1e-3)


def test_every_noisy_world_is_recorded():
    assert {world.name for world in noisy_worlds()} == set(RECORDED_CEILINGS)


@pytest.mark.parametrize("name", ["rotation_dots_varying", "square_dots", "place_cells"])
def test_recorded_ceilings_are_reproduced(name):
    """Both estimates carry 95 % intervals; they agree within 6 standard errors. The twin is another world's record."""
    (world,) = (one for one in noisy_worlds() if one.name == name)
    anew, recorded = ceilings_of(world, 40, 150, seed=5), RECORDED_CEILINGS[name]
    other = RECORDED_CEILINGS["figure_eight_dots_varying"]
    for one, stored in zip(anew, recorded, strict=True):
        assert abs(one.r2 - stored.r2) < 6 * standard_error(one, stored)
    assert any(abs(one.r2 - twin.r2) > 6 * standard_error(one, twin) for one, twin in zip(anew, other, strict=True))


def test_the_transition_of_two_lags_is_filtered_too():
    """Figure-8, order two: the filter's error is below that of one image by more than 6 standard errors."""
    found = ceilings_of(noisy_dots("figure_eight", VARYING), 20, 100, seed=3)
    assert found.past.r2 - found.frame.r2 > 6 * standard_error(*found)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: filter_errors(PRIOR, MATRIX, NOISE, PRIOR, 0), "length=0 holds no observation: take length >= 1"),
        (lambda: ceilings_of(noisy_dots("square"), 5, 20), "5 sequences are too few for an interval"),
        (
            lambda: likelihood_of(World(**{**vars(noisy_linear()), "observation": None, "nuisance": None, **PLAIN})),
            "world=rotation_linear has no likelihood in closed form",
        ),
        (lambda: particles(1), "particles=1 have no variance: take particles >= 2"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


PLAIN = {"mixing": noisy_linear().mixing.mixing}


def particles(many: int) -> PosteriorMoments:
    world = noisy_linear()
    x = world.sample(2, 3, seeded(), torch.float64).x
    return posterior_of_past(x, world.initial, world.transition, likelihood_of(world), many, seeded())
