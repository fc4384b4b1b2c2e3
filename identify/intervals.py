"""Intervals of held-out scores: delete-one-block jackknife over blocks of rows.

For a score s = F(mean of row statistics), with s_(b) the score without block b and B blocks:
  se^2 = (B - 1)/B sum_b (s_(b) - mean s_(b))^2  [efron1981jackknife],
taken on a scale where s is nearly normal (log(1 - R2), atanh of a correlation) with Student's quantile at B - 1, and
corrected for the skewness of the pseudo-values by Hall's monotone cubic [hall1992removal]: squared residuals are skewed
so much that symmetric intervals of 100 rows cover 88 % where they promise 95 %.
Blocks are single rows (or runs of exchangeable rows), whole sequences, or stretches of time, so that dependence inside
a block is paid for. The estimand is the score of the map fitted on these train rows, on fresh rows; the scatter of the
fit itself is not part of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import stats

_TINY = 1e-300


class Interval(NamedTuple):
    """An estimate with the ends of its two-sided interval."""

    estimate: float
    low: float
    high: float

    def complement(self) -> Interval:
        """Return the interval of 1 - s."""
        return Interval(1 - self.estimate, 1 - self.high, 1 - self.low)


def block_sums(
    values: Float[np.ndarray, "rows ..."], blocks: Int[np.ndarray, " rows"]
) -> Float[np.ndarray, "blocks ..."]:
    """Sum rows by block: the only pass over the data an interval needs."""
    count = int(blocks.max()) + 1
    if np.all(blocks[1:] >= blocks[:-1]):
        return np.add.reduceat(values, np.searchsorted(blocks, np.arange(count)), axis=0)
    sums = np.zeros((count, *values.shape[1:]))
    np.add.at(sums, blocks, values)
    return sums


def jackknife(
    sums: Float[np.ndarray, "blocks k"],
    score: Callable[[Float[np.ndarray, "many k"]], Float[np.ndarray, " many"]],
    *,
    scale: str = "none",
    level: float = 0.95,
) -> Interval:
    """Return score(total) with its interval; `score` maps rows of sums (any common factor) to scores, vectorised.

    scale: "none", "unexplained" (log(1 - s), for R2) or "correlation" (atanh s).
    """
    total = sums.sum(axis=0, keepdims=True)
    estimate = float(score(total)[0])
    count = len(sums)
    if count < 2:
        return Interval(estimate, -np.inf, np.inf)
    forward, backward = _SCALES[scale]
    with np.errstate(all="ignore"):
        left_out = forward(score(total - sums))
        spread = np.sqrt((count - 1) / count * np.sum((left_out - left_out.mean()) ** 2))
        quantile = stats.t.ppf(0.5 + level / 2, count - 1)
        skewness = _skewness(-left_out)
        centre = forward(np.array(estimate))
        ends = sorted(
            float(backward(centre - spread * _without_skewness(q, skewness, count))) for q in (quantile, -quantile)
        )
    if not np.all(np.isfinite(ends)):
        return Interval(estimate, estimate, estimate)
    return Interval(estimate, min(ends[0], estimate), max(ends[1], estimate))


def _skewness(values: Float[np.ndarray, " blocks"]) -> float:
    centred = values - values.mean()
    variance = float(np.mean(centred**2))
    return float(np.mean(centred**3)) / variance**1.5 if variance > 0 else 0.0


def _without_skewness(quantile: float, skewness: float, count: int) -> float:
    """Quantile of the studentised mean whose Hall transform has quantile `quantile`: the inverse of
    t + g t^2 / (3 sqrt n) + g^2 t^3 / (27 n) + g / (6 sqrt n), g the skewness.
    """
    g = skewness / np.sqrt(count)
    if abs(g) < 1e-8:
        return quantile
    return float(3 / g * (np.cbrt(1 + g * (quantile - g / 6)) - 1))


def mean_bounds(
    values: Float[np.ndarray, " rows"], blocks: Int[np.ndarray, " rows"], alpha: float
) -> tuple[float, float, float]:
    """Mean with one-sided lower and upper bounds, each wrong with probability alpha (Student over block sums)."""
    sums = block_sums(values, blocks)
    sizes = block_sums(np.ones(len(values)), blocks)
    mean = float(sums.sum() / sizes.sum())
    count = len(sums)
    if count < 2:
        return mean, -np.inf, np.inf
    spread = float(np.sqrt(count / (count - 1) * np.sum((sums - mean * sizes) ** 2)) / sizes.sum())
    half = float(stats.t.ppf(1 - alpha, count - 1)) * spread
    return mean, mean - half, mean + half


def positive_mean_interval(
    values: Float[np.ndarray, " rows"], blocks: Int[np.ndarray, " rows"], level: float = 0.95
) -> Interval:
    """Interval of the mean of positive values, on the log scale: squared residuals are skewed."""
    stacked = np.stack([block_sums(values, blocks), block_sums(np.ones(len(values)), blocks)], axis=1)
    return jackknife(stacked, lambda s: 1 - s[:, 0] / s[:, 1], scale="unexplained", level=level).complement()


_SCALES: dict[str, tuple[Callable, Callable]] = {
    "none": (lambda s: s, lambda s: s),
    "unexplained": (lambda s: np.log(np.maximum(1 - s, _TINY)), lambda s: 1 - np.exp(s)),
    "correlation": (lambda s: np.arctanh(np.clip(s, -1 + 1e-15, 1 - 1e-15)), np.tanh),
}
