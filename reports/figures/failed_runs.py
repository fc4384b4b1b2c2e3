"""What the objective says of a run against what came back: gaps to the best run of a world, and affine R2."""

from __future__ import annotations

import math
from collections.abc import Mapping

from reports.estimator_cell import FAILED, held_out
from reports.estimator_rules import r2_of
from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, HOLDS, panels
from reports.store import Record

SHARE = 0.1
_LEAST, _MOST = 1e-3, 10.0


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One panel a world, one dot a run: its share of the best run's information that is lost, against its R2."""
    cells = [
        record.summary for record in records.values() if any("judged" in run for run in record.summary.get("runs", ()))
    ]
    worlds = list(dict.fromkeys(summary["world"] for summary in cells))
    if not worlds:
        return None
    figure, axes = panels(len(worlds), 3, 1.6)
    for panel, world in zip(axes, worlds, strict=True):
        runs = [run for summary in cells if summary["world"] == world for run in summary["runs"]]
        values = [held_out(run, "judged").value for run in runs]
        best = max(values)
        for run, value in zip(runs, values, strict=True):
            lost = (best - value) / best if best > 0 else math.nan
            r2 = max(r2_of(run), 0.0)
            panel.plot(r2, min(max(lost, _LEAST), _MOST), ".", color=HOLDS[r2 >= FAILED], ms=2.5, mew=0)
        panel.axhline(SHARE, color=FAINT, lw=0.7, dashes=(4, 2))
        panel.axvline(FAILED, color=FAINT, lw=0.7, dashes=(4, 2))
        panel.set(title=world, yscale="log", xlabel="affine $R^2$, held out", ylabel="information lost")
        panel.set(xlim=(-0.03, 1.03), ylim=(0.8 * _LEAST, 1.2 * _MOST))
        panel.label_outer()
    caption = (
        "Runs of all estimators and settings. Information lost: how far the held-out objective (one judge, kNN with "
        "k = 3) lies below the best run of the world, as a share of the best; values outside .001 to 10 are drawn at "
        f"the edge. Runs above the broken line at {SHARE:g} are flagged, if the gap is also beyond three standard "
        f"errors; runs left of {FAILED:g} failed (orange)."
    )
    return Drawing(figure, "Failed runs, told from the objective", caption)
