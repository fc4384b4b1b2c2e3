"""Planted bends: would a nonlinearity of a given size have been found here?

Bends b(z) of unit variance, free of an affine part, in one or two random directions or coordinates of whitened z:
squares, cubes, products, waves and kinks. Each is added, at a stated variance, to rows-shuffled residuals, and the same
learner is asked to find it. Only where it does is "no bend found" evidence that there is none.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

SHAPES = 6


def planted_bends(w: Float[np.ndarray, "rows d"], rng: np.random.Generator) -> Float[np.ndarray, "rows shapes"]:
    """Evaluate one bend of each shape; `w` has unit covariance, all rows (train and held out) at once."""
    d = w.shape[1]
    columns = []
    for shape in range(SHAPES):
        basis = np.linalg.qr(rng.standard_normal((d, min(d, 2))))[0] if shape % 2 else np.eye(d)[:, rng.permutation(d)]
        a = w @ basis[:, 0]
        b = w @ basis[:, 1] if d > 1 else a
        bend = (a**2, a**3, a * b, np.cos(2 * a + 0.5), np.abs(a), np.sin(1.5 * a) * b)[shape]
        columns.append(bend)
    return _without_affine_part(np.stack(columns, axis=1), w)


def _without_affine_part(bends: np.ndarray, w: np.ndarray) -> np.ndarray:
    bends = np.clip(bends - bends.mean(axis=0), *(sign * 6 * bends.std(axis=0) for sign in (-1, 1)))
    centred = w - w.mean(axis=0)
    bends = bends - centred @ np.linalg.lstsq(centred, bends, rcond=None)[0]
    bends = bends - bends.mean(axis=0)
    return bends / bends.std(axis=0)
