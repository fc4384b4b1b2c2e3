r"""What a latent model of pairs answers: $\log P(z'|p(z))$, its prior $\log P(z)$, and the kernel made of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import ClassVar

from identify.latent_spaces import LatentSpace
from identify.paired_objectives.exponential_kernel import Exponents
from identify.paired_objectives.pair_check import Codes, PerRow, Scale


class PairModel(ABC):
    """A conditional and a prior; `empirical` takes the codes' own law as prior, which cancels one entropy (LDM eq. 20).

    `flat` is the improper prior P(z) = 1 on the plane, `uniform` the proper one on spaces of finite measure.
    """

    lives_on: ClassVar[str]
    priors: ClassVar[tuple[str, ...]]
    scale_name: ClassVar[str]
    prior: str

    @abstractmethod
    def space(self, width: int) -> LatentSpace:
        """The space for codes of that width."""

    @abstractmethod
    def log_prob(self, target: Codes, condition: Codes) -> PerRow:
        """log P(target_i | condition_i) in nats, all constants kept."""

    @abstractmethod
    def exponents(self, targets: Codes, conditions: Codes) -> Exponents:
        """log P(targets_i | conditions_j) for all i and j."""

    def condition_space(self, width: int) -> LatentSpace:
        """Where predictions lie: the space of codes unless overridden."""
        return self.space(width)

    def check_condition(self, condition: Codes, name: str) -> None:
        """Raises ValueError where predictions are not points of their space."""
        self.condition_space(condition.shape[-1]).check(condition, name)

    @property
    def scale(self) -> Scale:
        """The noise level or concentration, whatever its name."""
        scale: Scale = getattr(self, self.scale_name)
        return scale

    def with_scale(self, scale: Scale) -> PairModel:
        """The same model at another noise level or concentration."""
        rescaled: PairModel = replace(self, **{self.scale_name: scale})  # type: ignore[type-var]
        return rescaled

    def log_prior(self, width: int) -> float:
        """log P(z): the same at every code; 0 for the improper flat prior and for the empirical one, which cancels."""
        return -self.space(width).log_measure if self.prior == "uniform" else 0.0

    def _check_prior(self) -> None:
        if self.prior not in self.priors:
            raise ValueError(f"prior={self.prior!r}; {type(self).__name__} knows {' and '.join(self.priors)}")
