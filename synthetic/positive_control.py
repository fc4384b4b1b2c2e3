"""Worlds that look dangerous and are identified all the same: each resembles a violation and lacks what makes it one.

| world | what is off | why h is affine nevertheless |
| one_dimension | p constant, d = 1 | a continuous injection is monotone, and monotone transport of N(0, 1) is z or -z |
| deficiency_one | predicted means in a plane of R^3 | one coordinate is left, and monotone transport is affine |
| moment_curve | J_p of rank one everywhere | the means (s, s^2) lie on no line: differences of two pasts span |
| jumps | p piecewise constant, J_p = 0 almost everywhere | the means include d + 1 affinely independent points |

The density identity at two pasts needs predicted means that span and no derivative of p.
[mikulasch2026ldm, Theorem 1 (iii) weakened]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.ceiling import INJECTIVE
from synthetic.deficiency_two import deficiency_one as deficiency_one_world
from synthetic.deficiency_two import deficiency_two
from synthetic.gaussian_autoregression import gaussian_autoregression
from synthetic.initial_law import StandardNormal
from synthetic.markov_gaussian import drawn_mixing
from synthetic.mixing import Mixing
from synthetic.noise import GaussianNoise
from synthetic.predictor import Predictor
from synthetic.transition import AdditiveNoise
from synthetic.twist import Twist
from synthetic.warp import SinhWarp
from synthetic.world import World


class PositiveControl(NamedTuple):
    """World, the class that h is confined to, why, and a map of the violation it resembles, which must be worse."""

    world: World
    identified: str
    why: str
    resembling: Mixing


@dataclass(frozen=True)
class MomentCurve(Predictor):
    """p = (s, s^2), s = reach tanh(z_{t-1,1}). ValueError for reach <= 0."""

    reach: float = 2.0

    def __post_init__(self) -> None:
        if not self.reach > 0:
            raise ValueError(f"reach={self.reach} leaves a single prediction: take reach > 0")

    @property
    def dim(self) -> int:
        """Two."""
        return 2

    @property
    def declarations(self) -> Declarations:
        """Covered, rank one."""
        return {
            Assumption.COVERAGE: Declaration(True, "three points of a parabola are affinely independent"),
            Assumption.ROW_RANK: Declaration(False, "the mean is a function of one number: rank one"),
        }

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The point of the curve."""
        s = self.reach * torch.tanh(past[..., -1, 0])
        return torch.stack((s, s.square()), -1)


@dataclass(frozen=True)
class Jumps(Predictor):
    """p = size sign(z_{t-1}), coordinate by coordinate. ValueError for dim < 1 or size <= 0."""

    dimension: int
    size: float = 1.5

    def __post_init__(self) -> None:
        if not (self.dimension >= 1 and self.size > 0):
            raise ValueError(f"dimension={self.dimension}, size={self.size}: take dimension >= 1 and size > 0")

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.dimension

    @property
    def declarations(self) -> Declarations:
        """Covered, rank zero."""
        return {
            Assumption.COVERAGE: Declaration(True, "the corners of a cube are predicted"),
            Assumption.ROW_RANK: Declaration(False, "piecewise constant: the Jacobian is 0 almost everywhere"),
        }

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The corner on z's side."""
        return self.size * torch.where(past[..., -1, :] < 0, -1.0, 1.0).to(past)


def one_dimension(mixing: str | Mixing = "narrow", seed: int = 0) -> PositiveControl:
    """A single N(0, 1) that nothing predicts."""
    drawn = drawn_mixing(mixing, 1, torch.Generator().manual_seed(seed))
    world = gaussian_autoregression(drawn, 0.0, name="one_dimension")
    why = "a continuous injection of the line is monotone, and keeps N(0, 1) only as z or -z"
    return PositiveControl(world, "affine", why, SinhWarp(1, 1.0))


def deficiency_one(phi: float = 0.9, mixing: str | Mixing = "narrow", seed: int = 0) -> PositiveControl:
    """Two of three coordinates predicted; ValueError unless 0 < phi < 1."""
    why = "one coordinate is left without a prediction, and monotone transport between normal laws is affine"
    witness = deficiency_two(phi, mixing=mixing, seed=seed).witness
    assert isinstance(witness, Mixing)
    return PositiveControl(deficiency_one_world(phi, mixing, seed), "affine", why, witness)


def moment_curve(mixing: str | Mixing = "narrow", seed: int = 0) -> PositiveControl:
    """Predicted means on a parabola, noise N(0, I)."""
    why = "predicted means lie on no line, though the Jacobian has rank one"
    world = _nonlinear("moment_curve", "means (s, s^2), s = 2 tanh(z1), noise N(0, I)", MomentCurve(), mixing, seed)
    return PositiveControl(world, "affine", why, Twist(1.0))


def jumps(dim: int = 2, mixing: str | Mixing = "narrow", seed: int = 0) -> PositiveControl:
    """Predicted means at the corners of a cube, noise N(0, I); ValueError for dim < 2."""
    if dim < 2:
        raise ValueError(f"dim={dim}: a single coordinate is identified without prediction; take dim >= 2")
    why = "predicted means include d + 1 affinely independent points; no derivative is needed"
    world = _nonlinear("jumps", f"means 1.5 sign(z) in {dim} dimensions, noise N(0, I)", Jumps(dim), mixing, seed)
    return PositiveControl(world, "affine", why, Twist(1.0, dim=dim))


def _nonlinear(name: str, description: str, predictor: Predictor, mixing: str | Mixing, seed: int) -> World:
    dim = predictor.dim
    return World(
        name=name,
        description=description,
        initial=StandardNormal(dim),
        transition=AdditiveNoise(predictor, GaussianNoise.isotropic(dim, 1.0)),
        mixing=drawn_mixing(mixing, dim, torch.Generator().manual_seed(seed)),
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(False, "started from N(0, I), which a step widens"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(False, "Gaussian noise about means that are not Gaussian"),
        },
    )
