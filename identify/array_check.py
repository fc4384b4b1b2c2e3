"""Check and convert what users hand to `measure`: numpy or torch, [n d] or [n t d], finite, real, not constant."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

LARGEST = 1e100
"""Entries beyond have squares and fourth powers that float64 cannot hold."""


def as_matrix(values: Any, name: str) -> tuple[Float[np.ndarray, "n k"], int | None]:
    """Return float64 [n k] and the sequence length where the array had three axes.

    Raises:
        ValueError: object, complex or text arrays, other numbers of axes, empty arrays, NaN, infinity, size over 1e100.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu().numpy()
    array = np.asarray(values)
    if array.dtype.kind not in "fiub":
        kind = {"O": "objects", "c": "complex numbers", "U": "text", "S": "text"}.get(
            array.dtype.kind, array.dtype.name
        )
        raise ValueError(f"{name} holds {kind} (dtype {array.dtype}): give real numbers")
    if array.ndim not in (2, 3):
        remedy = "reshape a single latent to (n, 1)" if array.ndim == 1 else "give (n, d) or (sequences, time, d)"
        raise ValueError(f"{name} has shape {array.shape}: {remedy}")
    if array.size == 0:
        raise ValueError(f"{name} is empty, shape {array.shape}: give at least one row and one column")
    length = array.shape[1] if array.ndim == 3 else None
    matrix = array.reshape(-1, array.shape[-1]).astype(np.float64, copy=False)
    if not max(matrix.max(), -matrix.min()) <= LARGEST:
        _name_bad_entry(matrix, name)
    return matrix, length


def _name_bad_entry(matrix: Float[np.ndarray, "n k"], name: str) -> None:
    bad = ~np.isfinite(matrix)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"{name} has {int(bad.sum())} NaN or infinite entries, the first at row {row}, column {column}: "
            "remove or mend those rows"
        )
    row, column = np.unravel_index(np.argmax(np.abs(matrix)), matrix.shape)
    raise ValueError(
        f"{name} has {matrix[row, column]:.3g} at row {row}, column {column}, whose powers no float64 holds: rescale "
        f"to at most {LARGEST:g}"
    )


def check_pair(
    true: Any, recovered: Any, groups: Shaped[np.ndarray, " n"] | None, sequence_length: int | None
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "n m"], Shaped[np.ndarray, " n"] | None]:
    """Return both as [n k], and the groups (made from three-axis arrays where they were given so).

    Raises:
        ValueError: what `as_matrix` raises, lengths that differ, constant true columns, two declarations of sequences.
    """
    z, z_length = as_matrix(true, "true")
    y, y_length = as_matrix(recovered, "recovered")
    if len(z) != len(y):
        raise ValueError(f"true has n={len(z)} rows and recovered n={len(y)}: row i of both must be the same sample")
    if z_length != y_length and None not in (z_length, y_length):
        raise ValueError(f"true has sequences of {z_length} steps and recovered of {y_length}: give the same")
    length = z_length if z_length is not None else y_length
    constant = np.flatnonzero(np.ptp(z, axis=0) == 0)
    if len(constant):
        raise ValueError(
            f"true has constant column(s) {', '.join(map(str, constant[:10]))}: a latent must vary, drop it"
        )
    if length is not None:
        if groups is not None or sequence_length not in (None, length):
            raise ValueError(
                f"arrays of shape (sequences, {length}, k) declare their sequences: "
                "leave groups and sequence_length out"
            )
        groups = np.arange(len(z)) // length
    return z, y, groups
