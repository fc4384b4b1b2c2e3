r"""Categorical pairs: an encoder that gives probabilities, a model in which both views share a category (LDM A.8).

With $R(k|x)=p_k(x)$, $P(z=k)=1/K$, $P(z'=l|z=k)\propto\exp(\beta\,1[k=l])$, categories drawn given each view alone:

- $\langle\log P(z,z')\rangle=\beta\sum_k\langle p_k(x)p_k(x')\rangle-\log(e^\beta+K-1)-\log K$ (eq. 82);
- $H[z]=-\sum_k\bar p_k\log\bar p_k$, $\bar p$ the batch mean; $H[z,z']$ the same for the mean of $p_k(x)p_l(x')$.

Eq. 81 as printed lacks 1/N twice: it is $N(H[z]-\log N)$, which weighs entropy N times too much against beta; and it
is $H[z]$, whereas F_LDM (eq. 82) needs $H[z,z']$ (check `eq-79`). `printed_marginal_entropy` is the printed form.
Invariant under permutations of the categories. Bias: the batch entropy is low, by about
(K - 1) / 2n for one-hot codes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from jaxtyping import Float
from torch import Tensor

from identify.latent_spaces import Categories
from identify.paired_objectives.exponential_kernel import Exponents
from identify.paired_objectives.pair_check import Codes, PerRow, Scale, Value, beside_rows, check_pair, check_scale
from identify.paired_objectives.pair_entropy import PairEntropy
from identify.paired_objectives.pair_model import PairModel


@dataclass(frozen=True)
class CategoricalPair(PairModel):
    """log odds beta of the shared category against any other one; prior uniform or empirical."""

    beta: Scale = 5.0
    prior: Literal["uniform", "empirical"] = "uniform"
    lives_on: ClassVar[str] = "categories"
    scale_name: ClassVar[str] = "beta"
    priors: ClassVar[tuple[str, ...]] = ("uniform", "empirical")

    def __post_init__(self) -> None:
        check_scale(self.beta, "beta")
        self._check_prior()

    @classmethod
    def with_match(cls, probability: float, categories: int) -> CategoricalPair:
        """beta such that both views share a category with that probability, e^beta / (e^beta + K - 1)."""
        if categories < 2:
            raise ValueError(f"categories={categories}; give at least 2")
        if not 1 / categories < probability < 1:
            raise ValueError(f"probability={probability}; of {categories} categories it lies between 1/K and 1")
        return cls(math.log(probability * (categories - 1) / (1 - probability)))

    def space(self, width: int) -> Categories:
        """Probabilities of K categories."""
        return Categories(width)

    def _log_normaliser(self, codes: Codes) -> Tensor:
        beta = beside_rows(self.beta, codes)
        return beta + torch.log1p((codes.shape[-1] - 1) * (-beta).exp())

    def log_prob(self, target: Codes, condition: Codes) -> PerRow:
        """Mean of log P(l | k) over categories drawn from both rows, independently."""
        return beside_rows(self.beta, target) * (target * condition).sum(-1) - self._log_normaliser(target)

    def exponents(self, targets: Codes, conditions: Codes) -> Exponents:
        """Rows are laws of latents, not latents: no kernel stands on them."""
        raise ValueError("categories have no kernel entropy; take CategoricalPlugIn")


def _entropy(weights: Float[Tensor, "*s k"]) -> Value:
    """Shannon entropy; the clamp keeps the gradient finite at empty categories."""
    return -(weights * weights.clamp_min(torch.finfo(weights.dtype).tiny).log()).sum(-1)


def marginal_entropy(codes: Codes) -> Value:
    """Entropy of the batch's mixture of categories (LDM eq. 81 with its two factors 1/N), in nats."""
    check_pair(codes, codes, ("codes", "codes"))
    return _entropy(codes.mean(-2))


def joint_entropy(first: Codes, second: Codes) -> Value:
    """Entropy of both categories, H[z, z'], over the batch: what eq. 82 asks for, in nats."""
    check_pair(first, second)
    return _entropy((first.mT @ second / first.shape[-2]).flatten(-2))


def printed_marginal_entropy(codes: Codes) -> Value:
    """LDM eq. 81 as printed, N (H[z] - log N): for comparison only."""
    check_pair(codes, codes, ("codes", "codes"))
    total = codes.sum(-2)
    return -(total * total.clamp_min(torch.finfo(codes.dtype).tiny).log()).sum(-1)


@dataclass(frozen=True)
class CategoricalPlugIn(PairEntropy):
    """Exact entropies of the batch's own mixture."""

    spaces: ClassVar[tuple[str, ...]] = ("categories",)

    def of_one(self, codes: Codes, model: PairModel) -> Value:
        """H[z]."""
        return marginal_entropy(codes)

    def joint(self, first: Codes, second: Codes, model: PairModel) -> Value:
        """H[z, z']."""
        return joint_entropy(first, second)
