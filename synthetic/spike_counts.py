r"""Spike counts: $x_i\sim$ Poisson$(\lambda_i\Delta)$, independent over neurons, $\Delta$ the bin's length in seconds.

$\log p(x|\lambda)=\sum_i x_i\log\lambda_i\Delta-\lambda_i\Delta-\log x_i!$. Fisher information of z:
$\Delta\sum_i\nabla\lambda_i\nabla\lambda_i^T/\lambda_i$; along a circular track, $\lambda_i'$ the derivative by angle,
$I(u)=\Delta\sum_i\lambda_i'^2/\lambda_i$, and no unbiased estimate of the angle has a variance below 1 / I(u).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.mixing import Mixing
from synthetic.observation import Observation
from synthetic.pixel_noise import LogLikelihood


@dataclass(frozen=True)
class SpikeCounts(Observation):
    """theta: rates in Hz, one a neuron. ValueError for neurons < 1 or a bin that is not positive and finite."""

    neurons: int
    bin: float = 0.025

    def __post_init__(self) -> None:
        if self.neurons < 1:
            raise ValueError(f"neurons={self.neurons} fire nothing: take neurons >= 1")
        if not 0 < self.bin < math.inf:
            raise ValueError(f"bin={self.bin} seconds counts nothing: take a finite bin > 0")

    @property
    def input_dim(self) -> int:
        """Number of neurons."""
        return self.neurons

    @property
    def output_dim(self) -> int:
        """Number of neurons."""
        return self.neurons

    @property
    def declarations(self) -> Declarations:
        """Chance in every count."""
        why = f"x are Poisson counts in bins of {1000 * self.bin:g} ms, around the rates that z sets"
        return {Assumption.NO_NUISANCE: Declaration(False, why)}

    def sample(self, theta: Float[Tensor, "*batch m"], generator: torch.Generator) -> Float[Tensor, "*batch p"]:
        """Counts, as floating-point numbers."""
        return torch.poisson(theta * self.bin, generator=generator)

    def log_density(self, x: Float[Tensor, "*#batch p"], theta: Float[Tensor, "*#batch m"]) -> Float[Tensor, "*#batch"]:
        """Log probability of the counts."""
        mean = theta * self.bin
        return (torch.xlogy(x, mean) - mean - torch.lgamma(x + 1)).sum(-1)

    def information(self, rates: Mixing, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d d"]:
        """Fisher information of z in the counts of one bin."""
        slope = rates.jacobian(z)
        return self.bin * slope.mT @ (slope / rates(z).unsqueeze(-1))

    def angle_information(self, rates: Mixing, angle: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """I(u), per squared radian."""
        z = torch.stack((angle.cos(), angle.sin()), -1)
        along = torch.stack((-z[..., 1], z[..., 0]), -1).unsqueeze(-1)
        return (along.mT @ self.information(rates, z) @ along)[..., 0, 0]


def count_log_likelihood(rates: Mixing, counts: SpikeCounts) -> LogLikelihood:
    """log p(x | z) of counts, up to a constant of x."""

    def log_likelihood(x: Tensor, z: Tensor) -> Tensor:
        mean = rates(z) * counts.bin
        log = torch.log(mean)
        products = x @ log[0].mT if len(log) == 1 else torch.einsum("np,nkp->nk", x, log)
        return products - mean.sum(-1)

    return log_likelihood
