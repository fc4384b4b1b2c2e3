r"""Linear ICA as a row of LDM table 1: $F=\langle\log P(Wx)\rangle+\log|\det W|$, factorised prior (LDM eq. 3).

$P(y)\propto\prod_i\exp(-|y_i|^\beta/\beta)$ with its normaliser; H[x] is left out. There is one view, hence no MI form.
The paper's $\frac12\log\det WW^T$ is $\log|\det W|$ for square W, and only then an entropy (check `eq-3`).
Invariant under permutations and signs of the sources; 0 bias, as the map is invertible. `identify.linear_ica` fits W in
numpy; this is the same objective with gradient.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from identify.paired_objectives.pair_check import check_scale
from identify.paired_objectives.pair_objective import PairObjective


@dataclass(frozen=True)
class UnmixingMethod:
    """Generalised-normal sources of that shape: 4 is flat-topped, 1 is Laplace; 2 identifies nothing."""

    name: str = "linear ICA"
    shape: float = 4.0

    def __post_init__(self) -> None:
        check_scale(self.shape, "shape")

    def objective(self, x: Float[Tensor, "*s n d"], unmixing: Float[Tensor, "*s d d"]) -> PairObjective:
        """Mean log prior of W x and log |det W|, in nats. Raises ValueError unless W is d by d."""
        d = x.shape[-1]
        if unmixing.shape[-2:] != (d, d):
            raise ValueError(f"unmixing has shape {tuple(unmixing.shape)}; x has {d} columns, give a {d} by {d} matrix")
        b = self.shape
        log_normaliser = math.log(2) + math.lgamma(1 / b) + (1 / b - 1) * math.log(b)
        sources = x @ unmixing.mT
        alignment = -(sources.abs() ** b / b + log_normaliser).sum(-1).mean(-1)
        return PairObjective(alignment, torch.linalg.slogdet(unmixing).logabsdet)

    def loss(self, x: Float[Tensor, "*s n d"], unmixing: Float[Tensor, "*s d d"]) -> Float[Tensor, "*s"]:
        """Minus alignment plus uniformity."""
        return -self.objective(x, unmixing).total


LINEAR_ICA = UnmixingMethod()
"""Table 1, first row."""
