"""L5: codes of nonzero mean break the approximate theorem's bound, and nothing else. h(z) = z + shift, d = 1.

Approximate theorem: a code whose alignment exceeds the optimum by delta and whose covariance misses I by eps has

    min over Q of E |h - Q z|^2 <= D + (eps + D)^2,    D = delta / (2 rho (1 - rho)),    if E h = 0.

The shifted code has delta = 0 and Cov h = 1, so the bound is 0, but its error is shift^2. With E h = 0 asked for (the
twin, same world) it is not admitted. 2 rho (1 - rho) is the gap between the alignments of He_1 and He_2: for
h = sqrt(1 - w) z + sqrt(w) He_2 / sqrt 2, D = w and the error is 2 - 2 sqrt(1 - w) <= w + w^2. With 2 (1 - rho) in its
place the bound would fail there. [klindt2026lejepa, approximate theorem]
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.alignment_violation import Alignment, AlignmentObjective, AlignmentViolation, Bound, autoregressions
from synthetic.mixing import Mixing
from synthetic.warp import Warp


@dataclass(frozen=True)
class Shift(Warp):
    """x_i = z_i + by. ValueError for dimension < 1."""

    dimension: int = 1
    by: float = 1.0

    def __post_init__(self) -> None:
        if self.dimension < 1:
            raise ValueError(f"dimension={self.dimension} has nothing to shift: take dimension >= 1")

    @property
    def dim(self) -> int:
        """Dimension."""
        return self.dimension

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """z + by."""
        return z + self.by

    def slope(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """One."""
        return torch.ones_like(z)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """x - by."""
        return (x - self.by).unsqueeze(0)


def shifted_code(
    rho: float = 0.9, shift: float = 1.0, mixing: str | Mixing = "narrow", seed: int = 0
) -> AlignmentViolation:
    """L5; ValueError unless 0 < rho < 1 and shift is finite and not 0."""
    if shift == 0 or not math.isfinite(shift):
        raise ValueError(f"shift={shift} makes the witness no shift: take a finite shift != 0")
    bound, reached = Bound(shift**2, approximate_bound(0.0, rho, 0.0)), Alignment(rho, rho, shift**2)
    world = autoregressions("shifted_code", (rho,), mixing, seed)
    return AlignmentViolation(
        name="L5",
        world=world,
        objective=AlignmentObjective.UNCENTRED,
        breaks="E h = 0",
        witness=Shift(1, shift),
        attained=reached,
        denies="E |h - Q z|^2 <= D + (eps + D)^2",
        kind="breaks_bound",
        proof="a shift changes neither h(z) - h(z') nor Cov h, but its distance to every Q z",
        twin=world,
        twin_objective=AlignmentObjective.WHITENED,
        twin_attained=reached,
        bound=bound,
    )


def approximate_bound(excess: float, rho: float, covariance_error: float) -> float:
    """D + (eps + D)^2 with D = excess / (2 rho (1 - rho)); `excess` in units of E |h - h'|^2.

    ValueError for rho outside (0, 1) and for what is negative.
    """
    if not 0 < rho < 1:
        raise ValueError(f"rho={rho}: take 0 < rho < 1, else there is no gap")
    if not (excess >= 0 and covariance_error >= 0):
        raise ValueError(f"excess={excess}, covariance_error={covariance_error}: take both >= 0")
    distance = excess / (2 * rho * (1 - rho))
    return distance + (covariance_error + distance) ** 2
