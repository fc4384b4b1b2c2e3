"""V2: predicted means on a line in R^3, p(z_:t) = (phi z_{t-1,1}, 0, 0), e_t ~ N(0, I): deficiency two.

h(z) = (z_1, R(rate z_1)(z_2, z_3)) keeps |z - m e_1| for every m and has det J_h = 1, so it carries N(p, I) to N(p, I)
at every past. With deficiency one, p = (phi z_{t-1,1}, phi z_{t-1,2}, 0), no such map exists: every continuous
injective h that attains the optimum is affine (only one coordinate is left, and monotone transport between normal laws
is affine). [mikulasch2026ldm, Theorem 1 (iii) weakened]
"""

from __future__ import annotations

import torch

from synthetic.assumptions import Assumption
from synthetic.linear_gaussian import linear_gaussian
from synthetic.mixing import Mixing
from synthetic.turn import LinearTurn
from synthetic.violation import Violation
from synthetic.world import World


def deficiency_two(phi: float = 0.9, rate: float = 1.0, mixing: str | Mixing = "narrow", seed: int = 0) -> Violation:
    """V2 with `deficiency_one` as its twin; ValueError unless 0 < phi < 1 and rate != 0."""
    twin = deficiency_one(phi, mixing, seed)
    world = _partly_predicted("deficiency_two", (phi, 0.0, 0.0), twin.mixing)
    return Violation(
        name="V2",
        world=world,
        objective="LDM",
        model_class="N(p(past), Sigma), Sigma constant, p any map",
        breaks=Assumption.COVERAGE,
        witness=LinearTurn(rate),
        recovered=world.transition,
        denies="affine",
        kind="outside_class",
        proof="the turn about the line of predicted means keeps distances to its points, and volume",
        twin=twin,
    )


def deficiency_one(phi: float = 0.9, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """Two of three coordinates predicted: no coverage, and yet identified up to affine maps."""
    return _partly_predicted("deficiency_one", (phi, phi, 0.0), mixing, seed)


def affine_r2_of_turn(rate: float, variance: float) -> float:
    """Mean over the code's coordinates of the R2 of an affine map from z, z_1 ~ N(0, variance), z_2, z_3 ~ N(0, 1).

    E cos(rate z_1) = c = exp(-rate^2 variance / 2), E sin = 0: coordinates 2 and 3 have R2 c^2, coordinate 1 has 1.
    """
    cosine = torch.exp(-(torch.tensor(rate, dtype=torch.float64) ** 2) * variance / 2)
    return float((1 + 2 * cosine**2) / 3)


def _partly_predicted(name: str, slopes: tuple[float, ...], mixing: str | Mixing, seed: int = 0) -> World:
    if not all(0 <= slope < 1 for slope in slopes) or slopes[0] == 0:
        raise ValueError(f"phi={slopes[0]} gives no stationary law that is predictable: take 0 < phi < 1")
    predicted = sum(slope > 0 for slope in slopes)
    return linear_gaussian(
        name,
        f"{predicted} of three coordinates predicted with slope {slopes[0]:g}, noise N(0, I)",
        torch.diag(torch.tensor(slopes, dtype=torch.float64)),
        torch.eye(3, dtype=torch.float64),
        tuple(1 / (1 - slope**2) for slope in slopes),
        mixing,
        seed,
    )
