"""The p-value is the one that decides, on whatever data; the score test keeps its level; the page shows its record.

Rates of the level tests are exact for the counts (binomial), RATE each; their twins are the forms of t that were not
taken, and must fail.
"""

import json
from functools import cache

import numpy as np
import pytest
from scipy import stats

from benchmarks.diagnostics_level import DOCS, SEES, markdown
from identify.diagnostics import diagnose, residuals
from identify.diagnostics.constant_covariance import _scores as covariance_scores
from identify.diagnostics.diagnosis import decide
from identify.diagnostics.gaussian_residuals import _scores as slice_scores
from identify.diagnostics.near_pasts import SHARED, at_near_pasts
from identify.diagnostics.neighbours import two_nearest_distances
from identify.diagnostics.past_features import past_features
from identify.diagnostics.residuals import FOLDS
from identify.diagnostics.score_test import careful_t, critical_value
from tests.diagnostics_cases import autoregression, heteroscedastic

RATE = 1e-7


def _of_two_steps(rng):
    z = rng.standard_normal((80, 12, 2))
    for t in range(2, 12):
        z[:, t] = 0.2 * z[:, t - 1] + 0.7 * z[:, t - 2] + 0.6 * z[:, t]
    return z


def _curve(rng):
    angle = autoregression(rng, 60, 8, 1)
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=2)


def _copy(rng):
    z = autoregression(rng, 60, 8, 2)
    z[:, 1:, 1] = z[:, :-1, 0]
    return z


def _folded(rng):
    z = rng.standard_normal((80, 8, 2))
    return z, np.stack([z[..., 0], np.abs(z[..., 1])], axis=2)


CASES = {
    "null": lambda rng: (z := autoregression(rng, 60, 12, 2), z),
    "pairs": lambda rng: (autoregression(rng, 60, 2, 2), None),
    "one latent": lambda rng: (autoregression(rng, 60, 8, 1), None),
    "three latents, few sequences": lambda rng: (autoregression(rng, 25, 8, 3), None),
    "unpredictable": lambda rng: (rng.standard_normal((60, 8, 3)), None),
    "hardly predictable": lambda rng: (autoregression(rng, 120, 12, 2, slope=0.07), None),
    "heavy noise": lambda rng: (autoregression(rng, 80, 12, 2, noise=rng.standard_t(3, (80, 12, 2))), None),
    "bent mean": lambda rng: (np.tanh(2 * autoregression(rng, 60, 12, 2)), None),
    "moving covariance": lambda rng: (heteroscedastic(rng, 100, 12, 2.0), None),
    "drift": lambda rng: (autoregression(rng, 60, 8, 2) + np.linspace(0, 2, 8)[:, None], None),
    "two steps back": lambda rng: (_of_two_steps(rng), None),
    "copy": lambda rng: (_copy(rng), None),
    "curve": lambda rng: (_curve(rng), None),
    "fold": _folded,
    "clamped": lambda rng: (z := rng.standard_normal((60, 8, 2)), np.clip(z, -1, 1)),
    "noisy code": lambda rng: (z := rng.standard_normal((60, 8, 2)), z + rng.standard_normal(z.shape)),
}


@cache
def tables(name):
    """One table at each of three rates, the same draws in all."""
    z, code = CASES[name](np.random.default_rng(3))
    return [diagnose(z, code=code, alpha=alpha, seed=1) for alpha in (1e-4, 0.02, 0.2)]


@pytest.mark.parametrize("name", CASES)
def test_violated_if_and_only_if_the_p_value_is_at_most_alpha(name):
    for row in (row for table in tables(name) for row in table.rows):
        assert (row.decision == "violated") == (row.p_value <= row.alpha), row


def test_the_cases_reach_both_sides_of_the_law():
    """The law above would say little if no case rejected, or all did."""
    reached = {
        (row.assumption, row.decision == "violated") for name in CASES for table in tables(name) for row in table.rows
    }
    assert reached == {(name, violated) for name in SEES for violated in (True, False)}


LAWS = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "skew": lambda rng, size: rng.standard_gamma(20, size) - 20,
    "heavy": lambda rng, size: rng.standard_normal(size) ** 3,
}


def _largest(law, form, n=60, columns=30, sets=1000):
    """Largest |t| over the columns of each data set."""
    rng = np.random.default_rng(4)
    return np.array([np.abs(form(LAWS[law](rng, (n, columns)))).max() for _ in range(sets)])


def _corrected_alone(scores):
    """The skewness-corrected t without the guard."""
    n, mean = len(scores), scores.mean(axis=0)
    sd = scores.std(axis=0, ddof=1)
    t, g = np.sqrt(n) * mean / sd, np.mean((scores - mean) ** 3, axis=0) / sd**3 / np.sqrt(n)
    return t + g * t**2 / 3 + g**2 * t**3 / 27 + g / 6


@pytest.mark.parametrize("law", LAWS)
def test_the_score_test_keeps_its_level(law):
    """60 sequences, 30 columns, 1,000 data sets at .05.

    Null law: at most binomial(1000, .06) rejections (the level with a fifth to spare), its 1e-7 quantile. Smallest
    defect that matters: level .15, miss rate asserted.
    """
    bound = int(stats.binom.isf(RATE, 1000, 0.06))
    assert stats.binom.cdf(bound, 1000, 0.15) < 0.05
    critical = critical_value(30, 60, 0.05)
    assert np.sum(_largest(law, careful_t) >= critical) <= bound
    if law == "heavy":
        assert np.sum(_largest(law, _corrected_alone) >= critical) > bound


def test_a_shift_is_rejected_more_often():
    """Twin of the level: scores whose mean is a third of their standard deviation."""
    shifted = _largest("normal", lambda scores: careful_t(scores + 1 / 3))
    assert np.sum(shifted >= critical_value(30, 60, 0.05)) > stats.binom.isf(RATE, 1000, 0.06)


@pytest.mark.parametrize("d", [1, 2])
def test_partners_in_common_inflate_t_by_less_than_is_allowed_for(d):
    """200 null data sets of 80 sequences, true means given: mean over columns of t^2 of the second tests' scores.

    Null law: Student over data sets, that the expectation is SHARED^2 or less (RATE a test, 4 tests); the standard
    error is near .1, so 1 above it is seen. Twin: even functions with mutual pairs counted twice exceed the same
    counted once, Student on the paired difference.
    """
    once, twice, covariance = [], [], []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        z = autoregression(rng, 80, 10, d)
        found = residuals(z, 0.8 * z[:, :-1], rng=rng)
        near, features = at_near_pasts(found), past_features(found.past, rng)
        differences = (found.white - near.white) / np.sqrt(2)
        for values, weight in ((once, near.once), (twice, 1.0)):
            scores = slice_scores(differences, [np.eye(d)] * FOLDS, found.fold, features, weight)[0]
            values.append(_mean_square(scores[:, scores.shape[1] // 2 :]))
        covariance.append(_mean_square(covariance_scores(found.white, features, near.white)))
    for values in (once, covariance):
        assert stats.ttest_1samp(values, SHARED**2, alternative="greater").pvalue > RATE
    assert stats.ttest_rel(twice, once, alternative="greater").pvalue < RATE


def _mean_square(scores):
    t = np.sqrt(len(scores)) * scores.mean(axis=0) / scores.std(axis=0, ddof=1)
    return float(np.mean(t**2))


@pytest.mark.parametrize("steps", [1, 4, 40])
def test_two_nearest_of_other_sequences(steps):
    """Trees and all distances agree, also where a sequence fills its own neighbourhood (40 steps)."""
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.standard_normal((8, 2)), steps, axis=0) + 1e-3 * rng.standard_normal((8 * steps, 2))
    sequence = np.repeat(np.arange(8), steps)
    apart = np.linalg.norm(rows[:, None] - rows[None], axis=2)
    apart[sequence[:, None] == sequence] = np.inf
    np.testing.assert_allclose(two_nearest_distances(rows, sequence), np.sort(apart, axis=1)[:, :2], rtol=1e-9)


def test_decisions():
    assert decide(0.001, 0.01, np.inf, 1.0) == "violated"
    assert decide(0.5, 0.01, 0.5, 1.0) == "supported"
    assert decide(0.5, 0.01, 2.0, 1.0) == "undecided"
    assert decide(float("nan"), 0.01, 0.5, 1.0) == "undecided"
    assert critical_value(1, 10**9, 0.05) == pytest.approx(1.96, abs=1e-2)


def test_the_page_is_made_from_its_record():
    record = json.loads((DOCS / "diagnostics" / "level.json").read_text())
    assert (DOCS / "diagnostics.md").read_text() == markdown(record)
    assert list(record["cells"][0]["tests"]) == list(SEES)
