r"""Residuals $e_t=z_t-p(z_{t-1})$, whitened, from predictions made out of fold.

Predicted means are given, or fitted: whole sequences are dealt into folds, and each fold is predicted by maps fitted on
the others. Two families: affine, and affine plus a nonlinear ridge regression (`identify.ladder.kernel_ridge`). The
flexible one is taken only where its out-of-fold loss, in units of the affine residual, is lower by more than two
standard errors over sequences, so the choice too rests on held-out rows.

White residuals are W e with W the inverse root of the residual covariance, in its range (a singular covariance leaves
fewer columns). An error delta of the predictor enters tests on (1, functions of e orthogonal to e) and on products of
residuals at second order, delta^2 of order (effective parameters / rows). Nothing here sees more of the past than
z_{t-1}: memory shows in the residuals.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from identify.diagnostics.sequence_check import as_companion
from identify.ladder.kernel_ridge import fit_nonlinear
from identify.metrics.affine import affine_fit

FOLDS = 4
FIT_ROWS = 12_000
"""Rows of one nonlinear fit."""
SINGULAR = 1e-10
"""Residual variance along a direction, over the variance of z there, below which the direction has no noise."""


class Residuals(NamedTuple):
    """Steps u = t - 1, k <= d directions in which z varies, r <= k in which residuals do.

    `means`, `past` and `present` are whitened by the law of z; `noise_shares` are the eigenvalues of the residual
    covariance in units of the covariance of z, ascending; `fold` is each sequence's fold.
    """

    white: Float[np.ndarray, "n u r"]
    means: Float[np.ndarray, "n u k"]
    past: Float[np.ndarray, "n u k"]
    present: Float[np.ndarray, "n u k"]
    noise_shares: Float[np.ndarray, " k"]
    fold: Int[np.ndarray, " n"]
    predictor: str


def residuals(z: Float[np.ndarray, "n t d"], means: Any = None, *, rng: np.random.Generator) -> Residuals:
    """Residuals of z about the given means [n t-1 d] of steps 2..t, or about fitted ones.

    Raises:
        ValueError: means of another shape than z has transitions.
    """
    n, t, d = z.shape
    white_z, unit = whitened(z)
    past, present = white_z[:, :-1], white_z[:, 1:]
    fold = rng.permutation(n) % FOLDS
    if means is not None:
        given = as_companion(means, "means", z, t - 1)
        if given.shape[2] != d:
            raise ValueError(f"means has {given.shape[2]} columns for d={d} latents: give one predicted mean a latent")
        predicted, name = (given - z.mean(axis=(0, 1))) @ unit, "given"
    else:
        predicted, name = _cross_fitted(past, present, fold, rng)
    error = present - predicted
    rows = error.reshape(-1, error.shape[2])
    centred = rows - rows.mean(axis=0)
    shares, vectors = np.linalg.eigh(centred.T @ centred / len(rows))
    live = shares > SINGULAR
    white = (error - rows.mean(axis=0)) @ (vectors[:, live] / np.sqrt(shares[live]))
    return Residuals(white, predicted, past, present, np.maximum(shares, 0.0), fold, name)


def whitened(z: Float[np.ndarray, "n t d"]) -> tuple[Float[np.ndarray, "n t k"], Float[np.ndarray, "d k"]]:
    """Centre and whiten rows by their principal components; directions without variance are dropped. Also the map."""
    rows = z.reshape(-1, z.shape[2])
    scale = rows.std(axis=0)
    centred = (rows - rows.mean(axis=0)) / scale
    values, vectors = np.linalg.eigh(centred.T @ centred / len(rows))
    live = values > 1e-12 * values[-1]
    unit = vectors[:, live] / np.sqrt(values[live]) / scale[:, None]
    return (centred * scale @ unit).reshape(*z.shape[:2], -1), unit


def _cross_fitted(
    past: np.ndarray, present: np.ndarray, fold: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, str]:
    affine, bent = np.empty_like(present), np.empty_like(present)
    d = past.shape[2]
    for k in range(FOLDS):
        train, held = fold != k, fold == k
        x, y = past[train].reshape(-1, d), present[train].reshape(-1, d)
        slope, offset = affine_fit(x, y)
        affine[held] = past[held] @ slope + offset
        rows = rng.permutation(len(x))[:FIT_ROWS]
        rest = y[rows] - x[rows] @ slope - offset
        scale = np.maximum(rest.std(axis=0), 1e-12)
        curve = fit_nonlinear(x[rows], rest / scale, rng, real=d)
        bent[held] = affine[held] + (curve(past[held].reshape(-1, d)) * scale).reshape(affine[held].shape)
    unit = np.maximum(np.mean((present - affine) ** 2, axis=(0, 1)), 1e-20)
    gain = (((present - affine) ** 2 - (present - bent) ** 2) / unit).mean(axis=(1, 2))
    if gain.mean() > 2 * gain.std(ddof=1) / np.sqrt(len(gain)):
        return bent, "flexible"
    return affine, "affine"
