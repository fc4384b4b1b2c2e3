"""A cell that computes nothing and says where: for tests of plans and of the runner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reports.cell import CellResult


@dataclass(frozen=True)
class TrivialCell:
    id: str
    cost: float = 1.0

    def configuration(self) -> dict[str, Any]:
        return {"id": self.id}

    def compute(self, device: str, progress: Any) -> CellResult:
        return CellResult({"device": device})
