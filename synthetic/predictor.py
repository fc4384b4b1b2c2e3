"""Predicted means p(z_:t) = E[z_t | z_:t] of the true dynamics."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.latent_space import block_diagonal

_STEPS = 30  # Newton steps; quadratic after the first few


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

    @property
    def lags(self) -> int:
        """Steps of the past that p needs at least."""
        return 1

    @abstractmethod
    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """p(past)."""

    def jacobian(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """Derivative of p by the latest z: automatic differentiation unless overridden by a closed form."""
        latest = past[..., -1, :].detach().requires_grad_()
        value = self(torch.cat((past[..., :-1, :], latest.unsqueeze(-2)), -2))
        if not value.requires_grad:
            return past.new_zeros(*latest.shape, self.dim)
        rows = [torch.autograd.grad(one.sum(), latest, retain_graph=True)[0] for one in value.unbind(-1)]
        return torch.stack(rows, -2)

    def inverse(self, mean: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """The latest z at which p takes this value, for p of one step back; ValueError where none is known."""
        raise ValueError(f"{type(self).__name__} has no known inverse: take a predictor that has")


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

    def jacobian(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """(I + gain diag(1 - tanh^2(R z))) R."""
        rotation = self.rotation.to(past)
        slope = 1 + self.gain * (1 - torch.tanh(past[..., -1, :] @ rotation.T).square())
        return slope.unsqueeze(-1) * rotation

    def inverse(self, mean: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """R^T v with v + gain tanh(v) = mean, by Newton steps from mean / (1 + gain), which do not overshoot."""
        v = mean / (1 + self.gain)
        for _ in range(_STEPS):
            slope = torch.tanh(v)
            v = v - (v + self.gain * slope - mean) / (1 + self.gain * (1 - slope.square()))
        return v @ self.rotation.to(mean)


@dataclass(frozen=True, eq=False)
class LinearPredictor(Predictor):
    """p(z_:t) = M z_{t-1}; M = 0 predicts nothing, a singular M confines the predictions to a subspace."""

    matrix: Float[Tensor, "d d"]

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or self.matrix.shape[0] != self.matrix.shape[1]:
            raise ValueError(f"matrix has shape {tuple(self.matrix.shape)}: give as many rows as columns")

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

    def jacobian(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """M."""
        return self.matrix.to(past).expand(*past.shape[:-2], -1, -1)

    def inverse(self, mean: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """M^-1 mean; ValueError for a singular M."""
        if not self.declarations[Assumption.ROW_RANK].holds:
            raise ValueError(f"matrix is singular, so p has no inverse: {self.declarations[Assumption.ROW_RANK].why}")
        return torch.linalg.solve(self.matrix.to(mean), mean.unsqueeze(-1)).squeeze(-1)


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

    def jacobian(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """gain diag(1 - tanh^2(z))."""
        return torch.diag_embed(self.gain * (1 - torch.tanh(past[..., -1, :]).square()))

    def inverse(self, mean: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """atanh(mean / gain), NaN for values that tanh does not reach."""
        return torch.atanh(mean / self.gain)


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
    def lags(self) -> int:
        """The longest of the blocks'."""
        return max(block.lags for block in self.blocks)

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
        return torch.cat([block(own) for block, own in self._own(past)], -1)

    def jacobian(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """Block diagonal."""
        return block_diagonal([block.jacobian(own) for block, own in self._own(past)])

    def inverse(self, mean: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """Block by block."""
        return torch.cat([block.inverse(own) for block, own in self._own(mean)], -1)

    def _own(self, values: Tensor) -> list[tuple[Predictor, Tensor]]:
        """Each block with its own coordinates."""
        return list(zip(self.blocks, values.split([block.dim for block in self.blocks], -1), strict=True))
