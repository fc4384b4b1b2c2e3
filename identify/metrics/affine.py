"""R2 of the affine regression: R2 = 1 - E|y - B x - b|^2 / E|y - E y|^2, B and b least squares on train rows.

Invariant to invertible affine maps of x. Not symmetric: `true from recovered` asks whether every factor can be read out
and forgives codes that hold more; `recovered from true` asks whether the code holds nothing else. Pooled is the mean
over factors (each with its own variance): it hides one lost factor among many, so read the parts too. In-sample R2 of
pure noise is d / n; here everything is scored on held-out rows, centred at the held-out mean, so noise scores near
-d / n_train.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy import linalg

from identify.metrics.score import Score, centre, r2_of_predictions
from identify.splits import Split


def affine_fit(
    x: Float[np.ndarray, "rows a"], y: Float[np.ndarray, "rows b"]
) -> tuple[Float[np.ndarray, "a b"], Float[np.ndarray, " b"]]:
    """Least squares y ~ x B + b, of minimal norm in the standardised x where x is collinear or wider than the rows."""
    xc, x_mean = centre(x)
    yc, y_mean = centre(y)
    scale = np.sqrt(np.mean(xc**2, axis=0))
    scale[scale == 0] = 1.0
    gram = (xc.T @ xc) / scale[:, None] / scale
    rhs = (xc.T @ yc) / scale[:, None]
    values, vectors = linalg.eigh(gram)
    keep = values > values[-1] * 1e-9 if values[-1] > 0 else np.zeros(len(values), dtype=bool)
    if not keep.all() or values[0] < values[-1] * 1e-6:
        return _careful_fit(xc / scale, yc, scale, x_mean, y_mean)
    slope = (vectors @ ((vectors.T @ rhs) / values[:, None])) / scale[:, None]
    return slope, y_mean - x_mean @ slope


def _careful_fit(
    xs: np.ndarray, yc: np.ndarray, scale: np.ndarray, x_mean: np.ndarray, y_mean: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Solve by singular values: the Gram matrix squares the condition number."""
    u, s, vt = linalg.svd(xs, full_matrices=False)
    keep = s > s[0] * 1e-12 if len(s) and s[0] > 0 else np.zeros(len(s), dtype=bool)
    slope = (vt[keep].T @ ((u[:, keep].T @ yc) / s[keep, None])) / scale[:, None]
    return slope, y_mean - x_mean @ slope


def affine_r2(target: Float[np.ndarray, "n k"], source: Float[np.ndarray, "n l"], split: Split) -> Score:
    """R2 of `target` predicted affinely from `source`; parts are the R2 of each target column."""
    slope, offset = affine_fit(source[split.train], target[split.train])
    held = target[split.held_out]
    return r2_of_predictions(held, source[split.held_out] @ slope + offset, split.blocks)
