"""Affine R2 against the shape of generalised normal latents: the Gaussian is where a whitened code is affine."""

from __future__ import annotations

from collections.abc import Mapping

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, INK, PALETTE, panels
from reports.store import Record


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One panel per sweep: seeds as dots, mean and interval over seeds."""
    shown = [record for record in records.values() if "shapes" in record.summary]
    if not shown:
        return None
    figure, axes = panels(len(shown), 2, 2.2)
    for panel, record in zip(axes, shown, strict=True):
        shapes, rows = record.summary["shapes"], record.summary["by_shape"]
        for run in record.summary["runs"]:
            panel.plot(shapes, run["by_shape"], "o", color=FAINT, ms=2.5, mew=0)
        means = [row["estimate"] for row in rows]
        spread = [[abs(row["estimate"] - (row[end] or row["estimate"])) for row in rows] for end in ("low", "high")]
        panel.errorbar(shapes, means, spread, color=PALETTE[0], marker="o", ms=3, capsize=2, lw=1)
        panel.axvline(2, color=INK, lw=0.7, dashes=(4, 2))
        panel.set_xscale("log", base=2)
        panel.set(xticks=shapes, xticklabels=[f"{one:g}" for one in shapes], title=record.cell)
        panel.set(xlabel="shape of the latents' law", ylabel="affine $R^2$, held out")
        panel.minorticks_off()
    caption = (
        "Affine R² of the latents from the two functions of an observation that correlate most with the observation "
        "before, by the shape of the generalised normal law of latents and noise (2: Gaussian, broken line; below, "
        "heavier tails; above, flatter). Grey: seeds; blue: their mean with its 95 % interval. R² below 0 counts as 0."
    )
    return Drawing(figure, "Recovery against the shape of the latents", caption)
