r"""Observation noise whose scale depends on what is seen, or on where the latents are: $x=\mu(z)+\sigma(z)\odot e$.

| noise | scale |
|---|---|
| `SignalNoise` | $\sigma_i=a+b\,\mathrm{abs}(\mu_i)$, each channel by its own clean value (shot noise, gain noise) |
| `LevelByPlace` before `PixelNoise` | $\sigma_i=\ell(z)=low+(high-low)/(1+e^{-w\cdot z})$, one level for all channels |

e ~ N(0, I). Fisher information of z in one observation, where the scale informs as well as the mean:

$$I(z)=\sum_i\frac{\nabla\mu_i\nabla\mu_i^T+2\,\nabla\sigma_i\nabla\sigma_i^T}{\sigma_i^2}.$$
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.mixing import Mixing
from synthetic.observation import Observation
from synthetic.pixel_noise import LogLikelihood, PixelNoise


class NormalLaw(NamedTuple):
    """Mean and standard deviation of every channel; one standard deviation may serve all channels."""

    mean: Float[Tensor, "*batch p"]
    scale: Float[Tensor, "*batch q"]


@dataclass(frozen=True)
class SignalNoise(Observation):
    """theta = clean channels, x_i = theta_i + (floor + gain |theta_i|) e_i.

    ValueError for channels < 1, floor <= 0 or gain < 0, or where they are not finite.
    """

    channels: int
    floor: float
    gain: float

    def __post_init__(self) -> None:
        if self.channels < 1:
            raise ValueError(f"channels={self.channels} show nothing: take channels >= 1")
        if not 0 < self.floor < math.inf:
            raise ValueError(f"floor={self.floor}: a silent channel needs noise too, take a finite floor > 0")
        if not 0 <= self.gain < math.inf:
            raise ValueError(f"gain={self.gain}: take a finite gain >= 0")

    @property
    def input_dim(self) -> int:
        """Number of channels."""
        return self.channels

    @property
    def output_dim(self) -> int:
        """Number of channels."""
        return self.channels

    @property
    def declarations(self) -> Declarations:
        """Noise in x, of a size that the latents set."""
        why = f"every channel has fresh noise of standard deviation {self.floor:g} + {self.gain:g} |clean value|"
        return {Assumption.NO_NUISANCE: Declaration(False, why)}

    def law(self, theta: Float[Tensor, "*batch m"]) -> NormalLaw:
        """Mean and standard deviation of x."""
        return NormalLaw(theta, self.floor + self.gain * theta.abs())

    def sample(self, theta: Float[Tensor, "*batch m"], generator: torch.Generator) -> Float[Tensor, "*batch p"]:
        """The clean channels under noise, drawn in single precision, so that a seed means the same in both."""
        noise = torch.randn(theta.shape, generator=generator, dtype=torch.float32, device=theta.device)
        return torch.addcmul(theta, self.law(theta).scale, noise.to(theta.dtype))

    def log_density(self, x: Float[Tensor, "*#batch p"], theta: Float[Tensor, "*#batch m"]) -> Float[Tensor, "*#batch"]:
        """That of independent normals."""
        mean, scale = self.law(theta)
        return (-0.5 * ((x - mean) / scale).square() - torch.log(scale)).sum(-1) - self.channels / 2 * _LOG_TWO_PI

    def information(self, clean: Mixing, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d d"]:
        """Fisher information of z in one observation of clean(z); the modulus has slope 0 at 0."""
        theta, slope = clean(z), clean.jacobian(z)
        return fisher_information(self.law(theta), slope, self.gain * torch.sign(theta).unsqueeze(-1) * slope)


@dataclass(frozen=True)
class LevelByPlace(Mixing):
    """z -> (g(z), level(z)), to be observed through `PixelNoise`; `weights` w, one for each latent.

    ValueError unless 0 < low < high, for a zero or infinite w, or where w does not have the length of z.
    """

    mixing: Mixing
    low: float
    high: float
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high < math.inf:
            raise ValueError(f"low={self.low}, high={self.high}: take 0 < low < high, both finite")
        if len(self.weights) != self.mixing.input_dim:
            raise ValueError(
                f"weights={self.weights} has {len(self.weights)} entries, the mixing takes {self.mixing.input_dim} "
                "latents: give each one"
            )
        if not any(self.weights) or not all(map(math.isfinite, self.weights)):
            raise ValueError(f"weights={self.weights} leave the level constant or undefined: take one finite and not 0")

    @property
    def input_dim(self) -> int:
        """That of g."""
        return self.mixing.input_dim

    @property
    def output_dim(self) -> int:
        """The channels and the level."""
        return self.mixing.output_dim + 1

    @property
    def injective(self) -> Declaration:
        """Where g is; the level, which nobody sees, is not counted."""
        return self.mixing.injective

    @property
    def statement(self) -> str:
        """The level in words."""
        terms = " + ".join(f"{weight:g} z_{i + 1}" for i, weight in enumerate(self.weights) if weight)
        return f"between {self.low:g} and {self.high:g}, logistic in {terms}"

    def level(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch"]:
        """Standard deviation of the noise at z."""
        return self.low + (self.high - self.low) * torch.sigmoid(z @ z.new_tensor(self.weights))

    def level_gradient(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """Derivative of the level."""
        share = torch.sigmoid(z @ z.new_tensor(self.weights)).unsqueeze(-1)
        return (self.high - self.low) * share * (1 - share) * z.new_tensor(self.weights)

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """(g(z), level)."""
        return torch.cat((self.mixing(z), self.level(z).unsqueeze(-1)), -1)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """That of g, with the level's gradient as last row."""
        return torch.cat((self.mixing.jacobian(z), self.level_gradient(z).unsqueeze(-2)), -2)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """Those of g, by the channels alone."""
        return self.mixing.preimages(x[..., :-1])

    def information(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d d"]:
        """Fisher information of z in one observation; every channel tells of the level."""
        both = self(z)
        slope = self.level_gradient(z).unsqueeze(-2).expand(*z.shape[:-1], self.mixing.output_dim, -1)
        return fisher_information(NormalLaw(both[..., :-1], both[..., -1:]), self.mixing.jacobian(z), slope)


_LOG_TWO_PI = math.log(2 * math.pi)


def fisher_information(
    law: NormalLaw, mean_slope: Float[Tensor, "*batch p d"], scale_slope: Float[Tensor, "*batch p d"]
) -> Float[Tensor, "*batch d d"]:
    """Fisher information in independent normals whose means and standard deviations have these Jacobians."""
    precision = law.scale.square().reciprocal().unsqueeze(-1)
    return mean_slope.mT @ (precision * mean_slope) + 2 * scale_slope.mT @ (precision * scale_slope)


def law_of(mixing: Mixing, observation: SignalNoise | PixelNoise, z: Float[Tensor, "*batch d"]) -> NormalLaw:
    """Law of x given z, where the noise is a function of the latents alone."""
    theta = mixing(z)
    return (
        observation.law(theta) if isinstance(observation, SignalNoise) else NormalLaw(theta[..., :-1], theta[..., -1:])
    )


def normal_log_likelihood(mixing: Mixing, observation: SignalNoise | PixelNoise) -> LogLikelihood:
    """log p(x | z) up to a constant, by products of matrices: no array holds every channel for every pair."""

    def log_likelihood(x: Tensor, z: Tensor) -> Tensor:
        mean, scale = law_of(mixing, observation, z)
        scale = scale.expand_as(mean)
        precision = scale.square().reciprocal()
        pulled = precision * mean
        constant = (pulled * mean).sum(-1) + 2 * torch.log(scale).sum(-1)
        if len(mean) == 1:
            products = x.square() @ precision[0].mT - 2 * x @ pulled[0].mT
        else:
            products = torch.einsum("np,nkp->nk", x.square(), precision) - 2 * torch.einsum("np,nkp->nk", x, pulled)
        return -0.5 * (products + constant)

    return log_likelihood
