"""The wobbly world: eq. 16 in polar form, the frame, and the ceiling of the published version."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression

import synthetic
from synthetic import DotImage, LimitCycle, NearCycle, clamped_ceiling


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def ring(n: int = 400) -> torch.Tensor:
    return NearCycle(LimitCycle(), radius=2.0).sample(n, seeded())[:, 0]


def radial_and_angular_speed(cycle: LimitCycle, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    radius = z.norm(dim=-1)
    outward, around = z / radius[:, None], torch.stack((-z[:, 1], z[:, 0]), -1) / radius[:, None]
    velocity = cycle.velocity(z)
    return (velocity * outward).sum(-1), (velocity * around).sum(-1) / radius


def test_polar_form():
    """r' = a k cos(k (th - th0)), th' = 1 (LDM eq. 16); the twin with another phase does not satisfy it."""
    cycle, z = LimitCycle(), ring()
    angle = torch.atan2(z[:, 1], z[:, 0])
    expected = 0.5 * 4 * torch.cos(4 * (angle + 3 * math.pi / 8))
    speed, turn = radial_and_angular_speed(cycle, z)
    torch.testing.assert_close(speed, expected)
    torch.testing.assert_close(turn, torch.ones_like(turn))
    wrong, _ = radial_and_angular_speed(LimitCycle(phase=3 * math.pi / 8 + 0.1), z)
    assert (wrong - expected).abs().max() > 0.1


def conserved(cycle: LimitCycle, z: torch.Tensor) -> torch.Tensor:
    angle = torch.atan2(z[:, 1], z[:, 0])
    return z.norm(dim=-1) - cycle.amplitude * torch.sin(cycle.lobes * (angle - cycle.phase))


def test_the_cycle_label_is_conserved():
    """r - a sin(k (th - th0)) does not change along the flow; Runge-Kutta keeps it to fourth order in the step."""
    z = ring()
    errors = []
    for step in (0.3, 0.15):
        cycle, point = LimitCycle(step=step), z
        for _ in range(round(0.3 / step)):
            point = cycle(point[:, None])
        errors.append(float((conserved(cycle, point) - conserved(cycle, z)).abs().median()))
    assert errors[0] < 0.02
    assert 8 < errors[0] / errors[1] < 40  # 2^4 = 16; a second-order scheme gives 4


def test_the_in_view_world_stays_in_view():
    """Share out of view at the last frame, measured 4e-5. Null: at most that; alarm above 26 of 150,000, rate < 1e-9.

    Smallest defect that matters: 4e-4 (mean 60), missed with probability < 1e-6. The twin has a narrower frame.
    """
    n, limit = 150_000, 26
    assert stats.poisson.sf(limit, 4e-5 * n) < 1e-8
    assert stats.poisson.cdf(limit, 4e-4 * n) < 1e-6
    z = synthetic.wobbly_in_view().latents(n, 20, seeded(3))
    assert (~DotImage(offset=7.0, scale=9 / 14).in_view(z)).sum(0).max() <= limit
    assert (~DotImage(offset=5.0, scale=9 / 10).in_view(z)).sum(0).max() > limit


def test_the_share_out_of_view_has_a_bound():
    found = synthetic.leaving_probability(n=20_000)
    assert 0 <= found.worst_frame < found.high
    assert found.high < 1e-3


def test_in_view_images_are_almost_linear():
    """The world's description says so: a linear readout gives R2 > .9999."""
    trajectories = synthetic.wobbly_in_view().sample(500, 20, seeded(), dtype=torch.float64)
    x, z = trajectories.x.flatten(0, 1).numpy(), trajectories.z.flatten(0, 1).numpy()
    assert LinearRegression().fit(x[:5000], z[:5000]).score(x[5000:], z[5000:]) > 0.9999


def test_the_dot_images_are_well_conditioned():
    world = synthetic.wobbly_in_view()
    assert world.mixing.condition_number(world.latents(100, 20, seeded())).max() < 2


def test_the_recorded_ceiling_is_reproduced():
    """Both estimates carry 95 % intervals; they must overlap when each is widened to six standard errors."""
    recorded, anew = synthetic.PUBLISHED_CEILING, synthetic.published_ceiling(n=3000, seed=1)
    error = math.hypot(recorded.high - recorded.low, anew.high - anew.low) / (2 * 1.96)
    assert abs(recorded.r2 - anew.r2) < 6 * error
    assert recorded.low < recorded.r2 < recorded.high
    assert error < 0.005


@pytest.mark.slow
def test_no_regression_from_the_clamped_position_beats_the_ceiling():
    """Linear and boosted regression stay at or below it; the boosted one comes close, so it is not too high."""
    z = synthetic.wobbly_published().latents(6000, 100, seeded(2))
    clamped = DotImage(clamp=True).clamped(z).numpy()
    ceiling = clamped_ceiling(z, DotImage().frame, "held-out half")
    fit, score = slice(0, 3000), slice(3000, 6000)
    x, y, x_new, y_new = (a[part].reshape(-1, 2) for part in (fit, score) for a in (clamped, z.numpy()))
    linear = LinearRegression().fit(x, y).score(x_new, y_new)
    boosted = np.mean([HistGradientBoostingRegressor().fit(x, y[:, i]).score(x_new, y_new[:, i]) for i in (0, 1)])
    assert linear < boosted - 0.02
    assert ceiling.r2 - 0.003 < boosted < ceiling.r2 + 0.001


def test_the_ceiling_has_its_closed_form_for_clamped_normals():
    """z ~ N(0, I_2) clamped to [-1, 1]^2: 1 - 2 (P E[z^2 | z > 1] - phi(1)^2 / P), P = P(z > 1); 6 standard errors."""
    tail, density = float(stats.norm.sf(1)), float(stats.norm.pdf(1))
    expected = 1 - 2 * (tail + density - density**2 / tail)
    z = torch.randn(4000, 20, 2, generator=seeded(), dtype=torch.float64)
    found = clamped_ceiling(z, (-1.0, 1.0), "normal")
    error = (found.high - found.low) / (2 * 1.96)
    assert abs(found.r2 - expected) < 6 * error
    assert error < 0.003
    wider = clamped_ceiling(z, (-1.2, 1.2), "normal")  # the twin: another frame
    assert abs(wider.r2 - expected) > 6 * error


def test_too_few_sequences_for_a_ceiling():
    with pytest.raises(ValueError, match="10 sequences are too few"):
        clamped_ceiling(torch.zeros(10, 5, 2), (-1.0, 1.0), "none")
