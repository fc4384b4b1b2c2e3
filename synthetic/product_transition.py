"""Independent blocks of coordinates, each with a transition of its own that sees only its own past.

Densities multiply, covariances are block diagonal. Rotating directions on circles, side by side, are a torus.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration, Declarations
from synthetic.latent_space import Product, block_diagonal
from synthetic.transition import Transition


@dataclass(frozen=True)
class ProductTransition(Transition):
    """The blocks' transitions, in order; ValueError for none."""

    factors: tuple[Transition, ...]

    def __post_init__(self) -> None:
        if not self.factors:
            raise ValueError("factors=() move nothing: give at least one transition")

    @property
    def dim(self) -> int:
        """Sum of the dimensions."""
        return sum(factor.dim for factor in self.factors)

    @property
    def lags(self) -> int:
        """The longest of the factors'."""
        return max(factor.lags for factor in self.factors)

    @property
    def space(self) -> Product:
        """The product of the factors' spaces."""
        return Product(tuple(factor.space for factor in self.factors))

    @property
    def noise_covariance(self) -> Float[Tensor, "d d"] | None:
        """Block diagonal, or None where a factor's depends on the past."""
        blocks = [factor.noise_covariance for factor in self.factors]
        known = [block for block in blocks if block is not None]
        return block_diagonal(known) if len(known) == len(blocks) else None

    @property
    def directions(self) -> Float[Tensor, "d r"]:
        """The factors' directions side by side."""
        return torch.block_diag(*[factor.directions for factor in self.factors])

    @property
    def declarations(self) -> Declarations:
        """What holds for every factor; the first for which it does not gives the reason."""
        verdicts = [factor.declarations for factor in self.factors]
        everywhere = Declaration(True, "it holds in every factor")
        return {
            clause: next((one[clause] for one in verdicts if not one[clause].holds), everywhere)
            for clause in verdicts[0]
        }

    def covariance(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """Block diagonal."""
        return block_diagonal([factor.covariance(own) for factor, own in self._own(past)])

    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """Side by side."""
        return torch.cat([factor.mean(own) for factor, own in self._own(past)], -1)

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """Independent draws."""
        return torch.cat([factor.sample(own, generator) for factor, own in self._own(past)], -1)

    def log_density(self, z: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """Sum over the factors."""
        parts = z.split([factor.dim for factor in self.factors], -1)
        pairs = zip(self._own(past), parts, strict=True)
        return torch.stack([factor.log_density(part, own) for (factor, own), part in pairs]).sum(0)

    def _own(self, past: Tensor) -> list[tuple[Transition, Tensor]]:
        """Each factor with its own past."""
        return list(zip(self.factors, past.split([factor.dim for factor in self.factors], -1), strict=True))
