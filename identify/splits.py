"""Train and held-out rows, and the blocks that intervals resample.

Everything a metric fits is fitted on `train` and scored on `held_out`; in-sample R2 of pure noise is d / n. Rows that
follow each other in time are not exchangeable: they are split by sequence (every row of a sequence on one side), or,
where there are too few sequences, by contiguous stretches of time with a gap at every border.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int, Shaped

MAX_BLOCKS = 400
"""Resampling blocks of one interval: enough for a Student quantile near the normal one."""
MIN_SEQUENCES = 20
"""Fewer sequences than this are cut into stretches of time instead."""
MIN_ROWS = 8


class Split(NamedTuple):
    """Row indices of both sides, and for each held-out row the block that is resampled as a whole."""

    train: Int[np.ndarray, " train"]
    held_out: Int[np.ndarray, " held"]
    blocks: Int[np.ndarray, " held"]
    train_blocks: Int[np.ndarray, " train"]
    kind: str
    gap: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Return what a reader needs to judge the split."""
        return {
            "kind": self.kind,
            "train": len(self.train),
            "held_out": len(self.held_out),
            "blocks": int(self.blocks.max()) + 1,
            "gap": self.gap,
            "seed": self.seed,
        }

    def swapped(self) -> Split:
        """Exchange the two sides, for cross-fitting."""
        return self._replace(
            train=self.held_out, held_out=self.train, blocks=self.train_blocks, train_blocks=self.blocks
        )


def _block_labels(count: int) -> Int[np.ndarray, " rows"]:
    return (np.arange(count) * min(count, MAX_BLOCKS)) // max(count, 1)


def split_rows(n: int, *, seed: int = 0, held_out: float = 0.5) -> Split:
    """Split exchangeable rows at random.

    Raises:
        ValueError: fewer than 8 rows, or a held-out fraction outside (0, 1).
    """
    _check_size(n, held_out)
    order = np.random.default_rng(seed).permutation(n)
    cut = n - max(round(n * held_out), 1)
    train, held = order[:cut], order[cut:]
    return Split(train, held, _block_labels(len(held)), _block_labels(len(train)), "rows", 0, seed)


def split_groups(groups: Shaped[np.ndarray, " n"], *, seed: int = 0, held_out: float = 0.5, gap: int = 10) -> Split:
    """Split by group (sequence): whole groups where there are at least 20, else stretches of time with a gap.

    Rows of a group are taken in the order given, as time.

    Raises:
        ValueError: fewer than 8 rows, or series too short to be cut into stretches with that gap.
    """
    groups = np.asarray(groups)
    _check_size(len(groups), held_out)
    _, labels = np.unique(groups, return_inverse=True)
    count = int(labels.max()) + 1
    if count >= MIN_SEQUENCES:
        kind, used_gap, stretch = "sequences", 0, labels
        keep = np.ones(len(groups), dtype=bool)
    else:
        kind, used_gap = "stretches", gap
        stretch, keep = _stretches(labels, gap)
    return _split_by_label(stretch, keep, kind, used_gap, seed, held_out)


def _stretches(labels: Int[np.ndarray, " n"], gap: int) -> tuple[np.ndarray, np.ndarray]:
    """Cut every group into equal stretches, 2 * MIN_SEQUENCES in all, and drop `gap` rows at the end of each."""
    per_group = -(-2 * MIN_SEQUENCES // (int(labels.max()) + 1))
    stretch = np.empty(len(labels), dtype=np.int64)
    keep = np.ones(len(labels), dtype=bool)
    for label in range(int(labels.max()) + 1):
        rows = np.flatnonzero(labels == label)
        cuts = np.arange(len(rows)) * per_group // len(rows)
        stretch[rows] = label * per_group + cuts
        ends = np.searchsorted(cuts, np.arange(per_group), side="right")
        if np.diff(np.concatenate([[0], ends])).min() <= gap + 1:
            raise ValueError(
                f"a series of {len(rows)} rows is too short for {per_group} stretches with gap={gap}: "
                "give longer series, at least 20 sequences, or a smaller gap"
            )
        for end in ends[:-1]:
            keep[rows[end - gap : end]] = False
    return stretch, keep


def _split_by_label(stretch: np.ndarray, keep: np.ndarray, kind: str, gap: int, seed: int, held_out: float) -> Split:
    names = np.unique(stretch)
    order = np.random.default_rng(seed).permutation(names)
    held_names = order[: max(round(len(names) * held_out), 1)]
    in_held = np.isin(stretch, held_names)
    held, train = np.flatnonzero(in_held & keep), np.flatnonzero(~in_held & keep)
    return Split(train, held, _merged(stretch[held]), _merged(stretch[train]), kind, gap, seed)


def _merged(labels: np.ndarray) -> Int[np.ndarray, " rows"]:
    """Renumber labels from 0, merging neighbours where there are more than MAX_BLOCKS."""
    _, dense = np.unique(labels, return_inverse=True)
    count = int(dense.max()) + 1
    return dense * min(count, MAX_BLOCKS) // count


def _check_size(n: int, held_out: float) -> None:
    if n < MIN_ROWS:
        raise ValueError(f"n={n} rows cannot be split: at least {MIN_ROWS} are needed, give more rows")
    if not 0 < held_out < 1:
        raise ValueError(f"held_out={held_out} must lie strictly between 0 and 1, for example 0.5")


def make_split(
    n: int,
    *,
    groups: Shaped[np.ndarray, " n"] | None = None,
    sequence_length: int | None = None,
    seed: int = 0,
    held_out: float = 0.5,
) -> Split:
    """Split n rows: at random, or by `groups`, or by runs of `sequence_length` consecutive rows.

    Raises:
        ValueError: both or ill-sized groups and sequence_length, or too few rows.
    """
    if groups is not None and sequence_length is not None:
        raise ValueError("groups and sequence_length both given: give one of them")
    if groups is not None:
        if len(groups) != n:
            raise ValueError(f"groups has {len(groups)} entries for n={n} rows: give one label a row")
        return split_groups(np.asarray(groups), seed=seed, held_out=held_out)
    if sequence_length is not None:
        if sequence_length < 1 or n % sequence_length:
            raise ValueError(
                f"sequence_length={sequence_length} does not divide n={n} rows: "
                "give the length of one sequence, or groups for sequences of different length"
            )
        return split_groups(np.arange(n) // sequence_length, seed=seed, held_out=held_out)
    return split_rows(n, seed=seed, held_out=held_out)
