r"""Uniformity terms of codes on the plane: log det, its expansion, VICReg's own terms, and nearest neighbours.

| estimator | of one view | source |
|---|---|---|
| `LogDet` | $\frac m2(1+\log2\pi)+\frac12\log\det\Sigma$ | LDM eq. 34 |
| `LogDetExpansion` | $\frac12[\sum_i\log S_{ii}-w\sum_{i\ne j}S_{ij}^2/(S_{ii}S_{jj})]$ + constant | LDM eq. 42 |
| `VarianceCovariance` | $-\frac\mu{2m}\sum_i(1-\sqrt{S_{ii}+\epsilon})_+-\frac\nu m\sum_{i\ne j}S_{ij}^2$ | VICReg |
| `Neighbours` | Kozachenko-Leonenko with the space's own dimension | LDM eq. 33 |

Second order is w = 1/2. Eq. 42 as printed has w = 1 (check `eq-42`): it weighs correlations twice; `pair_weight=1`
gives it. VICReg's published terms are no entropy: they stop at unit variance and have no scale law. Near unit variances
both have the gradient of a sum of squared covariances, which is why the paper reads one as the other.
Invariances: `LogDet` obeys H[Az] = H[z] + log|det A|; the expansion does so for diagonal A only. Bias: `LogDet` is an
upper bound away from the Gaussian and low by about m(m+3)/(4n) on samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

from identify import entropy
from identify.covariance import covariance
from identify.paired_objectives.pair_check import Codes, Value, check_pair
from identify.paired_objectives.pair_entropy import PairEntropy
from identify.paired_objectives.pair_model import PairModel


def _squares_off_diagonal(matrix: Float[Tensor, "*s m m"]) -> Value:
    return matrix.square().sum((-2, -1)) - matrix.diagonal(dim1=-2, dim2=-1).square().sum(-1)


@dataclass(frozen=True)
class LogDet(PairEntropy):
    """Entropy of the Gaussian with the sample covariance; needs more rows than columns, twice that for pairs."""

    spaces: ClassVar[tuple[str, ...]] = ("plane",)

    def of_one(self, codes: Codes, model: PairModel) -> Value:
        """LDM eq. 34; NaN where the covariance is singular."""
        return entropy.log_det(codes)

    def joint(self, first: Codes, second: Codes, model: PairModel) -> Value:
        """The same for the joint covariance (LDM eq. 9, with its factor 1/2)."""
        check_pair(first, second)
        return entropy.log_det(torch.cat([first, second], -1))


@dataclass(frozen=True)
class LogDetExpansion(PairEntropy):
    """Log det to second order in correlations; `pair_weight` is 1/2, or 1 as eq. 42 prints it."""

    pair_weight: float = 0.5
    spaces: ClassVar[tuple[str, ...]] = ("plane",)

    def of_one(self, codes: Codes, model: PairModel) -> Value:
        """Expansion of the Gaussian entropy."""
        check_pair(codes, codes, ("codes", "codes"))
        second = covariance(codes)
        variances = second.diagonal(dim1=-2, dim2=-1)
        spread = variances.sqrt()
        correlations = second / (spread.unsqueeze(-1) * spread.unsqueeze(-2))
        expansion = variances.log().sum(-1) - self.pair_weight * _squares_off_diagonal(correlations)
        return 0.5 * codes.shape[-1] * (1 + math.log(2 * math.pi)) + 0.5 * expansion

    def joint(self, first: Codes, second: Codes, model: PairModel) -> Value:
        """The same for the joint covariance; a poor expansion where the views are strongly correlated."""
        check_pair(first, second)
        return self.of_one(torch.cat([first, second], -1), model)


@dataclass(frozen=True)
class VarianceCovariance(PairEntropy):
    """VICReg's hinge on standard deviations and its squared covariances, with the weights of its authors."""

    variance_weight: float = 25.0
    covariance_weight: float = 1.0
    floor: float = 1e-4
    spaces: ClassVar[tuple[str, ...]] = ("plane",)
    forms: ClassVar[tuple[str, ...]] = ("MI",)
    learns_scale: ClassVar[bool] = False

    def of_one(self, codes: Codes, model: PairModel) -> Value:
        """Minus half the variance term and the covariance term; covariances are divided by n - 1."""
        check_pair(codes, codes, ("codes", "codes"))
        n, m = codes.shape[-2:]
        second = covariance(codes) * (n / (n - 1))
        spread = (second.diagonal(dim1=-2, dim2=-1) + self.floor).sqrt()
        hinge = (1 - spread).relu().mean(-1)
        return -0.5 * self.variance_weight * hinge - self.covariance_weight / m * _squares_off_diagonal(second)

    def joint(self, first: Codes, second: Codes, model: PairModel) -> Value:
        """Not defined."""
        raise ValueError("VICReg's terms have no joint form; take LogDet for the LDM form")


@dataclass(frozen=True)
class Neighbours(PairEntropy):
    """Nearest-neighbour entropy; on the sphere with m - 1 dimensions, with respect to area."""

    k: int = 3
    spaces: ClassVar[tuple[str, ...]] = ("plane", "sphere")

    def __post_init__(self) -> None:
        if self.k < 1:
            raise ValueError(f"k={self.k}; the neighbour's rank starts at 1")

    def of_one(self, codes: Codes, model: PairModel) -> Value:
        """LDM eq. 33 with its constants; chords stand for arcs on the sphere, which agree as they shrink."""
        check_pair(codes, codes, ("codes", "codes"), self.k + 1)
        return self._of_dimension(codes, model.space(codes.shape[-1]).dimension)

    def joint(self, first: Codes, second: Codes, model: PairModel) -> Value:
        """The same for pairs, whose dimension is twice that of one view."""
        check_pair(first, second, least=self.k + 1)
        return self._of_dimension(torch.cat([first, second], -1), 2 * model.space(first.shape[-1]).dimension)

    def _of_dimension(self, codes: Codes, dimension: int) -> Value:
        """knn_terms are d log r + log V_d + const in the ambient d: read log r off, put the dimension in."""
        d = codes.shape[-1]
        digammas = torch.special.digamma(torch.tensor([codes.shape[-2], self.k], dtype=torch.float64))
        constant = float(digammas[0] - digammas[1])
        log_radius = (entropy.knn(codes, self.k) - constant - entropy.log_unit_ball(d)) / d
        return dimension * log_radius + constant + entropy.log_unit_ball(dimension)
