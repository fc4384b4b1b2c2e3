r"""Gaussian pairs on the plane, $P(z'|z)=\mathcal N(z';p(z),\sigma^2I)$ (LDM eq. 7, 39; predictive: eq. 59, 60).

$$\log P(z'|z)=-\frac1{2\sigma^2}\|z'-p(z)\|^2-\frac m2\log2\pi\sigma^2.$$

The prior is flat, $P(z)=1$ (VICReg, eq. 8 and 9), or empirical (CPC, JEPA; eq. 20). The flat prior is improper: F is
then no longer -KL, nor F_MI a bound on the information, and at the best scale
$\langle\|z-z'\|^2\rangle=2m\sigma^2$ although the model says $m\sigma^2$, which the empirical prior restores (check
`flat-prior`).
Invariant under rigid motions applied to targets and predictions alike; not under scalings.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from identify.latent_spaces import Plane
from identify.paired_objectives.exponential_kernel import Exponents
from identify.paired_objectives.pair_check import Codes, PerRow, Scale, beside_rows, check_scale
from identify.paired_objectives.pair_model import PairModel


@dataclass(frozen=True)
class GaussianPair(PairModel):
    """Noise level sigma (of every coordinate) and prior."""

    sigma: Scale = 1.0
    prior: Literal["flat", "empirical"] = "flat"
    lives_on: ClassVar[str] = "plane"
    scale_name: ClassVar[str] = "sigma"
    priors: ClassVar[tuple[str, ...]] = ("flat", "empirical")

    def __post_init__(self) -> None:
        check_scale(self.sigma, "sigma")
        self._check_prior()

    def space(self, width: int) -> Plane:
        """R^m."""
        return Plane(width)

    def _constant(self, target: Codes) -> torch.Tensor:
        return -target.shape[-1] * (beside_rows(self.sigma, target).log() + 0.5 * math.log(2 * math.pi))

    def log_prob(self, target: Codes, condition: Codes) -> PerRow:
        """Log density of each target about its prediction."""
        squares = (target - condition).square().sum(-1)
        return -0.5 * squares / beside_rows(self.sigma, target) ** 2 + self._constant(target)

    def exponents(self, targets: Codes, conditions: Codes) -> Exponents:
        """About a common centre, so that codes far from the origin lose no digits."""
        centre = conditions.detach().mean(-2, keepdim=True)
        precision = beside_rows(self.sigma, targets) ** -2
        x, c = targets - centre, conditions - centre
        return Exponents(
            x * precision.unsqueeze(-1),
            c,
            self._constant(targets) - 0.5 * precision * x.square().sum(-1),
            -0.5 * precision * c.square().sum(-1),
        )
