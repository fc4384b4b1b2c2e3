"""Latents over time with the band in which the filter expects them, from plain arrays or from records.

A record keeps one held-out sequence: `course/mean`, `course/deviation` and `course/z` [t d].
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from reports.figures.illustration import Drawing
from reports.figures.style import INK, PALETTE, is_lowest, panels
from reports.plots.given_arrays import equal_lengths, shaped
from reports.plots.options import Options
from reports.store import Record

MOST_LATENTS = 4
MOST_SEQUENCES = 4
LEVEL = 0.95


def trajectory(arrays: Mapping[str, np.ndarray], options: Options) -> Drawing:
    """`mean` [t d] with `std` [t d], or the diagonal of `covariance` [t d d], and `true` [t d] where it is given."""
    mean = shaped(arrays, "mean", 1, 2)
    mean = mean.reshape(len(mean), -1)
    spread = _spread(arrays, mean.shape)
    true = None if "true" not in arrays else shaped(arrays, "true", 1, 2).reshape(len(arrays["true"]), -1)
    if true is not None and true.shape != mean.shape:
        raise ValueError(
            f"array 'true' has shape {true.shape} and 'mean' {mean.shape}: give the same frames and latents"
        )
    shown = min(MOST_LATENTS, mean.shape[1])
    figure, axes = panels(shown, 1, 1.1)
    for k, panel in enumerate(axes):
        show_band(panel, mean[:, k], spread[:, k], None if true is None else true[:, k])
        panel.set_ylabel(options.ylabel or f"$z_{k + 1}$")
        if is_lowest(panel, axes):
            panel.set_xlabel(options.xlabel or "time")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    band = "the mean plus and minus 1.96 standard deviations of its own covariance"
    return Drawing(
        figure, "Filtered latents", f"n = {len(mean)} frames, {shown} of {mean.shape[1]} latents. Band: {band}."
    )


def show_band(panel: Axes, mean: np.ndarray, spread: np.ndarray, true: np.ndarray | None) -> None:
    """One latent [t] over time with its band, and the truth where it is known."""
    reach, time = stats.norm.ppf((1 + LEVEL) / 2), np.arange(len(mean))
    low, high = mean - reach * spread, mean + reach * spread
    panel.fill_between(time, low, high, color=PALETTE[0], alpha=0.22, lw=0, label=f"{LEVEL:.0%} band")
    panel.plot(time, mean, color=PALETTE[0], lw=0.9, label="filtered")
    if true is not None:
        panel.plot(time, true, color=INK, lw=0.7, dashes=(4, 2), label="true")
    panel.set_xlim(0, max(len(mean) - 1, 1))


def _spread(arrays: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    if "std" in arrays:
        spread = shaped(arrays, "std", 1, 2)
        spread = spread.reshape(len(spread), -1)
        name = "std"
    else:
        covariance = shaped(arrays, "covariance", 3)
        name, spread = "covariance", np.sqrt(np.einsum("tii->ti", covariance).clip(0))
    equal_lengths(arrays, mean=0, **{name: 0})
    if spread.shape != shape:
        raise ValueError(f"array {name!r} is for {spread.shape[1]} latents, 'mean' for {shape[1]}: give the same ones")
    if spread.min() < 0:
        raise ValueError(f"array {name!r} has {spread.min():.3g} below 0: give standard deviations")
    return spread


def trajectories_of(records: Mapping[str, Record], options: Options) -> Drawing | None:
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
