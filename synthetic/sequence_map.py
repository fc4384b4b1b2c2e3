"""Maps of whole sequences, y_t = h_t(z_t; z_:t): what an encoder makes of the latents when it may see more than x_t.

Given the past, h_t carries the law of z_t to a law of y_t, with log density

    log sum over z with h_t(z) = y_t of p(z | z_:t) / vol J_h(z),    vol J = sqrt(det((J T)^T J T)),

T an orthonormal basis of the directions in which z_t varies given its past (all of them unless Sigma is singular).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.mixing import Mixing
from synthetic.noise import GaussianNoise
from synthetic.transition import Transition


class SequenceMap(ABC):
    """A map of sequences whose value at t depends on z_t and its past."""

    @property
    @abstractmethod
    def input_dim(self) -> int:
        """Dimension d of z_t."""

    @property
    @abstractmethod
    def output_dim(self) -> int:
        """Dimension m of y_t."""

    @abstractmethod
    def __call__(self, z: Float[Tensor, "n t d"]) -> Float[Tensor, "n t m"]:
        """The sequence y."""

    @abstractmethod
    def pushed_log_density(self, true: Transition, z: Float[Tensor, "n t d"]) -> Float[Tensor, "n s"]:
        """log density of y_t at h_t(z_t; z_:t) given z_:t, for t = 1, 2, ..; nats."""


@dataclass(frozen=True)
class Pointwise(SequenceMap):
    """y_t = h(z_t), the same h at every step: what an encoder of one frame can be."""

    mixing: Mixing

    @property
    def input_dim(self) -> int:
        """Dimension d of z_t."""
        return self.mixing.input_dim

    @property
    def output_dim(self) -> int:
        """Dimension m of y_t."""
        return self.mixing.output_dim

    def __call__(self, z: Float[Tensor, "n t d"]) -> Float[Tensor, "n t m"]:
        """h at every step."""
        return self.mixing(z)

    def pushed_log_density(self, true: Transition, z: Float[Tensor, "n t d"]) -> Float[Tensor, "n s"]:
        """Sum over the preimages of h(z_t)."""
        points = self.mixing.preimages(self.mixing(z))
        along = self.mixing.jacobian(points) @ true.directions.to(z)
        log_volume = torch.linalg.slogdet(along.transpose(-1, -2) @ along).logabsdet / 2
        pushed = []
        for t in range(1, z.shape[1]):
            branches = torch.stack([true.log_density(one[:, t], z[:, :t]) for one in points])
            pushed.append(torch.logsumexp(branches - log_volume[:, :, t], 0))
        return torch.stack(pushed, 1)


@dataclass(frozen=True, eq=False)
class Marginal(SequenceMap):
    """y_t = A z_t with fewer rows than columns; ValueError unless A has full row rank.

    Where z_t given its past is N(p, Sigma), Sigma constant, y_t is N(A p, A Sigma A^T).
    """

    matrix: Float[Tensor, "m d"]

    def __post_init__(self) -> None:
        rank = int(torch.linalg.matrix_rank(self.matrix))
        if rank < self.output_dim:
            raise ValueError(f"matrix has rank {rank} and {self.output_dim} rows: give independent rows")

    @property
    def input_dim(self) -> int:
        """Columns of A."""
        return self.matrix.shape[1]

    @property
    def output_dim(self) -> int:
        """Rows of A."""
        return self.matrix.shape[0]

    def __call__(self, z: Float[Tensor, "n t d"]) -> Float[Tensor, "n t m"]:
        """A z."""
        return z @ self.matrix.to(z).T

    def pushed_log_density(self, true: Transition, z: Float[Tensor, "n t d"]) -> Float[Tensor, "n s"]:
        """The marginal's Gaussian log density; ValueError where the covariance depends on the past."""
        covariance = true.noise_covariance
        if covariance is None:
            raise ValueError("true has a covariance that depends on the past: a marginal needs one that does not")
        matrix = self.matrix.to(z)
        noise = GaussianNoise(matrix @ covariance.to(z) @ matrix.T)
        y = self(z)
        pasts = [z[:, :t] for t in range(1, z.shape[1])]
        return torch.stack(
            [noise.log_density(y[:, past.shape[1]] - true.mean(past) @ matrix.T, y[:, :1]) for past in pasts], 1
        )
