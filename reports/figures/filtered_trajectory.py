"""The course of a held-out sequence as a Kalman filter tells it: mean, 95 % band, truth (LDM Fig. 4C, A4)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, INK, PALETTE, panels
from reports.store import Record

_BAND = 1.96
_NEEDED = {"course/z", "course/mean", "course/deviation"}


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One row per Kalman cell: both latents, and the noise level where it varies."""
    shown = [r for r in records.values() if r.summary.get("kind") == "kalman" and set(r.arrays) >= _NEEDED]
    if not shown:
        return None
    figure, axes = panels(3 * len(shown), 3, 1.2)
    for row, record in enumerate(shown):
        first, second, third = axes[3 * row : 3 * row + 3]
        for latent, panel in enumerate((first, second)):
            _latent(panel, record.arrays, latent)
        first.set_title(f"{record.cell}, {record.summary['method']}", loc="left")
        _third(third, record.arrays)
        if row == len(shown) - 1:
            for panel in (first, second):
                panel.set_xlabel("frame")
    caption = (
        "Left and middle: both true latents along the first held-out sequence of the first seed (broken), the filter's "
        "mean carried to them by the affine regression on other sequences, and its 95 % band, coordinate by "
        "coordinate. Right: the same sequence in the plane, or, where the pixel noise changes from frame to frame, the "
        "level that the filter infers (line, on the scale of the truth) and the true one (dots)."
    )
    return Drawing(figure, "What the filter tells, and how sure it is", caption)


def _latent(panel: Axes, arrays: Mapping[str, np.ndarray], latent: int) -> None:
    z, mean, deviation = (arrays[f"course/{name}"][:, latent] for name in ("z", "mean", "deviation"))
    frames = np.arange(len(z))
    panel.fill_between(
        frames, mean - _BAND * deviation, mean + _BAND * deviation, color=PALETTE[0], alpha=0.25, linewidth=0
    )
    panel.plot(frames, mean, color=PALETTE[0], lw=0.8)
    panel.plot(frames, z, color=INK, lw=0.6, dashes=(3, 2))
    panel.locator_params(nbins=4)


def _third(panel: Axes, arrays: Mapping[str, np.ndarray]) -> None:
    if "course/level" in arrays:
        level, inferred = arrays["course/level"], arrays["course/inferred_level"]
        panel.plot(level, "o", color=FAINT, ms=2, mew=0)
        panel.plot(inferred, color=PALETTE[1], lw=0.7)
        panel.set_title("noise level", loc="left")
        return
    panel.plot(*arrays["course/z"].T, color=INK, lw=0.5, dashes=(3, 2))
    panel.plot(*arrays["course/mean"].T, color=PALETTE[0], lw=0.7)
    panel.set_aspect("equal", adjustable="datalim")
    panel.locator_params(nbins=4)
