"""V10: a code with fewer dimensions. z' = rho z + sqrt(1 - rho^2) eta: each coordinate predicts itself.

The code that drops the last coordinate follows the same law in d - 1 dimensions: KL = 0, and nothing of z_d is in it.
In the twin a rotation of z by 45 degrees at each step makes the dropped coordinate part of what predicts the others, so
that a predictor which looks at the last code leaves something unexplained. (A predictor that looks at all past codes
need not: a code of fewer dimensions is never excluded by KL = 0, the entropies of codes of different width do not
compare.) [mikulasch2026ldm, Theorem 1: equal dimension]
"""

from __future__ import annotations

import math

import torch

from synthetic.assumptions import Assumption
from synthetic.linear_gaussian import linear_gaussian
from synthetic.mixing import Mixing
from synthetic.noise import GaussianNoise
from synthetic.predictor import LinearPredictor
from synthetic.sequence_map import Marginal
from synthetic.transition import AdditiveNoise
from synthetic.violation import Violation


def independent_coordinate(dim: int = 2, rho: float = 0.9, mixing: str | Mixing = "narrow", seed: int = 0) -> Violation:
    """V10; ValueError for dim < 2 or rho outside (0, 1)."""
    if dim < 2:
        raise ValueError(f"dim={dim} leaves no coordinate when one is dropped: take dim >= 2")
    if not 0 < rho < 1:
        raise ValueError(f"rho={rho} gives no stationary law that is predictable: take 0 < rho < 1")
    identity = torch.eye(dim, dtype=torch.float64)
    turned = identity.clone()
    turned[-2:, -2:] = math.sqrt(0.5) * torch.tensor([[1.0, -1.0], [1.0, 1.0]], dtype=torch.float64)
    spread = (1 - rho**2) * identity
    start = (1.0,) * dim
    world = linear_gaussian(
        "independent_coordinate",
        f"{dim} independent coordinates, z' = {rho:g} z + noise; meant for a code of {dim - 1}",
        rho * identity,
        spread,
        start,
        mixing,
        seed,
    )
    twin = linear_gaussian(
        "turned_coordinates",
        f"z' = {rho:g} R z + noise in {dim} dimensions, R a rotation by 45 degrees of the last two",
        rho * turned,
        spread,
        start,
        world.mixing,
        seed,
    )
    kept = rho * turned[:-1, :-1]
    unexplained = identity[:-1, :-1] - kept @ kept.T
    return Violation(
        name="V10",
        world=world,
        objective="LDM",
        model_class="N(p(past), Sigma) in one dimension less, Sigma constant, p any map of the last code",
        breaks=Assumption.EQUAL_DIMENSION,
        witness=Marginal(identity[:-1]),
        recovered=AdditiveNoise(LinearPredictor(rho * identity[:-1, :-1]), GaussianNoise(spread[:-1, :-1])),
        denies="nonlinear",
        kind="non_invertible",
        proof="the coordinates that are kept are predicted by themselves alone",
        twin=twin,
        twin_recovered=AdditiveNoise(LinearPredictor(kept), GaussianNoise(unexplained)),
    )
