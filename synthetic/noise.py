"""Laws of the innovation e_t = z_t - p(z_:t)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations


class Noise(ABC):
    """Law of e_t given the past; it may depend on the past."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Dimension d of e."""

    @property
    @abstractmethod
    def covariance(self) -> Float[Tensor, "d d"] | None:
        """Covariance of e given the past, or None when it depends on the past."""

    @property
    @abstractmethod
    def declarations(self) -> Declarations:
        """What this law says about Gaussianity and about its covariance."""

    @abstractmethod
    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """One draw of e for each past."""

    @abstractmethod
    def log_density(self, e: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """log density of e given the past, in nats."""


@dataclass(frozen=True, eq=False)
class GaussianNoise(Noise):
    """e ~ N(0, Sigma), the same for every past. ValueError unless Sigma is symmetric and positive definite."""

    sigma: Float[Tensor, "d d"]

    def __post_init__(self) -> None:
        if not torch.allclose(self.sigma, self.sigma.T):
            raise ValueError("sigma is not symmetric: pass a covariance matrix, e.g. (sigma + sigma.T) / 2")
        smallest = float(torch.linalg.eigvalsh(self.sigma)[0])
        if not smallest > 0:
            raise ValueError(f"sigma has smallest eigenvalue {smallest:.3g}: a covariance must be positive definite")

    @classmethod
    def isotropic(cls, dim: int, variance: float) -> GaussianNoise:
        """e ~ N(0, variance I)."""
        if not variance > 0:
            raise ValueError(f"variance={variance} is not a variance: take variance > 0")
        return cls(variance * torch.eye(dim, dtype=torch.float64))

    @property
    def dim(self) -> int:
        """Dimension d of e."""
        return self.sigma.shape[0]

    @property
    def covariance(self) -> Float[Tensor, "d d"]:
        """Sigma."""
        return self.sigma

    @property
    def declarations(self) -> Declarations:
        """Gaussian, constant, nonsingular."""
        condition = float(torch.linalg.cond(self.sigma))
        return {
            Assumption.GAUSSIAN_NOISE: Declaration(True, "drawn from a Gaussian"),
            Assumption.CONSTANT_COVARIANCE: Declaration(True, "drawn without looking at the past"),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(True, f"condition number {condition:.3g}"),
        }

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """Cholesky factor times a standard normal vector."""
        shape = (*past.shape[:-2], self.dim)
        e = torch.randn(shape, generator=generator, dtype=past.dtype, device=past.device)
        return e @ torch.linalg.cholesky(self.sigma).to(past).T

    def log_density(self, e: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """-(e^T Sigma^-1 e + log det Sigma + d log 2 pi) / 2."""
        factor = torch.linalg.cholesky(self.sigma).to(e)
        white = torch.linalg.solve_triangular(factor, e.unsqueeze(-1), upper=False).squeeze(-1)
        log_det = 2 * torch.log(torch.diagonal(factor)).sum()
        return -0.5 * (white.square().sum(-1) + log_det + self.dim * math.log(2 * math.pi))
