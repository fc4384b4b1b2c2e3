"""Evidence that a direction of the true latents is lost: independence with stated power, or exhibited collisions.

A learner that fails to read a direction shows nothing: it may only be too weak. Either of these does:
- independence: a kernel dependence test (HSIC, permutation null [gretton2008kernel]) between the direction and the code
  does not reject at .05, while it rejects planted dependences that explain a quarter of the variance (linear and even);
- collisions: rows that are near neighbours in the code (mean squared distance below 5 % of its variance) but differ in
  the direction by as much as strangers do, where the code itself is a nearly noise-free function of the true latents.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

ROWS = 500
PERMUTATIONS = 199
NEAR = 0.05
"""Squared distance of neighbours, per dimension of the whitened code, that counts as the same code."""
MIN_PAIRS = 20


class Independence(NamedTuple):
    """p-values of the test itself and of the planted dependences."""

    p_value: float
    planted: tuple[float, ...]

    @property
    def shown(self) -> bool:
        """Whether dependence is not rejected although a planted one would be."""
        return self.p_value > 0.05 and max(self.planted) <= 0.01


def _centred_gram(values: np.ndarray) -> np.ndarray:
    squares = np.sum(values**2, axis=1)
    distances = np.maximum(squares[:, None] + squares - 2 * values @ values.T, 0)
    gram = np.exp(-distances / np.median(distances[np.triu_indices(len(values), 1)]))
    gram -= gram.mean(axis=0)
    return gram - gram.mean(axis=1, keepdims=True)


def _dependence_p(gram: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> float:
    other = _centred_gram(target[:, None])
    observed = np.sum(gram * other)
    null = np.empty(PERMUTATIONS)
    for k in range(PERMUTATIONS):
        order = rng.permutation(len(target))
        null[k] = np.sum(gram * other[np.ix_(order, order)])
    return float((1 + np.sum(null >= observed)) / (PERMUTATIONS + 1))


def independence(
    direction: Float[np.ndarray, " rows"], code: Float[np.ndarray, "rows m"], rng: np.random.Generator
) -> Independence:
    """Test independence of a scalar and a whitened code, on at most 500 rows, with planted dependences beside it."""
    rows = rng.permutation(len(direction))[:ROWS]
    y, x = direction[rows], code[rows]
    y = (y - y.mean()) / y.std()
    gram = _centred_gram(x)
    w = x @ rng.standard_normal(x.shape[1])
    planted = []
    for signal in (w, np.abs(w - w.mean())):
        signal = (signal - signal.mean()) / signal.std()
        planted.append(_dependence_p(gram, 0.5 * signal + np.sqrt(0.75) * rng.permutation(y), rng))
    return Independence(_dependence_p(gram, y, rng), tuple(planted))


def colliding_share(
    direction: Float[np.ndarray, " rows"], code: Float[np.ndarray, "rows m"], spread: float
) -> tuple[float, int]:
    """Mean of half the squared difference of `direction` between near neighbours in the whitened code, over its
    variance, less two standard errors; and the number of pairs. Codes whose neighbours are far give no pairs.
    """
    live = code[:, code.std(axis=0) > 1e-9]
    distance, neighbour = cKDTree(live).query(live, k=2)
    near = distance[:, 1] ** 2 / (2 * max(live.shape[1], 1)) < NEAR * spread
    pairs = int(near.sum())
    if pairs < MIN_PAIRS:
        return 0.0, pairs
    gap = (direction[near] - direction[neighbour[near, 1]]) ** 2 / (2 * direction.var())
    return float(gap.mean() - 2 * gap.std() / np.sqrt(pairs / 2)), pairs
