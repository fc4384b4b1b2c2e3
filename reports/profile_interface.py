"""What a report reads of a profile, its theorems, and the rows of their falsification tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from reports.claim import Claim


@runtime_checkable
class Violation(Protocol):
    """A row of the falsification table: what is removed, what must then happen, and the claim that tries it."""

    @property
    def assumption(self) -> str:
        """The assumption that is removed."""
        ...

    @property
    def automorphism(self) -> str:
        """The map that then attains the optimum (LaTeX)."""
        ...

    @property
    def predicted(self) -> str:
        """The verdict that theory predicts, in words."""
        ...

    @property
    def claim(self) -> str:
        """Id of the claim that runs the violation world."""
        ...

    @property
    def check(self) -> str:
        """Id of the derivation that proves the automorphism, empty where none is needed."""
        ...

    @property
    def untrained(self) -> str:
        """Why no code is trained on it, empty where one is."""
        ...


@runtime_checkable
class Theorem(Protocol):
    """What the report reads of a theorem."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def name(self) -> str:
        """Its name, for people."""
        ...

    @property
    def statement(self) -> str:
        """The statement (text with LaTeX between dollar signs)."""
        ...

    @property
    def source(self) -> str:
        """Where it stands."""
        ...

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What it assumes."""
        ...

    @property
    def conclusion(self) -> str:
        """The class of the ladder that it concludes."""
        ...

    @property
    def violations(self) -> Sequence[Any]:
        """One row per assumption that can be removed."""
        ...


@runtime_checkable
class Profile(Protocol):
    """A named set of claims with their theorems and the derivation checks to run beside them."""

    @property
    def name(self) -> str:
        """Its name: `quick`."""
        ...

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims."""
        ...

    @property
    def theorems(self) -> tuple[Any, ...]:
        """The theorems that the claims are about."""
        ...

    @property
    def checks(self) -> tuple[str, ...]:
        """Ids of derivation checks."""
        ...
