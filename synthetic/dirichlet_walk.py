"""Probability vectors: z_t ~ Dirichlet(kappa m), m = (1 - blend) S z_{t-1} + blend / d, S column-stochastic.

Mean m, covariance (diag(m) - m m^T) / (kappa + 1), log density log Gamma(kappa) + sum_i (kappa m_i - 1) log z_i
- log Gamma(kappa m_i), by the first d - 1 coordinates, in nats.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.gamma_variates import gamma_variates
from synthetic.latent_space import Simplex
from synthetic.transition import Transition


@dataclass(frozen=True, eq=False)
class DirichletWalk(Transition):
    """Matrix S, concentration kappa and the share `blend` of the even vector.

    ValueError unless S is square with columns of probabilities, kappa > 0 and 0 < blend <= 1, and where kappa blend / d
    is below 1: density could then pile up without bound on the faces.
    """

    matrix: Float[Tensor, "d d"]
    kappa: float
    blend: float = 0.2

    def __post_init__(self) -> None:
        sums = self.matrix.sum(0)
        if self.matrix.shape[0] != self.matrix.shape[1] or self.matrix.shape[0] < 2:
            raise ValueError(f"matrix is {tuple(self.matrix.shape)}: give a square one of at least two rows")
        if bool((self.matrix < 0).any()) or not torch.allclose(sums, torch.ones_like(sums), atol=1e-9):
            raise ValueError(f"matrix has column sums {sums.tolist()}: give columns of probabilities that sum to 1")
        if not (0 < self.blend <= 1 and self.kappa * self.blend >= self.dim):
            raise ValueError(
                f"kappa={self.kappa}, blend={self.blend}: take 0 < blend <= 1 and kappa blend >= {self.dim}, the "
                "dimension, so that the density stays bounded"
            )

    @property
    def dim(self) -> int:
        """Entries d of a vector."""
        return self.matrix.shape[0]

    @property
    def space(self) -> Simplex:
        """The simplex."""
        return Simplex(self.dim)

    @property
    def noise_covariance(self) -> None:
        """None: it depends on the past."""
        return

    @property
    def directions(self) -> Float[Tensor, "d r"]:
        """Orthonormal basis of the vectors whose entries sum to 0."""
        even = torch.ones(self.dim, 1, dtype=torch.float64)
        return torch.linalg.qr(torch.cat((even, torch.eye(self.dim).double()[:, 1:]), -1))[0][:, 1:]

    @property
    def declarations(self) -> Declarations:
        """Everything lies in the hyperplane where entries sum to 1."""
        plane = Declaration(False, "entries sum to 1: a hyperplane")
        return {
            Assumption.GAUSSIAN_NOISE: Declaration(False, "Dirichlet on the simplex"),
            Assumption.CONSTANT_COVARIANCE: Declaration(False, "the spread shrinks towards the corners"),
            Assumption.NONSINGULAR_COVARIANCE: plane,
            Assumption.COVERAGE: plane,
            Assumption.ROW_RANK: plane,
        }

    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """m."""
        return (1 - self.blend) * (past[..., -1, :] @ self.matrix.to(past).T) + self.blend / self.dim

    def covariance(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """(diag(m) - m m^T) / (kappa + 1)."""
        m = self.mean(past)
        return (torch.diag_embed(m) - m.unsqueeze(-1) * m.unsqueeze(-2)) / (self.kappa + 1)

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """Gamma variables over their sum."""
        g = gamma_variates(self.kappa * self.mean(past), generator)
        return g / g.sum(-1, keepdim=True)

    def log_density(self, z: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """The Dirichlet's; -infinity off the simplex."""
        shape = self.kappa * self.mean(past)
        each = torch.special.xlogy(shape - 1, z.clamp_min(0)) - torch.lgamma(shape)
        total = torch.lgamma(z.new_tensor(self.kappa))
        return torch.where(self.space.contains(z), each.sum(-1) + total, -torch.inf)
