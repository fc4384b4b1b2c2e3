"""An initial law that lets a transition run for some steps first, so that sequences start where it has settled."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.initial_law import InitialLaw
from synthetic.transition import Transition


@dataclass(frozen=True)
class BurnedIn(InitialLaw):
    """As many steps as the base law has, after `steps` steps of the transition.

    Only these are kept as the past, so the transition must look no further back (one with hidden regimes does).
    ValueError for steps < 1 and dimensions that differ.
    """

    base: InitialLaw
    transition: Transition
    steps: int

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps={self.steps} burns nothing in: take steps >= 1")
        if self.base.dim != self.transition.dim:
            raise ValueError(f"base has dimension {self.base.dim}, transition {self.transition.dim}: make them equal")

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.base.dim

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """The base's draws carried on."""
        window = self.base.sample(n, generator)
        for _ in range(self.steps):
            window = torch.cat((window[:, 1:], self.transition.sample(window, generator).unsqueeze(1)), 1)
        return window
