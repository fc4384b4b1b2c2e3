"""Gaussian transitions whose covariance depends on the past, z_t ~ N(L^-1 u, L^-1) with precision L and u functions of
the past: the natural parameters, log density u^T z - z^T L z / 2 - log partition.
"""

from __future__ import annotations

import math
from abc import abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.transition import Transition


class ContextGaussian(Transition):
    """N(L^-1 u, L^-1), (u, L) given by the past."""

    @abstractmethod
    def natural_parameters(
        self, past: Float[Tensor, "*batch t d"]
    ) -> tuple[Float[Tensor, "*batch d"], Float[Tensor, "*batch d d"]]:
        """u and L, L symmetric and positive definite."""

    @property
    def noise_covariance(self) -> None:
        """None: it depends on the past."""
        return

    def covariance(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """L^-1."""
        return torch.linalg.inv(self.natural_parameters(past)[1])

    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """L^-1 u."""
        shift, precision = self.natural_parameters(past)
        return torch.linalg.solve(precision, shift)

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """L^-1 u + C^-T w with L = C C^T and w standard normal."""
        shift, precision = self.natural_parameters(past)
        factor = torch.linalg.cholesky(precision)
        w = torch.randn(shift.shape, generator=generator, dtype=past.dtype, device=past.device)
        e = torch.linalg.solve_triangular(factor.transpose(-1, -2), w.unsqueeze(-1), upper=True)
        return torch.linalg.solve(precision, shift) + e.squeeze(-1)

    def log_density(self, z: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """(log det L - (z - p)^T L (z - p) - d log 2 pi) / 2."""
        shift, precision = self.natural_parameters(past)
        e = z - torch.linalg.solve(precision, shift)
        square = (e * (precision @ e.unsqueeze(-1)).squeeze(-1)).sum(-1)
        return (torch.linalg.slogdet(precision).logabsdet - square - self.dim * math.log(2 * math.pi)) / 2
