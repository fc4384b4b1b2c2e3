"""Coverage of the jackknife intervals, by exact binomial tests.

Null law: the number of covered cases out of `cases` is binomial(cases, .95). Nominal coverage between .93 and .97 is
accepted: the test rejects if the exact binomial tail under .93 (too few) or .97 (too many) is below 1e-6. Smallest
defect that matters: coverage .80 or below (intervals that ignore sequences have less); its miss rate at 500 cases is
below 1e-3.
"""

import numpy as np
import pytest
from scipy import stats

from identify.intervals import _without_skewness, block_sums, jackknife, mean_bounds, positive_mean_interval
from identify.metrics import affine_r2, mcc
from identify.metrics.affine import affine_fit
from identify.splits import make_split, split_groups

CASES = 500
RATE = 1e-6
LOW = int(stats.binom.ppf(RATE, CASES, 0.93))
HIGH = int(stats.binom.isf(RATE, CASES, 0.97)) + 1


def test_power_of_the_coverage_test():
    assert stats.binom.sf(LOW - 1, CASES, 0.80) < 1e-3


def test_interval_of_r2_covers_the_score_of_the_fitted_map():
    rng = np.random.default_rng(0)
    covered = 0
    for case in range(CASES):
        z = rng.standard_normal((60, 2))
        y = z + 0.6 * rng.standard_normal((60, 2))
        split = make_split(60, seed=case)
        score = affine_r2(z, y, split)
        slope, offset = affine_fit(y[split.train], z[split.train])
        # population: z ~ N(0, 1), y = z + .6 e
        kept = np.eye(2) - slope
        loss = np.sum(kept**2, axis=0) + 0.36 * np.sum(slope**2, axis=0) + offset**2
        covered += score.low <= 1 - loss.mean() <= score.high
    assert LOW <= covered <= HIGH


def test_interval_of_a_skewed_mean_covers():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(CASES):
        interval = positive_mean_interval(rng.standard_normal(100) ** 2, np.arange(100))
        covered += interval.low <= 1 <= interval.high
    assert LOW <= covered <= HIGH


def _series(rng, count, length):
    z = np.repeat(rng.standard_normal((count, 1)), length, axis=0) + 0.1 * rng.standard_normal((count * length, 1))
    return z, z + np.repeat(rng.standard_normal((count, 1)), length, axis=0)


def test_sequences_are_resampled_whole():
    # 60 sequences of 20 nearly constant rows: corr = 1.01 / sqrt(1.01 * 2.01), known
    rng = np.random.default_rng(2)
    truth = np.sqrt(1.01 / 2.01)
    covered, naive = 0, 0
    for case in range(CASES):
        z, y = _series(rng, 60, 20)
        score = mcc(z, y, split_groups(np.arange(1200) // 20, seed=case))
        covered += score.low <= truth <= score.high
        if case < 200:
            wrong = mcc(z, y, make_split(1200, seed=case))
            naive += wrong.low <= truth <= wrong.high
    assert LOW <= covered <= HIGH
    assert naive < 120  # the twin that ignores sequences covers far less


def test_jackknife_of_a_symmetric_mean_is_the_classical_standard_error():
    values = np.concatenate([np.linspace(1, 3, 25), -np.linspace(1, 3, 25)])
    sums = np.stack([values, np.ones(50)], axis=1)
    found = jackknife(sums, lambda s: s[:, 0] / s[:, 1])
    half = stats.t.ppf(0.975, 49) * values.std(ddof=1) / np.sqrt(50)
    assert found.high - found.estimate == pytest.approx(half)
    mean, low, high = mean_bounds(values, np.arange(50), 0.025)
    assert (low, high) == pytest.approx((mean - half, mean + half))


def test_hall_transform_is_inverted():
    for skewness in (-2.0, 0.5, 3.0):
        g = skewness / np.sqrt(40)
        t = _without_skewness(1.7, skewness, 40)
        assert t + g * t**2 / 3 + g**2 * t**3 / 27 + g / 6 == pytest.approx(1.7)


def test_interval_of_a_heavy_tailed_mean_covers():
    rng = np.random.default_rng(4)
    covered = 0
    for _ in range(CASES):
        interval = positive_mean_interval(rng.standard_normal(100) ** 4, np.arange(100))
        covered += interval.low <= 3 <= interval.high
    assert LOW <= covered <= HIGH


def test_block_sums_in_any_order():
    values, blocks = np.arange(6.0), np.array([2, 0, 1, 0, 2, 1])
    assert block_sums(values, blocks).tolist() == [4, 7, 4]
