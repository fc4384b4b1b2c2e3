"""Gradient cosines, eigenspectra and filtered sequences of records, a panel for each cell (and latent).

| kind | arrays of a record |
|---|---|
| cosines | `history/step` [k], `history/cosine` [s k] |
| eigenspectra | `spectrum/codes` [s m], `spectrum/latents` [s d] |
| trajectory | `course/mean`, `course/deviation`, `course/z` [t d], of one held-out sequence |
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reports.figures.illustration import Drawing
from reports.figures.style import INK, PALETTE, is_first_column, is_lowest, panels
from reports.plots.curves import T_INTERVAL, show_cosines, show_spectrum
from reports.plots.options import Options
from reports.plots.trajectory import show_band
from reports.store import Record

Records = Mapping[str, Record]
MOST_SEQUENCES = 4


def cosines_of(records: Records, options: Options) -> Drawing | None:
    """Cosine of the gradients of entropy and stop-gradient term over training, a panel a cell (LDM Fig. 4D)."""
    shown = [record for record in records.values() if "history/cosine" in record.arrays]
    if not shown:
        return None
    figure, axes = panels(len(shown), 4, 1.4)
    for panel, record in zip(axes, shown, strict=True):
        show_cosines(panel, record.arrays["history/step"], np.atleast_2d(record.arrays["history/cosine"]))
        panel.set_title(record.cell, fontsize=6)
        panel.set(xlabel="step" if is_lowest(panel, axes) else "")
        panel.set_ylabel(options.ylabel or ("cosine" if is_first_column(panel) else ""))
    caption = (
        "Cosine of the gradients of the entropy of one frame and of the stop-gradient term in the encoder's parameters "
        f"over training. Grey: seeds; blue: their mean with the {T_INTERVAL}."
    )
    return Drawing(figure, "Gradient cosines", caption)


def eigenspectra_of(records: Records, options: Options) -> Drawing | None:
    """Eigenvalues of the covariance of codes and of true latents, a panel a cell."""
    shown = [record for record in records.values() if "spectrum/codes" in record.arrays]
    if not shown:
        return None
    figure, axes = panels(len(shown), 4, 1.4)
    for panel, record in zip(axes, shown, strict=True):
        if "spectrum/latents" in record.arrays:
            show_spectrum(panel, np.atleast_2d(record.arrays["spectrum/latents"]), INK, "true latents")
        show_spectrum(panel, np.atleast_2d(record.arrays["spectrum/codes"]), PALETTE[0], "codes")
        panel.set_title(record.cell, fontsize=6)
        panel.set(xlabel="rank" if is_lowest(panel, axes) else "")
        panel.set_ylabel(options.ylabel or ("share of the variance" if is_first_column(panel) else ""))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper right", ncols=2)
    caption = "Eigenvalues of the covariance of codes and of true latents as shares of their sum, one line a seed."
    return Drawing(figure, "Eigenspectra", caption)


def trajectories_of(records: Records, options: Options) -> Drawing | None:
    """One held-out sequence of each cell: the filter's mean with its band, and the truth; a column a cell."""
    shown = [record for record in records.values() if "course/mean" in record.arrays][:MOST_SEQUENCES]
    if not shown:
        return None
    latents = max(record.arrays["course/mean"].shape[1] for record in shown)
    figure, axes = panels(latents * len(shown), 2 if len(shown) > 1 or latents > 1 else 1, 1.2)
    place = 0
    for record in shown:
        parts = [record.arrays[f"course/{name}"] for name in ("mean", "deviation", "z")]
        for k in range(record.arrays["course/mean"].shape[1]):
            panel = axes[place]
            show_band(panel, *(part[:, k] for part in parts))
            panel.set_title(f"{record.cell}, $z_{k + 1}$", fontsize=6)
            panel.set(xlabel=options.xlabel or "time" if is_lowest(panel, axes) else "")
            place += 1
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    frames = ", ".join(sorted({str(len(record.arrays["course/mean"])) for record in shown}))
    caption = (
        f"One held-out sequence of {frames} frames a cell (first seed), not seen in training: latents read from the "
        "filter's state, with 1.96 standard deviations of its own covariance on either side."
    )
    return Drawing(figure, "Filtered latents", caption)
