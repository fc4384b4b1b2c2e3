"""Stationary Gaussian latents: z ~ N(0, I), z' = rho R z + sqrt(1 - rho^2) eta, eta ~ N(0, I), R orthogonal.

Linear Gaussian and isotropic: the whitened feature best predicted from one step to the next is linear when R = I
[klindt2026lejepa]; with a rotation the even feature |z|^2, of correlation rho^2, can beat rho cos(angle).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import INJECTIVE
from synthetic.initial_law import StandardNormal
from synthetic.mixing import Mixing
from synthetic.noise import GaussianNoise
from synthetic.predictor import LinearPredictor
from synthetic.shear import Banana, SineShear
from synthetic.transition import AdditiveNoise
from synthetic.twist import Twist
from synthetic.world import World

PLANE_MIXINGS: dict[str, Mixing] = {
    "spiral": Twist(rate=1.0, power=1),
    "banana": Banana(),
    "sine_shear": SineShear(),
}


def gaussian_autoregression(
    mixing: Mixing, rho: float = 0.95, rotation: Float[Tensor, "d d"] | None = None, name: str | None = None
) -> World:
    """Stationary Gaussian world under any mixing that takes its dimension; R = I unless given.

    ValueError unless 0 <= rho < 1 (rho = 0: no prediction possible, so no coverage) and R is orthogonal.
    """
    if not 0 <= rho < 1:
        raise ValueError(f"rho={rho} gives no stationary law: take 0 <= rho < 1")
    dim = mixing.input_dim
    identity = torch.eye(dim, dtype=torch.float64)
    turn = identity if rotation is None else rotation.to(identity)
    if turn.shape != identity.shape or not torch.allclose(turn @ turn.T, identity):
        raise ValueError(f"rotation of shape {tuple(turn.shape)} is not orthogonal of size {dim}")
    return World(
        name=name or f"gaussian_autoregression_{dim}",
        description=f"z' = {rho:g} R z + sqrt(1 - {rho:g}^2) eta in {dim} dimensions, {type(mixing).__name__} mixing",
        initial=StandardNormal(dim),
        transition=AdditiveNoise(LinearPredictor(rho * turn), GaussianNoise.isotropic(dim, 1 - rho**2)),
        mixing=mixing,
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(True, "rho^2 I + (1 - rho^2) I = I"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(True, "a linear map of Gaussians"),
        },
    )


def plane_world(mixing: str, rho: float = 0.95) -> World:
    """Two stationary Gaussian latents seen through a spiral, a banana or a sine shear; ValueError for another name."""
    if mixing not in PLANE_MIXINGS:
        raise ValueError(f"mixing={mixing!r} is unknown: take one of {', '.join(PLANE_MIXINGS)}")
    return gaussian_autoregression(PLANE_MIXINGS[mixing], rho, name=mixing)
