"""What a figure can be told beside its data."""

from __future__ import annotations

from typing import NamedTuple


class Options(NamedTuple):
    """Score and axis of `score`, names of curves, labels of axes; empty where the kind is to choose."""

    score: str = ""
    x: str = ""
    labels: tuple[str, ...] = ()
    xlabel: str = ""
    ylabel: str = ""

    def labels_for(self, count: int) -> tuple[str, ...]:
        """One name a curve; a single curve may go without, several are numbered. ValueError for another count."""
        if self.labels and len(self.labels) != count:
            raise ValueError(f"labels={','.join(self.labels)!r} name {len(self.labels)} curves: there are {count}")
        return self.labels or (("",) if count == 1 else tuple(f"curve {k + 1}" for k in range(count)))
