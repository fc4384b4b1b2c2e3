r"""Noise in every pixel: $x=g(z)+\ell e$, $e\sim\mathcal N(0,I_p)$, the level $\ell$ drawn anew at every step.

The level is uniform on [low, high] (constant where they agree) and is handed out as the trajectories' nuisance, so that
an inferred noise level can be held against the true one. An encoder does not know it: with $S=|x-g(z)|^2$,

$$p(x|z)=\frac1{high-low}\int_{low}^{high}(2\pi\ell^2)^{-p/2}e^{-S/2\ell^2}d\ell.$$

Fisher information of z at a known level: $J_g^TJ_g/\ell^2$, and $E[\ell^{-2}]=1/(low\,high)$.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.mixing import Mixing
from synthetic.nuisance import Nuisance
from synthetic.observation import Observation

_NODES = 400  # of the integral over the level
_TABLE = 2**13  # sums of squares at which it is computed

LogLikelihood = Callable[[Float[Tensor, "n p"], Float[Tensor, "m k d"]], Float[Tensor, "n k"]]
"""log p(x_i | z_ij), up to a constant of x_i; one row of z (m = 1) serves every x."""


@dataclass(frozen=True)
class NoiseLevel(Nuisance):
    """Standard deviation of the noise, uniform on [low, high]. ValueError for low < 0, high < low, or not finite."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low < math.inf:
            raise ValueError(f"low={self.low} is no noise level: take a finite low >= 0")
        if not self.low <= self.high < math.inf:
            raise ValueError(f"high={self.high} lies below low={self.low} or is not finite: take low <= high")

    @classmethod
    def constant(cls, level: float) -> NoiseLevel:
        """The same level at every step."""
        return cls(level, level)

    @property
    def dim(self) -> int:
        """One."""
        return 1

    @property
    def declarations(self) -> Declarations:
        """Private: drawn anew, or always the same."""
        return {Assumption.NO_NUISANCE: Declaration(False, f"x also depends on a noise level, {self.statement}")}

    @property
    def statement(self) -> str:
        """The law in words."""
        if self.low == self.high:
            return f"always {self.low:g}"
        return f"uniform on [{self.low:g}, {self.high:g}] anew at every step"

    @property
    def precision(self) -> float:
        """E[1 / level^2]; infinite where the level can come arbitrarily close to 0."""
        return 1 / (self.low * self.high) if self.low > 0 else math.inf

    def sample(self, z: Float[Tensor, "n t d"], generator: torch.Generator) -> Float[Tensor, "n t k"]:
        """One level for each step."""
        uniform = torch.rand(*z.shape[:-1], 1, generator=generator, dtype=z.dtype, device=z.device)
        return self.low + (self.high - self.low) * uniform

    def log_marginal(self, squared: Float[Tensor, "*batch"], pixels: int) -> Float[Tensor, "*batch"]:
        """log density of `pixels` residuals with this sum of squares, the level integrated out (Gauss-Legendre).

        ValueError for low = 0.
        """
        if not self.low > 0:
            raise ValueError(f"low={self.low}: a level of 0 has no density, take low > 0")
        nodes, shares = (torch.from_numpy(one) for one in np.polynomial.legendre.leggauss(_NODES))
        levels = self.low + (self.high - self.low) * (nodes.to(squared) + 1) / 2
        exponents = -squared.unsqueeze(-1) / (2 * levels.square()) - pixels * torch.log(levels)
        return torch.logsumexp(exponents + torch.log(shares.to(squared) / 2), -1) - pixels / 2 * math.log(2 * math.pi)


@dataclass(frozen=True)
class PixelNoise(Observation):
    """theta = (image, level), x = image + level e. ValueError for pixels < 1."""

    pixels: int

    def __post_init__(self) -> None:
        if self.pixels < 1:
            raise ValueError(f"pixels={self.pixels} show nothing: take pixels >= 1")

    @property
    def input_dim(self) -> int:
        """The pixels and the level."""
        return self.pixels + 1

    @property
    def output_dim(self) -> int:
        """The pixels."""
        return self.pixels

    @property
    def declarations(self) -> Declarations:
        """Noise in x."""
        return {Assumption.NO_NUISANCE: Declaration(False, "every pixel has noise of its own, fresh at every step")}

    def sample(self, theta: Float[Tensor, "*batch m"], generator: torch.Generator) -> Float[Tensor, "*batch p"]:
        """The image under noise; the noise is drawn in single precision, so that a seed means the same in both."""
        image, level = theta[..., :-1], theta[..., -1:]
        noise = torch.randn(image.shape, generator=generator, dtype=torch.float32, device=theta.device)
        return torch.addcmul(image, level, noise.to(theta.dtype))

    def log_density(self, x: Float[Tensor, "*#batch p"], theta: Float[Tensor, "*#batch m"]) -> Float[Tensor, "*#batch"]:
        """That of independent normals around the image."""
        image, level = theta[..., :-1], theta[..., -1]
        squared = ((x - image) / level.unsqueeze(-1)).square().sum(-1)
        return -0.5 * squared - self.pixels * (torch.log(level) + 0.5 * math.log(2 * math.pi))


def image_log_likelihood(mixing: Mixing, level: NoiseLevel) -> LogLikelihood:
    """log p(x | z), in double precision, for images g(z) under pixel noise of unknown level; errors as `log_marginal`.

    The integral over the level is read off a table of sums of squares, evenly spaced in their logarithm.
    """
    pixels = mixing.output_dim
    low, high = math.log(1e-3 * pixels * level.low**2), math.log(9 * pixels * level.high**2 + 50)
    grid = torch.linspace(low, high, _TABLE, dtype=torch.float64)
    table = level.log_marginal(grid.exp(), pixels)

    def log_likelihood(x: Tensor, z: Tensor) -> Tensor:
        image = mixing(z)
        products = x @ image[0].mT if len(image) == 1 else torch.einsum("np,nkp->nk", x, image)
        squared = x.square().sum(-1, keepdim=True) - 2 * products + image.square().sum(-1)
        inside = squared.clamp(math.exp(low), math.exp(high))
        place = (inside.log() - low) * ((_TABLE - 1) / (high - low))
        left = place.long().clamp_max(_TABLE - 2)
        read = torch.lerp(table[left], table[left + 1], place - left)
        return read - (squared - inside).clamp_min(0) / (2 * level.high**2)

    return log_likelihood


def image_information(mixing: Mixing, level: NoiseLevel, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d d"]:
    """Fisher information of z in one image whose noise level is known, averaged over the level."""
    jacobian = mixing.jacobian(z)
    return level.precision * jacobian.mT @ jacobian
