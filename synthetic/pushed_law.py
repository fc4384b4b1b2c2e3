"""Laws carried by a map: z_t = g(y_t) where y follows a transition of its own.

log p(z_t | z_:t) = log p_y(g^-1(z_t) | g^-1(z_:t)) - log abs(det J_g(g^-1(z_t))): a free density. The mean is a
Gauss-Hermite rule over the Gaussian noise of y, exact for analytic g of moderate growth.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.initial_law import InitialLaw
from synthetic.mixing import Mixing
from synthetic.transition import Transition

_NODES = 30  # in each dimension


@dataclass(frozen=True)
class PushedTransition(Transition):
    """Law of g(y); `span` says what is known of the coverage and row rank of its mean.

    ValueError unless y has a constant Gaussian noise in at most three dimensions and g is invertible on them.
    """

    base: Transition
    map: Mixing
    span: Declaration

    def __post_init__(self) -> None:
        if self.base.noise_covariance is None or not self.base.declarations[Assumption.GAUSSIAN_NOISE].holds:
            raise ValueError(
                "base has no constant Gaussian noise: its mean under a map is not known; give one that has"
            )
        if not (self.map.injective.holds and self.map.input_dim == self.map.output_dim == self.base.dim <= 3):
            raise ValueError(
                f"map from {self.map.input_dim} to {self.map.output_dim} dimensions, base in {self.base.dim}: "
                "take an injective map of at most three dimensions, all equal"
            )

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.base.dim

    @property
    def noise_covariance(self) -> None:
        """None: it depends on the past."""
        return

    @property
    def declarations(self) -> Declarations:
        """Neither Gaussian nor of constant covariance."""
        why = f"{type(self.map).__name__} of a Gaussian"
        return {
            Assumption.GAUSSIAN_NOISE: Declaration(False, why),
            Assumption.CONSTANT_COVARIANCE: Declaration(False, f"{why}: its spread follows the slope of the map"),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(True, "a diffeomorphism of a law with a density"),
            Assumption.COVERAGE: self.span,
            Assumption.ROW_RANK: self.span,
        }

    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """E g(m + e), m the mean of y."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
        grid = torch.from_numpy(np.stack(np.meshgrid(*[nodes] * self.dim, indexing="ij"), -1).reshape(-1, self.dim))
        mass = torch.from_numpy(np.prod(np.meshgrid(*[weights / weights.sum()] * self.dim, indexing="ij"), 0).ravel())
        covariance = self.base.noise_covariance
        assert covariance is not None
        noise = (grid @ torch.linalg.cholesky(covariance).T).to(past)
        return mass.to(past) @ self.map(self.base.mean(self.map.inverse(past)).unsqueeze(-2) + noise)

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """g of a draw of y."""
        return self.map(self.base.sample(self.map.inverse(past), generator))

    def log_density(self, z: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """The base's log density less the log volume of g."""
        y = self.map.inverse(z)
        volume = torch.linalg.slogdet(self.map.jacobian(y)).logabsdet
        return self.base.log_density(y, self.map.inverse(past)) - volume


@dataclass(frozen=True)
class PushedInitial(InitialLaw):
    """Law of g(y_0)."""

    base: InitialLaw
    map: Mixing

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.base.dim

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """g of the base's draws."""
        return self.map(self.base.sample(n, generator))
