"""The ladder of every cell: how much of the recovered latents each class of maps leaves unexplained."""

from __future__ import annotations

from collections.abc import Mapping

from identify import CLASSES
from reports.figures.illustration import Drawing
from reports.figures.style import HOLDS, INK, is_first_column, panels
from reports.store import Record

LADDER = tuple(name for name in CLASSES if name != "none")
_FLOOR = 1e-5


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One panel per cell with a ladder: mean loss over seeds, range of the seeds, coloured by what held."""
    shown = [r for r in records.values() if any(run.get("ladder") for run in r.summary.get("runs", ()))]
    if not shown:
        return None
    figure, axes = panels(len(shown), 4, 1.3)
    for panel, record in zip(axes, shown, strict=True):
        for row, name in enumerate(reversed(LADDER)):
            steps = [s for run in record.summary["runs"] for s in run["ladder"] if s["class"] == name and s["loss"]]
            losses = [max(s["loss"]["estimate"], _FLOOR) for s in steps if s["loss"].get("estimate") is not None]
            if not losses:
                continue
            held = {step["holds"] for step in steps}
            colour = HOLDS[held.pop() if len(held) == 1 else None]
            mean = sum(losses) / len(losses)
            panel.barh(row, mean, left=0, color=colour, height=0.62, alpha=0.85)
            panel.plot([min(losses), max(losses)], [row, row], color=INK, lw=0.8)
        panel.set(xscale="log", xlim=(_FLOOR, 2.0), yticks=range(len(LADDER)), xticks=[1e-4, 1e-2, 1])
        first = is_first_column(panel)
        panel.set_yticklabels([name.replace("_", " ") for name in reversed(LADDER)] if first else [])
        panel.minorticks_off()
        panel.set_title(record.cell)
    caption = (
        "Loss of each class of maps: variance of the recovered latents that it leaves unexplained in the worst "
        "direction, on held-out rows, mean over seeds with their range. Green: the class holds in every seed; "
        "orange: it fails in every seed; grey: undecided, or seeds differ. The verdict is the smallest class that "
        "holds."
    )
    return Drawing(figure, "The ladder", caption)
