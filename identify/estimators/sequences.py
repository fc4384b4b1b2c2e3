"""Flat rows [n p] as sequences: by labels, by one length, or all of them as one; windows of one length to train on."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float, Int

LONGEST = 20


def sequence_rows(n: int, groups: Any, length: int | None) -> list[Int[np.ndarray, " _"]]:
    """Rows of each sequence, in the order given, as time.

    Raises:
        ValueError: groups and length together, labels of another number than rows, a length that does not divide n.
    """
    if groups is not None and length is not None:
        raise ValueError("groups and sequence_length both given: give one of them")
    if groups is not None:
        labels = np.asarray(groups)
        if labels.shape != (n,):
            raise ValueError(f"groups has shape {labels.shape} for {n} rows: give one label a row")
        return [np.flatnonzero(labels == label) for label in dict.fromkeys(labels.tolist())]
    if length is None:
        return [np.arange(n)]
    if length < 1 or n % length:
        raise ValueError(f"sequence_length={length} does not divide {n} rows: give groups for uneven sequences")
    return list(np.arange(n).reshape(-1, length))


def windows(x: Float[np.ndarray, "n p"], rows: list[np.ndarray], shortest: int) -> Float[np.ndarray, "k t p"]:
    """Consecutive pieces of one length, at most LONGEST; what is left at the end of a sequence is dropped.

    Raises:
        ValueError: no sequence of at least `shortest` rows.
    """
    lengths = [len(one) for one in rows]
    if min(lengths) < shortest:
        raise ValueError(
            f"n_samples={len(x)}: a sequence of {min(lengths)} row(s), minimum of {shortest} is required, "
            "give longer sequences"
        )
    length = min(LONGEST, *lengths)
    pieces = [x[one[: len(one) // length * length]].reshape(-1, length, x.shape[1]) for one in rows]
    return np.concatenate(pieces)
