"""Directions: z_t on the unit sphere of R^d, log p(z_t | z_:t) = kappa z_t . p(z_:t) - log Z(kappa).

Densities are with respect to area (length for d = 2), in nats: Z = (2 pi)^(d / 2) I_(d/2 - 1)(kappa) kappa^(1 - d/2),
so 2 pi I_0(kappa) for d = 2 and 4 pi sinh(kappa) / kappa for d = 3. With w = z . p: E w = A(kappa) =
I_(d/2)(kappa) / I_(d/2 - 1)(kappa) and E w^2 = 1 - (d - 1) A / kappa. The density of w is proportional to
exp(kappa w) (1 - w^2)^((d - 3) / 2): drawn by its quantile function for d = 3, by rejection otherwise.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy import special
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.fourier_series import FourierSeries, grid
from synthetic.initial_law import InitialLaw
from synthetic.latent_space import Sphere
from synthetic.predictor import Predictor
from synthetic.transition import Transition


@dataclass(frozen=True)
class Latest(Predictor):
    """p = z_{t-1}: every direction is predicted."""

    dimension: int

    @property
    def dim(self) -> int:
        """Dimension d of the space around the sphere."""
        return self.dimension

    @property
    def declarations(self) -> Declarations:
        """Covered; a unit vector p has p^T J_p = 0, so full row rank is impossible on a sphere."""
        return {
            Assumption.COVERAGE: Declaration(True, "the predicted directions fill the sphere"),
            Assumption.ROW_RANK: Declaration(False, "p^T J_p = 0 for unit vectors p"),
        }

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The latest z."""
        return past[..., -1, :]


@dataclass(frozen=True)
class Pole(Predictor):
    """p = e_1, or sign(z_{t-1,1}) e_1 where both poles are predicted."""

    dimension: int
    both: bool

    @property
    def dim(self) -> int:
        """Dimension d of the space around the sphere."""
        return self.dimension

    @property
    def declarations(self) -> Declarations:
        """One axis at most."""
        verdict = Declaration(False, "predicted directions lie on one axis" if self.both else "one predicted direction")
        return {Assumption.COVERAGE: verdict, Assumption.ROW_RANK: verdict}

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """e_1 or its opposite."""
        first = torch.where(past[..., -1, :1] < 0, -1.0, 1.0) if self.both else torch.ones_like(past[..., -1, :1])
        return torch.cat((first.to(past), torch.zeros_like(past[..., -1, 1:])), -1)


@dataclass(frozen=True)
class VonMisesFisher(Transition):
    """z_t given its past, p(z_:t) the predicted direction. ValueError for kappa <= 0 or d < 2."""

    direction: Predictor
    kappa: float

    def __post_init__(self) -> None:
        if not self.kappa > 0:
            raise ValueError(f"kappa={self.kappa} predicts nothing: take kappa > 0")
        if self.direction.dim < 2:
            raise ValueError(f"direction has dimension {self.direction.dim}: take 2 or more")

    @property
    def dim(self) -> int:
        """Dimension d of the space around the sphere."""
        return self.direction.dim

    @property
    def space(self) -> Sphere:
        """The unit sphere."""
        return Sphere(self.dim)

    @property
    def mean_length(self) -> float:
        """A(kappa) = abs(E[z_t | z_:t])."""
        if self.dim == 3:
            return 1 / math.tanh(self.kappa) - 1 / self.kappa
        return float(special.ive(self.dim / 2, self.kappa) / special.ive(self.dim / 2 - 1, self.kappa))

    @property
    def log_normaliser(self) -> float:
        """log Z(kappa)."""
        order = self.dim / 2 - 1
        scaled = float(special.ive(order, self.kappa))
        return (order + 1) * math.log(2 * math.pi) + math.log(scaled) + self.kappa - order * math.log(self.kappa)

    @property
    def noise_covariance(self) -> Float[Tensor, "d d"] | None:
        """That of one axis, or None where the axis changes."""
        if not isinstance(self.direction, Pole):
            return None
        return self.covariance(torch.eye(self.dim, dtype=torch.float64)[:1])

    @property
    def declarations(self) -> Declarations:
        """Not Gaussian; on one axis the covariance is the same for both poles."""
        fixed = isinstance(self.direction, Pole)
        why = "axially symmetric, about one axis" if fixed else "its axis is the predicted direction"
        return {
            Assumption.GAUSSIAN_NOISE: Declaration(False, "von Mises-Fisher on a sphere"),
            Assumption.CONSTANT_COVARIANCE: Declaration(fixed, why),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(True, "the sphere lies in no hyperplane"),
            **self.direction.declarations,
        }

    def covariance(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """E w^2 p p^T + (1 - E w^2) (I - p p^T) / (d - 1) - A^2 p p^T."""
        p = self.direction(past)
        axis = p.unsqueeze(-1) * p.unsqueeze(-2)
        across = torch.eye(self.dim, dtype=past.dtype, device=past.device) - axis
        square = 1 - (self.dim - 1) * self.mean_length / self.kappa
        return (square - self.mean_length**2) * axis + (1 - square) / (self.dim - 1) * across

    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """A(kappa) p(past)."""
        return self.mean_length * self.direction(past)

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """w, then an even direction across p."""
        p = self.direction(past)
        w = self._along(p.shape[:-1], generator).to(p)
        even = torch.randn(p.shape, generator=generator, dtype=p.dtype, device=p.device)
        across = even - (even * p).sum(-1, keepdim=True) * p
        unit = across / torch.linalg.vector_norm(across, dim=-1, keepdim=True)
        z = w.unsqueeze(-1) * p + (1 - w.square()).clamp_min(0).sqrt().unsqueeze(-1) * unit
        return z / torch.linalg.vector_norm(z, dim=-1, keepdim=True)  # else rounding adds up over the steps

    def log_density(self, z: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """kappa z . p - log Z."""
        return self.kappa * (z * self.direction(past)).sum(-1) - self.log_normaliser

    def _along(self, shape: torch.Size, generator: torch.Generator) -> Tensor:
        if self.dim != 3:
            return self._by_rejection(shape, generator)
        level = torch.rand(shape, generator=generator, dtype=torch.float64, device=generator.device)
        return 1 + torch.log(level + (1 - level) * math.exp(-2 * self.kappa)) / self.kappa

    def _by_rejection(self, shape: torch.Size, generator: torch.Generator) -> Tensor:
        """From w = (1 - (1 + b) v) / (1 - (1 - b) v), v symmetric beta, which is a coordinate of an even direction."""
        across = self.dim - 1
        b = across / (2 * self.kappa + math.sqrt(4 * self.kappa**2 + across**2))
        peak = (1 - b) / (1 + b)
        height = self.kappa * peak + across * math.log(1 - peak**2)
        w = torch.zeros(shape, dtype=torch.float64, device=generator.device)
        rejected = torch.ones(shape, dtype=torch.bool, device=generator.device)
        while bool(rejected.any()):
            v = (1 + Sphere(self.dim).uniform(w.numel(), generator)[:, 0].reshape(shape)) / 2
            level = torch.rand(shape, generator=generator, dtype=torch.float64, device=generator.device)
            drawn = (1 - (1 + b) * v) / (1 - (1 - b) * v)
            good = self.kappa * drawn + across * torch.log(1 - peak * drawn) - height >= torch.log(level)
            w = torch.where(good & rejected, drawn, w)
            rejected = rejected & ~good
        return w


def angular_law(kappa: float) -> FourierSeries:
    """exp(kappa cos a) / (2 pi I_0(kappa)), the law of the angle for d = 2, exact to rounding for kappa up to 100."""
    values = torch.exp(kappa * (torch.cos(grid(256)) - 1))
    return FourierSeries.through(values / values.mean() / (2 * math.pi))


@dataclass(frozen=True)
class PoleStart(InitialLaw):
    """The stationary law: about the pole or, with probability 1/2, about either; even where p = z_{t-1}."""

    transition: VonMisesFisher

    @property
    def dim(self) -> int:
        """Dimension d of the space around the sphere."""
        return self.transition.dim

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """n draws of one step each."""
        even = torch.randn(n, 1, self.dim, generator=generator, dtype=torch.float64, device=generator.device)
        even = even / torch.linalg.vector_norm(even, dim=-1, keepdim=True)
        if not isinstance(self.transition.direction, Pole):
            return even
        return self.transition.sample(even, generator).unsqueeze(1)
