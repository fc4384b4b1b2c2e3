"""Nearest rows of other sequences: rows of one sequence are near each other in time and say nothing about space."""

from __future__ import annotations

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

CANDIDATES = 12
"""Tree neighbours among which one of another sequence is looked for."""
TREE_WIDTH = 8
"""Above this many columns trees are slower than all distances."""
BLOCK = 500


def nearest_of_others(
    rows: Float[np.ndarray, "n k"], sequence: Int[np.ndarray, " n"]
) -> tuple[Int[np.ndarray, " n"], Bool[np.ndarray, " n"]]:
    """Index of the nearest row of another sequence, and whether one was found (False: the first
    candidate, of the same sequence)."""
    if rows.shape[1] > TREE_WIDTH:
        blocks = [slice(start, start + BLOCK) for start in range(0, len(rows), BLOCK)]
        near = np.concatenate([np.argmin(_distances(rows, sequence, block), axis=1) for block in blocks])
        return near, sequence[near] != sequence
    _, found = cKDTree(rows).query(rows, k=min(CANDIDATES, len(rows)))
    other = sequence[found] != sequence[:, None]
    return found[np.arange(len(rows)), np.argmax(other, axis=1)], other.any(axis=1)


def two_nearest_distances(
    rows: Float[np.ndarray, "n k"], sequence: Int[np.ndarray, " n"]
) -> Float[np.ndarray, "n two"]:
    """Distances to the two nearest rows of other sequences, ascending."""
    two = np.full((len(rows), 2), np.inf)
    if rows.shape[1] <= TREE_WIDTH:
        distance, found = cKDTree(rows).query(rows, k=min(CANDIDATES, len(rows)))
        distance[sequence[found] == sequence[:, None]] = np.inf
        two = np.sort(distance, axis=1)[:, :2]
    open_rows = np.flatnonzero(np.isinf(two[:, 1]))
    for start in range(0, len(open_rows), BLOCK):
        block = open_rows[start : start + BLOCK]
        two[block] = np.sqrt(np.partition(_distances(rows, sequence, block), 1, axis=1)[:, :2])
    return two


def _distances(rows: np.ndarray, sequence: np.ndarray, block: slice | np.ndarray) -> np.ndarray:
    """Squared distances of a block of rows to all, infinite within a sequence."""
    squared = cdist(rows[block], rows, "sqeuclidean")
    squared[sequence[block, None] == sequence] = np.inf
    return squared
