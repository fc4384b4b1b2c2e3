"""Derivation checks as cells, so that the report runs, stores and resumes them like everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy.core.cache import clear_cache

from proofs_checks import all_checks, examine, find
from reports.cell import CellResult, Progress
from reports.check_record import row


@dataclass(frozen=True)
class CheckCell:
    """One derivation check, by its id; the summary is its row of `identify check --json` with its evidence."""

    check: str

    @property
    def id(self) -> str:
        """`check/thm-1`."""
        return f"check/{self.check}"

    @property
    def cost(self) -> float:
        """Checks of the quick report take a second or so."""
        return 1.0

    def configuration(self) -> dict[str, Any]:
        """The id; what it stands for is in the code version."""
        return {"check": self.check}

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Prove, run twins and witness on the CPU, whatever the device."""
        clear_cache()  # SymPy remembers: a check must not depend on those before it
        check = find(self.check)
        outcome = examine(check)
        twins = [twin._asdict() for twin in outcome.twins]
        details = {"theme": check.theme, "evidence": outcome.evidence, "twins": twins, "message": outcome.message}
        return CellResult(row(check, outcome) | details)


def check_cells(names: Sequence[str]) -> tuple[CheckCell, ...]:
    """A cell for every check that is named by its id or an alias; `ValueError` for one that does not exist."""
    checks = all_checks()
    return tuple(dict.fromkeys(CheckCell(find(name, checks).id) for name in names))
