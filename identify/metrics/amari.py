"""Amari distance of a linear unmixing: with P = |W A|,
  r = 1 / (2 d (d - 1)) [sum_i (sum_j P_ij / max_j P_ij - 1) + sum_j (sum_i P_ij / max_i P_ij - 1)]  [amari1996new].

0 iff W A is a scaled permutation, 1 at worst. Invariant to permutations; a common factor cancels, but scaling single
rows of W changes the second sum, so compare after sources have unit variance. It knows the mixing and not the data: no
split, no interval, and noise does not enter.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float


def amari_distance(unmixing: Float[np.ndarray, "d p"], mixing: Float[np.ndarray, "q r"]) -> float:
    """Amari distance of W = `unmixing` and A = `mixing` (columns of A are the sources' images: x = A s).

    Raises:
        ValueError: d = 1, matrices that are not square of one size, or a row or column of W A that is all zero.
    """
    d = len(mixing)
    if unmixing.shape != (d, d) or mixing.shape != (d, d) or d < 2:
        raise ValueError(
            f"unmixing has shape {unmixing.shape} and mixing {mixing.shape}: give square matrices of one size d >= 2"
        )
    product = np.abs(unmixing @ mixing)
    rows, columns = product.max(axis=1), product.max(axis=0)
    if not (rows.all() and columns.all()):
        raise ValueError("unmixing @ mixing has a row or column of zeros: a source is lost, the distance is undefined")
    by_rows = (product / rows[:, None]).sum() - d
    by_columns = (product / columns).sum() - d
    return float((by_rows + by_columns) / (2 * d * (d - 1)))
