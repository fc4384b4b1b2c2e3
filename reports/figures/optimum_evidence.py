"""Whether each run reached its optimum: held-out objective minus the same objective on the true latents."""

from __future__ import annotations

from collections.abc import Mapping

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, INK, PALETTE, panels
from reports.store import Record


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One line per cell, one point per seed with three standard errors."""
    shown = [r for r in records.values() if any(_measured(run) for run in r.summary.get("runs", ()))]
    if not shown:
        return None
    figure, (panel,) = panels(1, 1, 0.55 + 0.2 * len(shown))
    widest = 0.0
    for row, record in enumerate(reversed(shown)):
        runs = [run["optimum"] for run in record.summary["runs"] if _measured(run)]
        for position, optimum in enumerate(runs):
            y = row + 0.6 * ((position + 0.5) / len(runs) - 0.5)
            gap = optimum["objective"] - optimum["oracle"]
            spread = 3 * (optimum.get("standard_error") or 0.0)
            colour = PALETTE[0] if optimum["reached"] else PALETTE[1]
            fill = colour if optimum["reached"] else "none"
            panel.errorbar(gap, y, xerr=spread, color=colour, marker="o", mfc=fill, ms=2.5, mew=0.7, lw=0.6)
            widest = max(widest, abs(gap) + spread)
    panel.axvline(0, color=INK, lw=0.7, dashes=(4, 2))
    panel.set_xscale("symlog", linthresh=max(widest / 30, 1e-3))
    panel.set(yticks=range(len(shown)), yticklabels=[r.cell for r in reversed(shown)], ylim=(-0.7, len(shown) - 0.3))
    panel.set_xlabel("held-out objective minus oracle (nats)")
    panel.spines["left"].set_visible(False)
    panel.tick_params(axis="y", length=0)
    for row in range(len(shown) - 1):
        panel.axhline(row + 0.5, color=FAINT, lw=0.2)
    caption = (
        "The held-out objective of each run minus the same estimator and predictor on the"
        " true latents, with three standard errors. Filled: the optimum counts as reached. Open: it does not, and "
        "the run says nothing against a theorem. The axis is linear near zero and logarithmic beyond."
    )
    return Drawing(figure, "Evidence of the optimum", caption)


def _measured(run: Mapping[str, object]) -> bool:
    optimum = run.get("optimum")
    return isinstance(optimum, Mapping) and optimum.get("objective") is not None and optimum.get("oracle") is not None
