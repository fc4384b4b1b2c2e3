"""L3: no alignment term. Whatever keeps N(0, I) is optimal, the twist h(z) = R(rate |z|^2) z among it.

z' = rho z + sqrt(1 - rho^2) e in two dimensions. With alignment (the twin, same world) the twist is worse than every
orthogonal code: as a complex number h = w exp(i rate |w|^2), and a Gaussian integral gives

    E h(z) . h(z') = 2 rho / (1 + 4 rate^2 (1 - rho^2))^2 < 2 rho.    [klindt2026lejepa, forward theorem]
"""

from __future__ import annotations

import math

from synthetic.alignment_violation import Alignment, AlignmentObjective, AlignmentViolation, autoregressions
from synthetic.mixing import Mixing
from synthetic.twist import Twist


def no_alignment(
    rho: float = 0.9, rate: float = 1.0, mixing: str | Mixing = "narrow", seed: int = 0
) -> AlignmentViolation:
    """L3; ValueError unless 0 < rho < 1 and rate is finite and not 0."""
    if not 0 < rho < 1:
        raise ValueError(f"rho={rho}: take 0 < rho < 1, else alignment would not single out linear codes")
    if rate == 0 or not math.isfinite(rate):
        raise ValueError(f"rate={rate} makes the witness no twist: take a finite rate != 0")
    world = autoregressions("no_alignment", (rho, rho), mixing, seed)
    reached = Alignment(twist_correlation(rho, rate), 2 * rho)
    return AlignmentViolation(
        name="L3",
        world=world,
        objective=AlignmentObjective.LAW_ALONE,
        breaks="alignment is asked for",
        witness=Twist(rate),
        attained=reached,
        denies="orthogonal",
        kind="outside_class",
        proof="the twist keeps |z| and volume, hence N(0, I)",
        twin=world,
        twin_objective=AlignmentObjective.GAUSSIAN,
        twin_attained=reached,
    )


def twist_correlation(rho: float, rate: float) -> float:
    """E h(z) . h(z') of the twist of two coordinates, both of correlation rho; ValueError unless abs(rho) <= 1."""
    if not abs(rho) <= 1:
        raise ValueError(f"rho={rho} is no correlation: take abs(rho) <= 1")
    return 2 * rho / (1 + 4 * rate**2 * (1 - rho**2)) ** 2
