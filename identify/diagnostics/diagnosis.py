"""What a diagnostic returns: one assumption, what was measured, and a decision with the power behind it.

Decisions, at false-alarm rate alpha:
  violated   the p-value of "the assumption holds" is at most alpha, and never otherwise;
  supported  it is not, and a defect of the size that matters would have been seen with probability at least POWER;
  undecided  neither: too few data, or data that cannot tell.
`supported` never says that the assumption holds exactly, only that a defect of the stated size is excluded.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

POWER = 0.9
"""Probability with which the smallest visible defect is seen."""
HIGHEST_ALPHA = 0.2

Decision = Literal["supported", "violated", "undecided"]


class Diagnosis(NamedTuple):
    """One line of the table.

    `p_value` is the one that decides: `violated` if and only if it is at most `alpha`. It is NaN where the data cannot
    tell, so that nothing is tested. Where a rejection has to be confirmed, by a second test or by a guard, it is not
    the p-value of `statistic` alone but the larger of both.

    `statistic` is explained by `measures`; `low` and `high` are its interval where it estimates something (NaN where it
    is a test statistic). `smallest_seen` is the size of the planted or computed defect, in the words of `defect`, that
    is seen with probability `power` (infinity where no size on the grid is).
    """

    assumption: str
    decision: Decision
    measures: str
    statistic: float
    p_value: float
    low: float
    high: float
    defect: str
    smallest_seen: float
    power: float
    alpha: float
    findings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return what a reader needs, JSON's null for what is not a number."""
        values = self._asdict()
        finite = {name: None if isinstance(v, float) and not math.isfinite(v) else v for name, v in values.items()}
        return {**finite, "findings": list(self.findings)}


def decide(p_value: float, alpha: float, smallest_seen: float, matters: float) -> Decision:
    """Apply the rule of this module; NaN for a p-value means that nothing was tested."""
    if p_value <= alpha:
        return "violated"
    return "supported" if p_value > alpha and smallest_seen <= matters else "undecided"


def check_alpha(alpha: float) -> None:
    """Raise ValueError unless 0 < alpha <= .2."""
    if not 0 < alpha <= HIGHEST_ALPHA:
        raise ValueError(f"alpha={alpha} is no false-alarm rate: take one above 0 and at most .2, for example .01")
