"""A mixing with variables that pass it by, (z, n) -> (g(z), n): for observation models that need parameters."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import Mixing


@dataclass(frozen=True)
class Beside(Mixing):
    """g on the first coordinates, the identity on the last `width`. ValueError for width < 1."""

    mixing: Mixing
    width: int = 1

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ValueError(f"width={self.width} passes nothing by: take width >= 1, or the mixing itself")

    @property
    def input_dim(self) -> int:
        """Those of g and those beside it."""
        return self.mixing.input_dim + self.width

    @property
    def output_dim(self) -> int:
        """Those of g and those beside it."""
        return self.mixing.output_dim + self.width

    @property
    def injective(self) -> Declaration:
        """Iff g is."""
        return self.mixing.injective

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """(g(z), n)."""
        mixed, beside = self._split(z, self.mixing.input_dim)
        return torch.cat((self.mixing(mixed), beside), -1)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """Block diagonal: that of g, and the identity."""
        mixed, _ = self._split(z, self.mixing.input_dim)
        blocks = z.new_zeros(*z.shape[:-1], self.output_dim, self.input_dim)
        blocks[..., : -self.width, : -self.width] = self.mixing.jacobian(mixed)
        blocks[..., -self.width :, -self.width :] = torch.eye(self.width, dtype=z.dtype, device=z.device)
        return blocks

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """Those of g, each with what passed by."""
        mixed, beside = self._split(x, self.mixing.output_dim)
        points = self.mixing.preimages(mixed)
        return torch.cat((points, beside.expand(len(points), *beside.shape)), -1)

    def _split(self, z: Tensor, first: int) -> tuple[Tensor, Tensor]:
        return z[..., :first], z[..., first:]
