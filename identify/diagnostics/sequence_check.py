"""Check and convert the sequences handed to a diagnostic: [n t d], real, finite, enough of them, nothing constant.

Pairs (past, present) are sequences of two steps: `numpy.stack([past, present], axis=1)`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float

from identify.array_check import as_matrix

MIN_SEQUENCES = 20
"""Sequences are the units of every test; Student's quantiles of fewer are of no use."""
MIN_PER_COLUMN = 4
ROWS = 40_000
"""Rows (sequences times steps) a diagnostic looks at; of longer data the first whole sequences."""


def as_sequences(z: Any, name: str = "z") -> Float[np.ndarray, "n t d"]:
    """Return float64 [n t d].

    Raises:
        ValueError: not three axes, fewer than 20 sequences or 2 steps, too few rows for the columns, non-finite
            entries, constant columns.
    """
    matrix, length = as_matrix(z, name)
    if length is None:
        raise ValueError(f"{name} has shape {matrix.shape}: give sequences (n, t, d), for pairs (n, 2, d)")
    if length < 2:
        raise ValueError(f"{name} has sequences of {length} step: give at least 2, so that there is a past")
    n, d = len(matrix) // length, matrix.shape[1]
    if n < MIN_SEQUENCES:
        raise ValueError(
            f"{name} has n={n} sequences: sequences are the units of the tests, give at least {MIN_SEQUENCES} "
            "(cut long ones into pieces)"
        )
    if n * (length - 1) < MIN_PER_COLUMN * d + 2 * MIN_SEQUENCES:
        raise ValueError(f"{name} has {n * (length - 1)} transitions for d={d} columns: give more or longer sequences")
    constant = np.flatnonzero(np.ptp(matrix, axis=0) == 0)
    if len(constant):
        raise ValueError(
            f"{name} has constant column(s) {', '.join(map(str, constant[:10]))}: drop them; in a recovered code they "
            "are a collapse"
        )
    return matrix.reshape(n, length, d)[: max(ROWS // length, MIN_SEQUENCES)]


def as_companion(values: Any, name: str, z: Float[np.ndarray, "n t d"], steps: int) -> Float[np.ndarray, "n u k"]:
    """Return an array that goes with z as float64 [n u k], u = `steps`, cut to the sequences z was cut to.

    Raises:
        ValueError: not three axes, other numbers of sequences or steps, non-finite entries.
    """
    matrix, length = as_matrix(values, name)
    if length != steps or len(matrix) // steps < len(z):
        found = np.asarray(values).shape if not hasattr(values, "shape") else tuple(values.shape)
        raise ValueError(
            f"{name} has shape {found}: with these z give (n, {steps}, k), one row for each of the same steps"
        )
    return matrix.reshape(-1, steps, matrix.shape[1])[: len(z)]
