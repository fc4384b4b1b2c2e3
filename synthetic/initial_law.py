"""Laws of the first latent(s) of a sequence."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.latent_space import Euclidean, LatentSpace


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


@dataclass(frozen=True, eq=False)
class GaussianWindow(InitialLaw):
    """The first s steps, jointly N(0, covariance), latest step last. ValueError unless it is positive definite.

    ValueError also where the covariance's size is no multiple of `steps`.
    """

    covariance: Float[Tensor, "sd sd"]
    steps: int = 1

    def __post_init__(self) -> None:
        size = self.covariance.shape[0]
        if self.steps < 1 or size % self.steps:
            raise ValueError(f"steps={self.steps} does not divide a covariance of size {size}: give steps x dimension")
        smallest = float(torch.linalg.eigvalsh(self.covariance)[0])
        if not (torch.allclose(self.covariance, self.covariance.T) and smallest > 0):
            raise ValueError(
                f"covariance has smallest eigenvalue {smallest:.3g}: give a symmetric, positive definite one"
            )

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.covariance.shape[0] // self.steps

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """Cholesky factor times a standard normal vector."""
        factor = torch.linalg.cholesky(self.covariance.double()).to(generator.device)
        normal = torch.randn(n, len(factor), generator=generator, dtype=torch.float64, device=generator.device)
        return (normal @ factor.T).unflatten(-1, (self.steps, self.dim))


@dataclass(frozen=True)
class UniformOn(InitialLaw):
    """z_0 uniform on a latent space; ValueError for R^d."""

    space: LatentSpace

    def __post_init__(self) -> None:
        if isinstance(self.space, Euclidean):
            raise ValueError(f"space={self.space.statement} has no uniform law: take a bounded space")

    @property
    def dim(self) -> int:
        """Dimension d of the space around it."""
        return self.space.dim

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """n draws of one step each."""
        return self.space.uniform(n, generator).unsqueeze(1)
