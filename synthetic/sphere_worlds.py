"""W1 and W2: von Mises-Fisher latents whose predicted directions do not span (Theorem 2 without coverage).

W1, the sphere in R^3, p = sign(z_{t-1,1}) e_1: h turns every circle of latitude by its own angle, rate z_1. It keeps
z_1, hence z . p, and area. W2, the circle, p = e_1: h moves the angle by a quarter of the mass, F^-1(F(a) + 1/4), F the
distribution function of the angle; p being constant, h keeps the law of z_t. With p = z_{t-1} (the twins) h must be
orthogonal. [mikulasch2026ldm, Theorem 2]
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import INJECTIVE
from synthetic.fourier_series import FourierSeries, grid
from synthetic.markov_gaussian import drawn_mixing
from synthetic.mixing import Mixing, SelfMap
from synthetic.predictor import Predictor
from synthetic.turn import SphericalTurn
from synthetic.violation import Violation
from synthetic.von_mises_fisher import Latest, Pole, PoleStart, VonMisesFisher, angular_law
from synthetic.world import World


@dataclass(frozen=True)
class CircleShift(SelfMap):
    """x = |z| (cos b, sin b), F(b) = F(a) + shift mod 1, a the angle of z and F that of exp(kappa cos a).

    Of degree one, so that at unit vectors det J_h = f(a) / f(b) is the length factor along the circle. ValueError for
    kappa <= 0 or shift outside (0, 1).
    """

    dim = 2

    kappa: float
    shift: float = 0.25

    def __post_init__(self) -> None:
        if not (self.kappa > 0 and 0 < self.shift < 1):
            raise ValueError(f"kappa={self.kappa}, shift={self.shift}: take kappa > 0 and 0 < shift < 1")

    @property
    def injective(self) -> Declaration:
        """A bijection of the circle."""
        return Declaration(True, "moves the circle along itself, undone by moving back")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """z moved forward."""
        return self._moved(z, self.shift)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """One along the radius, f(a) / f(b) along the circle."""
        norm = torch.linalg.vector_norm(z, dim=-1, keepdim=True)
        before, after = z / norm, self(z) / norm
        slope = torch.exp(self.kappa * (before[..., :1] - after[..., :1]))
        along = slope.unsqueeze(-1) * _across(after).unsqueeze(-1) * _across(before).unsqueeze(-2)
        return after.unsqueeze(-1) * before.unsqueeze(-2) + along

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """x moved back."""
        return self._moved(x, 1 - self.shift).unsqueeze(0)

    def _moved(self, z: Tensor, shift: float) -> Tensor:
        angle = torch.atan2(z[..., 1], z[..., 0]) % (2 * math.pi)
        moved = shifted_angle(self.kappa, angle.double(), shift).to(z)
        norm = torch.linalg.vector_norm(z, dim=-1, keepdim=True)
        return norm * torch.stack((torch.cos(moved), torch.sin(moved)), -1)


def shifted_angle(kappa: float, angle: Float[Tensor, "*batch"], shift: float) -> Float[Tensor, "*batch"]:
    """F^-1(F(angle) + shift mod 1)."""
    law = FourierSeries(angular_law(kappa).coefficients.to(angle.device))
    return law.quantile((law.integral(angle) + shift) % 1.0)


def affine_r2_of_shift(kappa: float, shift: float = 0.25) -> float:
    """Share of the total variance of h(z) that the best affine map from z explains, z von Mises with kappa.

    By the trapezoidal rule over the angle, exact to rounding.
    """
    angle = grid(2048)
    mass = torch.softmax(kappa * torch.cos(angle), 0)
    moved = shifted_angle(kappa, angle, shift)
    z, x = (torch.stack((torch.cos(a), torch.sin(a)), -1) for a in (angle, moved))
    z, x = z - mass @ z, x - mass @ x
    cross, square, total = (z.T * mass) @ x, (z.T * mass) @ z, (mass @ x.square()).sum()
    return float((cross * torch.linalg.solve(square, cross)).sum() / total)


def axial_sphere(kappa: float = 2.0, rate: float = 4.0, mixing: str | Mixing = "narrow", seed: int = 0) -> Violation:
    """W1; ValueError for kappa <= 0 or rate = 0."""
    if rate == 0:
        raise ValueError("rate=0 makes the witness the identity: take rate != 0")
    return _violation("W1", "axial_sphere", Pole(3, both=True), SphericalTurn(rate), kappa, mixing, seed)


def constant_circle(
    kappa: float = 2.0, shift: float = 0.25, mixing: str | Mixing = "narrow", seed: int = 0
) -> Violation:
    """W2; ValueError for kappa <= 0 or shift outside (0, 1)."""
    return _violation("W2", "constant_circle", Pole(2, both=False), CircleShift(kappa, shift), kappa, mixing, seed)


def _violation(
    name: str, label: str, direction: Pole, witness: Mixing, kappa: float, mixing: str | Mixing, seed: int
) -> Violation:
    dim = direction.dim
    drawn = drawn_mixing(mixing, dim, torch.Generator().manual_seed(seed))
    where = "one of two opposite directions" if direction.both else "one direction"
    world = _world(label, f"unit vectors in R^{dim} around {where}, kappa {kappa:g}", direction, kappa, drawn)
    return Violation(
        name=name,
        world=world,
        objective="LDM",
        model_class="von Mises-Fisher about p(past), any p, kappa constant",
        breaks=Assumption.COVERAGE,
        witness=witness,
        recovered=world.transition,
        denies="orthogonal",
        kind="outside_class",
        proof="the map keeps the density and the area of the sphere, or carries mass to equal mass",
        twin=_world(f"predicted_{label}", f"unit vectors in R^{dim} around the last one", Latest(dim), kappa, drawn),
    )


def _world(name: str, description: str, direction: Predictor, kappa: float, mixing: Mixing) -> World:
    transition = VonMisesFisher(direction, kappa)
    return World(
        name=name,
        description=description,
        initial=PoleStart(transition),
        transition=transition,
        mixing=mixing,
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(True, "started from its stationary law"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(False, "the latents lie on a sphere"),
        },
    )


def _across(unit: Tensor) -> Tensor:
    return torch.stack((-unit[..., 1], unit[..., 0]), -1)
