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


@dataclass(frozen=True, eq=False)
class LinearPredictor(Predictor):
    """p(z_:t) = M z_{t-1}; M = 0 predicts nothing, a singular M confines the predictions to a subspace."""

    matrix: Float[Tensor, "d d"]

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.matrix.shape[0]

    @property
    def declarations(self) -> Declarations:
        """Both hold iff M is invertible (the latents fill R^d)."""
        rank = int(torch.linalg.matrix_rank(self.matrix))
        verdict = Declaration(rank == self.dim, f"linear predictor of rank {rank} in {self.dim} dimensions")
        return {Assumption.COVERAGE: verdict, Assumption.ROW_RANK: verdict}

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """M times the latest z."""
        return past[..., -1, :] @ self.matrix.to(past).T


@dataclass(frozen=True)
class TanhPredictor(Predictor):
    """p(z_:t) = gain tanh(z_{t-1}); ValueError for dim < 1 or gain = 0."""

    dimension: int
    gain: float

    def __post_init__(self) -> None:
        if self.dimension < 1 or self.gain == 0:
            raise ValueError(f"dimension={self.dimension}, gain={self.gain}: take dimension >= 1 and gain != 0")

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.dimension

    @property
    def declarations(self) -> Declarations:
        """Full row rank, hence coverage."""
        why = "strictly monotone in every coordinate"
        return {Assumption.COVERAGE: Declaration(True, why), Assumption.ROW_RANK: Declaration(True, why)}

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """gain tanh of the latest z."""
        return self.gain * torch.tanh(past[..., -1, :])


@dataclass(frozen=True)
class BlockPredictor(Predictor):
    """Independent predictors of consecutive blocks of coordinates, each seeing its own block's past only."""

    blocks: tuple[Predictor, ...]

    def __post_init__(self) -> None:
        if not self.blocks:
            raise ValueError("blocks=() predicts nothing: give at least one predictor")

    @property
    def dim(self) -> int:
        """Sum of the blocks' dimensions."""
        return sum(block.dim for block in self.blocks)

    @property
    def declarations(self) -> Declarations:
        """What holds for every block; the first block for which it does not gives the reason."""
        return {
            clause: next((d for d in verdicts if not d.holds), Declaration(True, "it holds in every block"))
            for clause in (Assumption.COVERAGE, Assumption.ROW_RANK)
            for verdicts in ([block.declarations[clause] for block in self.blocks],)
        }

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The blocks' predictions side by side."""
        pasts = past.split([block.dim for block in self.blocks], -1)
        return torch.cat([block(own) for block, own in zip(self.blocks, pasts, strict=True)], -1)
