"""V1: nothing to predict. z_t ~ N(0, I_n) independent over time, n >= 2, and p(past) = 0.

Every twist h(z) = R(rate |z|^2) z keeps |z| and has det J = 1, so it leaves N(0, I_n) invariant: a constant predictor
cannot tell h(z) from z. In one dimension the same world is identified up to sign (monotone transport).
"""

from __future__ import annotations

import torch

from synthetic.assumptions import Assumption
from synthetic.gaussian_autoregression import gaussian_autoregression
from synthetic.markov_gaussian import markov_gaussian
from synthetic.mixing import Mixing
from synthetic.twist import Twist
from synthetic.violation import Violation


def constant_predictor(dim: int = 2, mixing: str | Mixing = "narrow", rate: float = 1.0, seed: int = 0) -> Violation:
    """V1 with its twin, the predictable Markov world under the same mixing. ValueError for dim < 2 or rate = 0."""
    if dim < 2:
        raise ValueError(f"dim={dim}: a single Gaussian coordinate is identified without prediction; take dim >= 2")
    if rate == 0:
        raise ValueError("rate=0 makes the witness the identity: take rate != 0")
    twin = markov_gaussian(dim, mixing=mixing, seed=seed)
    world = gaussian_autoregression(twin.mixing, rho=0.0, name="constant_predictor")
    return Violation(
        name="V1",
        world=world,
        objective="LDM",
        model_class="N(p(past), Sigma), Sigma constant, p any map",
        breaks=Assumption.COVERAGE,
        witness=Twist(rate=rate, power=2, dim=dim),
        recovered=world.transition,
        denies="affine",
        kind="outside_class",
        proof="the twist keeps |z| and volume, hence N(0, I)",
        twin=twin,
    )


def affine_r2_of_twist(rate: float) -> float:
    """R2 of the best affine map between z ~ N(0, I_2) and its twist: (1 + 4 rate^2)^-2."""
    return float((1 + 4 * torch.tensor(rate, dtype=torch.float64) ** 2) ** -2)
