"""Planted defects are found, their intact twins are not, and the stated power is the measured one.

Twins: null data, RATE per test (Student over sequences, Bonferroni over columns: nominal rates). Defects are far
larger than the smallest that the diagnosis itself says it sees at POWER = .9, so the miss rate is below .1 by its own
statement and much below it at these sizes.
"""

import numpy as np
import pytest

from identify.diagnostics import (
    constant_covariance,
    diagnose,
    dimension,
    gaussian_residuals,
    injectivity,
    intrinsic_dimension,
    memory,
    noise_rank,
    residuals,
    stationarity,
)
from identify.diagnostics.diagnosis import POWER
from tests.diagnostics_cases import autoregression, heteroscedastic

RATE = 1e-7


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def found(z, seed=0):
    return residuals(z, rng=np.random.default_rng(seed))


def test_student_noise(rng):
    student = rng.standard_t(5, (400, 20, 2)) * np.sqrt(3 / 5)
    heavy = gaussian_residuals(found(autoregression(rng, 400, 20, 2, noise=student)), alpha=RATE, rng=rng)
    intact = gaussian_residuals(found(autoregression(rng, 400, 20, 2)), alpha=RATE, rng=rng)
    assert heavy.decision == "violated"
    assert intact.decision == "supported"
    assert intact.smallest_seen <= 1.0
    assert intact.power >= POWER


def test_a_law_that_is_gaussian_on_the_average_only(rng):
    """Half-normal residuals with the sign of the past: symmetric when pooled, skew in every context."""
    z = rng.standard_normal((300, 12, 2))
    half = np.abs(rng.standard_normal((300, 12))) - np.sqrt(2 / np.pi)
    for t in range(1, 12):
        z[:, t, 0] = np.sign(z[:, t - 1, 0]) * half[:, t] + 0.1 * rng.standard_normal(300)
    given = residuals(z, np.zeros((300, 11, 2)), rng=rng)
    assert gaussian_residuals(given, alpha=RATE, rng=rng).decision == "violated"


def test_heteroscedastic_noise(rng):
    moving = constant_covariance(found(heteroscedastic(rng, 300, 20, 1.0)), alpha=RATE, rng=rng)
    still = constant_covariance(found(heteroscedastic(rng, 300, 20, 0.0)), alpha=RATE, rng=rng)
    assert moving.decision == "violated"
    assert still.decision == "supported"


def test_a_scale_mixture_is_not_taken_for_its_context(rng):
    """Gaussian in every context: not called non-Gaussian once the covariance is known to move."""
    table = diagnose(heteroscedastic(rng, 300, 20, 1.0), alpha=RATE)
    assert table["constant_covariance"].decision == "violated"
    assert table["gaussian_residuals"].decision == "undecided"


def test_memory(rng):
    z = autoregression(rng, 300, 20, 2)
    for t in range(2, 20):
        z[:, t] = 0.5 * z[:, t - 1] + 0.3 * z[:, t - 2] + 0.6 * rng.standard_normal((300, 2))
    assert memory(found(z), alpha=RATE, rng=rng).decision == "violated"
    assert memory(found(autoregression(rng, 300, 20, 2)), alpha=RATE, rng=rng).decision == "supported"


def test_pairs_have_no_memory_to_test(rng):
    row = memory(found(autoregression(rng, 300, 2, 2)), rng=rng)
    assert row.decision == "undecided"
    assert "3 steps" in row.findings[0]


def test_a_drift(rng):
    z = autoregression(rng, 300, 20, 2)
    ramp = np.linspace(0, 0.8, 20)[:, None]
    assert stationarity(z + ramp, alpha=RATE, rng=rng).decision == "violated"
    assert stationarity(z * (1 + ramp), alpha=RATE, rng=rng).decision == "violated"
    assert stationarity(z, alpha=RATE, rng=rng).decision != "violated"


def test_a_copy_has_no_noise(rng):
    z = autoregression(rng, 300, 20, 2)
    z[:, 1:, 1] = z[:, :-1, 0]
    assert noise_rank(found(z)).decision == "violated"
    assert noise_rank(found(autoregression(rng, 300, 20, 2))).decision == "supported"


def test_a_fold_and_its_steep_but_injective_twin(rng):
    """The fold hides half of the square; the twin squeezes the same coordinate ten times and folds nothing."""
    z = rng.standard_normal((300, 8, 2))
    folded = np.stack([z[..., 0], np.abs(z[..., 1])], axis=2)
    squeezed = np.stack([z[..., 0], np.where(z[..., 1] > 0, z[..., 1], 0.1 * z[..., 1])], axis=2)
    assert injectivity(z, folded, alpha=RATE, rng=rng).decision == "violated"
    assert injectivity(z, squeezed, alpha=RATE, rng=rng).decision == "supported"
    assert injectivity(z, z @ rng.standard_normal((2, 2)), alpha=RATE, rng=rng).decision == "supported"


def test_clamped_codes_are_equal_codes(rng):
    z = rng.standard_normal((300, 8, 2))
    row = injectivity(z, np.clip(z, -1, 1), alpha=RATE, rng=rng)
    assert row.decision == "violated"
    assert "share their code" in row.findings[0]


def test_noise_in_the_code_is_no_fold(rng):
    z = rng.standard_normal((300, 8, 2))
    assert injectivity(z, z + rng.standard_normal(z.shape), alpha=RATE, rng=rng).decision == "undecided"


def test_without_a_code_injectivity_is_open(rng):
    row = injectivity(rng.standard_normal((30, 8, 2)), None, rng=rng)
    assert row.decision == "undecided"
    assert "cannot be tested" in row.findings[0]


def test_a_code_that_is_a_curve(rng):
    angle = autoregression(rng, 300, 8, 1)
    circle = np.concatenate([np.cos(angle), np.sin(angle)], axis=2)
    assert dimension(circle, 2, alpha=RATE, rng=rng).decision == "violated"
    assert dimension(rng.standard_normal((300, 8, 2)), 2, alpha=RATE, rng=rng).decision == "supported"
    assert dimension(rng.standard_normal((300, 8, 2)), 3, alpha=RATE, rng=rng).decision == "violated"


def test_observation_noise_shows_as_dimension(rng):
    plane = rng.standard_normal((200, 8, 2)) @ rng.standard_normal((2, 4))
    assert intrinsic_dimension(plane, rng=rng).highest == 2
    assert intrinsic_dimension(plane + rng.standard_normal(plane.shape), rng=rng).lowest >= 3


def test_the_stated_power_is_reached(rng):
    """Heteroscedastic noise of the size that is stated to be seen at .9: of 20 data sets fewer than 12 are missed.

    Binomial(20, .1): P(12 or more misses) = 6e-8; at a true power of .2 it is .99, so gross overstatement shows.
    """
    size = constant_covariance(found(autoregression(rng, 200, 10, 2)), alpha=0.01, rng=rng).smallest_seen
    missed = 0
    for k in range(20):
        white = rng.standard_normal((200, 10, 2))
        z = autoregression(rng, 200, 10, 2, noise=white)
        context = z[:, :-1, :1]
        z[:, 1:] = 0.8 * z[:, :-1] + 0.6 * np.exp(size / 2 * context) * white[:, 1:]
        given = residuals(z, 0.8 * z[:, :-1], rng=np.random.default_rng(k))
        missed += constant_covariance(given, alpha=0.01, rng=rng).decision != "violated"
    assert missed < 12
