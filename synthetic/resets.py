"""Jumps that forget: with probability q the next latent is drawn afresh, otherwise it follows a base transition.

p(z_t | past) = (1 - q) base(z_t | past) + q fresh(z_t). Mean (1 - q) m + q 0, covariance
(1 - q) C(past) + q F + q (1 - q) m m^T with m, C of the base and F the fresh law's covariance.
A base that keeps the fresh law stationary keeps it so with resets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.noise import Noise
from synthetic.transition import Transition


@dataclass(frozen=True)
class Resets(Transition):
    """Base transition, law of what is drawn afresh (mean 0, blind to the past) and probability of doing so.

    ValueError unless 0 < probability < 1, dimensions agree, the fresh law has one, invertible covariance and the base
    covers (a base that predicts nothing would leave nothing to forget).
    """

    base: Transition
    fresh: Noise
    probability: float

    def __post_init__(self) -> None:
        if not 0 < self.probability < 1:
            raise ValueError(f"probability={self.probability}: take a probability strictly between 0 and 1")
        if self.base.dim != self.fresh.dim:
            raise ValueError(f"base has dimension {self.base.dim}, fresh {self.fresh.dim}: give both the same")
        if self.fresh.covariance is None or not self.fresh.declarations[Assumption.NONSINGULAR_COVARIANCE].holds:
            raise ValueError(f"fresh={type(self.fresh).__name__}: give a noise of constant, invertible covariance")
        if not self.base.declarations[Assumption.COVERAGE].holds:
            raise ValueError(f"base={type(self.base).__name__} does not cover: give one whose predicted means do")

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.base.dim

    @property
    def lags(self) -> int:
        """The base's."""
        return self.base.lags

    @property
    def noise_covariance(self) -> None:
        """None: it depends on the past."""
        return

    @property
    def declarations(self) -> Declarations:
        """A mixture of two laws; coverage and row rank are the base's."""
        return {
            Assumption.GAUSSIAN_NOISE: Declaration(False, "a mixture of the base's law and the fresh one"),
            Assumption.CONSTANT_COVARIANCE: Declaration(False, "the two laws move apart with the predicted mean"),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(True, "what is drawn afresh fills all directions"),
            Assumption.COVERAGE: self.base.declarations[Assumption.COVERAGE],
            Assumption.ROW_RANK: self.base.declarations[Assumption.ROW_RANK],
        }

    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """(1 - q) m."""
        return (1 - self.probability) * self.base.mean(past)

    def covariance(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """(1 - q) C + q F + q (1 - q) m m^T."""
        q, m = self.probability, self.base.mean(past)
        apart = m.unsqueeze(-1) * m.unsqueeze(-2)
        return (1 - q) * (self.base.covariance(past) + q * apart) + q * self.fresh.covariance_given(past)

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """Both draws, and a coin for each past."""
        level = torch.rand(past.shape[:-2], generator=generator, dtype=past.dtype, device=past.device)
        follows, fresh = self.base.sample(past, generator), self.fresh.sample(past, generator)
        return torch.where((level < self.probability).unsqueeze(-1), fresh, follows)

    def log_density(self, z: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """Log of the mixture."""
        follows = math.log(1 - self.probability) + self.base.log_density(z, past)
        return torch.logaddexp(follows, math.log(self.probability) + self.fresh.log_density(z, past))
