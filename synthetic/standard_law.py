"""Laws of one real variable u with mean 0 and variance 1: marginals of latents, shapes of noise.

| law | log density up to scale | excess kurtosis |
|---|---|---|
| GeneralisedNormal(alpha) | -abs(u / s)^alpha; alpha 1 Laplace, 2 Gaussian, large: uniform | G(5)G(1)/G(3)^2 - 3 |
| Uniform() | constant on [-sqrt 3, sqrt 3] | -6 / 5 |
| StudentT(nu) | -(nu + 1)/2 log(1 + u^2 / (nu - 2)), nu > 2 | 6 / (nu - 4), infinite for nu <= 4 |
| GaussianMixture(w, m, s) | log sum_k w_k N(u; m_k, s_k^2), brought to mean 0 and variance 1 | by moments |

G(k) = Gamma(k / alpha), s^2 = G(1) / G(3). Densities in nats, float64.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.gamma_variates import gamma_variates


class StandardLaw(ABC):
    """A law of mean 0 and variance 1."""

    @property
    @abstractmethod
    def excess_kurtosis(self) -> float:
        """E u^4 - 3."""

    @property
    def gaussian(self) -> bool:
        """Whether this is N(0, 1)."""
        return False

    @abstractmethod
    def log_density(self, u: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """log density, in nats."""

    @abstractmethod
    def sample(self, shape: tuple[int, ...], generator: torch.Generator) -> Float[Tensor, "*shape"]:
        """Independent draws, float64, on the generator's device."""


@dataclass(frozen=True)
class GeneralisedNormal(StandardLaw):
    """Density proportional to exp(-abs(u / s)^alpha); ValueError unless 0 < alpha < infinity.

    abs(u) = s v g^(1 / alpha) with v uniform and g ~ Gamma(1 + 1 / alpha): a mixture of uniform laws.
    """

    alpha: float

    def __post_init__(self) -> None:
        if not 0 < self.alpha < math.inf:
            raise ValueError(f"alpha={self.alpha} is no shape: take alpha > 0, and Uniform() for the limit at infinity")

    @property
    def scale(self) -> float:
        """s."""
        return math.exp((math.lgamma(1 / self.alpha) - math.lgamma(3 / self.alpha)) / 2)

    @property
    def gaussian(self) -> bool:
        """At alpha = 2."""
        return self.alpha == 2

    @property
    def excess_kurtosis(self) -> float:
        """G(5) G(1) / G(3)^2 - 3."""
        first, third, fifth = (math.lgamma(k / self.alpha) for k in (1, 3, 5))
        return math.exp(fifth + first - 2 * third) - 3

    def log_density(self, u: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """-abs(u / s)^alpha - log(2 s Gamma(1 + 1 / alpha))."""
        log_volume = math.log(2 * self.scale) + math.lgamma(1 + 1 / self.alpha)
        return -(u / self.scale).abs().pow(self.alpha) - log_volume

    def sample(self, shape: tuple[int, ...], generator: torch.Generator) -> Float[Tensor, "*shape"]:
        """A signed uniform variable times s g^(1 / alpha)."""
        signed = 2 * torch.rand(shape, generator=generator, dtype=torch.float64, device=generator.device) - 1
        g = gamma_variates(torch.full_like(signed, 1 + 1 / self.alpha), generator)
        return self.scale * signed * g.pow(1 / self.alpha)


LAPLACE = GeneralisedNormal(1.0)
NORMAL = GeneralisedNormal(2.0)


@dataclass(frozen=True)
class Uniform(StandardLaw):
    """Even on [-sqrt 3, sqrt 3]."""

    @property
    def excess_kurtosis(self) -> float:
        """-6 / 5."""
        return -1.2

    def log_density(self, u: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """-log(2 sqrt 3), or -infinity outside."""
        inside = torch.full_like(u, -math.log(2 * math.sqrt(3)))
        return torch.where(u.abs() <= math.sqrt(3), inside, -math.inf)

    def sample(self, shape: tuple[int, ...], generator: torch.Generator) -> Float[Tensor, "*shape"]:
        """Uniform variables, stretched."""
        level = torch.rand(shape, generator=generator, dtype=torch.float64, device=generator.device)
        return math.sqrt(3) * (2 * level - 1)


@dataclass(frozen=True)
class StudentT(StandardLaw):
    """Student's t with this many degrees of freedom, over its standard deviation; ValueError for degrees <= 2."""

    degrees: float

    def __post_init__(self) -> None:
        if not 2 < self.degrees < math.inf:
            raise ValueError(f"degrees={self.degrees} has no finite variance to standardise: take degrees > 2, finite")

    @property
    def excess_kurtosis(self) -> float:
        """6 / (degrees - 4), or infinity."""
        return 6 / (self.degrees - 4) if self.degrees > 4 else math.inf

    def log_density(self, u: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """-(nu + 1) / 2 log(1 + u^2 / (nu - 2)) less the log normaliser."""
        nu = self.degrees
        normaliser = math.lgamma(nu / 2) - math.lgamma((nu + 1) / 2) + math.log(math.pi * (nu - 2)) / 2
        return -(nu + 1) / 2 * torch.log1p(u.square() / (nu - 2)) - normaliser

    def sample(self, shape: tuple[int, ...], generator: torch.Generator) -> Float[Tensor, "*shape"]:
        """A normal variable over the root of a mean square with `degrees` degrees of freedom."""
        normal = torch.randn(shape, generator=generator, dtype=torch.float64, device=generator.device)
        g = gamma_variates(torch.full_like(normal, self.degrees / 2), generator)
        return normal * ((self.degrees - 2) / 2 / g).sqrt()


@dataclass(frozen=True)
class GaussianMixture(StandardLaw):
    """Mixture of normal laws with these weights, means and standard deviations, then shifted and scaled.

    ValueError unless there are as many of each, weights are positive and sum to 1, and deviations are positive.
    """

    weights: tuple[float, ...]
    means: tuple[float, ...]
    deviations: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.weights) == len(self.means) == len(self.deviations) > 0:
            raise ValueError(
                f"weights={self.weights}, means={self.means}, deviations={self.deviations}: give one of each for every "
                "component, and at least one component"
            )
        if not (all(weight > 0 for weight in self.weights) and abs(sum(self.weights) - 1) < 1e-9):
            raise ValueError(f"weights={self.weights}: take positive weights that sum to 1")
        if not all(0 < deviation < math.inf for deviation in self.deviations):
            raise ValueError(f"deviations={self.deviations}: take standard deviations > 0")

    @property
    def gaussian(self) -> bool:
        """When all components are the same."""
        return len(set(zip(self.means, self.deviations, strict=True))) == 1

    @property
    def components(self) -> tuple[tuple[float, float, float], ...]:
        """(weight, mean, standard deviation) of each component after standardising."""
        rows = list(zip(self.weights, self.means, self.deviations, strict=True))
        centre = sum(w * m for w, m, _ in rows)
        spread = math.sqrt(sum(w * (s**2 + (m - centre) ** 2) for w, m, s in rows))
        return tuple((w, (m - centre) / spread, s / spread) for w, m, s in rows)

    @property
    def excess_kurtosis(self) -> float:
        """sum_k w_k (3 s_k^4 + 6 s_k^2 m_k^2 + m_k^4) - 3."""
        return sum(w * (3 * s**4 + 6 * s**2 * m**2 + m**4) for w, m, s in self.components) - 3

    def log_density(self, u: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """Log of the sum of the components' densities."""
        terms = [
            math.log(w / s) - ((u - m) / s).square() / 2 - math.log(2 * math.pi) / 2 for w, m, s in self.components
        ]
        return torch.logsumexp(torch.stack(terms), 0)

    def sample(self, shape: tuple[int, ...], generator: torch.Generator) -> Float[Tensor, "*shape"]:
        """A component, then a normal draw from it."""
        rows = torch.tensor(self.components, dtype=torch.float64, device=generator.device)
        level = torch.rand(shape, generator=generator, dtype=torch.float64, device=generator.device)
        chosen = torch.searchsorted(rows[:-1, 0].cumsum(0), level, right=True)
        normal = torch.randn(shape, generator=generator, dtype=torch.float64, device=generator.device)
        return rows[chosen, 1] + rows[chosen, 2] * normal
