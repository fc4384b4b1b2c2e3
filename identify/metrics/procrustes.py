"""Orthogonal Procrustes: min over Q Q^T = I of |Y - X Q|^2, Q = U V^T from the SVD of X^T Y [schonemann1966procrustes].

`procrustes_r2` allows an offset and, with `scaled`, one factor c > 0; its R2 is pooled by variance (not averaged over
factors), because a rotation mixes units. Invariant to orthogonal maps and offsets (and scale), not to shears. Needs
d = m; fitted on train rows, scored on held-out rows.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy import linalg

from identify.intervals import jackknife
from identify.metrics.score import Score, held_out_blocks, moments, scored
from identify.splits import Split


def rotation(x: Float[np.ndarray, "rows d"], y: Float[np.ndarray, "rows d"]) -> tuple[Float[np.ndarray, "d d"], float]:
    """Return the orthogonal Q that brings x nearest to y, and the factor c that is best after it."""
    return _polar(x.T @ y, float(np.sum(x * x)))


def _polar(cross: np.ndarray, power: float) -> tuple[np.ndarray, float]:
    u, s, vt = linalg.svd(cross)
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
    known = moments(true, recovered, split.train)
    q, factor = _polar(known.cross, float(np.trace(known.first)))
    turn = q * (factor if scaled else 1.0)
    m = recovered.shape[1]
    sums = []
    for rows in held_out_blocks(split):
        centred = recovered[rows] - known.second_mean
        error = centred - (true[rows] - known.first_mean) @ turn
        squares = [np.einsum("ij,ij->j", v, v) for v in (centred, error)]
        sums.append(np.concatenate([[len(rows)], centred.sum(axis=0), *squares]))

    def variance_and_error(s: Float[np.ndarray, "many c"]) -> tuple[np.ndarray, np.ndarray]:
        mean = s[:, 1 : 1 + m] / s[:, :1]
        return s[:, 1 + m : 1 + 2 * m] / s[:, :1] - mean**2, s[:, 1 + 2 * m :] / s[:, :1]

    def pooled(s: Float[np.ndarray, "many c"]) -> Float[np.ndarray, " many"]:
        variance, error = variance_and_error(s)
        return 1 - error.sum(axis=1) / variance.sum(axis=1)

    stacked = np.stack(sums)
    variance, error = variance_and_error(stacked.sum(axis=0, keepdims=True))
    if not variance.sum() > 0:
        return Score(0.0, 0.0, 0.0, float("nan"), np.zeros(m))
    parts = np.where(variance[0] > 0, 1 - error[0] / np.where(variance[0] > 0, variance[0], 1.0), 0.0)
    return scored(jackknife(stacked, pooled, scale="unexplained"), parts)
