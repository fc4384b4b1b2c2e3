"""L1 and L2: worlds where the best aligned whitened code is not linear [klindt2026lejepa].

Objective: alignment E |h(z) - h(z')|^2 over codes with E h = 0 and Cov h = I, that is, the largest sum of correlations
E h(z) . h(z'). For stationary Gaussian z with independent coordinates of correlation rho_i, Hermite polynomials
decorrelate, E He_m(z_i) He_n(z_i') = rho_i^n n! delta_mn: a linear code reaches sum of rho_i.

| | assumption that is off | witness | its sum of correlations |
| L1 | rho > 0: rho = -.6 | He_2(z) / sqrt 2 | rho^2 = .36 > -.6, the optimum among whitened codes |
| L2 | one rho for all coordinates: (.99, .05) | (psi(z_1), sign(z_1) abs(z_2)) | 1.5155 > .99 + .05 |

psi = Phi^-1(tent(Phi)) folds z_1; L2's witness has law N(0, I), so that no test of Gaussian codes (SIGReg) objects.
Both witnesses are two to one. In the twins (rho = .6; one rho of .52) they are worse than a linear code.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.linear_gaussian import linear_gaussian
from synthetic.mixing import Mixing
from synthetic.tent_fold import TentFold
from synthetic.world import World


@dataclass(frozen=True, eq=False)
class AlignmentViolation:
    """World with correlations rho, a whitened witness that aligns better than every linear code, and the intact twin.

    `correlation` maps rho to the witness's sum of correlations; a linear code has sum(rho).
    """

    name: str
    world: World
    rho: tuple[float, ...]
    objective: str
    model_class: str
    breaks: str
    witness: Mixing
    correlation: Callable[[tuple[float, ...]], float]
    denies: str
    kind: Literal["outside_class", "non_invertible", "breaks_bound"]
    proof: str
    twin: World
    twin_rho: tuple[float, ...]


@dataclass(frozen=True)
class SecondHermite(Mixing):
    """x = (z^2 - 1) / sqrt 2 in one dimension: mean 0 and variance 1 under N(0, 1)."""

    @property
    def input_dim(self) -> int:
        """One."""
        return 1

    @property
    def output_dim(self) -> int:
        """One."""
        return 1

    @property
    def injective(self) -> Declaration:
        """Even."""
        return Declaration(False, "even: z and -z fall together")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """(z^2 - 1) / sqrt 2."""
        return (z.square() - 1) / math.sqrt(2)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """sqrt 2 z."""
        return math.sqrt(2) * z.unsqueeze(-1)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """The two roots, nan below the image."""
        root = (math.sqrt(2) * x + 1).sqrt()
        return torch.stack((root, -root))


@dataclass(frozen=True)
class SignFold(Mixing):
    """x = (sign(z_1) abs(z_2), psi(z_1)): keeps N(0, I_2), two to one (z_2 and -z_2 fall together), sign(0) = 1."""

    @property
    def input_dim(self) -> int:
        """Two."""
        return 2

    @property
    def output_dim(self) -> int:
        """Two."""
        return 2

    @property
    def injective(self) -> Declaration:
        """Even in z_2."""
        return Declaration(False, "even in the second coordinate")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """The signed modulus, then the fold."""
        return torch.cat((_sign(z[..., :1]) * z[..., 1:].abs(), TentFold(1)(z[..., :1])), -1)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """Antidiagonal: sign(z_1) sign(z_2) and psi'(z_1)."""
        zero = torch.zeros_like(z[..., :1])
        first = torch.cat((zero, _sign(z[..., :1]) * _sign(z[..., 1:])), -1)
        second = torch.cat((TentFold(1).jacobian(z[..., :1]).squeeze(-1), zero), -1)
        return torch.stack((first, second), -2)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """z_1 from the fold and the sign of x_1, z_2 either way."""
        modulus = TentFold(1).preimages(x[..., 1:])[0].abs()
        first = _sign(x[..., :1]) * modulus
        return torch.stack([torch.cat((first, side * x[..., :1].abs()), -1) for side in (1, -1)])


def negative_correlation(rho: float = -0.6, mixing: str | Mixing = "narrow", seed: int = 0) -> AlignmentViolation:
    """L1; its twin has -rho. ValueError unless -1 < rho < 0."""
    if not -1 < rho < 0:
        raise ValueError(f"rho={rho}: take -1 < rho < 0")
    world = _world("negative_correlation", (rho,), mixing, seed)
    return _violation(
        "L1",
        world,
        (rho,),
        "rho > 0",
        SecondHermite(),
        lambda found: found[0] ** 2,
        "E He_2(z) He_2(z') / 2 = rho^2, the largest of the correlations rho^k of Hermite polynomials",
        (-rho,),
    )


def unequal_correlations(
    rho: tuple[float, float] = (0.99, 0.05), mixing: str | Mixing = "narrow", seed: int = 0
) -> AlignmentViolation:
    """L2; its twin has the mean of both for each. ValueError unless the witness is better: 0 < rho_2 << rho_1 < 1."""
    if not (0 < rho[1] < rho[0] < 1 and _sign_fold_correlation(rho) > sum(rho)):
        raise ValueError(f"rho={rho}: take 0 < rho_2 < rho_1 < 1, far enough apart for the fold to win, as (.99, .05)")
    world = _world("unequal_correlations", rho, mixing, seed)
    return _violation(
        "L2",
        world,
        rho,
        "the same rho for every coordinate",
        SignFold(),
        _sign_fold_correlation,
        "the fold and the sign of the slow coordinate are worth more than the fast coordinate",
        (sum(rho) / 2,) * 2,
    )


def fold_correlation(rho: float) -> float:
    """E psi(z) psi(z') for standard normal z, z' of correlation rho, psi = Phi^-1(2 Phi(-abs(z))).

    With y = psi(z) ~ N(0, 1) and abs(z) = -Phi^-1(Phi(y) / 2), by the trapezoidal rule in both y; ValueError for
    abs(rho) > .995, where the rule is too coarse.
    """
    if abs(rho) > 0.995:
        raise ValueError(f"rho={rho} makes a kernel narrower than the grid: take abs(rho) <= .995")
    y = np.arange(-8.5, 8.5, 0.02)
    modulus = -stats.norm.ppf(stats.norm.cdf(y) / 2)
    square, product, free = modulus**2, np.outer(modulus, modulus), 1 - rho**2
    both = rho**2 * (square[:, None] + square)
    kernel = sum(np.exp(-(both - 2 * rho * side * product) / (2 * free)) for side in (1, -1)) / (2 * math.sqrt(free))
    mass = stats.norm.pdf(y) * 0.02
    return float((mass * y) @ kernel @ (mass * y))


def _sign_fold_correlation(rho: tuple[float, ...]) -> float:
    """E psi psi' + (2 / pi) asin(rho_1) (2 / pi) (sqrt(1 - rho_2^2) + rho_2 asin(rho_2))."""
    signs = 2 / math.pi * math.asin(rho[0])
    moduli = 2 / math.pi * (math.sqrt(1 - rho[1] ** 2) + rho[1] * math.asin(rho[1]))
    return fold_correlation(rho[0]) + signs * moduli


def _sign(z: Tensor) -> Tensor:
    return torch.where(z < 0, -torch.ones_like(z), torch.ones_like(z))


def _world(name: str, rho: tuple[float, ...], mixing: str | Mixing, seed: int = 0) -> World:
    slopes = torch.tensor(rho, dtype=torch.float64)
    described = ", ".join(f"{one:g}" for one in rho)
    return linear_gaussian(
        name,
        f"stationary autoregressions N(0, 1) with correlations {described} from step to step",
        torch.diag(slopes),
        torch.diag(1 - slopes**2),
        (1.0,) * len(rho),
        mixing,
        seed,
    )


def _violation(
    name: str,
    world: World,
    rho: tuple[float, ...],
    breaks: str,
    witness: Mixing,
    correlation: Callable[[tuple[float, ...]], float],
    proof: str,
    twin_rho: tuple[float, ...],
) -> AlignmentViolation:
    return AlignmentViolation(
        name=name,
        world=world,
        rho=rho,
        objective="alignment E |h(z) - h(z')|^2",
        model_class="codes with E h = 0, Cov h = I",
        breaks=breaks,
        witness=witness,
        correlation=correlation,
        denies="orthogonal",
        kind="non_invertible",
        proof=proof,
        twin=_world(f"intact_{world.name}", twin_rho, world.mixing),
        twin_rho=twin_rho,
    )
