"""Nuisance: variables that the mixing sees beside the latents, x = g(z, n), and that nobody asks for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations


class Nuisance(ABC):
    """Law of the nuisance given the latents of the same sequence."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Dimension k of the nuisance."""

    @property
    @abstractmethod
    def declarations(self) -> Declarations:
        """That there is nuisance, and of which kind."""

    @abstractmethod
    def sample(self, z: Float[Tensor, "n t d"], generator: torch.Generator) -> Float[Tensor, "n t k"]:
        """One nuisance trajectory beside each latent trajectory."""


@dataclass(frozen=True)
class PrivateNormal(Nuisance):
    """n_t ~ N(0, I_k), independent of the latents and over time. ValueError for k < 1."""

    dimension: int

    def __post_init__(self) -> None:
        if self.dimension < 1:
            raise ValueError(f"dimension={self.dimension} is no nuisance: take dimension >= 1, or none at all")

    @property
    def dim(self) -> int:
        """Dimension k."""
        return self.dimension

    @property
    def declarations(self) -> Declarations:
        """Private: fresh at every step."""
        why = f"x also depends on {self.dimension} Gaussian variables, fresh at every step"
        return {Assumption.NO_NUISANCE: Declaration(False, why)}

    def sample(self, z: Float[Tensor, "n t d"], generator: torch.Generator) -> Float[Tensor, "n t k"]:
        """Standard normal numbers."""
        return torch.randn(*z.shape[:-1], self.dimension, generator=generator, dtype=z.dtype, device=z.device)
