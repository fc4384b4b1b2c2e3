"""Keeping only some of the sequences that a law produces.

What is kept follows another law: selection truncates the noise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.dot_image import DotImage


class Selection(ABC):
    """A rule that keeps or drops whole sequences."""

    @property
    @abstractmethod
    def declarations(self) -> Declarations:
        """What becomes of the declarations of the law that is selected from."""

    @abstractmethod
    def keeps(self, z: Float[Tensor, "n t d"]) -> Bool[Tensor, "n"]:
        """Whether each sequence is kept."""

    def sample(self, n: int, draw: Callable[[int], Float[Tensor, "k t d"]]) -> Float[Tensor, "n t d"]:
        """The first n sequences kept of those drawn; ValueError when fewer than one in a thousand is."""
        kept: list[Tensor] = []
        drawn = 0
        while sum(map(len, kept)) < n:
            z = draw(max(n, 10_000))
            drawn += len(z)
            kept.append(z[self.keeps(z)])
            if sum(map(len, kept)) * 1000 < drawn:
                raise ValueError(
                    f"fewer than one sequence in 1000 of length {z.shape[1]} is kept: take shorter sequences"
                )
        return torch.cat(kept)[:n]


@dataclass(frozen=True)
class StaysInView(Selection):
    """Keeps the sequences of which no frame leaves the image; on these clamping changes nothing."""

    image: DotImage

    @property
    def declarations(self) -> Declarations:
        """The noise is cut off where the frame ends, more so near its edge."""
        cut = Declaration(False, "sequences that leave the frame are dropped, which truncates the noise")
        return {Assumption.GAUSSIAN_NOISE: cut, Assumption.CONSTANT_COVARIANCE: cut}

    def keeps(self, z: Float[Tensor, "n t d"]) -> Bool[Tensor, "n"]:
        """Every frame in view."""
        return self.image.in_view(z).all(-1)
