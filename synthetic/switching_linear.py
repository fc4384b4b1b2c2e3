"""Switching linear dynamics: a hidden Markov chain s_t picks the law, z_t ~ N(A_s z_{t-1} + b_s, Sigma_s), s = s_t.

The past tells the regime by the forward recursion w_t(j) = sum_i P_ij w_{t-1}(i) N(z_{t-1}; regime i) / normaliser,
started from the chain's stationary law, so that z_t given its past is a mixture of Gaussians in closed form:
log density log sum_j w_t(j) N(z_t; A_j z_{t-1} + b_j, Sigma_j).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.transition import Transition


@dataclass(frozen=True, eq=False)
class SwitchingLinear(Transition):
    """Matrices A, offsets b and covariances Sigma of k >= 2 regimes, and P_ij = P(s_t = j | s_{t-1} = i).

    ValueError where sizes differ, a row of P is no probability vector, the chain has several stationary laws, a Sigma
    is not positive definite, or the mean of the A over the stationary law is singular (coverage is then not known).
    """

    matrices: Float[Tensor, "k d d"]
    offsets: Float[Tensor, "k d"]
    sigmas: Float[Tensor, "k d d"]
    switching: Float[Tensor, "k k"]

    def __post_init__(self) -> None:
        k, d = self.offsets.shape
        shapes = {"matrices": (k, d, d), "sigmas": (k, d, d), "switching": (k, k)}
        for name, shape in shapes.items():
            if tuple(getattr(self, name).shape) != shape:
                raise ValueError(f"{name} has shape {tuple(getattr(self, name).shape)}: offsets {k, d} ask for {shape}")
        if k < 2:
            raise ValueError(f"offsets has {k} regime: give at least two, or take a LinearPredictor")
        sums = self.switching.sum(-1)
        if bool((self.switching < 0).any()) or not torch.allclose(sums, torch.ones_like(sums), atol=1e-9):
            raise ValueError(f"switching={self.switching.tolist()}: give rows of probabilities that sum to 1")
        if int(torch.linalg.matrix_rank(self.switching - torch.eye(k).to(self.switching))) < k - 1:
            raise ValueError(f"switching={self.switching.tolist()} has several stationary laws: connect the regimes")
        smallest = float(torch.linalg.eigvalsh(self.sigmas).min())
        if not (torch.allclose(self.sigmas, self.sigmas.mT) and smallest > 0):
            raise ValueError(f"sigmas have smallest eigenvalue {smallest:.3g}: give symmetric positive definite ones")
        if float(torch.linalg.svdvals(self._mean_matrix)[-1]) < 1e-9 * float(self.matrices.abs().max()):
            raise ValueError("matrices average to a singular one over the regimes: change one of them or the switching")

    @cached_property
    def regime_law(self) -> Float[Tensor, "k"]:
        """Stationary law of the chain: pi P = pi."""
        k = len(self.switching)
        system = torch.cat((self.switching.double().T - torch.eye(k).double(), torch.ones(1, k).double()))
        right = torch.zeros(k + 1, 1, dtype=torch.float64)
        right[-1] = 1
        return torch.linalg.lstsq(system, right).solution.squeeze(-1).clamp_min(0)

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.offsets.shape[1]

    @property
    def noise_covariance(self) -> None:
        """None: it depends on the past."""
        return

    @property
    def declarations(self) -> Declarations:
        """A mixture, whose means move apart as z does."""
        why = "after one step the mean is linear with the regimes' mean matrix, which is invertible"
        return {
            Assumption.GAUSSIAN_NOISE: Declaration(False, "a mixture over hidden regimes"),
            Assumption.CONSTANT_COVARIANCE: Declaration(False, "the regimes' means move apart, and their odds change"),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(True, "every regime has noise in all directions"),
            Assumption.COVERAGE: Declaration(True, why),
            Assumption.ROW_RANK: Declaration(True, f"{why}; later almost everywhere"),
        }

    def regimes(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch k"]:
        """P(s_t = j | z_:t)."""
        log_chain = self.switching.to(past).log()
        log_odds = self.regime_law.to(past).log().expand(*past.shape[:-2], -1)
        for t in range(1, past.shape[-2]):
            seen = torch.log_softmax(log_odds + self._each_log_density(past[..., t, :], past[..., t - 1, :]), -1)
            log_odds = torch.logsumexp(seen.unsqueeze(-1) + log_chain, -2)
        return log_odds.exp()

    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """sum_j w_j (A_j z + b_j)."""
        return (self.regimes(past).unsqueeze(-1) * self._means(past[..., -1, :])).sum(-2)

    def covariance(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """sum_j w_j (Sigma_j + (m_j - m) (m_j - m)^T)."""
        odds, means = self.regimes(past), self._means(past[..., -1, :])
        apart = means - (odds.unsqueeze(-1) * means).sum(-2, keepdim=True)
        within = torch.einsum("...k,kij->...ij", odds, self.sigmas.to(past))
        return within + torch.einsum("...k,...ki,...kj->...ij", odds, apart, apart)

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """A regime from what the past tells, then its Gaussian."""
        latest = past[..., -1, :]
        level = torch.rand(latest.shape[:-1], generator=generator, dtype=past.dtype, device=past.device)
        edges = self.regimes(past)[..., :-1].cumsum(-1)
        chosen = (level.unsqueeze(-1) >= edges).sum(-1)
        normal = torch.randn(latest.shape, generator=generator, dtype=past.dtype, device=past.device)
        factors = torch.linalg.cholesky(self.sigmas).to(past)
        mean = torch.take_along_dim(self._means(latest), chosen[..., None, None], -2).squeeze(-2)
        return mean + (factors[chosen] @ normal.unsqueeze(-1)).squeeze(-1)

    def log_density(self, z: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """Log of the mixture."""
        return torch.logsumexp(self.regimes(past).log() + self._each_log_density(z, past[..., -1, :]), -1)

    @property
    def _mean_matrix(self) -> Tensor:
        return torch.einsum("k,kij->ij", self.regime_law, self.matrices.double())

    def _means(self, latest: Tensor) -> Tensor:
        return torch.einsum("kij,...j->...ki", self.matrices.to(latest), latest) + self.offsets.to(latest)

    def _each_log_density(self, z: Tensor, before: Tensor) -> Tensor:
        factors = torch.linalg.cholesky(self.sigmas).to(z)
        white = torch.linalg.inv(factors)
        scaled = torch.einsum("kij,...kj->...ki", white, z.unsqueeze(-2) - self._means(before))
        log_volume = torch.log(torch.diagonal(factors, dim1=-2, dim2=-1)).sum(-1)
        return -scaled.square().sum(-1) / 2 - log_volume - self.dim * math.log(2 * math.pi) / 2
