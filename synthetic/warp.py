"""Coordinatewise monotone maps of R^d: x_i = w_i(z_i), w_i strictly increasing."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import SelfMap


class Warp(SelfMap):
    """x_i = w_i(z_i)."""

    @abstractmethod
    def slope(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """w_i'(z_i)."""

    @property
    def injective(self) -> Declaration:
        """Strictly increasing."""
        return Declaration(True, "strictly increasing in every coordinate")

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """Diagonal of slopes."""
        return torch.diag_embed(self.slope(z))


@dataclass(frozen=True)
class PartialWarp(Warp):
    """One function of `rate` on the last `last` coordinates, all where it is not given; the others are left alone.

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

    def _on_warped(self, bent: Tensor, straight: Tensor) -> Tensor:
        first = 0 if self.last is None else self.dim - self.last
        return torch.where(torch.arange(self.dim, device=straight.device) >= first, bent, straight)


class SinhWarp(PartialWarp):
    """x_i = sinh(rate z_i): stretches large values."""

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """sinh(rate z) on the warped coordinates."""
        return self._on_warped(torch.sinh(self.rate * z), z)

    def slope(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """rate cosh(rate z), one elsewhere."""
        return self._on_warped(self.rate * torch.cosh(self.rate * z), torch.ones_like(z))

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """asinh(x) / rate."""
        return self._on_warped(torch.asinh(x) / self.rate, x).unsqueeze(0)


class AsinhWarp(PartialWarp):
    """x_i = asinh(rate z_i): draws large values in, so that means over codes have light tails."""

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """asinh(rate z) on the warped coordinates."""
        return self._on_warped(torch.asinh(self.rate * z), z)

    def slope(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """rate / sqrt(1 + (rate z)^2), one elsewhere."""
        return self._on_warped(self.rate / torch.sqrt(1 + (self.rate * z).square()), torch.ones_like(z))

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """sinh(x) / rate."""
        return self._on_warped(torch.sinh(x) / self.rate, x).unsqueeze(0)
