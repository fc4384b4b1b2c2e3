"""The twist x = R(rate |z|^power) z, a rotation of the first two coordinates by an angle that grows with the norm.

It keeps |z|, so its inverse turns back by the same angle, and det J = 1 (every sphere turns rigidly): it leaves every
rotation-symmetric law invariant. With power 1 it draws spirals; with power 2 it is the twist of [klindt2026lejepa].
In two dimensions, z ~ N(0, I), power 2: the affine R2 between z and x is (1 + 4 rate^2)^-2.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import SelfMap


@dataclass(frozen=True)
class Twist(SelfMap):
    """R^d -> R^d, the plane of the first two coordinates turned. ValueError for dim < 2 or power < 1."""

    rate: float
    power: int = 2
    dim: int = 2

    def __post_init__(self) -> None:
        if self.dim < 2:
            raise ValueError(f"dim={self.dim} has no plane to turn: take dim >= 2")
        if self.power < 1:
            raise ValueError(f"power={self.power} tears the origin: take power >= 1")

    @property
    def injective(self) -> Declaration:
        """A rotation on every sphere."""
        return Declaration(True, "turns every sphere by one angle, undone by turning back")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """R(angle) z."""
        return self._turned(z, self._angle(z))

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """R(angle) + (dR/dangle z) (dangle/dz)^T."""
        angle = self._angle(z)
        x = self._turned(z, angle)
        tangent = torch.cat((-x[..., 1:2], x[..., :1], torch.zeros_like(x[..., 2:])), -1)
        norm = torch.linalg.vector_norm(z, dim=-1, keepdim=True).clamp_min(torch.finfo(z.dtype).tiny)
        gradient = self.rate * self.power * norm ** (self.power - 1) * (z / norm)
        columns = torch.eye(self.dim, dtype=z.dtype, device=z.device).expand(*z.shape, -1)
        rotation = self._turned(columns, angle.unsqueeze(-1)).transpose(-1, -2)
        return rotation + tangent.unsqueeze(-1) * gradient.unsqueeze(-2)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """R(-angle) x."""
        return self._turned(x, -self._angle(x)).unsqueeze(0)

    def _angle(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch"]:
        return self.rate * torch.linalg.vector_norm(z, dim=-1) ** self.power

    def _turned(self, z: Tensor, angle: Tensor) -> Tensor:
        cos, sin = torch.cos(angle), torch.sin(angle)
        turned = (cos * z[..., 0] - sin * z[..., 1], sin * z[..., 0] + cos * z[..., 1])
        return torch.cat((torch.stack(turned, -1), z[..., 2:].expand(*turned[0].shape, -1)), -1)
