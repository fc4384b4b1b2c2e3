"""V4: Gaussian noise whose covariance depends on the past, predicted means on a curve that spans the plane.

Given its past z_t ~ N(L^-1 e_0, L^-1), L = I + s K, K = diag(1, 1/4), e_0 = (.8, .6), s = strength q(z_{t-1}) and
q(z) = z^T K z. The density is rho(z) exp(-s q(z) / 2) / Z(s), rho = N(e_0, I): s touches z through q alone. So any map
that keeps q and rho is optimal. On the ellipse q(z) = q write z = sqrt(q) K^(-1/2) (cos a, sin a); area is
dq da / (2 sqrt(det K)), so rho gives a the law f_q(a) = rho(z(q, a)) / norm, with distribution function F_q, and

    h: (q, a) -> (q, F_q^-1(F_q(a) + shift mod 1))

keeps both: it is the time-one map of a flow along the ellipses. abs(det J_h) = rho(z) / rho(h(z)). F_q is integrated
numerically (Fourier series), to 1e-12 up to q = 15. [mikulasch2026ldm, Theorem 1 (i) weakened]
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.ceiling import INJECTIVE
from synthetic.context_gaussian import ContextGaussian
from synthetic.fourier_series import FourierSeries, grid
from synthetic.initial_law import StandardNormal
from synthetic.linear_gaussian import linear_gaussian
from synthetic.markov_gaussian import drawn_mixing
from synthetic.mixing import Mixing, SelfMap
from synthetic.violation import Violation
from synthetic.world import World

_CENTRE = (0.8, 0.6)
_AXES = (1.0, 2.0)  # K^(-1/2)
_BLOCK = 2000  # points whose laws are held at a time
_NODES = 128  # error of F below 1e-12 up to q = 15


def level(z: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch"]:
    """q(z) = z_1^2 + z_2^2 / 4."""
    return (z / z.new_tensor(_AXES)).square().sum(-1)


@dataclass(frozen=True)
class ShrinkingGaussian(ContextGaussian):
    """u = e_0, L = I + strength q(z_{t-1}) K. ValueError for strength <= 0."""

    strength: float = 1.0

    def __post_init__(self) -> None:
        if not self.strength > 0:
            raise ValueError(f"strength={self.strength}: the covariance must shrink with the level; take strength > 0")

    @property
    def dim(self) -> int:
        """Two."""
        return 2

    @property
    def declarations(self) -> Declarations:
        """Covered, but not of full row rank; covariance not constant."""
        return {
            Assumption.GAUSSIAN_NOISE: Declaration(True, "Gaussian given the past"),
            Assumption.CONSTANT_COVARIANCE: Declaration(False, "the precision is I + s K, s a function of the past"),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(True, "I + s K >= I and s is finite"),
            Assumption.COVERAGE: Declaration(True, "the means (.8 / (1 + s), .6 / (1 + s / 4)) lie on a curved arc"),
            Assumption.ROW_RANK: Declaration(False, "the mean is a function of the single number s"),
        }

    def natural_parameters(
        self, past: Float[Tensor, "*batch t d"]
    ) -> tuple[Float[Tensor, "*batch d"], Float[Tensor, "*batch d d"]]:
        """e_0 and I + s K."""
        s = self.strength * level(past[..., -1, :])
        precision = 1 + s.unsqueeze(-1) / past.new_tensor(_AXES).square()
        return past.new_tensor(_CENTRE).expand(*s.shape, -1), torch.diag_embed(precision)


@dataclass(frozen=True)
class LevelSetFlow(SelfMap):
    """h: every ellipse q(z) = q moved along itself by `shift` of its mass. ValueError unless 0 < shift < 1."""

    dim = 2

    shift: float = 0.25

    def __post_init__(self) -> None:
        if not 0 < self.shift < 1:
            raise ValueError(f"shift={self.shift} moves nothing or a full turn: take 0 < shift < 1")

    @property
    def injective(self) -> Declaration:
        """A bijection of every ellipse."""
        return Declaration(True, "moves every ellipse along itself, undone by moving back")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """z moved forward."""
        return self._moved(z, self.shift)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """x moved back."""
        return self._moved(x, 1 - self.shift).unsqueeze(0)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """Chain rule through (q, a); dF_q/dq is integrated as F_q is."""
        x = self(z)
        q, before, after = level(z), _angle(z), _angle(x)
        root = q.sqrt().unsqueeze(-1)
        law, by_level = _laws(root)
        log_slope = _log_rho(z) - _log_rho(x)
        density = law(after)
        along_q = (by_level.integral(before) - by_level.integral(after)) / density
        old = torch.stack((z / (2 * q).unsqueeze(-1), _tangent(root, before)), -1)
        moved = _tangent(root, after)
        first = x / (2 * q).unsqueeze(-1) + moved * along_q.unsqueeze(-1)
        return torch.stack((first, moved * log_slope.exp().unsqueeze(-1)), -1) @ torch.linalg.inv(old)

    def _moved(self, z: Tensor, shift: float) -> Tensor:
        rows = z.reshape(-1, 2).split(_BLOCK)
        return torch.cat([self._moved_block(block, shift) for block in rows]).reshape(z.shape)

    @staticmethod
    def _moved_block(z: Tensor, shift: float) -> Tensor:
        root = level(z).sqrt().unsqueeze(-1)
        law, _ = _laws(root)
        angle = law.quantile((law.integral(_angle(z)) + shift) % 1.0)
        return root * _on_ellipse(angle)


def _angle(z: Tensor) -> Tensor:
    """a in [0, 2 pi)."""
    unit = z / z.new_tensor(_AXES)
    return torch.atan2(unit[..., 1], unit[..., 0]) % (2 * math.pi)


def _on_ellipse(angle: Tensor) -> Tensor:
    return torch.stack((torch.cos(angle), torch.sin(angle)), -1) * angle.new_tensor(_AXES)


def _tangent(root: Tensor, angle: Tensor) -> Tensor:
    return root * torch.stack((-torch.sin(angle), torch.cos(angle)), -1) * angle.new_tensor(_AXES)


def _log_rho(z: Tensor) -> Tensor:
    """log N(z; e_0, I) up to a constant."""
    return (z * z.new_tensor(_CENTRE)).sum(-1) - z.square().sum(-1) / 2


def _laws(root: Tensor) -> tuple[FourierSeries, FourierSeries]:
    """f_q and its derivative by q, at q = root^2."""
    points = root.unsqueeze(-1) * _on_ellipse(grid(_NODES).to(root))
    linear, square = (points * root.new_tensor(_CENTRE)).sum(-1), points.square().sum(-1)
    mass = torch.softmax(linear - square / 2, -1) * _NODES / (2 * math.pi)
    rise = (linear - square) / (2 * root.square())
    expected = (mass * rise).mean(-1, keepdim=True) * 2 * math.pi
    return FourierSeries.through(mass), FourierSeries.through(mass * (rise - expected))


def level_set_flow(
    strength: float = 1.0, shift: float = 0.25, mixing: str | Mixing = "narrow", seed: int = 0
) -> Violation:
    """V4; its twin is an autoregression of full row rank. ValueError for strength <= 0 or shift outside (0, 1)."""
    transition = ShrinkingGaussian(strength)
    world = World(
        name="level_set_flow",
        description="N(L^-1 e0, L^-1), L = I + s K, s the level z^T K z one step before: covered, not of full rank",
        initial=StandardNormal(2),
        transition=transition,
        mixing=drawn_mixing(mixing, 2, torch.Generator().manual_seed(seed)),
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(False, "started from N(0, I), which a step does not keep"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(False, "a mixture of Gaussians of different spread"),
        },
    )
    identity = torch.eye(2, dtype=torch.float64)
    twin = linear_gaussian(
        "predicted_plane", "z' = 0.9 z + noise", 0.9 * identity, 0.19 * identity, (1.0, 1.0), world.mixing
    )
    return Violation(
        name="V4",
        world=world,
        objective="LDM",
        model_class="N(p(past), Sigma(past)), p and Sigma any maps",
        breaks=Assumption.CONSTANT_COVARIANCE,
        witness=LevelSetFlow(shift),
        recovered=transition,
        denies="affine",
        kind="outside_class",
        proof="the flow keeps rho and the level, through which alone the past changes the density",
        twin=twin,
    )
