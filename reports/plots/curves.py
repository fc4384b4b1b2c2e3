"""Curves from plain arrays: scores, learning, gradient cosines, coverage, eigenvalues.

Seeds are rows. The only numbers made here are the mean of seeds with its 95 % Student t interval and, where a rate
comes with its count, the exact (Clopper-Pearson) interval of a rate.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from scipy import stats

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, INK, PALETTE, panels
from reports.over_seeds import over_seeds
from reports.plots.given_arrays import equal_lengths, shaped
from reports.plots.options import Options

Arrays = Mapping[str, np.ndarray]
_MARKERS = "osD^v"
T_INTERVAL = "95 % Student t interval over seeds"


def mean_and_ends(values: np.ndarray, upper: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
    """Means [k] of values [s k] and how far the interval's ends lie from them [2 k] (0 for a single seed)."""
    rows = [over_seeds(column.tolist(), upper) for column in values.T]
    ends = [[abs(row["estimate"] - row[end]) for row in rows] for end in ("low", "high")]
    return np.array([row["estimate"] for row in rows]), np.nan_to_num(ends)


def score(arrays: Arrays, options: Options) -> Drawing:
    """One curve of score over x for each c of score [c s k] or [s k]; for score [k] its low and high [k] are drawn."""
    values = shaped(arrays, "score", 1, 2, 3)
    x = shaped(arrays, "x", 1)
    equal_lengths(arrays, x=0, score=-1, low=-1, high=-1)
    figure, (panel,) = panels(1, 1, 2.4)
    if values.ndim == 1:
        low, high = (shaped(arrays, name, 1) if name in arrays else values for name in ("low", "high"))
        curves = [(values, np.stack([values - low, high - values]))]
        said = f"{len(x)} values with the intervals that were given"
    else:
        stacked = values if values.ndim == 3 else values[None]
        curves = [mean_and_ends(one, 1.0 if one.max() <= 1 else np.inf) for one in stacked]
        said = f"Means over {stacked.shape[1]} seeds at {len(x)} values, with the {T_INTERVAL}"
    labels = options.labels_for(len(curves))
    for k, (middle, spread) in enumerate(curves):
        show_intervals(panel, x, middle, spread, k, labels[k])
    finish_score(panel, x, options.xlabel or "x", options.ylabel or "score")
    return Drawing(figure, "Scores", f"{said}.")


def show_intervals(panel: Axes, x: np.ndarray, middle: np.ndarray, spread: np.ndarray, place: int, label: str) -> None:
    """A curve with its intervals; curves differ in colour, and in marker too where colours run out."""
    turn, colour = divmod(place, len(PALETTE))
    marker = _MARKERS[turn % len(_MARKERS)]
    panel.errorbar(x, middle, spread, color=PALETTE[colour], marker=marker, ms=3, capsize=2, lw=1, label=label)


def finish_score(panel: Axes, x: np.ndarray, xlabel: str, ylabel: str) -> None:
    """Labels, a tick at every x; logarithmic where x spans more than a decade, log odds for shares near 1."""
    ticks = np.unique(x)
    if ticks.min() > 0 and 0.99 <= ticks.max() < 1:
        panel.set_xscale("logit")
    elif len(ticks) > 1 and ticks.min() > 0 and ticks.max() / ticks.min() > 12:
        panel.set_xscale("log")
    if len(ticks) <= 10:
        panel.set_xticks(ticks, [f"{one:g}" for one in ticks])
        panel.minorticks_off()
    panel.set(xlabel=xlabel, ylabel=ylabel)
    if any(panel.get_legend_handles_labels()[1]):
        panel.legend(loc="best")


def learning(arrays: Arrays, options: Options) -> Drawing:
    """Objective [s k] over steps [k], a line a seed, with the oracle where it is given."""
    objective, step = _over_steps(arrays, "objective")
    figure, (panel,) = panels(1, 1, 2.2)
    panel.plot(step, objective.T, color=PALETTE[0], lw=0.6, alpha=0.8)
    panel.set(xlabel="step", ylabel=options.ylabel or "objective")
    said = f"One line for each of {len(objective)} seeds."
    if "oracle" in arrays:
        panel.axhline(float(np.mean(arrays["oracle"])), color=INK, lw=0.7, dashes=(4, 2))
        said += " Broken line: the value on the true latents."
    return Drawing(figure, "Learning curves", said)


def cosines(arrays: Arrays, options: Options) -> Drawing:
    """Cosine [s k] of two gradients over steps [k]: seeds faint, their mean with its interval."""
    values, step = _over_steps(arrays, "cosine")
    figure, (panel,) = panels(1, 1, 2.2)
    show_cosines(panel, step, values)
    panel.set(xlabel="step", ylabel=options.ylabel or "cosine of the gradients")
    return Drawing(figure, "Gradient cosines", f"Grey: {len(values)} seeds; blue: their mean with the {T_INTERVAL}.")


def show_cosines(panel: Axes, step: np.ndarray, values: np.ndarray) -> None:
    """Seeds [s k] faint, their mean with its interval, and the line of no agreement."""
    panel.plot(step, values.T, color=FAINT, lw=0.6, alpha=0.8)
    middle, spread = mean_and_ends(values, 1.0)
    panel.plot(step, middle, color=PALETTE[0])
    panel.fill_between(step, middle - spread[0], middle + spread[1], color=PALETTE[0], alpha=0.2, lw=0)
    panel.axhline(0, color=INK, lw=0.5)
    panel.set_ylim(min(-0.05, float(np.nanmin(values))), 1.0)


def _over_steps(arrays: Arrays, name: str) -> tuple[np.ndarray, np.ndarray]:
    values, step = shaped(arrays, name, 1, 2), shaped(arrays, "step", 1)
    equal_lengths(arrays, **{"step": 0, name: -1})
    return np.atleast_2d(values), step


def calibration(arrays: Arrays, options: Options) -> Drawing:
    """Share of covered truths against the level of the regions; [s k] for seeds, or rates of `count` cases."""
    nominal, covered = shaped(arrays, "nominal", 1), shaped(arrays, "covered", 1, 2)
    equal_lengths(arrays, nominal=0, covered=-1)
    for name in ("nominal", "covered"):
        if arrays[name].min() < 0 or arrays[name].max() > 1:
            raise ValueError(f"array {name!r} leaves 0..1: give shares, not percent")
    figure, (panel,) = panels(1, 1, 2.6)
    panel.plot([0, 1], [0, 1], color=INK, lw=0.6, dashes=(4, 2))
    if covered.ndim == 2:
        middle, spread = mean_and_ends(covered, 1.0)
        said = f"Means over {len(covered)} seeds with the {T_INTERVAL}"
    elif "count" in arrays:
        middle, count = covered, np.round(arrays["count"])
        hits = np.round(covered * count)
        low = np.where(hits > 0, stats.beta.ppf(0.025, hits, count - hits + 1), 0.0)
        high = np.where(hits < count, stats.beta.ppf(0.975, hits + 1, count - hits), 1.0)
        spread = np.stack([middle - low, high - middle]).clip(0)
        said = f"Rates of n = {int(np.max(count))} cases with exact (Clopper-Pearson) 95 % intervals"
    else:
        middle, spread, said = covered, np.zeros((2, len(covered))), "Rates without intervals: no count was given"
    show_intervals(panel, nominal, middle, spread, 0, "")
    panel.set(xlim=(0, 1.02), ylim=(0, 1.02), aspect="equal")
    panel.set(xlabel=options.xlabel or "level of the region", ylabel=options.ylabel or "share covered")
    return Drawing(figure, "Calibration", f"{said}. Broken line: perfect calibration.")


def eigenspectra(arrays: Arrays, options: Options) -> Drawing:
    """Eigenvalues [m] or [s m] by rank, a line a seed, as shares of their sum."""
    values = np.atleast_2d(shaped(arrays, "values", 1, 2))
    if values.min() < 0:
        raise ValueError(f"array 'values' has {values.min():.3g} below 0: give eigenvalues of a covariance")
    figure, (panel,) = panels(1, 1, 2.2)
    show_spectrum(panel, values, PALETTE[0])
    panel.set(xlabel="rank", ylabel=options.ylabel or "share of the variance")
    said = f"Eigenvalues of the codes' covariance as shares of their sum, one line for each of {len(values)} seeds."
    return Drawing(figure, "Eigenspectra", said)


def show_spectrum(panel: Axes, values: np.ndarray, colour: str, label: str = "") -> None:
    """Eigenvalues [s m] as shares of their sum by rank, a line a seed."""
    shares = -np.sort(-values, axis=1) / values.sum(axis=1, keepdims=True)
    rank = np.arange(1, shares.shape[1] + 1)
    panel.plot(rank, shares.T, color=colour, marker="o", ms=2.5, lw=0.8, alpha=0.8)
    panel.plot([], [], color=colour, marker="o", ms=2.5, lw=0.8, label=label or None)
    panel.set(yscale="log")
    panel.set_xticks(rank if len(rank) <= 10 else rank[::5])
    floor = max(float(shares[shares > 0].min()) / 2, 1e-8)
    panel.set_ylim(bottom=min(floor, panel.get_ylim()[0]) if panel.get_ylim()[0] > 1e-8 else floor)
