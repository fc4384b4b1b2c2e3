"""The inverse of a map of equal dimensions, h = g^-1, as a map of its own: J_h(x) = J_g(g^-1(x))^-1."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import Mixing, SelfMap


@dataclass(frozen=True)
class InverseMap(SelfMap):
    """g^-1. ValueError unless g is injective and keeps the dimension."""

    forward: Mixing

    def __post_init__(self) -> None:
        if not self.forward.injective.holds:
            raise ValueError(f"forward={type(self.forward).__name__} is not injective: {self.forward.injective.why}")
        if self.forward.input_dim != self.forward.output_dim:
            raise ValueError(
                f"forward maps {self.forward.input_dim} to {self.forward.output_dim} dimensions: make them equal"
            )

    @property
    def dim(self) -> int:
        """That of g."""
        return self.forward.input_dim

    @property
    def injective(self) -> Declaration:
        """An inverse is."""
        return Declaration(True, f"undone by {type(self.forward).__name__}")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """g^-1(z)."""
        return self.forward.inverse(z)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """Inverse of g's Jacobian at g^-1(z)."""
        return torch.linalg.inv(self.forward.jacobian(self.forward.inverse(z)))

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """g(x)."""
        return self.forward(x).unsqueeze(0)
