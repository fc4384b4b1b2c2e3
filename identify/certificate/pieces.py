"""Recordings cut into pieces of one length: training pieces and held-out pieces that share no frame.

Recordings may differ in length. With at least MIN_SEQUENCES of them every second one is held out whole, in the order
given; with fewer the second half of each is. Diagnostics take pieces for their units: PIECE steps at most, so that long
recordings give many, and GAP steps are dropped at the border between training and held-out frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

MIN_SEQUENCES = 20
PIECE = 25
SHORTEST = 3
FEWEST = 25
"""Held-out pieces below which no test of an assumption has a law to be referred to."""
GAP = 5

Recordings = Sequence[Float[np.ndarray, "_ p"]]


class Pieces(NamedTuple):
    """Training and held-out pieces, and how many recordings they came from."""

    train: Float[Tensor, "n t p"]
    held_out: Float[Tensor, "k t p"]
    recordings: int


def cut(sequences: Any) -> Pieces:
    """Cut one array [n t p] or several arrays [t p] into pieces.

    Raises:
        ValueError: no sequences, other shapes, differing channels, NaN, constant channels only, too few frames.
    """
    recordings = _checked(sequences)
    frames, shortest = sum(map(len, recordings)), min(map(len, recordings))
    if len(recordings) >= MIN_SEQUENCES:
        train, held = recordings[::2], recordings[1::2]
    else:
        train = [one[: len(one) // 2 - GAP] for one in recordings]
        held = [one[len(one) // 2 :] for one in recordings]
        shortest = min(map(len, train))
    length = _length(held, min(PIECE, shortest))
    if length < SHORTEST:
        raise ValueError(
            f"sequences hold {frames} frames, the shortest {min(map(len, recordings))}: at least {FEWEST} held-out "
            f"pieces of {SHORTEST} steps are needed, give more or longer sequences"
        )
    first, second = _pieces(train, length), _pieces(held, length)
    return Pieces(torch.from_numpy(first).float(), torch.from_numpy(second).float(), len(recordings))


def _length(held: Recordings, longest: int) -> int:
    """The longest pieces of which enough are held out; below SHORTEST where there are too few even of those."""
    while longest >= SHORTEST and sum(len(one) // longest for one in held) < FEWEST:
        longest -= 1
    return longest


def _checked(sequences: Any) -> list[np.ndarray]:
    recordings = [np.asarray(one, dtype=np.float64) for one in sequences]
    if not recordings:
        raise ValueError("sequences is empty: give one array [n t p], or a list of arrays [t p]")
    shapes = {one.shape[1:] for one in recordings}
    if len(shapes) != 1 or recordings[0].ndim != 2:
        found = ", ".join(sorted({str(one.shape) for one in recordings})[:3])
        raise ValueError(f"sequences have shapes {found}: give [t p] each, with the same channels")
    for index, one in enumerate(recordings):
        if not np.isfinite(one).all():
            step, channel = np.argwhere(~np.isfinite(one))[0]
            raise ValueError(
                f"sequences[{index}] has a NaN or infinite value at step {step}, channel {channel}: remove or impute it"
            )
    everything = np.concatenate(recordings)
    spread = everything.std(axis=0)
    if not spread.any():
        raise ValueError(f"all {len(spread)} channels of sequences are constant: there is nothing to encode")
    live = spread > 0
    centre = everything[:, live].mean(axis=0)
    return [(one[:, live] - centre) / spread[live] for one in recordings]


def _pieces(recordings: Recordings, length: int) -> Float[np.ndarray, "n t p"]:
    """Consecutive pieces; what is left over at the end of a recording is dropped."""
    parts = [one[: len(one) // length * length].reshape(-1, length, one.shape[1]) for one in recordings]
    return np.concatenate(parts)
