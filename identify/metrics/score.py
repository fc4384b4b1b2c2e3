"""What a metric returns, and the held-out sums that all of them share.

Every score is a function of matched held-out columns (a_k, b_k): a factor and its prediction, a factor and the code
matched to it, a pair of canonical variates. Their sums are taken block by block, so that a million rows pass through
the cache once and no copy of the data is made; estimate and interval follow from the sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from identify.intervals import Interval, jackknife
from identify.splits import Split

Columns = Callable[[Int[np.ndarray, " rows"]], np.ndarray]
"""From row indices to values [rows k]."""

CHUNK = 20_000


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


class Moments(NamedTuple):
    """Rows, means and centred sums of products of two groups of columns."""

    rows: int
    first_mean: Float[np.ndarray, " a"]
    second_mean: Float[np.ndarray, " b"]
    first: Float[np.ndarray, "a a"]
    cross: Float[np.ndarray, "a b"]
    second: Float[np.ndarray, "b b"]


_memory: ContextVar[list[tuple[np.ndarray, np.ndarray, np.ndarray, Moments]] | None] = ContextVar(
    "moments", default=None
)


def scored(interval: Interval, parts: Float[np.ndarray, " parts"], chance: float = float("nan")) -> Score:
    """Attach the parts to an interval."""
    return Score(interval.estimate, interval.low, interval.high, chance, parts)


def held_out_blocks(split: Split) -> Iterator[Int[np.ndarray, " rows"]]:
    """Held-out row indices, one block at a time."""
    order = np.argsort(split.blocks, kind="stable")
    ends = np.searchsorted(split.blocks[order], np.arange(1, int(split.blocks.max()) + 1))
    for rows in np.split(order, ends):
        yield split.held_out[rows]


def moments(
    first: Float[np.ndarray, "n a"], second: Float[np.ndarray, "n b"], rows: Int[np.ndarray, " rows"]
) -> Moments:
    """Joint moments of the given rows, a chunk at a time, centred at the first chunk's mean to keep the digits."""
    memory = _memory.get()
    if memory is None:
        return _moments(first, second, rows)
    for x, y, chosen, found in memory:
        if chosen is rows and x is first and y is second:
            return found
        if chosen is rows and x is second and y is first:
            return Moments(found.rows, found.second_mean, found.first_mean, found.second, found.cross.T, found.first)
    memory.append((first, second, rows, _moments(first, second, rows)))
    return memory[-1][-1]


@contextmanager
def moments_remembered() -> Iterator[None]:
    """Inside, moments of the same arrays and rows (the same objects) are computed once, for many scores."""
    token = _memory.set([])
    try:
        yield
    finally:
        _memory.reset(token)


def _moments(
    first: Float[np.ndarray, "n a"], second: Float[np.ndarray, "n b"], rows: Int[np.ndarray, " rows"]
) -> Moments:
    a = first.shape[1]
    shift = np.concatenate([first[rows[:CHUNK]].mean(axis=0), second[rows[:CHUNK]].mean(axis=0)])
    total, gram = np.zeros(len(shift)), np.zeros((len(shift), len(shift)))
    for start in range(0, len(rows), CHUNK):
        chosen = rows[start : start + CHUNK]
        joint = np.concatenate([first[chosen], second[chosen]], axis=1) - shift
        total += joint.sum(axis=0)
        gram += joint.T @ joint
    gram -= np.outer(total, total) / len(rows)
    mean = shift + total / len(rows)
    return Moments(len(rows), mean[:a], mean[a:], gram[:a, :a], gram[:a, a:], gram[a:, a:])


def r2_score(target: Columns, prediction: Columns, split: Split) -> Score:
    """Mean over k of R2_k = 1 - E e_k^2 / Var y_k, variance about the held-out mean; parts are the R2_k.

    Equal weights, so that no factor counts for more because of its unit (`uniform_average` of scikit-learn).
    """
    shift = target(split.held_out[:CHUNK]).mean(axis=0)
    k = len(shift)
    sums = []
    for rows in held_out_blocks(split):
        y = target(rows)
        error = y - prediction(rows)
        y = y - shift
        squares = [np.einsum("ij,ij->j", v, v) for v in (y, error)]
        sums.append(np.concatenate([[len(rows)], y.sum(axis=0), *squares]))

    def parts(s: Float[np.ndarray, "many c"]) -> Float[np.ndarray, "many k"]:
        variance = s[:, 1 + k : 1 + 2 * k] / s[:, :1] - (s[:, 1 : 1 + k] / s[:, :1]) ** 2
        unexplained = s[:, 1 + 2 * k :] / s[:, :1]
        # a constant target has nothing to explain: 0, or 1 where it is hit exactly
        return np.where(variance > 0, 1 - unexplained / np.maximum(variance, 1e-300), (unexplained == 0).astype(float))

    stacked = np.stack(sums)
    by_part = parts(stacked.sum(axis=0, keepdims=True))[0]
    return scored(jackknife(stacked, lambda s: parts(s).mean(axis=1), scale="unexplained"), by_part)


def mean_correlation(first: Columns, second: Columns, split: Split, weights: Float[np.ndarray, " k"]) -> Score:
    """Weighted sum over k of the correlation of matched columns; a constant column has correlation 0."""
    probe = split.held_out[:CHUNK]
    a_shift, b_shift = first(probe).mean(axis=0), second(probe).mean(axis=0)
    k = len(a_shift)
    sums = []
    for rows in held_out_blocks(split):
        a, b = first(rows) - a_shift, second(rows) - b_shift
        products = [np.einsum("ij,ij->j", u, v) for u, v in ((a, a), (b, b), (a, b))]
        sums.append(np.concatenate([[len(rows)], a.sum(axis=0), b.sum(axis=0), *products]))

    def parts(s: Float[np.ndarray, "many c"]) -> Float[np.ndarray, "many k"]:
        m = s[:, 1:].reshape(len(s), 5, k) / s[:, :1, None]
        first_variance, second_variance = m[:, 2] - m[:, 0] ** 2, m[:, 3] - m[:, 1] ** 2
        # relative, so that the rounding of a constant column is no variance
        live = (first_variance > 1e-14 * m[:, 2]) & (second_variance > 1e-14 * m[:, 3])
        product = np.where(live, first_variance * second_variance, 1.0)
        return np.where(live, (m[:, 4] - m[:, 0] * m[:, 1]) / np.sqrt(product), 0.0)

    stacked = np.stack(sums)
    by_part = parts(stacked.sum(axis=0, keepdims=True))[0]
    return scored(jackknife(stacked, lambda s: parts(s) @ weights, scale="correlation"), by_part)
