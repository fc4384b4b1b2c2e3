"""Linear ICA step by step: distance to the sources along the ascent, under right and wrong priors."""

from __future__ import annotations

from collections.abc import Mapping

from reports.figures.illustration import Drawing
from reports.figures.style import HOLDS, panels
from reports.store import Record

PREFIX = "path/"
PREDICTED = {True: "predicted to keep the sources", False: "predicted to leave them", None: "not predicted"}


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One panel for each view of the sources and shape of the prior, one line per seed."""
    shown = [(record, name) for record in records.values() for name in sorted(record.arrays) if name.startswith(PREFIX)]
    if not shown:
        return None
    figure, axes = panels(len(shown), 2, 1.6)
    for panel, (record, name) in zip(axes, shown, strict=True):
        view, shape = name.removeprefix(PREFIX).rsplit("-", 1)
        runs = [run for run in record.summary["runs"] if (run.get("view"), run.get("shape")) == (view, float(shape))]
        predicted = [run["predicted_stable"] for run in runs] or [None] * len(record.arrays[name])
        for distances, stable in zip(record.arrays[name], predicted, strict=True):
            best = int(distances.argmin())
            panel.plot(distances, color=HOLDS[stable], lw=0.8)
            panel.plot(best, distances[best], "o", color=HOLDS[stable], ms=2.5)
        panel.set(title=f"{view}, prior of shape {shape}", xscale="symlog", ylim=(0, 1.02))
        panel.set(xlabel="step", ylabel="Amari distance")
        panel.label_outer()
    for stable, text in PREDICTED.items():
        axes[0].plot([], [], color=HOLDS[stable], label=text)
    axes[0].legend(loc="upper right")
    caption = (
        "Distance of linear ICA to the mixing of two photographs along natural-gradient ascent, one line per seed "
        "(other cuts), its best point marked. The objective only rises along a line. Where prior and sources do not "
        "satisfy the condition of local stability, ascent passes the sources by and stops elsewhere."
    )
    return Drawing(figure, "Linear ICA under right and wrong priors", caption)
