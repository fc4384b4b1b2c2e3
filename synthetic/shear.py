"""Shears of the plane, x = (z_1, z_2 + s(z_1)): inverse (x_1, x_2 - s(x_1)), Jacobian [[1, 0], [s', 1]], det 1."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import SelfMap


class Shear(SelfMap):
    """x = (z_1, z_2 + s(z_1)) for a smooth s."""

    dim = 2

    @abstractmethod
    def offset(self, u: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """s(u)."""

    @abstractmethod
    def slope(self, u: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """s'(u)."""

    @property
    def injective(self) -> Declaration:
        """The first coordinate is kept and says what to subtract from the second."""
        return Declaration(True, "a shear, undone by subtracting what was added")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """(z_1, z_2 + s(z_1))."""
        return torch.stack((z[..., 0], z[..., 1] + self.offset(z[..., 0])), -1)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """[[1, 0], [s'(z_1), 1]]."""
        one, zero = torch.ones_like(z[..., 0]), torch.zeros_like(z[..., 0])
        return torch.stack((one, zero, self.slope(z[..., 0]), one), -1).unflatten(-1, (2, 2))

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """(x_1, x_2 - s(x_1))."""
        return torch.stack((x[..., 0], x[..., 1] - self.offset(x[..., 0])), -1).unsqueeze(0)


@dataclass(frozen=True)
class Banana(Shear):
    """s(u) = bend (u^2 - 1)."""

    bend: float = 1.0

    def offset(self, u: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """bend (u^2 - 1)."""
        return self.bend * (u.square() - 1)

    def slope(self, u: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """2 bend u."""
        return 2 * self.bend * u


@dataclass(frozen=True)
class SineShear(Shear):
    """s(u) = amplitude sin(frequency u)."""

    amplitude: float = 1.0
    frequency: float = 2.0

    def offset(self, u: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """amplitude sin(frequency u)."""
        return self.amplitude * torch.sin(self.frequency * u)

    def slope(self, u: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """amplitude frequency cos(frequency u)."""
        return self.amplitude * self.frequency * torch.cos(self.frequency * u)
