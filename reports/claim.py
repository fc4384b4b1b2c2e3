"""A claim holds what was found against a theorem, by a rule that was fixed before anything ran."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from reports.cell import Cell


class Outcome(Enum):
    """The three answers a claim can get."""

    SUPPORTED = "SUPPORTED"
    REFUTED = "REFUTED"
    INCONCLUSIVE = "INCONCLUSIVE"


SUPPORTED = frozenset({Outcome.SUPPORTED})
"""What a claim expects whose theorem holds; `NOT_SUPPORTED` where its assumption is broken."""
INCONCLUSIVE = frozenset({Outcome.INCONCLUSIVE})
NOT_SUPPORTED = frozenset({Outcome.REFUTED, Outcome.INCONCLUSIVE})


class Measured(NamedTuple):
    """The score a claim is about, with a 95 % interval over seeds."""

    estimate: float
    low: float
    high: float


class Judgement(NamedTuple):
    """A claim's outcome, the number behind it and the reason in one sentence."""

    outcome: Outcome
    measured: Measured | None
    reason: str


Rule = Callable[[Mapping[str, Mapping[str, Any]]], Judgement]
"""From the summaries of the claim's cells, by cell id, to a judgement."""


@dataclass(frozen=True)
class Claim:
    """A sentence that can come out true or false.

    `published` is the value in the literature as a string ("about .75-.8 (LDM Fig. A7A)"), empty where there is none.
    `rule_text` states the decision rule in words, for the page. `expected` names the outcomes that theory predicts:
    a violation world is expected to be REFUTED or INCONCLUSIVE, never SUPPORTED.
    """

    id: str
    theorem: str
    statement: str
    source: str
    published: str
    score: str
    cells: tuple[Cell, ...]
    rule: Rule
    rule_text: str
    expected: frozenset[Outcome]

    def judge(self, summaries: Mapping[str, Mapping[str, Any]]) -> Judgement:
        """Apply the rule to the summaries of this claim's cells."""
        return self.rule({cell.id: summaries[cell.id] for cell in self.cells})
