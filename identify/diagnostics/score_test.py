r"""Tests of E s = 0 for many scores at once, sequences as units: the law that all p-values of residual tests rest on.

A score s_ij of sequence i sums over its steps something whose mean is zero under the null. Sequences are independent,
steps need not be. For each column j
  T = sqrt(n) mean / sd,  and for skewness g  H = T + g T^2 / (3 sqrt n) + g^2 T^3 / (27 n) + g / (6 sqrt n)
[hall1992removal]; the one nearer to 0 is referred to Student's law at n - 1 (0 where their signs differ); columns by
Bonferroni. T rejects too often when scores are skew, H when they have heavy tails, where the estimate of g follows the
mean; the nearer one keeps its level in both cases, so the correction may take a rejection away but never make one.
Scores are bounded or sums of many steps; the law is nominal, `docs/diagnostics.md` has measured levels.

Power: the t of data with a planted defect, averaged over plantings, is the shift of a normal law, LAMBDA, and power is
Phi(LAMBDA - critical value): the other columns are left out, so it is a lower bound up to the scatter of the planting.

Several groups of columns share alpha evenly: the p-value of all is the number of groups times the smallest of theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from identify.diagnostics.diagnosis import POWER

PLANTINGS = 3
FLAT = 1e-12
"""Columns whose standard deviation is below this share of the largest carry no information."""

Scores = Float[np.ndarray, "n q"]


class ScoreTest(NamedTuple):
    """Careful t of every column, the largest in absolute value, its column and the Bonferroni p-value."""

    t: Float[np.ndarray, " q"]
    largest: float
    column: int
    p_value: float


def careful_t(scores: Scores) -> Float[np.ndarray, " q"]:
    """Student's t of every column or its skewness-corrected form, the nearer to 0; 0 where the column does not vary."""
    n = len(scores)
    mean = scores.mean(axis=0)
    centred = scores - mean
    sd = np.sqrt(np.einsum("ij,ij->j", centred, centred) / (n - 1))
    live = sd > FLAT * max(float(sd.max(initial=0.0)), 1e-300)
    unit = np.where(live, sd, 1.0)
    skewness = np.where(live, np.mean(centred**3, axis=0) / unit**3, 0.0)
    t = np.where(live, np.sqrt(n) * mean / unit, 0.0)
    g = skewness / np.sqrt(n)
    corrected = t + g * t**2 / 3 + g**2 * t**3 / 27 + g / 6
    return np.sign(t) * np.clip(np.sign(t) * corrected, 0, np.abs(t))


def score_test(scores: Scores) -> ScoreTest:
    """Test that every column has mean zero."""
    t = careful_t(scores)
    column = int(np.argmax(np.abs(t)))
    largest = float(t[column])
    return ScoreTest(t, largest, column, p_of(largest, len(t), len(scores)))


def p_of(t: float, columns: int, n: int) -> float:
    """Bonferroni p-value, over `columns`, of one t from n sequences."""
    return float(min(1.0, 2 * columns * stats.t.sf(abs(t), n - 1)))


def smallest_of(groups: Sequence[Float[np.ndarray, "n _"]]) -> tuple[float, float]:
    """Largest careful t over all groups and the p-value that shares alpha evenly among the groups."""
    tests = [score_test(scores) for scores in groups]
    best = min(tests, key=lambda test: (test.p_value, -abs(test.largest)))
    return best.largest, min(1.0, len(tests) * best.p_value)


def critical_value(columns: int, n: int, alpha: float) -> float:
    """Absolute t at which the Bonferroni p-value over `columns` is alpha."""
    return float(stats.t.isf(alpha / (2 * columns), n - 1))


def smallest_seen(
    plant: Callable[[float, np.random.Generator], Scores],
    sizes: Sequence[float],
    alpha: float,
    rng: np.random.Generator,
) -> tuple[float, float]:
    """Smallest planted size seen with probability POWER, and the power there (infinity and the last power if none).

    `plant` returns the scores of the data with a defect of that size, tested at rate `alpha`.
    """
    power = 0.0
    for size in sizes:
        plantings = [plant(size, rng) for _ in range(PLANTINGS)]
        shift = np.abs(np.mean([careful_t(scores) for scores in plantings], axis=0)).max()
        n, columns = plantings[0].shape
        power = max(power, float(stats.norm.cdf(shift - critical_value(columns, n, alpha))))
        if power >= POWER:
            return float(size), power
    return float("inf"), power
