"""Nonlinear R2: unexplained share of the true latents under the best of several regressions, chosen by held-out score.

Candidates: affine; affine plus ridge on polynomial and random Fourier features (`ladder.kernel_ridge`); the mean of ten
nearest neighbours in the whitened source. The choice is made on a fifth of the train rows, for each factor, and the
winner is refitted on all train rows; the score is on held-out rows that took no part. A low score with few rows says
that these learners failed, not that nothing is there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.spatial import cKDTree

from identify.ladder.kernel_ridge import fit_nonlinear, whitener
from identify.metrics.affine import affine_fit
from identify.metrics.score import Score, r2_score
from identify.splits import Split

FIT_ROWS = 10_000
"""Train rows used at most by each candidate."""
NEIGHBOURS = 10
NEIGHBOUR_WIDTH = 10
"""Sources wider than this leave neighbours out: they are far in every direction."""

_Predict = Callable[[np.ndarray], np.ndarray]


def _affine(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> _Predict:
    slope, offset = affine_fit(x, y)
    return lambda new: new @ slope + offset


def _ridge(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> _Predict:
    slope, offset = affine_fit(x, y)
    rest = y - x @ slope - offset
    spread = np.maximum(rest.std(axis=0), 1e-300)
    fitted = fit_nonlinear(x, rest / spread, rng, real=y.shape[1])
    return lambda new: new @ slope + offset + fitted(new) * spread


def _neighbours(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> _Predict:
    mean, white = whitener(x)
    tree = cKDTree((x - mean) @ white)
    return lambda new: y[tree.query((new - mean) @ white, k=min(NEIGHBOURS, len(x)))[1]].mean(axis=1)


def nonlinear_r2(target: Float[np.ndarray, "n k"], source: Float[np.ndarray, "n l"], split: Split) -> Score:
    """R2 of `target` from `source` by the candidate that did best for each target column on inner held-out rows."""
    rng = np.random.default_rng([split.seed, 4])
    train = split.train[:FIT_ROWS]
    x, y = source[train], target[train]
    candidates = [_affine, _ridge]
    if x.shape[1] <= NEIGHBOUR_WIDTH and len(x) >= 5 * NEIGHBOURS:
        candidates.append(_neighbours)
    cut = len(train) * 4 // 5
    errors = np.stack([np.mean((y[cut:] - fit(x[:cut], y[:cut], rng)(x[cut:])) ** 2, axis=0) for fit in candidates])
    best = np.argmin(errors, axis=0)
    prediction = np.zeros((len(target), y.shape[1]))
    for k in np.unique(best):
        columns = np.flatnonzero(best == k)
        prediction[np.ix_(split.held_out, columns)] = candidates[k](x, y[:, columns], rng)(source[split.held_out])
    return r2_score(lambda rows: target[rows], lambda rows: prediction[rows], split)
