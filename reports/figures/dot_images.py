"""What the encoder is given: a few observations that are square images."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, panels
from reports.store import Record

_MOST = 10


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One row of images per world whose observations are dot images (LDM Fig. 4C, 5C)."""
    rows = {r.summary["world"]: r.arrays["sample/x"] for r in records.values() if shows_images(r)}
    if not rows:
        return None
    count = min(_MOST, *(len(x) for x in rows.values()))
    figure, axes = panels(count * len(rows), count, 0.9)
    for row, (world, x) in enumerate(rows.items()):
        side = isqrt(x.shape[1])
        for column, panel in enumerate(axes[count * row : count * (row + 1)]):
            panel.set(xticks=[], yticks=[])
            panel.imshow(x[column].reshape(side, side), cmap="magma", interpolation="nearest")
            for edge in panel.spines.values():
                edge.set(visible=True, color=FAINT, linewidth=0.3)
        axes[count * row].set_title(world, loc="left")
    return Drawing(figure, "What is observed", "A few observations of each image world, in the order of sampling.")


def shows_images(record: Record) -> bool:
    """Whether a record keeps observations that are dot images."""
    x = record.arrays.get("sample/x")
    world = str(record.summary.get("world", ""))
    return x is not None and x.ndim == 2 and "wobbly" in world and isqrt(x.shape[1]) ** 2 == x.shape[1]
