"""A theorem as a value: what it assumes, what it concludes, and what happens where one assumption is off."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Removal:
    """A row of the falsification table: one assumption removed, the map that then stays optimal, and who tries it.

    `automorphism` is text with LaTeX between dollar signs; `predicted` says which verdicts theory allows; `check` is
    the id of the derivation that proves the row, `claim` the id of the claim that trains on it.
    """

    assumption: str
    automorphism: str
    predicted: str
    claim: str
    check: str


@dataclass(frozen=True)
class Theorem:
    """Assumptions and a conclusion, which is a class of the ladder; `statement` is text with LaTeX between dollars."""

    id: str
    name: str
    statement: str
    source: str
    assumptions: tuple[str, ...]
    conclusion: str
    checks: tuple[str, ...]
    violations: tuple[Removal, ...] = ()
