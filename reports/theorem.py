"""A theorem as a value: what it assumes, what it concludes, where it holds, and what happens where it does not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Removal:
    """A row of the falsification table: one assumption removed, the map that then stays optimal, and who tries it.

    `automorphism` is text with LaTeX between dollar signs; `predicted` says which verdicts theory allows; `check` is
    the id of the derivation that proves the row (empty where the witness cell's densities do), `claim` the id of the
    claim that runs it. `world` names the violation in `synthetic` (empty where training is what is off), `shared`
    marks a row whose world stands in another row too, and `untrained` says why no code is trained on it.
    """

    assumption: str
    automorphism: str
    predicted: str
    claim: str
    check: str
    world: str = ""
    shared: bool = False
    untrained: str = ""


@dataclass(frozen=True)
class Theorem:
    """Assumptions and a conclusion, which is a class of the ladder; `statement` is text with LaTeX between dollars.

    `worlds` names worlds of `synthetic` that satisfy it, those included that only look as if they did not.
    """

    id: str
    name: str
    statement: str
    source: str
    assumptions: tuple[str, ...]
    conclusion: str
    checks: tuple[str, ...]
    worlds: tuple[str, ...] = ()
    violations: tuple[Removal, ...] = ()
