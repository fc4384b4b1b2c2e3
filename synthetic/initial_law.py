"""Laws of the first latent(s) of a sequence."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


class InitialLaw(ABC):
    """Law of z_0, or of the first s steps for transitions that look back s steps."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Dimension d of z."""

    @abstractmethod
    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """n independent draws, float64, on the generator's device."""


@dataclass(frozen=True)
class StandardNormal(InitialLaw):
    """z_0 ~ N(0, I_d)."""

    dimension: int

    def __post_init__(self) -> None:
        if self.dimension < 1:
            raise ValueError(f"dimension={self.dimension} is no dimension: take dimension >= 1")

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.dimension

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """n draws of one step each."""
        return torch.randn(n, 1, self.dimension, generator=generator, dtype=torch.float64, device=generator.device)


@dataclass(frozen=True)
class DiagonalNormal(InitialLaw):
    """z_0 ~ N(0, diag(variances)); ValueError unless every variance is above 0."""

    variances: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.variances or not all(variance > 0 for variance in self.variances):
            raise ValueError(f"variances={self.variances}: give at least one, each above 0")

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return len(self.variances)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """n draws of one step each."""
        spread = torch.tensor(self.variances, dtype=torch.float64, device=generator.device).sqrt()
        return spread * torch.randn(n, 1, self.dim, generator=generator, dtype=torch.float64, device=generator.device)
