"""Turns: a rotation of two coordinates by an angle that is a function of what the rotation keeps.

h(z) = R(angle(z)) z with angle(h(z)) = angle(z), so the inverse turns back by the same angle and det J_h = 1. A law
under which every such circle is evenly covered is left as it is.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import SelfMap


class Turn(SelfMap):
    """R^3 -> R^3, the plane orthogonal to a coordinate axis turned by an angle that the rotation does not change."""

    dim = 3

    @property
    @abstractmethod
    def axis(self) -> int:
        """The coordinate that is kept: 0, 1 or 2."""

    @abstractmethod
    def angle(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch"]:
        """Angle in radians; the same at z and at h(z)."""

    @abstractmethod
    def angle_gradient(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """Derivative of the angle."""

    @property
    def injective(self) -> Declaration:
        """Undone by turning back."""
        return Declaration(True, "turns every circle about the axis by one angle, undone by turning back")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """R(angle(z)) z."""
        return self._turned(z, self.angle(z))

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """R + (dR/dangle z) (dangle/dz)^T."""
        angle = self.angle(z)
        x, (i, j) = self._turned(z, angle), self._plane
        moved = torch.zeros_like(x)
        moved[..., i], moved[..., j] = -x[..., j], x[..., i]
        columns = torch.eye(3, dtype=z.dtype, device=z.device).expand(*z.shape, -1)
        rotation = self._turned(columns, angle.unsqueeze(-1)).transpose(-1, -2)
        return rotation + moved.unsqueeze(-1) * self.angle_gradient(z).unsqueeze(-2)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """R(-angle(x)) x."""
        return self._turned(x, -self.angle(x)).unsqueeze(0)

    @property
    def _plane(self) -> tuple[int, int]:
        first, second = (i for i in range(3) if i != self.axis)
        return first, second

    def _turned(self, z: Tensor, angle: Tensor) -> Tensor:
        i, j = self._plane
        cos, sin = torch.cos(angle), torch.sin(angle)
        turned = z.expand(*torch.broadcast_shapes(z.shape[:-1], angle.shape), -1).clone()
        turned[..., i] = cos * z[..., i] - sin * z[..., j]
        turned[..., j] = sin * z[..., i] + cos * z[..., j]
        return turned


@dataclass(frozen=True)
class LinearTurn(Turn):
    """angle = rate z_1: keeps N(m e_1, I) for every m. ValueError for rate = 0."""

    rate: float = 1.0

    def __post_init__(self) -> None:
        if self.rate == 0:
            raise ValueError("rate=0 turns nothing: take rate != 0")

    @property
    def axis(self) -> int:
        """The first."""
        return 0

    def angle(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch"]:
        """rate z_1."""
        return self.rate * z[..., 0]

    def angle_gradient(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """(rate, 0, 0)."""
        return z.new_tensor([self.rate, 0, 0]).expand(z.shape)


@dataclass(frozen=True)
class ArctanTurn(Turn):
    """angle = -2 arctan(beta z_3)."""

    beta: float

    @property
    def axis(self) -> int:
        """The third."""
        return 2

    def angle(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch"]:
        """-2 arctan(beta z_3)."""
        return -2 * torch.atan(self.beta * z[..., 2])

    def angle_gradient(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """(0, 0, -2 beta / (1 + beta^2 z_3^2))."""
        slope = -2 * self.beta / (1 + (self.beta * z[..., 2]) ** 2)
        return slope.unsqueeze(-1) * z.new_tensor([0.0, 0.0, 1.0])


@dataclass(frozen=True)
class SphericalTurn(Turn):
    """angle = rate z_1 / |z|: on the unit sphere, circles of latitude turn at different rates.

    Of degree one, h(c z) = c h(z), so that at unit vectors det J_h is the volume factor along the sphere.
    """

    rate: float = 2.0

    @property
    def axis(self) -> int:
        """The first."""
        return 0

    def angle(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch"]:
        """rate z_1 / |z|."""
        return self.rate * z[..., 0] / torch.linalg.vector_norm(z, dim=-1)

    def angle_gradient(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """rate (e_1 - z_1 z / |z|^2) / |z|."""
        norm = torch.linalg.vector_norm(z, dim=-1, keepdim=True)
        along = z[..., :1] * z / norm**2
        return self.rate * (z.new_tensor([1.0, 0.0, 0.0]) - along) / norm
