"""Worlds where the optimum of the alignment objective is not linear, one assumption off; L1 and L2. [klindt2026lejepa]

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
from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from scipy import stats
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.linear_gaussian import linear_gaussian
from synthetic.mixing import Mixing, SelfMap
from synthetic.tent_fold import TentFold
from synthetic.world import World


class AlignmentObjective(Enum):
    """What is optimised over codes."""

    WHITENED = "alignment E |h(z) - h(z')|^2 of codes with E h = 0, Cov h = I"
    UNCENTRED = "alignment E |h(z) - h(z')|^2 of codes with Cov h = I"
    GAUSSIAN = "alignment E |h(z) - h(z')|^2 of codes with h(z) ~ N(0, I)"
    LAW_ALONE = "h(z) ~ N(0, I)"

    @property
    def centred(self) -> bool:
        """Whether only codes with E h = 0 are admitted."""
        return self is not AlignmentObjective.UNCENTRED

    @property
    def aligned(self) -> bool:
        """Whether alignment is part of it."""
        return self is not AlignmentObjective.LAW_ALONE


class Alignment(NamedTuple):
    """Sum of the correlation coefficients of h_i(z) and h_i(z'), that of the best linear code, and abs(E h)^2."""

    code: float
    linear: float
    offset: float = 0.0


class Bound(NamedTuple):
    """Squared error E |h - Q z|^2 of a code to the closest orthogonal map, and the theorem's bound on it."""

    error: float
    bound: float


@dataclass(frozen=True, eq=False)
class AlignmentViolation:
    """World, objective, a code at least as good as every linear code, its closed forms, and the intact twin.

    In the twin the objective is `twin_objective` and the code is worse than a linear one, or not admitted. Where the
    objective is what is off, the twin is the same world.
    """

    name: str
    world: World
    objective: AlignmentObjective
    breaks: str
    witness: Mixing
    attained: Alignment
    denies: str
    kind: Literal["outside_class", "non_invertible", "breaks_bound"]
    proof: str
    twin: World
    twin_objective: AlignmentObjective
    twin_attained: Alignment
    bound: Bound | None = None


@dataclass(frozen=True)
class SecondHermite(SelfMap):
    """x = (z^2 - 1) / sqrt 2 in one dimension: mean 0 and variance 1 under N(0, 1)."""

    dim = 1

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
class SignFold(SelfMap):
    """x = (sign(z_1) abs(z_2), psi(z_1)): keeps N(0, I_2), two to one (z_2 and -z_2 fall together), sign(0) = 1."""

    dim = 2

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
    world = autoregressions("negative_correlation", (rho,), mixing, seed)
    return AlignmentViolation(
        name="L1",
        world=world,
        objective=AlignmentObjective.WHITENED,
        breaks="rho > 0",
        witness=SecondHermite(),
        attained=Alignment(rho**2, rho),
        denies="orthogonal",
        kind="non_invertible",
        proof="E He_2(z) He_2(z') / 2 = rho^2, the largest of the correlations rho^k of Hermite polynomials",
        twin=autoregressions("intact_negative_correlation", (-rho,), world.mixing, seed),
        twin_objective=AlignmentObjective.WHITENED,
        twin_attained=Alignment(rho**2, -rho),
    )


def unequal_correlations(
    rho: tuple[float, float] = (0.99, 0.05), mixing: str | Mixing = "narrow", seed: int = 0
) -> AlignmentViolation:
    """L2; its twin has the mean of both for each. ValueError unless the witness is better: 0 < rho_2 << rho_1 < 1."""
    if not (0 < rho[1] < rho[0] < 1 and _sign_fold_correlation(rho) > sum(rho)):
        raise ValueError(f"rho={rho}: take 0 < rho_2 < rho_1 < 1, far enough apart for the fold to win, as (.99, .05)")
    world = autoregressions("unequal_correlations", rho, mixing, seed)
    equal = (sum(rho) / 2,) * 2
    return AlignmentViolation(
        name="L2",
        world=world,
        objective=AlignmentObjective.GAUSSIAN,
        breaks="the same rho for every coordinate",
        witness=SignFold(),
        attained=Alignment(_sign_fold_correlation(rho), sum(rho)),
        denies="orthogonal",
        kind="non_invertible",
        proof="the fold and the sign of the slow coordinate are worth more than the fast coordinate",
        twin=autoregressions("intact_unequal_correlations", equal, world.mixing, seed),
        twin_objective=AlignmentObjective.GAUSSIAN,
        twin_attained=Alignment(_sign_fold_correlation(equal), sum(equal)),
    )


def autoregressions(name: str, rho: tuple[float, ...], mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """Independent stationary z_i' = rho_i z_i + sqrt(1 - rho_i^2) e_i; ValueError unless every abs(rho_i) < 1."""
    if not all(abs(one) < 1 for one in rho):
        raise ValueError(f"rho={rho} gives no stationary law: take abs(rho) < 1")
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
