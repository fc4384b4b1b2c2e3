"""Every score seed by seed, beside what comes for free: untrained encoder, linear map and PCA of the observation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, INK, method_colour, panels
from reports.store import Record

BASELINES = (("untrained", "x", "untrained encoder"), ("linear_from_x", "|", "linear from x"), ("pca", "_", "PCA of x"))


_MOST = 1 - 1e-5


def _nines(score: np.ndarray) -> np.ndarray:
    """-log10(1 - R2): one step per nine, so that .99 and .999 lie apart."""
    return -np.log10(1 - np.minimum(score, _MOST))


def _score(nines: np.ndarray) -> np.ndarray:
    return 1 - 10.0 ** -np.asarray(nines)


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One line per training cell: seeds as dots, their interval, the baselines and the ceiling."""
    shown = [r for r in records.values() if "r2_affine" in r.summary.get("over_seeds", {})]
    if not shown:
        return None
    figure, (panel,) = panels(1, 1, 0.55 + 0.17 * len(shown))
    methods = sorted({record.summary.get("method", "") for record in shown})
    for row, record in enumerate(reversed(shown)):
        summary = record.summary
        panel.axhline(row, color=FAINT, lw=0.25, zorder=0)
        for key, marker, _ in BASELINES:
            value = summary.get("baselines", {}).get(key)
            if value:
                panel.plot(value["estimate"], row, marker, color=INK, ms=4, mew=0.8)
        colour = method_colour(summary.get("method", ""), methods)
        values = [run["scores"]["r2_affine"]["estimate"] for run in summary["runs"]]
        panel.plot(values, [row] * len(values), "o", color=colour, ms=3.5, alpha=0.75, mew=0)
        ceiling = summary.get("ceiling")
        if ceiling and ceiling.get("r2") is not None:
            panel.plot(min(ceiling["r2"], _MOST), row, ">", color=FAINT, ms=3.5, mfc="none", mew=0.7, clip_on=False)
    labels = [record.cell for record in reversed(shown)]
    panel.set(yticks=range(len(shown)), yticklabels=labels, ylim=(-0.7, len(shown) - 0.3))
    panel.set_xscale("function", functions=(_nines, _score))
    ticks = [tick for tick in (0, 0.5, 0.9, 0.99, 0.999, 0.9999) if tick <= 0.99 or panel.get_xlim()[1] >= tick]
    panel.set(xticks=ticks, xticklabels=[f"{tick:g}" for tick in ticks])
    panel.set(xlabel="affine $R^2$, held out (axis by the number of nines)")
    panel.spines["left"].set_visible(False)
    panel.tick_params(axis="y", length=0)
    panel.plot([], [], "o", color=FAINT, ms=3.5, label="trained, one seed")
    for _, marker, name in BASELINES:
        panel.plot([], [], marker, color=INK, ms=4, mew=0.8, label=name)
    panel.plot([], [], ">", color=FAINT, ms=3.5, mfc="none", mew=0.7, label="ceiling")
    figure.legend(*panel.get_legend_handles_labels(), loc="outside upper center", ncols=5)
    caption = (
        "One line per cell: each dot is the held-out affine R² of one seed, coloured by entropy estimator. A cross"
        " marks the untrained encoder, a bar a linear map of the raw observation, a dash its leading principal "
        "components, an open triangle the best that any encoder could reach in that world."
    )
    return Drawing(figure, "Scores beside their baselines", caption)
