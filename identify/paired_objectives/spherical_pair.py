r"""Von Mises-Fisher pairs on the sphere, $P(z'|z)=e^{\beta\,p(z)\cdot z'}/Z(\beta|p(z)|)$ (LDM eq. 10, 44, 56).

$$\log P(z'|z)=\beta\,p(z)\cdot z'-\log Z(\beta|p(z)|),$$

densities with respect to area. The prior is uniform, $P(z)=1/|S^{m-1}|$ (LDM eq. 10), or empirical (eq. 20).
With $|p|=1$ and fixed $\beta$ the normaliser is a constant and may be dropped, as in LDM eq. 11; once $\beta$ or the
length of p is learned it may not: without it either grows without end (check `eq-56`).
Invariant under rotations of targets and predictions alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from identify.latent_spaces import Plane, Sphere
from identify.paired_objectives.exponential_kernel import Exponents
from identify.paired_objectives.pair_check import Codes, PerRow, Scale, beside_entries, beside_rows, check_scale
from identify.paired_objectives.pair_model import PairModel
from identify.paired_objectives.spherical_normaliser import log_normaliser


@dataclass(frozen=True)
class SphericalPair(PairModel):
    """Concentration beta and prior; `free_length` lets predictions leave the sphere, their length scales beta."""

    beta: Scale = 2.0
    prior: Literal["uniform", "empirical"] = "uniform"
    free_length: bool = False
    lives_on: ClassVar[str] = "sphere"
    scale_name: ClassVar[str] = "beta"
    priors: ClassVar[tuple[str, ...]] = ("uniform", "empirical")

    def __post_init__(self) -> None:
        check_scale(self.beta, "beta")
        self._check_prior()

    def space(self, width: int) -> Sphere:
        """The unit sphere of R^m."""
        return Sphere(width)

    def condition_space(self, width: int) -> Plane | Sphere:
        """The sphere, or all of R^m where lengths are free."""
        return Plane(width) if self.free_length else Sphere(width)

    def _log_normalisers(self, condition: Codes) -> Tensor:
        length = torch.linalg.vector_norm(condition, dim=-1) if self.free_length else condition.new_ones(1)
        return log_normaliser(beside_rows(self.beta, condition) * length, condition.shape[-1]).expand(
            condition.shape[:-1]
        )

    def log_prob(self, target: Codes, condition: Codes) -> PerRow:
        """Log density of each target given its prediction, with respect to area."""
        return beside_rows(self.beta, target) * (target * condition).sum(-1) - self._log_normalisers(condition)

    def exponents(self, targets: Codes, conditions: Codes) -> Exponents:
        """The same for every target and every prediction."""
        row = targets.new_zeros(targets.shape[:-1])
        return Exponents(
            beside_entries(self.beta, targets) * targets, conditions, row, -self._log_normalisers(conditions)
        )
