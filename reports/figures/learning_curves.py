"""The objective while training, seed by seed, with the value it takes on the true latents."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from reports.figures.illustration import Drawing
from reports.figures.style import INK, is_first_column, is_lowest, method_colour, panels
from reports.store import Record


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One panel per cell with a history."""
    shown = [record for record in records.values() if _has_history(record)]
    if not shown:
        return None
    figure, axes = panels(len(shown), 4, 1.25)
    methods = sorted({record.summary.get("method", "") for record in shown})
    for panel, record in zip(axes, shown, strict=True):
        steps = record.arrays["history/step"]
        curves = np.atleast_2d(record.arrays["history/objective"])
        oracle = _oracle(record)
        colour = method_colour(record.summary.get("method", ""), methods)
        panel.plot(steps, curves.T, color=colour, lw=0.6, alpha=0.8)
        if oracle is not None:
            panel.axhline(oracle, color=INK, lw=0.7, dashes=(4, 2))
        panel.set_ylim(_limits(curves, oracle))
        panel.set_title(record.cell)
        panel.locator_params(nbins=3)
    for panel in axes:
        if is_first_column(panel):
            panel.set_ylabel("objective")
        if is_lowest(panel, axes):
            panel.set_xlabel("step")
    caption = (
        "Training objective (alignment plus uniformity, in nats a frame), one line per seed; a jump is the change of "
        "entropy estimator after a warm start. Broken line: the held-out objective on the true latents. A training "
        "batch is smaller than the held-out sample, so its entropy estimate may lie off that line by its bias: whether "
        "a run reached the optimum is decided on equal terms in the figure on the optimum."
    )
    return Drawing(figure, "Learning curves and the oracle", caption)


def _has_history(record: Record) -> bool:
    return "history/objective" in record.arrays and record.arrays["history/step"].size > 1


def _oracle(record: Record) -> float | None:
    """The mean over seeds of the held-out objective on the true latents."""
    found = [run["optimum"]["oracle"] for run in record.summary.get("runs", ()) if run.get("optimum")]
    values = [value for value in found if value is not None]
    return float(np.mean(values)) if values else None


def _limits(curves: np.ndarray, oracle: float | None) -> tuple[float, float]:
    """Limits that show the approach to the oracle, not the start nor a warm start."""
    late = curves[:, curves.shape[1] // 2 :]
    values = late[np.isfinite(late)]
    if values.size == 0:
        return (0.0, 1.0)
    ends = [float(np.quantile(values, 0.02)), float(values.max()), *([] if oracle is None else [oracle])]
    margin = 0.08 * (max(ends) - min(ends)) or 0.1
    return min(ends) - margin, max(ends) + margin
