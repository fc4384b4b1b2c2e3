"""V5: latents that are not Gaussian, z = sinh(rate y), y Gaussian autoregressions with y ~ N(0, 1).

LDM with a Gaussian predictor finds y: h(z) = asinh(z) / rate follows the model class exactly. The best affine map from
y to z has R2 = rate^2 / sinh(rate^2), .72 at rate 1.2, from E y sinh(a y) = a exp(a^2 / 2) and
Var sinh(a y) = (exp(2 a^2) - 1) / 2. [mikulasch2026ldm, Theorem 1 (i) weakened]
"""

from __future__ import annotations

import math
from dataclasses import replace

from synthetic.assumptions import Assumption, Declaration
from synthetic.gaussian_autoregression import gaussian_autoregression
from synthetic.inverse_map import InverseMap
from synthetic.markov_gaussian import markov_gaussian
from synthetic.mixing import Mixing
from synthetic.pushed_law import PushedInitial, PushedTransition
from synthetic.violation import Violation
from synthetic.warp import SinhWarp


def warped_latents(
    dim: int = 2, rate: float = 1.2, rho: float = 0.9, mixing: str | Mixing = "narrow", seed: int = 0
) -> Violation:
    """V5; its twin is y itself under the same mixing. ValueError for rate <= 0, rho outside [0, 1) and dim > 3."""
    drawn = markov_gaussian(dim, mixing=mixing, seed=seed).mixing
    twin = gaussian_autoregression(drawn, rho, name="unwarped_latents")
    warp = SinhWarp(dim, rate)
    monotone = Declaration(rho > 0, "E[sinh(rate y_t) | y_{t-1}] is strictly increasing in every coordinate")
    world = replace(
        twin,
        name="warped_latents",
        description=f"z = sinh({rate:g} y), y' = {rho:g} y + sqrt(1 - {rho:g}^2) eta in {dim} dimensions",
        initial=PushedInitial(twin.initial, warp),
        transition=PushedTransition(twin.transition, warp, monotone),
        joint_declarations={
            Assumption.STATIONARY: Declaration(True, "a map of a stationary process"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(False, "sinh of a Gaussian"),
        },
    )
    return Violation(
        name="V5",
        world=world,
        objective="LDM",
        model_class="N(p(past), Sigma), Sigma constant, p any map",
        breaks=Assumption.GAUSSIAN_NOISE,
        witness=InverseMap(warp),
        recovered=twin.transition,
        denies="affine",
        kind="outside_class",
        proof="asinh(z) / rate is a Gaussian autoregression",
        twin=twin,
    )


def affine_r2_of_sinh(rate: float) -> float:
    """R2 of the best affine map between y ~ N(0, 1) and sinh(rate y); ValueError for rate <= 0."""
    if not rate > 0:
        raise ValueError(f"rate={rate} is not increasing: take rate > 0")
    return rate**2 / math.sinh(rate**2)
