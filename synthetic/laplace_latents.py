"""L4 with Laplace latents: z_i = w(y_i), w = F^-1 o Phi, F the Laplace law of variance 1, y' = rho y + noise.

The sequence is stationary and reversible, and its transition operator is that of y in other coordinates: eigenfunctions
He_k(w^-1(z)), eigenvalues rho^k. So among whitened codes h = w^-1 (and its rotations) has the largest sum of
correlations, d rho; since h(z) ~ N(0, I), it is the optimum among Gaussian codes too, where no affine code is admitted
at all. An affine code reaches d corr(w(y), w(y')) = .5855 d at rho = .6, and explains (E y w(y))^2 = .963 of h.
Quadratures are exact to 1e-10. In the twin the latents are y: there w^-1 is worse than linear codes. The step from z to
z' is a warped normal one, not additive; `reflected_walk` has normal steps and uniform latents.
[klindt2026lejepa, converse theorem]
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.alignment_violation import Alignment, AlignmentObjective, AlignmentViolation, autoregressions
from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import INJECTIVE
from synthetic.initial_law import StandardNormal
from synthetic.inverse_map import InverseMap
from synthetic.mixing import Mixing
from synthetic.pushed_law import PushedInitial, PushedTransition
from synthetic.warp import Warp
from synthetic.world import World

_REACH, _NODES = 14.0, 400  # of the quadrature on the half line; 1e-10 for abs(rho) <= .98


@dataclass(frozen=True)
class LaplaceWarp(Warp):
    """x_i = F^-1(Phi(z_i)) = -sign(z_i) log(erfc(abs(z_i) / sqrt 2)) / sqrt 2. ValueError for dimension < 1."""

    dimension: int = 1

    def __post_init__(self) -> None:
        if self.dimension < 1:
            raise ValueError(f"dimension={self.dimension} has nothing to warp: take dimension >= 1")

    @property
    def dim(self) -> int:
        """Dimension."""
        return self.dimension

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """By the scaled erfcx, which keeps its digits in the tail."""
        scaled = z.abs() / math.sqrt(2)
        return torch.sign(z) * (scaled.square() - torch.special.erfcx(scaled).log()) / math.sqrt(2)

    def slope(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """1 / (sqrt pi erfcx(abs(z) / sqrt 2))."""
        return 1 / (math.sqrt(math.pi) * torch.special.erfcx(z.abs() / math.sqrt(2)))

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """Phi^-1(F(x)), from the tail."""
        tail = torch.exp(-math.sqrt(2) * x.abs()) / 2
        return (-torch.sign(x) * torch.special.ndtri(tail)).unsqueeze(0)


@dataclass(frozen=True)
class LaplaceTransition(PushedTransition):
    """Law of w(y'); its mean by a quadrature on each side of the kink of w at 0."""

    def mean(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """E w(m + s e), m and s the mean and deviation of y'."""
        covariance = self.base.noise_covariance
        assert covariance is not None
        centre = self.base.mean(self.map.inverse(past)).unsqueeze(-1)
        spread = covariance.diagonal().sqrt().to(past).unsqueeze(-1)
        y, weights = (torch.from_numpy(one).to(past) for one in _half_line())
        value = weights * LaplaceWarp(len(y))(y)
        density = torch.exp(-((y - centre) / spread).square() / 2) - torch.exp(-((y + centre) / spread).square() / 2)
        return (value * density).sum(-1) / (spread.squeeze(-1) * math.sqrt(2 * math.pi))


def laplace_latents(
    rho: float = 0.6, dim: int = 2, mixing: str | Mixing = "narrow", seed: int = 0
) -> AlignmentViolation:
    """L4; ValueError unless 0 < rho <= .98 and dim is 1, 2 or 3."""
    if not 0 < rho <= 0.98:
        raise ValueError(f"rho={rho}: take 0 < rho <= .98, within reach of the quadratures")
    if not 1 <= dim <= 3:
        raise ValueError(f"dim={dim}: take 1, 2 or 3 dimensions")
    twin = autoregressions("normal_latents", (rho,) * dim, mixing, seed)
    warp = LaplaceWarp(dim)
    world = World(
        name="laplace_latents",
        description=f"Laplace latents of variance 1, warped autoregressions of correlation {rho:g}",
        initial=PushedInitial(StandardNormal(dim), warp),
        transition=LaplaceTransition(twin.transition, warp, Declaration(True, "the mean rises with y")),
        mixing=twin.mixing,
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(True, "a fixed map of a stationary sequence"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(False, "Laplace"),
        },
    )
    return AlignmentViolation(
        name="L4",
        world=world,
        objective=AlignmentObjective.GAUSSIAN,
        breaks="z is Gaussian",
        witness=InverseMap(warp),
        attained=Alignment(dim * rho, dim * odd_correlation(_warped, rho)),
        denies="orthogonal",
        kind="outside_class",
        proof="the first eigenfunctions of the transition operator are w^-1(z_i), with eigenvalue rho",
        twin=twin,
        twin_objective=AlignmentObjective.WHITENED,
        twin_attained=Alignment(dim * odd_correlation(_unwarped, rho), dim * rho),
    )


def affine_r2_of_laplace() -> float:
    """R2 between y ~ N(0, 1) and w(y): (E y w(y))^2 = .9630."""
    y, weights = _half_line()
    return float((2 * (weights * _normal_density(y)) @ (y * _warped(y))) ** 2)


def odd_correlation(odd: Callable[[np.ndarray], np.ndarray], rho: float) -> float:
    """Correlation of f(y) and f(y') for standard normal y, y' of correlation rho and odd f, smooth for y > 0.

    Gauss-Legendre on the half line, error below 1e-10; ValueError for abs(rho) > .98, where it is too coarse.
    """
    if not abs(rho) <= 0.98:
        raise ValueError(f"rho={rho} makes a kernel narrower than the grid: take abs(rho) <= .98")
    y, weights = _half_line()
    free, square = 1 - rho**2, y[:, None] ** 2 + y**2
    kernel = sum(side * np.exp(-(square - 2 * side * rho * np.outer(y, y)) / (2 * free)) for side in (1, -1))
    value = weights * odd(y)
    joint = 2 * value @ kernel @ value / (2 * math.pi * math.sqrt(free))
    return float(joint / (2 * (weights * _normal_density(y)) @ odd(y) ** 2))


def _half_line() -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return (nodes + 1) * _REACH / 2, weights * _REACH / 2


def _normal_density(y: np.ndarray) -> np.ndarray:
    return np.exp(-(y**2) / 2) / math.sqrt(2 * math.pi)


def _warped(y: np.ndarray) -> np.ndarray:
    return LaplaceWarp(y.size)(torch.from_numpy(y)).numpy()


def _unwarped(y: np.ndarray) -> np.ndarray:
    return LaplaceWarp(y.size).inverse(torch.from_numpy(y)).numpy()
