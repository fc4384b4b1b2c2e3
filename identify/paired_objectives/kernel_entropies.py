r"""Contrastive uniformity: kernel entropies whose kernel is the latent model's own conditional (LDM eq. 32, 47, 51).

| estimator | formula | of |
|---|---|---|
| `Kernel` | $-\frac1n\sum_i\log\frac1{n-1}\sum_{j\ne i}P(z_i|z_j)$ | one view, or both pooled |
| `Kernel.joint` | $-\frac1n\sum_i\log\frac1{n-1}\sum_{j\ne i}P(z_i|z_j)P(z'_i|z'_j)$ | the pair |
| `Candidates` | $-\frac1n\sum_i\log\frac1n\sum_jP(z'_j|p(z_i))$ | z', as InfoNCE has it |

Bias of `Kernel`: smoothing makes it too large. With the self-term it saturates at log n plus the log of the kernel's
peak. `Candidates` is not the entropy of z' but its kernel density's cross-entropy with the law of predictions: equal
where both laws are. In return $\langle\log P\rangle$ + `Candidates` = log n - InfoNCE, at most log n, and on average a
lower bound on the information $I[z;z']$. Memory: see `exponential_kernel`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from identify.paired_objectives.exponential_kernel import log_mean_kernel
from identify.paired_objectives.pair_check import Codes, Value, check_pair
from identify.paired_objectives.pair_entropy import PairEntropy
from identify.paired_objectives.pair_model import PairModel

_KERNEL_SPACES = ("plane", "sphere", "simplex")


@dataclass(frozen=True)
class Kernel(PairEntropy):
    """`pooled` takes both views as samples of one law, as NT-Xent does; `self_term` keeps j = i."""

    pooled: bool = False
    self_term: bool = False
    spaces: ClassVar[tuple[str, ...]] = _KERNEL_SPACES

    def of_one(self, codes: Codes, model: PairModel) -> Value:
        """Kernel entropy of these codes alone."""
        check_pair(codes, codes, ("codes", "codes"))
        return -log_mean_kernel(model.exponents(codes, codes), not self.self_term).mean(-1)

    def of_first(self, first: Codes, second: Codes, model: PairModel) -> Value:
        """Kernel entropy of z, or of both views pooled."""
        return self.of_one(torch.cat([first, second], -2) if self.pooled else first, model)

    def of_second(self, first: Codes, second: Codes, predictions: Codes, model: PairModel) -> Value:
        """Kernel entropy of z', or of both views pooled."""
        return self.of_one(torch.cat([first, second], -2) if self.pooled else second, model)

    def joint(self, first: Codes, second: Codes, model: PairModel) -> Value:
        """Product kernel on pairs; pooled, each pair counts in both orders."""
        check_pair(first, second)
        if self.pooled:
            first, second = torch.cat([first, second], -2), torch.cat([second, first], -2)
        product = model.exponents(first, first).times(model.exponents(second, second))
        return -log_mean_kernel(product, not self.self_term).mean(-1)


@dataclass(frozen=True)
class Candidates(PairEntropy):
    """InfoNCE's denominator: every z' of the batch is a candidate for every prediction, the positive one included."""

    spaces: ClassVar[tuple[str, ...]] = _KERNEL_SPACES
    forms: ClassVar[tuple[str, ...]] = ("MI",)
    priors: ClassVar[tuple[str, ...]] = ("empirical",)

    def of_one(self, codes: Codes, model: PairModel) -> Value:
        """Codes as their own predictions."""
        return self.of_second(codes, codes, codes, model)

    def of_second(self, first: Codes, second: Codes, predictions: Codes, model: PairModel) -> Value:
        """Kernel density of z' at the predictions, minus its mean log."""
        check_pair(second, predictions, ("second", "predictions"))
        return -log_mean_kernel(model.exponents(second, predictions).transposed(), without_self=False).mean(-1)

    def joint(self, first: Codes, second: Codes, model: PairModel) -> Value:
        """Not defined."""
        raise ValueError("Candidates has no joint entropy; take Kernel for the LDM form")
