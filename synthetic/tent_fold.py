"""The tent map in probability coordinates, h(z) = Phi^-1(tent(Phi(z))) on one coordinate, tent(u) = 1 - |1 - 2u|.

The tent map is two to one and keeps the uniform law, so h is two to one and keeps N(0, 1): folding does not show in the
law. h(z) = Phi^-1(2 Phi(-|z|)) is even, falls in |z|, and has a logarithmic pole at 0. Since z and -z fold together,
E[z | h(z)] = 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import SelfMap


@dataclass(frozen=True)
class TentFold(SelfMap):
    """R^d -> R^d, the last coordinate folded. ValueError for dim < 1."""

    dim: int = 1

    def __post_init__(self) -> None:
        if self.dim < 1:
            raise ValueError(f"dim={self.dim} has nothing to fold: take dim >= 1")

    @property
    def injective(self) -> Declaration:
        """Two to one."""
        return Declaration(False, "the last coordinate is folded: z and -z fall together")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """The last coordinate becomes Phi^-1(2 Phi(-|z|))."""
        return torch.cat((z[..., :-1], _fold(z[..., -1:])), -1)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """Diagonal: ones, then -sign(z) 2 phi(z) / phi(h)."""
        last, folded = z[..., -1:], _fold(z[..., -1:])
        slope = -2 * torch.sign(last) * torch.exp((folded.square() - last.square()) / 2)
        return torch.diag_embed(torch.cat((torch.ones_like(z[..., :-1]), slope), -1))

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """The two points z and -z."""
        unfolded = _unfold(x[..., -1:])
        return torch.stack([torch.cat((x[..., :-1], sign * unfolded), -1) for sign in (1, -1)])


def _fold(z: Tensor) -> Tensor:
    """Phi^-1(2 Phi(-|z|)), from whichever of erf and erfc is the smaller."""
    scaled = z.abs().clamp_min(torch.finfo(z.dtype).tiny) / math.sqrt(2)
    lower, upper = torch.special.erfc(scaled), torch.special.erf(scaled)
    return torch.where(lower < upper, torch.special.ndtri(lower), -torch.special.ndtri(upper))


def _unfold(h: Tensor) -> Tensor:
    """The z >= 0 with _fold(z) = h. Phi from erfc, since torch.special.ndtr loses its digits in the tail."""
    tail = 0.5 * torch.special.erfc(h.abs() / math.sqrt(2))
    return torch.where(h < 0, -torch.special.ndtri(tail / 2), math.sqrt(2) * torch.special.erfinv(tail))
