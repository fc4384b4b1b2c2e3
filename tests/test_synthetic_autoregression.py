"""Linear processes: autoregressions of several steps and diffusions seen at intervals, in closed form."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy import integrate, linalg

import synthetic
from synthetic import (
    AdditiveNoise,
    Assumption,
    AutoRegression,
    GaussianNoise,
    GaussianWindow,
    linear_diffusion,
    oscillators,
    stationary_window,
)
from tests import declaration_evidence as evidence
from tests.unchecked_types import unchecked_types

EYE = torch.eye(2, dtype=torch.float64)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tensor(*values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


COUPLED = torch.stack((tensor([0.5, 0.3], [-0.2, 0.4]), tensor([0.1, -0.3], [0.2, 0.2])))
VARIANCE = tensor([0.5, 0.2], [0.2, 0.4])
POINTED = synthetic.IndependentNoise.alike(synthetic.LAPLACE, 2, 1.0)


def test_the_stationary_law_of_an_autoregression_is_the_textbook_one():
    """Order two in one dimension: variance s^2 (1 - f2) / ((1 + f2) ((1 - f2)^2 - f1^2)), correlation f1 / (1 - f2)."""
    f1, f2, variance = 0.5, -0.3, 2.0
    window = stationary_window(AutoRegression(tensor([[f1]], [[f2]])), GaussianNoise.isotropic(1, variance))
    expected = variance * (1 - f2) / ((1 + f2) * ((1 - f2) ** 2 - f1**2))
    assert window.steps == 2
    assert float(window.covariance[0, 0]) == pytest.approx(expected)
    assert float(window.covariance[0, 1]) == pytest.approx(expected * f1 / (1 - f2))


def test_the_stationary_window_is_kept_by_a_step():
    """(z_{t-2}, z_{t-1}) -> (z_{t-1}, z_t), earliest first; the window in the other order, the twin, changes."""
    predictor = AutoRegression(COUPLED)
    v = stationary_window(predictor, GaussianNoise(VARIANCE)).covariance
    step = torch.cat((torch.cat((0 * EYE, EYE), 1), torch.cat((COUPLED[1], COUPLED[0]), 1)))
    noise = torch.block_diag(0 * EYE, VARIANCE)
    torch.testing.assert_close(step @ v @ step.T + noise, v)
    turned = v.roll((2, 2), (0, 1))
    assert (step @ turned @ step.T + noise - turned).abs().max() > 0.05


def test_an_autoregressive_world_does_not_drift():
    """Null: moments at step 0 and 12 agree; a change of .15 deviations is missed < 1e-3. Started narrow, it drifts."""
    step = AdditiveNoise(AutoRegression(COUPLED), GaussianNoise(VARIANCE))
    settled = stationary_window(AutoRegression(COUPLED), GaussianNoise(VARIANCE))
    base = synthetic.worlds()["student_noise"]()
    for initial, kept in ((settled, True), (GaussianWindow(0.5 * settled.covariance, 2), False)):
        world = dataclasses.replace(base, initial=initial, transition=step)
        score, bound = evidence.drift(world.latents(8000, 13, seeded()))
        assert (score < bound) is kept


def test_windows_have_their_covariance():
    """A sample moment of 100,000 windows is within six standard errors, at most 6 sqrt(2) max V / sqrt(n)."""
    window = stationary_window(AutoRegression(COUPLED), GaussianNoise(VARIANCE))
    z = window.sample(100_000, seeded()).flatten(1)
    bound = 6 * math.sqrt(2) * float(window.covariance.max()) / math.sqrt(len(z))
    assert (torch.cov(z.T) - window.covariance).abs().max() < bound
    assert (torch.cov(z.T) - window.covariance.roll((2, 2), (0, 1))).abs().max() > bound


DRIFT = tensor([1.0, 2.0], [-2.0, 0.5])
DIFFUSION = tensor([0.4], [0.7])


def test_diffusions_are_integrated_exactly():
    """Noise of one step: the integral of exp(-A s) B B^T exp(-A^T s); Euler's B B^T step, the twin, is off."""
    law = linear_diffusion(DRIFT, DIFFUSION, 0.3).transition
    torch.testing.assert_close(law.predictor.matrix, torch.from_numpy(linalg.expm(-0.3 * DRIFT.numpy())))
    spread = (DIFFUSION @ DIFFUSION.T).numpy()

    def integrand(s: float) -> np.ndarray:
        decay = linalg.expm(-s * DRIFT.numpy())
        return (decay @ spread @ decay.T).ravel()

    expected = integrate.quad_vec(integrand, 0, 0.3)[0].reshape(2, 2)
    assert law.noise_covariance.numpy() == pytest.approx(expected, abs=1e-12)
    assert np.abs(0.3 * spread - expected).max() > 0.01


def test_two_half_steps_are_one_step():
    half, whole = (linear_diffusion(DRIFT, DIFFUSION, step).transition for step in (0.15, 0.3))
    m = half.predictor.matrix
    torch.testing.assert_close(m @ m, whole.predictor.matrix)
    torch.testing.assert_close(m @ half.noise_covariance @ m.T + half.noise_covariance, whole.noise_covariance)


def test_diffusions_keep_their_stationary_law():
    """M V M^T + noise = V; independent rates have variances s^2 / (2 theta), as the Ornstein-Uhlenbeck world states."""
    initial, law = linear_diffusion(DRIFT, DIFFUSION)
    m, v = law.predictor.matrix, initial.covariance
    torch.testing.assert_close(m @ v @ m.T + law.noise_covariance, v)
    known = synthetic.ornstein_uhlenbeck(theta=(2.0, 0.2), sigma=0.3, step=0.1)
    initial, law = linear_diffusion(torch.diag(tensor(2.0, 0.2)), 0.3 * EYE, 0.1)
    torch.testing.assert_close(torch.diagonal(initial.covariance), tensor(*known.initial.variances))
    torch.testing.assert_close(law.noise_covariance, known.transition.noise_covariance)


HALVES = torch.stack((torch.diag(tensor(1.0, 0.0)), torch.diag(tensor(0.0, 1.0))))


@pytest.mark.parametrize(
    ("matrices", "rank"), [(COUPLED, 2), (HALVES, 2), (torch.ones_like(COUPLED) / 5, 1), (0 * COUPLED, 0)]
)
def test_coverage_is_the_rank_over_all_lags(matrices, rank):
    """Full, two singular matrices that cover together, one line, and a constant."""
    step = AdditiveNoise(AutoRegression(matrices), GaussianNoise(VARIANCE))
    start = GaussianWindow(torch.eye(4).double(), 2)
    world = dataclasses.replace(synthetic.worlds()["student_noise"](), initial=start, transition=step)
    assert evidence.spanned_dimensions(world, world.latents(500, 4, seeded())) == rank
    assert step.declarations[Assumption.COVERAGE].holds is (rank == 2)
    assert step.declarations[Assumption.ROW_RANK].holds is (rank == 2)
    volumes = evidence.predictor_volumes(world, world.latents(100, 4, seeded()))
    assert bool(volumes.median() > 1e-6) is (rank == 2)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: AutoRegression(COUPLED)(torch.zeros(3, 1, 2).double()),
            "past has 1 steps, lags=2: start",
        ),
        (lambda: stationary_window(oscillators((0.3,)), GaussianNoise.isotropic(1, 1.0)), "spectral radius 1"),
        (lambda: stationary_window(AutoRegression(1.2 * EYE[None]), GaussianNoise(EYE)), "spectral radius 1.2: no law"),
        (lambda: stationary_window(AutoRegression(COUPLED), GaussianNoise.isotropic(3, 1.0)), "dimension 2, noise 3"),
        (lambda: stationary_window(AutoRegression(COUPLED), POINTED), "noise=IndependentNoise: give Gaussian noise"),
        (lambda: GaussianWindow(torch.eye(3).double(), 2), "steps=2 does not divide a covariance of size 3"),
        (lambda: GaussianWindow(torch.diag(tensor(1.0, -1.0))), "smallest eigenvalue -1: give a symmetric, positive"),
        (lambda: linear_diffusion(DRIFT, DIFFUSION, 0.0), "step=0.0 does not advance time"),
        (
            lambda: linear_diffusion(-DRIFT, DIFFUSION),
            "drift has an eigenvalue of real part -0.75: no law is",
        ),
        (lambda: linear_diffusion(torch.diag(tensor(1.0, 1.0)), DIFFUSION), "leaves a direction without noise"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AutoRegression(EYE), r"matrices have shape \(2, 2\): give \[lags d d\]"),
        (lambda: AutoRegression(COUPLED[:0]), r"matrices have shape \(0, 2, 2\)"),
        (lambda: linear_diffusion(DRIFT, torch.ones(3, 1)), r"drift is \(2, 2\), diffusion \(3, 1\)"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(make, message):
    with unchecked_types(), pytest.raises(ValueError, match=message):
        make()
