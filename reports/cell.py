"""A cell: the unit of work that is run once, stored, and never run again.

A cell is a frozen value. Its `configuration` (plain JSON) and the code version address its record; `compute` is a pure
function of that configuration, so cells may run in any order, in any process, on any machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

Progress = Callable[[int, int], None]
"""Called as `progress(done, total)` while a cell works."""


@dataclass(frozen=True)
class CellResult:
    """What a cell leaves behind.

    `summary` is plain JSON: scores with intervals, ladder, verdict, baselines, evidence of the optimum.
    `arrays` holds what figures need (histories, latents before and after), stored as safetensors.
    """

    summary: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


@runtime_checkable
class Cell(Protocol):
    """Anything with a name, a configuration and a pure computation."""

    @property
    def id(self) -> str:
        """Stable, readable, unique in a profile: `markov-10/knn`."""
        ...

    @property
    def cost(self) -> float:
        """Expected core-seconds; the runner starts the longest cells first."""
        ...

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on, as plain JSON."""
        ...

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Run the cell on a torch device name (`cpu`, `cuda:0`, `mps`)."""
        ...
