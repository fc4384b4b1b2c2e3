r"""What an entropy estimator of pairs answers: $H[z']$ and $H[z]$ (F_MI), $H[z,z']$ (F_LDM)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from identify.paired_objectives.pair_check import Codes, Value
from identify.paired_objectives.pair_model import PairModel

ALL_FORMS = ("MI", "LDM")
ALL_PRIORS = ("flat", "uniform", "empirical")


@dataclass(frozen=True)
class PairEntropy(ABC):
    """Estimators of one view, of both views apart, and of the pair; those that lack one say so in `forms`."""

    spaces: ClassVar[tuple[str, ...]]
    forms: ClassVar[tuple[str, ...]] = ALL_FORMS
    priors: ClassVar[tuple[str, ...]] = ALL_PRIORS
    stops_gradient: ClassVar[bool] = False
    learns_scale: ClassVar[bool] = True
    """Whether F stays bounded when the model's scale is learned: entropy then has to fall as codes shrink."""

    @abstractmethod
    def of_one(self, codes: Codes, model: PairModel) -> Value:
        """Entropy of one view."""

    @abstractmethod
    def joint(self, first: Codes, second: Codes, model: PairModel) -> Value:
        """Entropy of the pair."""

    def of_first(self, first: Codes, second: Codes, model: PairModel) -> Value:
        """H[z] where z' is known too: estimators that pool the views use both."""
        return self.of_one(first, model)

    def of_second(self, first: Codes, second: Codes, predictions: Codes, model: PairModel) -> Value:
        """H[z'] where z and its predictions are known too."""
        return self.of_one(second, model)


@dataclass(frozen=True)
class StopGradient(PairEntropy):
    r"""Conditional plug-in entropy as a detached target (LDM eq. 35, 54): the gradient of F_LDM, no value of its own.

    $d\langle\log P_\theta(SG[z']|z)\rangle
    =d\langle\log P_\theta(z'|z)\rangle-d\langle\log P_{SG[\theta]}(z'|SG[z])\rangle$ exactly. Minus the last term is
    the gradient of H[z'|z] where the predictor fits, to first order. The objective is the alignment alone, its entropy
    counts as 0. Only the empirical prior leaves no other entropy, and only F_LDM has a conditional one.
    """

    spaces: ClassVar[tuple[str, ...]] = ("plane", "sphere", "simplex", "categories")
    forms: ClassVar[tuple[str, ...]] = ("LDM",)
    priors: ClassVar[tuple[str, ...]] = ("empirical",)
    stops_gradient: ClassVar[bool] = True
    learns_scale: ClassVar[bool] = False

    def of_one(self, codes: Codes, model: PairModel) -> Value:
        """0: detaching the target has taken its place."""
        return codes.new_zeros(codes.shape[:-2])

    def joint(self, first: Codes, second: Codes, model: PairModel) -> Value:
        """0 as well, so that H[z, z'] - H[z] is."""
        return self.of_one(first, model)
