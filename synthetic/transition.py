"""Transition laws p(z_t | z_:t)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declarations
from synthetic.latent_space import Euclidean, LatentSpace
from synthetic.noise import Noise
from synthetic.predictor import Predictor


class Transition(ABC):
    """The law of the next latent given the past."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Dimension d of z."""

    @property
    @abstractmethod
    def noise_covariance(self) -> Float[Tensor, "d d"] | None:
        """Cov[z_t | z_:t] where it is the same for every past, else None."""

    @property
    @abstractmethod
    def declarations(self) -> Declarations:
        """What the law says about noise, covariance, coverage and row rank."""

    @property
    def space(self) -> LatentSpace:
        """The set that z_t never leaves: R^d unless overridden."""
        return Euclidean(self.dim)

    @property
    def lags(self) -> int:
        """Steps of the past that the law needs at least."""
        return 1

    @property
    def directions(self) -> Float[Tensor, "d r"]:
        """Orthonormal basis of the directions in which z_t varies given its past: all of them unless overridden."""
        return torch.eye(self.dim, dtype=torch.float64)

    def covariance(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """Cov[z_t | z_:t], past by past; ValueError where it depends on the past in no known form."""
        constant = self.noise_covariance
        if constant is None:
            raise ValueError(f"{type(self).__name__} has no covariance in closed form: estimate it from draws")
        return constant.to(past).expand(*past.shape[:-2], -1, -1)

    @abstractmethod
    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """E[z_t | z_:t]."""

    @abstractmethod
    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """One draw of z_t for each past."""

    @abstractmethod
    def log_density(self, z: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """log p(z_t | z_:t), in nats."""


@dataclass(frozen=True, eq=False)
class AdditiveNoise(Transition):
    """z_t = p(z_:t) + e_t. ValueError when predictor and noise differ in dimension."""

    predictor: Predictor
    noise: Noise

    def __post_init__(self) -> None:
        if self.predictor.dim != self.noise.dim:
            raise ValueError(
                f"predictor has dimension {self.predictor.dim}, noise {self.noise.dim}: give both the same dimension"
            )

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.predictor.dim

    @property
    def noise_covariance(self) -> Float[Tensor, "d d"] | None:
        """The noise's covariance."""
        return self.noise.covariance

    @property
    def lags(self) -> int:
        """The predictor's."""
        return self.predictor.lags

    @property
    def directions(self) -> Float[Tensor, "d r"]:
        """The noise's directions."""
        return self.noise.directions

    def covariance(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """The noise's covariance, past by past."""
        return self.noise.covariance_given(past)

    @property
    def declarations(self) -> Declarations:
        """The noise's and the predictor's declarations together."""
        return {**self.noise.declarations, **self.predictor.declarations}

    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """p(past)."""
        return self.predictor(past)

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """p(past) + e."""
        return self.predictor(past) + self.noise.sample(past, generator)

    def log_density(self, z: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """The noise's log density at z - p(past)."""
        return self.noise.log_density(z - self.predictor(past), past)
