"""Linear ICA as LDM: two sources, their mixture and what was unmixed, as time series or as images (LDM Fig. 2B, 2C)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from reports.figures.illustration import Drawing
from reports.figures.style import PALETTE, panels
from reports.store import Record

STAGES = ("sources", "mixed", "unmixed")


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """Three panels per ICA cell."""
    shown = [r for r in records.values() if r.summary.get("kind") == "ica" and set(STAGES) <= set(r.arrays)]
    if not shown:
        return None
    figure, axes = panels(3 * len(shown), 3, 1.5)
    for position, record in enumerate(shown):
        for panel, stage in zip(axes[3 * position : 3 * position + 3], STAGES, strict=True):
            _show(panel, record.arrays[stage])
            panel.set_title(stage)
            panel.set(xticks=[], yticks=[])
        axes[3 * position].set_ylabel(record.cell)
    caption = "Sources, what was observed and what LDM unmixed, up to order, sign and scale (first seed)."
    return Drawing(figure, "Linear ICA as latent distribution matching", caption)


def _show(panel: Axes, values: np.ndarray) -> None:
    """Two signals [n, 2] as traces; two images [2, height, width] or [2, height, width, 3] side by side."""
    if values.ndim == 2:
        scaled = (values - values.mean(0)) / (values.std(0) + 1e-12)
        for column in range(scaled.shape[1]):
            panel.plot(scaled[:, column] - 6 * column, color=PALETTE[column], lw=0.5)
        return
    low, high = values.min(), values.max()
    unit = (values - low) / max(high - low, 1e-12)
    panel.imshow(np.concatenate(list(unit), axis=1), cmap="gray", interpolation="nearest", aspect="equal")
