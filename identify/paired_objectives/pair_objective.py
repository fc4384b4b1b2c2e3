"""Value of an objective on pairs, in its two parts."""

from __future__ import annotations

from typing import NamedTuple

from identify.paired_objectives.pair_check import Value


class PairObjective(NamedTuple):
    """Alignment and uniformity in nats per pair; their sum is to be maximised."""

    alignment: Value
    uniformity: Value

    @property
    def total(self) -> Value:
        """F, alignment plus uniformity."""
        return self.alignment + self.uniformity
