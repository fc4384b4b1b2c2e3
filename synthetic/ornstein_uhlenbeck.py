r"""Independent Ornstein-Uhlenbeck processes, $dz_i=-\theta_iz_idt+\sigma dB_i$, rotated: the world of LDM Fig. 2C.

Seen at steps of length dt, $z_i$ is a stationary Gaussian autoregression with coefficient $e^{-\theta_idt}$ and
variance $\sigma^2/2\theta_i$. All sources are Gaussian, so only their distinct laws tell them apart.
"""

from __future__ import annotations

import math

import torch

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import INJECTIVE
from synthetic.initial_law import DiagonalNormal
from synthetic.mixing import Linear
from synthetic.noise import GaussianNoise
from synthetic.predictor import LinearPredictor
from synthetic.transition import AdditiveNoise
from synthetic.world import World


def ornstein_uhlenbeck(
    theta: tuple[float, float] = (2.0, 0.2), sigma: float = 0.3, step: float = 0.1, angle: float = math.pi / 4
) -> World:
    """Two processes turned by `angle` (radians); ValueError for a rate, noise level or step that is not positive."""
    for name, values in (("theta", theta), ("sigma", (sigma,)), ("step", (step,))):
        if not all(value > 0 for value in values):
            raise ValueError(f"{name}={values} must be positive: take values above 0")
    rates = torch.tensor(theta, dtype=torch.float64)
    decay, variances = torch.exp(-rates * step), sigma**2 / (2 * rates)
    turn = [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    return World(
        name="ornstein_uhlenbeck",
        description=(
            f"two Ornstein-Uhlenbeck processes, rates {theta[0]:g} and {theta[1]:g}, rotated by {angle:.3g} rad"
        ),
        initial=DiagonalNormal(tuple(variances.tolist())),
        transition=AdditiveNoise(
            LinearPredictor(torch.diag(decay)), GaussianNoise(torch.diag(variances * (1 - decay**2)))
        ),
        mixing=Linear(torch.tensor(turn, dtype=torch.float64)),
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(True, "started from its stationary law"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(True, "a linear map of Gaussians"),
        },
    )
