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
    def directions(self) -> Float[Tensor, "d r"]:
        """Orthonormal basis of the range of e: all directions unless overridden."""
        return torch.eye(self.dim, dtype=torch.float64)

    def covariance_given(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """Covariance of e past by past; ValueError where it depends on the past in no known form."""
        if self.covariance is None:
            raise ValueError(f"{type(self).__name__} has no covariance in closed form: estimate it from draws")
        return self.covariance.to(past).expand(*past.shape[:-2], -1, -1)

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


@dataclass(frozen=True, eq=False)
class SingularGaussianNoise(Noise):
    """e = F w, w ~ N(0, I_r), r < d: a Gaussian of covariance F F^T on a subspace.

    Densities are with respect to volume on the subspace, and log density is -inf off it (beyond 1e-9 of e's length).
    ValueError unless F has independent columns, fewer than rows.
    """

    factor: Float[Tensor, "d r"]

    def __post_init__(self) -> None:
        rows, columns = self.factor.shape
        rank = int(torch.linalg.matrix_rank(self.factor))
        if not rank == columns < rows:
            raise ValueError(f"factor is {rows} x {columns} of rank {rank}: give independent columns, fewer than rows")

    @property
    def dim(self) -> int:
        """Dimension d of e."""
        return self.factor.shape[0]

    @property
    def covariance(self) -> Float[Tensor, "d d"]:
        """F F^T."""
        return self.factor @ self.factor.T

    @property
    def directions(self) -> Float[Tensor, "d r"]:
        """Orthonormal basis of the range of F."""
        return torch.linalg.qr(self.factor)[0]

    @property
    def declarations(self) -> Declarations:
        """Gaussian, constant, singular."""
        rank = self.factor.shape[1]
        return {
            Assumption.GAUSSIAN_NOISE: Declaration(True, "a linear map of a Gaussian"),
            Assumption.CONSTANT_COVARIANCE: Declaration(True, "drawn without looking at the past"),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(False, f"rank {rank} in {self.dim} dimensions"),
        }

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """F times a standard normal vector."""
        shape = (*past.shape[:-2], self.factor.shape[1])
        return torch.randn(shape, generator=generator, dtype=past.dtype, device=past.device) @ self.factor.to(past).T

    def log_density(self, e: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """Gaussian log density of the coordinates of e along `directions`."""
        basis = self.directions.to(e)
        along = e @ basis
        off = torch.linalg.vector_norm(e - along @ basis.T, dim=-1) > 1e-9 * (1 + torch.linalg.vector_norm(e, dim=-1))
        inner = GaussianNoise(basis.T @ self.covariance.to(e) @ basis)
        return torch.where(off, -math.inf, inner.log_density(along, along.unsqueeze(-2)))
