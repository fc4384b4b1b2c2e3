"""R2 of the affine regression: R2 = 1 - E|y - B x - b|^2 / E|y - E y|^2, B and b least squares on train rows.

Invariant to invertible affine maps of x. Not symmetric: `true from recovered` asks whether every factor can be read out
and forgives codes that hold more; `recovered from true` asks whether the code holds nothing else. Pooled is the mean
over factors (each with its own variance): it hides one lost factor among many, so read the parts too. In-sample R2 of
pure noise is d / n; here everything is scored on held-out rows, centred at the held-out mean, so noise scores near
-d / n_train.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int
from scipy import linalg

from identify.metrics.score import Score, moments, r2_score
from identify.splits import Split


def affine_fit(
    x: Float[np.ndarray, "rows a"], y: Float[np.ndarray, "rows b"]
) -> tuple[Float[np.ndarray, "a b"], Float[np.ndarray, " b"]]:
    """Least squares y ~ x B + b, of minimal norm in the standardised x where x is collinear or wider than the rows."""
    return affine_fit_of_rows(x, y, np.arange(len(x)))


def affine_fit_of_rows(
    x: Float[np.ndarray, "n a"], y: Float[np.ndarray, "n b"], rows: Int[np.ndarray, " rows"]
) -> tuple[Float[np.ndarray, "a b"], Float[np.ndarray, " b"]]:
    """`affine_fit` on the given rows, from their moments; by singular values where those are ill-conditioned."""
    known = moments(x, y, rows)
    scale = np.sqrt(np.diag(known.first) / known.rows)
    scale[scale == 0] = 1.0
    values, vectors = linalg.eigh(known.first / scale[:, None] / scale)
    if not values[0] > values[-1] * 1e-6:
        xs = (x[rows] - known.first_mean) / scale
        slope = _by_singular_values(xs, y[rows] - known.second_mean) / scale[:, None]
    else:
        slope = vectors @ ((vectors.T @ (known.cross / scale[:, None])) / values[:, None]) / scale[:, None]
    return slope, known.second_mean - known.first_mean @ slope


def _by_singular_values(xs: np.ndarray, yc: np.ndarray) -> np.ndarray:
    """Solve without squaring the condition number, as a Gram matrix does."""
    u, s, vt = linalg.svd(xs, full_matrices=False)
    keep = s > s[0] * 1e-12 if len(s) and s[0] > 0 else np.zeros(len(s), dtype=bool)
    return vt[keep].T @ ((u[:, keep].T @ yc) / s[keep, None])


def affine_r2(target: Float[np.ndarray, "n k"], source: Float[np.ndarray, "n l"], split: Split) -> Score:
    """R2 of `target` predicted affinely from `source`; parts are the R2 of each target column."""
    slope, offset = affine_fit_of_rows(source, target, split.train)
    return r2_score(lambda rows: target[rows], lambda rows: source[rows] @ slope + offset, split)
