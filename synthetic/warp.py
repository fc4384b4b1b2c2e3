"""Coordinatewise monotone maps of R^d: x_i = w_i(z_i), w_i strictly increasing."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import Mixing


class Warp(Mixing):
    """x_i = w_i(z_i)."""

    @abstractmethod
    def slope(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """w_i'(z_i)."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Dimension."""

    @property
    def input_dim(self) -> int:
        """Dimension."""
        return self.dim

    @property
    def output_dim(self) -> int:
        """Dimension."""
        return self.dim

    @property
    def injective(self) -> Declaration:
        """Strictly increasing."""
        return Declaration(True, "strictly increasing in every coordinate")

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """Diagonal of slopes."""
        return torch.diag_embed(self.slope(z))


@dataclass(frozen=True)
class SinhWarp(Warp):
    """x_i = sinh(rate z_i), for the last `last` coordinates only where given.

    ValueError for rate <= 0 or `last` outside 1..dimension.
    """

    dimension: int
    rate: float = 1.2
    last: int | None = None

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise ValueError(f"rate={self.rate} is not increasing: take rate > 0")
        if self.last is not None and not 1 <= self.last <= self.dimension:
            raise ValueError(f"last={self.last} of {self.dimension} coordinates: take 1 <= last <= dimension")

    @property
    def dim(self) -> int:
        """Dimension."""
        return self.dimension

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """sinh(rate z) on the warped coordinates."""
        return torch.where(self._warped(z), torch.sinh(self.rate * z), z)

    def slope(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """rate cosh(rate z), one elsewhere."""
        return torch.where(self._warped(z), self.rate * torch.cosh(self.rate * z), torch.ones_like(z))

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """asinh(x) / rate."""
        return torch.where(self._warped(x), torch.asinh(x) / self.rate, x).unsqueeze(0)

    def _warped(self, z: Tensor) -> Tensor:
        first = 0 if self.last is None else self.dim - self.last
        return torch.arange(self.dim, device=z.device) >= first
