"""How many runs came to which verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any


def verdict_counts(runs: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Class -> number of runs; `undecided` where the verdict has no name."""
    return dict(Counter(run["verdict"]["class"] or "undecided" for run in runs if run.get("verdict")))
