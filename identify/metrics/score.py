"""What a metric returns, and the held-out column statistics that all of them share.

Every linear score is a function of matched held-out columns (a_k, b_k): a factor and its prediction, a factor and the
code matched to it, a pair of canonical variates. Their sums by block are computed once; estimate and interval follow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from identify.intervals import Interval, block_sums, jackknife


class Score(NamedTuple):
    """A held-out score with its 95 % interval, its level under shuffled rows (chance), and the score of each part."""

    estimate: float
    low: float
    high: float
    chance: float
    parts: Float[np.ndarray, " parts"]

    def to_json(self) -> dict[str, float]:
        """Return the stable keys."""
        return {"estimate": self.estimate, "low": self.low, "high": self.high, "chance": self.chance}


def scored(interval: Interval, parts: Float[np.ndarray, " parts"], chance: float = float("nan")) -> Score:
    """Attach the parts to an interval."""
    return Score(interval.estimate, interval.low, interval.high, chance, parts)


def centre(values: Float[np.ndarray, "rows k"]) -> tuple[Float[np.ndarray, "rows k"], Float[np.ndarray, " k"]]:
    """Return values less their column means, and the means."""
    mean = values.mean(axis=0)
    return values - mean, mean


def r2_of_predictions(
    target: Float[np.ndarray, "rows k"],
    prediction: Float[np.ndarray, "rows k"],
    blocks: Int[np.ndarray, " rows"],
    weights: Float[np.ndarray, " k"] | None = None,
) -> Score:
    """Pooled R2 = sum_k w_k R2_k with R2_k = 1 - E e_k^2 / Var y_k about the held-out mean; parts are the R2_k.

    Equal weights by default, so that no factor counts for more because of its unit (`uniform_average` of scikit-learn).
    """
    shift = target.mean(axis=0)
    centred = target - shift
    error = target - prediction
    sums = np.concatenate(
        [
            block_sums(np.ones(len(target)), blocks)[:, None],
            block_sums(centred, blocks),
            block_sums(centred**2, blocks),
            block_sums(error**2, blocks),
        ],
        axis=1,
    )
    k = target.shape[1]

    def parts(s: Float[np.ndarray, "many c"]) -> Float[np.ndarray, "many k"]:
        variance = s[:, 1 + k : 1 + 2 * k] / s[:, :1] - (s[:, 1 : 1 + k] / s[:, :1]) ** 2
        return 1 - (s[:, 1 + 2 * k :] / s[:, :1]) / np.maximum(variance, 1e-300)

    by_part = parts(sums.sum(axis=0, keepdims=True))[0]
    if weights is None:
        weights = np.full(k, 1 / k)
    return scored(jackknife(sums, lambda s: parts(s) @ weights, scale="unexplained"), by_part)


def mean_correlation(
    first: Float[np.ndarray, "rows k"],
    second: Float[np.ndarray, "rows k"],
    blocks: Int[np.ndarray, " rows"],
    weights: Float[np.ndarray, " k"],
) -> Score:
    """Weighted sum over k of the correlation of matched columns; a constant column has correlation 0."""
    a, b = first - first.mean(axis=0), second - second.mean(axis=0)
    k = a.shape[1]
    ones = block_sums(np.ones(len(a)), blocks)[:, None]
    sums = np.concatenate(
        [ones, *(block_sums(v, blocks) for v in (a, b, a * a, b * b, a * b))],
        axis=1,
    )

    def parts(s: Float[np.ndarray, "many c"]) -> Float[np.ndarray, "many k"]:
        m = s[:, 1:].reshape(len(s), 5, k) / s[:, :1, None]
        product = (m[:, 2] - m[:, 0] ** 2) * (m[:, 3] - m[:, 1] ** 2)
        with np.errstate(all="ignore"):
            return np.where(product > 1e-200, (m[:, 4] - m[:, 0] * m[:, 1]) / np.sqrt(product), 0.0)

    by_part = parts(sums.sum(axis=0, keepdims=True))[0]
    return scored(jackknife(sums, lambda s: parts(s) @ weights, scale="correlation"), by_part)
