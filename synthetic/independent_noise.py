"""Noise with independent coordinates of any standard law: e_i = sigma_i u_i, u_i of mean 0 and variance 1.

log density sum_i log q_i(e_i / sigma_i) - log sigma_i, the spread sigma constant or a function of the past:
sigma_i^2 = floor + slope z_{t-1,i}^2 (conditional heteroscedasticity of order one).
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.initial_law import InitialLaw
from synthetic.noise import Noise
from synthetic.standard_law import StandardLaw


class ScaledNoise(Noise):
    """Independent coordinates whose laws are given and whose spread a subclass gives."""

    laws: tuple[StandardLaw, ...]

    @abstractmethod
    def spread(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """Standard deviation of every coordinate given the past."""

    @property
    def dim(self) -> int:
        """Number of laws."""
        return len(self.laws)

    def covariance_given(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """diag(sigma^2)."""
        return torch.diag_embed(self.spread(past).square())

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """Each coordinate from its own law."""
        u = [law.sample(tuple(past.shape[:-2]), generator) for law in self.laws]
        return self.spread(past) * torch.stack(u, -1).to(past)

    def log_density(self, e: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """Sum over the coordinates."""
        spread = self.spread(past)
        u = (e / spread).unbind(-1)
        each = torch.stack([law.log_density(one) for law, one in zip(self.laws, u, strict=True)], -1)
        return (each - spread.log()).sum(-1)

    def _gaussian(self) -> Declaration:
        other = [law for law in self.laws if not law.gaussian]
        if not other:
            return Declaration(True, "every coordinate is normal given the past")
        return Declaration(False, f"a coordinate follows {other[0]}")


@dataclass(frozen=True)
class IndependentNoise(ScaledNoise):
    """sigma the same for every past. ValueError unless there is one positive deviation for each law."""

    laws: tuple[StandardLaw, ...]
    deviations: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.laws) == len(self.deviations) > 0:
            raise ValueError(
                f"deviations={self.deviations} for {len(self.laws)} laws: give one standard deviation for each law"
            )
        if not all(0 < one < math.inf for one in self.deviations):
            raise ValueError(f"deviations={self.deviations}: take standard deviations > 0")

    @classmethod
    def alike(cls, law: StandardLaw, dim: int, deviation: float) -> IndependentNoise:
        """The same law and deviation in every coordinate."""
        return cls((law,) * dim, (deviation,) * dim)

    @property
    def covariance(self) -> Float[Tensor, "d d"]:
        """diag(sigma^2)."""
        return torch.diag(torch.tensor(self.deviations, dtype=torch.float64).square())

    @property
    def declarations(self) -> Declarations:
        """Gaussian where every law is; constant, nonsingular."""
        return {
            Assumption.GAUSSIAN_NOISE: self._gaussian(),
            Assumption.CONSTANT_COVARIANCE: Declaration(True, "drawn without looking at the past"),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(True, "every coordinate has noise of its own"),
        }

    def spread(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """sigma."""
        return past.new_tensor(self.deviations).expand(*past.shape[:-2], -1)


@dataclass(frozen=True)
class HeteroscedasticNoise(ScaledNoise):
    """sigma_i^2 = floor + slope z_{t-1,i}^2. ValueError for no law, floor <= 0 or slope <= 0."""

    laws: tuple[StandardLaw, ...]
    floor: float
    slope: float

    def __post_init__(self) -> None:
        if not self.laws:
            raise ValueError("laws=() is no noise: give one law for each coordinate")
        if not (0 < self.floor < math.inf and 0 < self.slope < math.inf):
            raise ValueError(
                f"floor={self.floor}, slope={self.slope}: take both > 0, and IndependentNoise for a constant variance"
            )

    @property
    def covariance(self) -> None:
        """None: it depends on the past."""
        return

    @property
    def declarations(self) -> Declarations:
        """Gaussian where every law is; not constant."""
        return {
            Assumption.GAUSSIAN_NOISE: self._gaussian(),
            Assumption.CONSTANT_COVARIANCE: Declaration(False, "the variance grows with the square of the last latent"),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(True, "variances stay above the floor"),
        }

    def spread(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """Root of floor + slope z^2 at the latest z."""
        return (self.floor + self.slope * past[..., -1, :].square()).sqrt()


@dataclass(frozen=True)
class NoiseStart(InitialLaw):
    """z_0 ~ the law of a noise that does not look at the past: independent marginals of any standard law.

    ValueError for a noise whose covariance depends on the past.
    """

    noise: Noise

    def __post_init__(self) -> None:
        if self.noise.covariance is None:
            raise ValueError(f"noise={type(self.noise).__name__} depends on the past: give one that does not")

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.noise.dim

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """n draws of one step each."""
        nothing = torch.zeros(n, 1, self.dim, dtype=torch.float64, device=generator.device)
        return self.noise.sample(nothing, generator).unsqueeze(1)
