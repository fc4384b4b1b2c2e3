"""Latents in a box: z_t ~ N(p(z_:t), sigma^2 I) cut off at the box's faces, coordinates independent given the past.

With a = (low - p) / sigma, b = (high - p) / sigma and Z = Phi(b) - Phi(a), coordinate by coordinate:
log density log phi((z - p) / sigma) - log(sigma Z), mean p + sigma (phi(a) - phi(b)) / Z, variance
sigma^2 (1 + (a phi(a) - b phi(b)) / Z - ((phi(a) - phi(b)) / Z)^2). Evaluated in the lower tail, where Phi keeps its
digits, so p may lie up to 30 sigma outside.

For p = z_{t-1} the law of density proportional to prod_i Z_i(z) is stationary (phi is even: detailed balance). It is
drawn exactly by keeping those uniform points whose step would stay inside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.initial_law import InitialLaw
from synthetic.latent_space import Box
from synthetic.predictor import Predictor
from synthetic.transition import Transition


@dataclass(frozen=True)
class BoxWalk(Transition):
    """Predictor p, standard deviation sigma and the box.

    ValueError for sigma <= 0, dimensions that differ, and a predictor without full row rank (what the cut makes of its
    coverage is then not known).
    """

    predictor: Predictor
    deviation: float
    box: Box

    def __post_init__(self) -> None:
        if not 0 < self.deviation < math.inf:
            raise ValueError(f"deviation={self.deviation}: take a standard deviation > 0")
        if self.predictor.dim != self.box.dim:
            raise ValueError(f"predictor has dimension {self.predictor.dim}, box {self.box.dim}: give both the same")
        if not self.predictor.declarations[Assumption.ROW_RANK].holds:
            raise ValueError(f"predictor={type(self.predictor).__name__} lacks full row rank: give one that has it")

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.box.dim

    @property
    def lags(self) -> int:
        """The predictor's."""
        return self.predictor.lags

    @property
    def space(self) -> Box:
        """The box."""
        return self.box

    @property
    def noise_covariance(self) -> None:
        """None: it depends on the past."""
        return

    @property
    def declarations(self) -> Declarations:
        """Cut-off noise; the mean rises strictly with p in every coordinate, so p's row rank is kept."""
        why = "the mean of a cut normal law rises strictly with p, coordinate by coordinate, and p has full row rank"
        cut = "a normal law cut off at the faces, more so near them"
        return {
            Assumption.GAUSSIAN_NOISE: Declaration(False, cut),
            Assumption.CONSTANT_COVARIANCE: Declaration(False, cut),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(True, "a density on the box"),
            Assumption.COVERAGE: Declaration(True, why),
            Assumption.ROW_RANK: Declaration(True, why),
        }

    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """p + sigma (phi(a) - phi(b)) / Z."""
        p = self.predictor(past)
        low, high, mirrored = self._edges(p)
        shift = (_density(low) - _density(high)) / _mass(low, high)
        return p + self.deviation * torch.where(mirrored, -shift, shift)

    def covariance(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """Diagonal of the cut variances."""
        low, high, _ = self._edges(self.predictor(past))
        mass = _mass(low, high)
        shift = (_density(low) - _density(high)) / mass
        variance = 1 + (low * _density(low) - high * _density(high)) / mass - shift.square()
        return torch.diag_embed(self.deviation**2 * variance)

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """By the quantile function, kept inside against rounding."""
        p = self.predictor(past)
        low, high, mirrored = self._edges(p)
        level = torch.rand(p.shape, generator=generator, dtype=p.dtype, device=p.device)
        u = torch.special.ndtri(_reached(low) + level * _mass(low, high))
        inside = torch.minimum(torch.maximum(u, low), high)
        z = p + self.deviation * torch.where(mirrored, -inside, inside)
        return torch.minimum(torch.maximum(z, z.new_tensor(self.box.low)), z.new_tensor(self.box.high))

    def log_density(self, z: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """log phi((z - p) / sigma) - log(sigma Z), or -infinity outside."""
        p = self.predictor(past)
        low, high, _ = self._edges(p)
        u = (z - p) / self.deviation
        each = -u.square() / 2 - math.log(2 * math.pi) / 2 - math.log(self.deviation) - _mass(low, high).log()
        return torch.where(self.box.contains(z), each.sum(-1), -math.inf)

    def _edges(self, p: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """a and b, or -b and -a where the box lies above p (mirrored)."""
        a = (p.new_tensor(self.box.low) - p) / self.deviation
        b = (p.new_tensor(self.box.high) - p) / self.deviation
        mirrored = a + b > 0
        return torch.where(mirrored, -b, a), torch.where(mirrored, -a, b), mirrored


@dataclass(frozen=True)
class BoxWalkStart(InitialLaw):
    """The stationary law for p = z_{t-1}: density proportional to the chance that a step stays inside.

    ValueError for deviation <= 0, and for one beyond 10 times the box's shortest side (hardly any step stays).
    """

    box: Box
    deviation: float

    def __post_init__(self) -> None:
        shortest = min(high - low for low, high in zip(self.box.low, self.box.high, strict=True))
        if not 0 < self.deviation <= 10 * shortest:
            raise ValueError(f"deviation={self.deviation}: take 0 < deviation <= {10 * shortest:g}")

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.box.dim

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """Each coordinate on its own: uniform points, kept where a step from them stays inside."""
        z = self.box.uniform(n, generator)
        rejected = ~self._stays(z, generator)
        while bool(rejected.any()):
            again = self.box.uniform(n, generator)
            z = torch.where(rejected, again, z)
            rejected = rejected & ~self._stays(again, generator)
        return z.unsqueeze(1)

    def _stays(self, z: Tensor, generator: torch.Generator) -> Tensor:
        step = torch.randn(z.shape, generator=generator, dtype=z.dtype, device=z.device)
        after = z + self.deviation * step
        return (after >= z.new_tensor(self.box.low)) & (after <= z.new_tensor(self.box.high))


def _density(u: Tensor) -> Tensor:
    return torch.exp(-u.square() / 2) / math.sqrt(2 * math.pi)


def _reached(u: Tensor) -> Tensor:
    """Phi(u); PyTorch's own ndtr loses the lower tail."""
    return torch.special.erfc(-u / math.sqrt(2)) / 2


def _mass(low: Tensor, high: Tensor) -> Tensor:
    return _reached(high) - _reached(low)
