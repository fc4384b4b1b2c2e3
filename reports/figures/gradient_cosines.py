"""Cosine of the gradients of entropy and stop-gradient along training (LDM Fig. 4D), by space."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, PALETTE, panels
from reports.store import Record


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One panel per world; a line per cell, the mean over its seeds, which are shown faintly."""
    shown = [record for record in records.values() if "history/cosine" in record.arrays]
    worlds = list(dict.fromkeys(record.summary["world"] for record in shown))
    if not worlds:
        return None
    figure, axes = panels(len(worlds), 2, 2.0)
    for panel, world in zip(axes, worlds, strict=True):
        here = [record for record in shown if record.summary["world"] == world]
        for index, record in enumerate(here):
            _line(panel, record, PALETTE[index % len(PALETTE)])
        panel.axhline(0, color=FAINT, lw=0.5)
        panel.set(title=world, xlabel="step", ylabel="cosine", ylim=(-1, 1))
        panel.legend(fontsize=4.5, ncols=2, loc="lower right")
    caption = (
        "Cosine, in the encoder's parameters, of the gradient of the single-step entropy H[z'] and of the term that "
        "stop-gradient puts in its place. Thick: mean over seeds; thin: the cell's seeds. Where codes already have "
        "the law of greatest entropy, as on the sphere, the first gradient vanishes and its direction is chance."
    )
    return Drawing(figure, "Entropy and stop-gradient: cosine of their gradients", caption)


def _line(panel: Axes, record: Record, colour: str) -> None:
    steps, cosines = record.arrays["history/step"], np.atleast_2d(record.arrays["history/cosine"])
    panel.plot(steps, cosines.T, color=colour, lw=0.2, alpha=0.25)
    prior = record.summary["prior"]
    panel.plot(steps, np.nanmean(cosines, 0), color=colour, lw=0.9, label=f"{record.summary['method']} ({prior})")
