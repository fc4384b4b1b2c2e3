"""Observation models: x_t ~ p(. | theta_t) with theta_t = g(z_t, nuisance_t), independent over time given theta.

A world without one shows theta itself. g stays what the theorems speak of; what the noise hides is in the ceilings.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declarations


class Observation(ABC):
    """The law of x given theta, acting on the last axis."""

    @property
    @abstractmethod
    def input_dim(self) -> int:
        """Width of theta."""

    @property
    @abstractmethod
    def output_dim(self) -> int:
        """Width p of x."""

    @property
    @abstractmethod
    def declarations(self) -> Declarations:
        """That x is no function of the latents alone."""

    @abstractmethod
    def sample(self, theta: Float[Tensor, "*batch m"], generator: torch.Generator) -> Float[Tensor, "*batch p"]:
        """One draw of x for each theta."""

    @abstractmethod
    def log_density(self, x: Float[Tensor, "*#batch p"], theta: Float[Tensor, "*#batch m"]) -> Float[Tensor, "*#batch"]:
        """log p(x | theta), in nats; x and theta broadcast."""
