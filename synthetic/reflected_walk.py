"""L4 with uniform latents: Brownian motion in the box [-L, L]^d, L = sqrt 3, reflected at its walls.

z' = fold(z + sigma e), fold the triangle wave of period 4 L that is the identity on [-L, L]: noise is additive up to
reflection, and the uniform law of variance 1 is stationary and reversible. Coordinate by coordinate the transition
operator has the eigenfunctions cos(k pi (z + L) / 2 L) with eigenvalues rho^(k^2), rho = exp(-sigma^2 pi^2 / 24). So
among whitened codes h(z) = sqrt 2 sin(pi z / 2 L) (and its rotations) has the largest sum of correlations, d rho. An
affine code reaches, per coordinate, sum over odd k of 96 / (pi k)^4 rho^(k^2), and explains 96 / pi^4 = .986 of h.
No affine image of z is Gaussian, so that affine codes are not admitted among Gaussian ones.

In the twin z' = rho z + sqrt(1 - rho^2) e is Gaussian and h, of correlation sinh(a^2 rho) / sinh(a^2), a = pi / 2 L, is
worse than linear codes. [klindt2026lejepa, converse theorem]
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.alignment_violation import Alignment, AlignmentObjective, AlignmentViolation, autoregressions
from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.ceiling import INJECTIVE
from synthetic.initial_law import UniformOn
from synthetic.latent_space import Box
from synthetic.mixing import Mixing
from synthetic.transition import Transition
from synthetic.warp import Warp
from synthetic.world import World

_WALL = math.sqrt(3)
_ANGLE = math.pi / (2 * _WALL)
_TERMS = 40  # odd k up to 79: rho^(k^2) < 1e-27 for rho <= .99
_IMAGES = 5  # on each side: 8 standard deviations for rho >= .01


@dataclass(frozen=True)
class ReflectedWalk(Transition):
    """z' = fold(z + sigma e) with first eigenvalue rho = exp(-sigma^2 pi^2 / 24).

    ValueError for dimension < 1 and unless .01 <= rho <= .99, where the series are exact to 1e-12.
    """

    dimension: int
    rho: float

    def __post_init__(self) -> None:
        if self.dimension < 1:
            raise ValueError(f"dimension={self.dimension} is no dimension: take dimension >= 1")
        if not 0.01 <= self.rho <= 0.99:
            raise ValueError(f"rho={self.rho}: take .01 <= rho <= .99, within reach of the series")

    @property
    def deviation(self) -> float:
        """sigma."""
        return math.sqrt(-24 * math.log(self.rho)) / math.pi

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.dimension

    @property
    def space(self) -> Box:
        """The box."""
        return Box((-_WALL,) * self.dim, (_WALL,) * self.dim)

    @property
    def noise_covariance(self) -> None:
        """None: it is smaller near the walls."""
        return

    @property
    def declarations(self) -> Declarations:
        """Reflected noise; the mean rises strictly with z."""
        why, rises = "a normal law folded at the walls", "the mean rises strictly with z, coordinate by coordinate"
        return {
            Assumption.GAUSSIAN_NOISE: Declaration(False, why),
            Assumption.CONSTANT_COVARIANCE: Declaration(False, why),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(True, "a density on the box"),
            Assumption.COVERAGE: Declaration(True, rises),
            Assumption.ROW_RANK: Declaration(True, rises),
        }

    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The triangle wave's Fourier series, term k shrunk by rho^(k^2)."""
        k = 2 * torch.arange(_TERMS, dtype=past.dtype, device=past.device) + 1
        sign = torch.where(k % 4 == 1, 1.0, -1.0).to(past)
        shrunk = sign * 8 * _WALL / (math.pi * k).square() * self.rho ** k.square()
        return (shrunk * torch.sin(_ANGLE * k * past[..., -1, :, None])).sum(-1)

    def sample(self, past: Float[Tensor, "*batch t d"], generator: torch.Generator) -> Float[Tensor, "*batch d"]:
        """A normal step, folded back."""
        now = past[..., -1, :]
        e = torch.randn(now.shape, generator=generator, dtype=past.dtype, device=past.device)
        return _WALL - ((now + self.deviation * e + _WALL) % (4 * _WALL) - 2 * _WALL).abs()

    def log_density(self, z: Float[Tensor, "*batch d"], past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch"]:
        """Sum over the images of z behind the walls; -infinity outside the box."""
        turns = 4 * _WALL * torch.arange(-_IMAGES, _IMAGES + 1, dtype=z.dtype, device=z.device)
        images = torch.cat((z.unsqueeze(-1) + turns, 2 * _WALL - z.unsqueeze(-1) + turns), -1)
        steps = (images - past[..., -1, :, None]) / self.deviation
        density = torch.logsumexp(-steps.square() / 2, -1) - math.log(self.deviation * math.sqrt(2 * math.pi))
        return torch.where(self.space.contains(z), density.sum(-1), -math.inf)


@dataclass(frozen=True)
class SineWarp(Warp):
    """x_i = sqrt 2 sin(pi z_i / 2 sqrt 3): of variance 1 on the box, increasing there. ValueError for dimension < 1."""

    dimension: int = 1

    def __post_init__(self) -> None:
        if self.dimension < 1:
            raise ValueError(f"dimension={self.dimension} has nothing to warp: take dimension >= 1")

    @property
    def dim(self) -> int:
        """Dimension."""
        return self.dimension

    @property
    def injective(self) -> Declaration:
        """On the box only."""
        return Declaration(True, "strictly increasing on [-sqrt 3, sqrt 3] in every coordinate")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """The sine."""
        return math.sqrt(2) * torch.sin(_ANGLE * z)

    def slope(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """The cosine, scaled."""
        return math.sqrt(2) * _ANGLE * torch.cos(_ANGLE * z)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """The one in the box."""
        return (torch.asin(x / math.sqrt(2)) / _ANGLE).unsqueeze(0)


def uniform_latents(
    rho: float = 0.6, dim: int = 2, mixing: str | Mixing = "narrow", seed: int = 0
) -> AlignmentViolation:
    """L4; ValueError unless .01 <= rho <= .99 and dim >= 1."""
    transition = ReflectedWalk(dim, rho)
    twin = autoregressions("normal_latents", (rho,) * dim, mixing, seed)
    world = World(
        name="uniform_latents",
        description=f"Brownian motion in a box, reflected at its walls; first eigenvalue {rho:g}",
        initial=UniformOn(transition.space),
        transition=transition,
        mixing=twin.mixing,
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(True, "reflection keeps the uniform law"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(False, "uniform"),
        },
    )
    return AlignmentViolation(
        name="L4",
        world=world,
        objective=AlignmentObjective.WHITENED,
        breaks="z is Gaussian",
        witness=SineWarp(dim),
        attained=Alignment(dim * rho, dim * linear_correlation(rho)),
        denies="orthogonal",
        kind="outside_class",
        proof="the first eigenfunctions of the transition operator are sines of z_i, with eigenvalue rho",
        twin=twin,
        twin_objective=AlignmentObjective.WHITENED,
        twin_attained=Alignment(dim * math.sinh(_ANGLE**2 * rho) / math.sinh(_ANGLE**2), dim * rho),
    )


def linear_correlation(rho: float) -> float:
    """Correlation of z and z' in one dimension of the reflected walk: sum over odd k of 96 / (pi k)^4 rho^(k^2).

    ValueError unless 0 <= rho <= 1.
    """
    if not 0 <= rho <= 1:
        raise ValueError(f"rho={rho} is no eigenvalue of a reflected walk: take 0 <= rho <= 1")
    return math.fsum(96 / (math.pi * k) ** 4 * rho ** (k**2) for k in range(1, 2001, 2))


def affine_r2_of_sine() -> float:
    """R2 between z uniform on the box and sin(pi z / 2 L): 96 / pi^4."""
    return 96 / math.pi**4
