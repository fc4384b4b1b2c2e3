"""Orthogonal Procrustes: min over Q Q^T = I of |Y - X Q|^2, Q = U V^T from the SVD of X^T Y [schonemann1966procrustes].

`procrustes_r2` allows an offset and, with `scaled`, one factor c > 0; its R2 is pooled by variance (not averaged over
factors), because a rotation mixes units. Invariant to orthogonal maps and offsets (and scale), not to shears. Needs
d = m; fitted on train rows, scored on held-out rows.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy import linalg

from identify.intervals import block_sums, jackknife
from identify.metrics.score import Score, scored
from identify.splits import Split


def rotation(x: Float[np.ndarray, "rows d"], y: Float[np.ndarray, "rows d"]) -> tuple[Float[np.ndarray, "d d"], float]:
    """Return the orthogonal Q that brings x nearest to y, and the factor c that is best after it."""
    u, s, vt = linalg.svd(x.T @ y)
    power = float(np.sum(x * x))
    return u @ vt, float(s.sum() / power) if power > 0 else 0.0


def procrustes_r2(
    true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"], split: Split, *, scaled: bool = True
) -> Score:
    """R2 of the recovered code under b + c Q z, fitted on train rows; parts are the R2 of each code coordinate.

    Raises:
        ValueError: widths that differ.
    """
    if true.shape[1] != recovered.shape[1]:
        raise ValueError(f"procrustes_r2 needs equal widths, got d={true.shape[1]} and m={recovered.shape[1]}")
    x, y = true[split.train], recovered[split.train]
    x_mean, y_mean = x.mean(axis=0), y.mean(axis=0)
    q, factor = rotation(x - x_mean, y - y_mean)
    held = recovered[split.held_out]
    error = held - y_mean - (factor if scaled else 1.0) * ((true[split.held_out] - x_mean) @ q)
    centred = held - held.mean(axis=0)
    sums = np.stack(
        [
            block_sums(np.ones(len(held)), split.blocks),
            block_sums(np.sum(error**2, axis=1), split.blocks),
            block_sums(np.sum(centred**2, axis=1), split.blocks),
        ],
        axis=1,
    )
    with np.errstate(all="ignore"):
        parts = 1 - np.mean(error**2, axis=0) / np.mean(centred**2, axis=0)
    if sums[:, 2].sum() == 0:
        return Score(0.0, 0.0, 0.0, float("nan"), np.zeros(held.shape[1]))
    return scored(jackknife(sums, lambda s: 1 - s[:, 1] / s[:, 2], scale="unexplained"), np.nan_to_num(parts, nan=0.0))
