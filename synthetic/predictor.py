"""Predicted means p(z_:t) = E[z_t | z_:t] of the true dynamics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations


class Predictor(ABC):
    """The map p from a past to the mean of the next latent."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Dimension d of z."""

    @property
    @abstractmethod
    def declarations(self) -> Declarations:
        """What p says about coverage and about the rank of its Jacobian."""

    @abstractmethod
    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """p(past)."""


@dataclass(frozen=True, eq=False)
class RotationTanh(Predictor):
    """mu(z) = R z + gain tanh(R z) of the latest latent (LDM Fig. A7, gain 0.1).

    Its Jacobian is (I + gain diag(1 - tanh^2)) R, so abs(det J) >= 1 for gain >= 0: full row rank everywhere. A step
    lengthens z by at most gain sqrt(d), so long sequences drift outward but do not explode.
    """

    rotation: Float[Tensor, "d d"]
    gain: float = 0.1

    def __post_init__(self) -> None:
        if self.gain < 0:
            raise ValueError(f"gain={self.gain} can make the Jacobian singular: take gain >= 0")
        identity = torch.eye(self.dim, dtype=self.rotation.dtype, device=self.rotation.device)
        if not torch.allclose(self.rotation @ self.rotation.T, identity, atol=1e-6):
            raise ValueError("rotation is not orthogonal: pass a matrix with rotation @ rotation.T = I")

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.rotation.shape[0]

    @property
    def declarations(self) -> Declarations:
        """Full row rank, hence coverage."""
        why = "mu(z) = R z + gain tanh(R z) is a diffeomorphism of R^d with abs(det J) >= 1"
        return {Assumption.COVERAGE: Declaration(True, why), Assumption.ROW_RANK: Declaration(True, why)}

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """R z + gain tanh(R z) at the latest z."""
        turned = past[..., -1, :] @ self.rotation.to(past).T
        return turned + self.gain * torch.tanh(turned)
