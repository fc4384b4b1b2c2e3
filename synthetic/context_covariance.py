"""V3: Gaussian noise whose covariance depends on the past, everything else as Theorem 1 asks, in three dimensions.

    u = kappa tanh(z_{t-1}),  M(u) = beta [[0, 0, u_2], [0, 0, -u_1], [u_2, -u_1, 0]],
    z_t ~ N(L^-1 u, L^-1),  L = I + M(u)

h turns (z_1, z_2) by -2 arctan(beta z_3) and keeps z_3; then h(z_t) ~ N(L_R^-1 u, L_R^-1), L_R = I - M: the two log
densities are equal at every z_t and past, and det J_h = 1. Since |det J_p| = kappa^3 ((1 - s)^2 + beta^2 u_3^2) /
(1 - s)^3 prod(1 - tanh^2), s = beta^2 (u_1^2 + u_2^2) < 1, p has full row rank everywhere.
[mikulasch2026ldm, Theorem 1 (i) weakened]
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
from synthetic.initial_law import StandardNormal
from synthetic.markov_gaussian import drawn_mixing
from synthetic.mixing import Mixing
from synthetic.noise import GaussianNoise
from synthetic.predictor import TanhPredictor
from synthetic.transition import AdditiveNoise, Transition
from synthetic.turn import ArctanTurn
from synthetic.violation import Violation
from synthetic.world import World


@dataclass(frozen=True)
class TiltedGaussian(ContextGaussian):
    """L = I + M(u), u = kappa tanh(z_{t-1}), z = seen_through^-1 of what the past shows (z itself if None).

    beta < 0 gives L = I - M. ValueError unless kappa > 0 and sqrt(2) kappa abs(beta) < 1, so that L > 0.
    """

    beta: float
    kappa: float
    seen_through: Mixing | None = None

    def __post_init__(self) -> None:
        if not (self.kappa > 0 and math.sqrt(2) * self.kappa * abs(self.beta) < 1):
            raise ValueError(
                f"beta={self.beta}, kappa={self.kappa} let the precision lose its sign: "
                "take kappa > 0 and abs(beta) < 1 / (sqrt(2) kappa)"
            )

    @property
    def dim(self) -> int:
        """Three."""
        return 3

    @property
    def declarations(self) -> Declarations:
        """Only the constancy of the covariance fails."""
        rank = "the Jacobian's determinant is kappa^3 ((1 - s)^2 + beta^2 u_3^2) / (1 - s)^3 prod(1 - tanh^2) > 0"
        return {
            Assumption.GAUSSIAN_NOISE: Declaration(True, "Gaussian given the past"),
            Assumption.CONSTANT_COVARIANCE: Declaration(False, "the precision is I + M(u), u a function of the past"),
            Assumption.NONSINGULAR_COVARIANCE: Declaration(True, "eigenvalues of I + M(u) stay above 0"),
            Assumption.COVERAGE: Declaration(True, rank),
            Assumption.ROW_RANK: Declaration(True, rank),
        }

    def natural_parameters(
        self, past: Float[Tensor, "*batch t d"]
    ) -> tuple[Float[Tensor, "*batch d"], Float[Tensor, "*batch d d"]]:
        """u and I + M(u)."""
        latest = past[..., -1, :]
        u = self.kappa * torch.tanh(latest if self.seen_through is None else self.seen_through.inverse(latest))
        zero, one = torch.zeros_like(u[..., 0]), torch.ones_like(u[..., 0])
        first, second = -self.beta * u[..., 0], self.beta * u[..., 1]
        rows = (one, zero, second, zero, one, first, second, first, one)
        return u, torch.stack(rows, -1).unflatten(-1, (3, 3))


def context_covariance(
    kappa: float = 0.75, beta: float = 0.9, mixing: str | Mixing = "narrow", seed: int = 0
) -> Violation:
    """V3; its twin has the same u and L = I. ValueError for beta = 0 and where L would not be positive definite."""
    if beta == 0:
        raise ValueError("beta=0 keeps the covariance constant: take beta != 0")
    transition = TiltedGaussian(beta, kappa)
    witness = ArctanTurn(beta)
    drawn = drawn_mixing(mixing, 3, torch.Generator().manual_seed(seed))
    world = _world(
        "context_covariance", f"precision I + M(u), u = {kappa:g} tanh(z), beta = {beta:g}", transition, drawn
    )
    constant = AdditiveNoise(TanhPredictor(3, kappa), GaussianNoise.isotropic(3, 1.0))
    return Violation(
        name="V3",
        world=world,
        objective="LDM",
        model_class="N(p(past), Sigma(past)), p and Sigma any maps",
        breaks=Assumption.CONSTANT_COVARIANCE,
        witness=witness,
        recovered=TiltedGaussian(-beta, kappa, witness),
        denies="affine",
        kind="outside_class",
        proof="the turn carries N(L^-1 u, L^-1) to the law with the opposite tilt, at every u",
        twin=_world("constant_covariance", f"N(u, I), u = {kappa:g} tanh(z)", constant, drawn),
    )


def _world(name: str, description: str, transition: Transition, mixing: Mixing) -> World:
    return World(
        name=name,
        description=description,
        initial=StandardNormal(3),
        transition=transition,
        mixing=mixing,
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(False, "started from N(0, I), which a step does not keep"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(False, "a mixture of Gaussians with means u"),
        },
    )
