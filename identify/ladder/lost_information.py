"""Evidence that a direction of the true latents is lost: independence with stated power, or exhibited collisions.

A learner that fails to read a direction shows nothing: it may only be too weak. Any of these does:
- independence: a kernel dependence test (HSIC, permutation null [gretton2008kernel]) between the direction and the code
  does not reject at .01, while it rejects planted dependences that explain a quarter of the variance (linear and even);
- shared codes: rows with one code and different latents, whatever a learner reads from the rest (`shared_codes`);
- collisions: rows that are near neighbours in the code (mean squared distance below 5 % of its variance) but differ in
  the direction by as much as strangers do, where the code itself is a nearly noise-free function of the true latents.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

ROWS = 2_000
CODE_FEATURES, TARGET_FEATURES = 120, 12
PERMUTATIONS = 199
NEAR = 0.05
"""Squared distance of neighbours, per dimension of the whitened code, that counts as the same code."""
MIN_PAIRS = 20
NEIGHBOURS = 4
SAME = 1e-9
"""Distance, per dimension of the whitened code, below which two codes are one: float resolution, not noise."""
DIFFERENT = 1e-3
CLOSE, APART = 5e-3, 0.5
"""Codes this close whose true latents are this far apart (whitened, per dimension) put invertibility in doubt."""
DOUBTFUL_SHARE = 0.2


class Independence(NamedTuple):
    """p-values of the test itself and of the planted dependences."""

    p_value: float
    planted: tuple[float, ...]

    @property
    def shown(self) -> bool:
        """Whether dependence is not rejected although a planted one would be."""
        return self.p_value > 0.01 and max(self.planted) <= 0.01


def _features(values: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Centred random Fourier features of a Gaussian kernel as wide as the root mean square distance."""
    k = values.shape[1]
    waves = rng.standard_normal((k, count)) / np.sqrt(2 * k)
    features = np.cos(values @ waves + rng.uniform(0, 2 * np.pi, count))
    return features - features.mean(axis=0)


def _dependence_p(code: np.ndarray, target: np.ndarray, rng: np.random.Generator) -> float:
    other = _features(target[:, None] / target.std(), TARGET_FEATURES, rng)
    both = np.concatenate([np.sum((code.T @ other) ** 2, keepdims=True), np.empty(PERMUTATIONS)], axis=None)
    for k in range(PERMUTATIONS):
        both[k + 1] = np.sum((code.T @ rng.permutation(other)) ** 2)
    return float(np.mean(both >= both[0]))


def independence(
    direction: Float[np.ndarray, " rows"], code: Float[np.ndarray, "rows m"], rng: np.random.Generator
) -> Independence:
    """Test independence of a scalar and a whitened code, on at most 2,000 rows, with planted dependences beside it."""
    rows = rng.permutation(len(direction))[:ROWS]
    y, x = direction[rows], code[rows]
    y = (y - y.mean()) / y.std()
    features = _features(x, CODE_FEATURES, rng)
    w = x @ rng.standard_normal(x.shape[1])
    planted = []
    for signal in (w, np.abs(w - w.mean())):
        signal = (signal - signal.mean()) / signal.std()
        planted.append(_dependence_p(features, 0.5 * signal + np.sqrt(0.75) * rng.permutation(y), rng))
    return Independence(_dependence_p(features, y, rng), tuple(planted))


def colliding_share(direction: Float[np.ndarray, " rows"], code: Float[np.ndarray, "rows m"]) -> tuple[float, int]:
    """Half the mean squared difference of `direction` between near neighbours in the whitened code, over its variance,
    less two standard errors; and the number of rows that have such neighbours (few where the code is wide).
    """
    live = code[:, code.std(axis=0) > 1e-9]
    distance, neighbour = cKDTree(live).query(live, k=min(NEIGHBOURS + 1, len(live)))
    near = distance[:, 1:] ** 2 / (2 * max(live.shape[1], 1)) < NEAR
    rows = np.flatnonzero(near.any(axis=1))
    if len(rows) < MIN_PAIRS:
        return 0.0, len(rows)
    gaps = (direction[:, None] - direction[neighbour[:, 1:]]) ** 2 / (2 * direction.var())
    of_row = (gaps * near).sum(axis=1)[rows] / near.sum(axis=1)[rows]
    return float(of_row.mean() - 2 * of_row.std() / np.sqrt(len(rows) / 2)), len(rows)


class SharedCodes(NamedTuple):
    """How many rows share their code with a row of other latents."""

    rows: int
    share: float
    doubtful: float

    @property
    def shown(self) -> bool:
        """Enough exact collisions to exclude an invertible map."""
        return self.rows >= MIN_PAIRS


def shared_codes(true: Float[np.ndarray, "rows d"], code: Float[np.ndarray, "rows m"]) -> SharedCodes:
    """Collisions between nearest neighbours in the whitened code, for whitened true latents.

    `rows` and `share` count rows whose neighbour has the same code at float resolution and other latents: no invertible
    map gives those. `doubtful` is, among rows whose neighbour is within `CLOSE`, the share whose latents lie further
    apart than `APART` (0 where fewer than MIN_PAIRS rows have such neighbours): a steep but invertible map might.
    """
    live = code[:, code.std(axis=0) > 1e-9]
    unit = np.sqrt(2 * live.shape[1])
    distance, neighbour = cKDTree(live).query(live, k=2, distance_upper_bound=CLOSE * unit)
    near = distance[:, 1] / unit
    alone = np.isinf(near)
    own = neighbour[:, 1] == np.arange(len(live))  # an exact duplicate may come first
    other = np.where(own | alone, neighbour[:, 0], neighbour[:, 1])
    apart = np.sqrt(np.mean((true - true[other]) ** 2, axis=1) / 2)
    same = (near < SAME) & (apart > DIFFERENT)
    close = near < CLOSE
    doubtful = float(np.mean(apart[close] > APART)) if close.sum() >= MIN_PAIRS else 0.0
    return SharedCodes(int(same.sum()), float(same.mean()), doubtful)
