"""The ladder of a measurement, from the JSON of `identify measure --json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, HOLDS, INK, is_first_column, panels

_FLOOR = 1e-6


def read_measurements(sources: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """Name and content of every measurement; raises ValueError for a file that is no output of `identify measure`."""
    found = []
    for source in sources:
        try:
            content = json.loads(Path(source).read_text())
            rows = content if isinstance(content, list) else [content]
            found += [
                (row.get("recovered", Path(source).stem), row) for row in rows if row["ladder"] and row["verdict"]
            ]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise ValueError(
                f"{source} is no measurement: make one by `identify measure TRUE RECOVERED --json`"
            ) from None
    return found


def ladder(measurements: Sequence[tuple[str, dict[str, Any]]]) -> Drawing:
    """Loss of each class with its interval, one panel a measurement."""
    figure, axes = panels(len(measurements), 3, 1.9)
    for panel, (name, one) in zip(axes, measurements, strict=True):
        entries = [entry for entry in one["ladder"] if entry["loss"] is not None][::-1]
        for row, entry in enumerate(entries):
            low, middle, high = (max(entry["loss"][key] or 0.0, _FLOOR) for key in ("low", "estimate", "high"))
            panel.barh(row, middle, color=HOLDS[entry["holds"]], height=0.62, alpha=0.85)
            panel.plot([low, high], [row, row], color=INK, lw=0.9)
        panel.axvline(one["margin"], color=FAINT, lw=0.6, ls=":")
        panel.set(xscale="log", yticks=range(len(entries)))
        panel.set_xlim(left=_FLOOR)
        panel.set_xlabel("loss, worst direction")
        labels = [entry["class"].replace("_", " ") for entry in entries]
        panel.set_yticklabels(labels if is_first_column(panel) else [])
        panel.set_title(f"{name}: {one['verdict']['class'] or 'inconclusive'}")
    rows = ", ".join(f"{one['n']}" for _, one in measurements)
    return Drawing(
        figure,
        "The ladder",
        f"n = {rows} rows. Share of the code's variance that each class leaves unexplained in the worst direction, "
        "held out, with 95 % intervals (resampled held-out rows); dotted: the margin. Green holds, orange fails, grey "
        "undecided.",
    )
