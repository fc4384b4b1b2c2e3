"""Eigenvalues of the codes' covariance beside those of the latents: how many dimensions a method uses."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from reports.figures.illustration import Drawing
from reports.figures.style import INK, PALETTE, panels
from reports.store import Record


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One panel per world and prior; a line per cell, broken for F_LDM, the seeds as dots."""
    shown = [record for record in records.values() if "spectrum/codes" in record.arrays]
    kinds = list(dict.fromkeys((record.summary["world"], record.summary["prior"]) for record in shown))
    if not kinds:
        return None
    figure, axes = panels(len(kinds), 3, 1.8)
    for panel, kind in zip(axes, kinds, strict=True):
        here = [record for record in shown if (record.summary["world"], record.summary["prior"]) == kind]
        latents = here[0].arrays["spectrum/latents"].mean(0)
        panel.plot(np.arange(1, len(latents) + 1), latents, color=INK, lw=2, alpha=0.3, label="true latents")
        for index, record in enumerate(here):
            _spectrum(panel, record, PALETTE[index % len(PALETTE)])
        panel.set(title=f"{kind[0]}, {kind[1]} prior", xlabel="eigenvalue", ylabel="share", ylim=(0, 1.05))
        panel.set_xticks(range(1, here[0].arrays["spectrum/codes"].shape[1] + 1))
        panel.legend(fontsize=4.5)
    caption = (
        "Eigenvalues of the covariance of held-out codes as shares of their sum, mean over seeds (dots: seeds), broken "
        "lines for F_LDM. A share near zero is a lost dimension. Objectives on the plane leave an affine map free, so "
        "spectra may differ from the latents' there; on the sphere they may not, and on the simplex one share is zero."
    )
    return Drawing(figure, "Eigenspectra of the codes", caption)


def _spectrum(panel: Axes, record: Record, colour: str) -> None:
    spectra = record.arrays["spectrum/codes"]
    places = np.arange(1, spectra.shape[1] + 1)
    style = "-" if record.summary["form"] == "MI" else "--"
    panel.plot(places, spectra.mean(0), style, color=colour, lw=0.9, label=record.summary["method"])
    panel.plot(places, spectra.T, ".", color=colour, ms=2, alpha=0.5)
