"""Which frames of test sequences a measurement counts: of pairs the second, of longer sequences all.

The first frame of a pair is drawn from the initial law; the second is what the transition made of it.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor


def counted_frames(sequences: Float[Tensor, "n t k"]) -> Float[Tensor, "n counted k"]:
    """The counted frames, in order."""
    return sequences[:, 1:] if sequences.shape[1] == 2 else sequences


def counted_rows(sequences: Float[Tensor, "n t k"]) -> Float[Tensor, "n k"] | Float[Tensor, "n t k"]:
    """The counted frames as a measurement takes them: of pairs rows of their own, else sequences."""
    return sequences[:, 1] if sequences.shape[1] == 2 else sequences
