"""A score of the records against a number of their summaries: dimension, sample size, noise, match, ...

x is a path into the summary or the configuration, `dim` or `sample.train`; cells whose ids differ in that number alone
(`markov-2/knn`, `markov-4/knn`) form a curve, drawn as mean over seeds with its 95 % interval.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, method_name, panels
from reports.plots.curves import finish_score, show_intervals
from reports.plots.options import Options
from reports.store import Record
from reports.wording import score_name

_AXES = {
    "dim": "number of latents",
    "observed_dim": "observed channels",
    "sample.train": "training sequences",
    "steps": "training steps",
    "match": "$p_\\theta$",
    "seconds": "CPU seconds",
}
_FOUND = ("runs", "over_seeds", "seconds", "baselines", "ceiling", "geometry", "condition_number", "single_sequence")
_CANDIDATES = ("dim", "sample.train", "match", "observed_dim", "steps")


def with_score(records: Mapping[str, Record], options: Options) -> dict[str, Record]:
    """The records that hold the score; ValueError names the scores there are where none does."""
    scored = {name: record for name, record in records.items() if record.summary.get("over_seeds")}
    score = options.score or _first_score(scored)
    shown = {name: record for name, record in scored.items() if score in record.summary["over_seeds"]}
    if scored and not shown:
        known = sorted({name for record in scored.values() for name in record.summary["over_seeds"]})
        raise ValueError(f"score={score!r} is in no record: there are {', '.join(known)}")
    return shown


def score_over(records: Mapping[str, Record], options: Options) -> Drawing | None:
    """One curve for cells whose ids differ in x alone; None where no record holds scores over seeds.

    Raises ValueError for a score or an axis that is in no record, with those that are.
    """
    score, shown = options.score or _first_score(records), list(with_score(records, options).values())
    if not shown:
        return None
    x = options.x or _varying(shown)
    curves: dict[str, list[tuple[float, Mapping[str, Any]]]] = defaultdict(list)
    for record in shown:
        place = number_at(record, x)
        if place is not None:
            curves[_curve(record, place)].append((place, record.summary["over_seeds"][score]))
    if not curves:
        raise ValueError(f"x={x!r} is no number in any record: there are {', '.join(numbers_of(shown))}")
    figure, (panel,) = panels(1, 1, 2.6)
    labels = options.labels_for(len(curves)) if options.labels else tuple(sorted(curves))
    for k, name in enumerate(sorted(curves)):
        points = curves[name]
        points.sort(key=lambda point: point[0])
        middle = np.array([row["estimate"] for _, row in points])
        ends = [[abs(row["estimate"] - _end(row, end)) for _, row in points] for end in ("low", "high")]
        show_intervals(panel, np.array([at for at, _ in points]), middle, np.array(ends), k, labels[k])
    ceilings = {
        (at, record.summary["ceiling"]["r2"])
        for record in shown
        if score.startswith("r2") and record.summary.get("ceiling") and (at := number_at(record, x)) is not None
    }
    if any(ceiling < 1 for _, ceiling in ceilings):
        panel.plot(*zip(*sorted(ceilings), strict=True), "_", color=FAINT, ms=9, label="ceiling")
    places = np.array([at for points in curves.values() for at, _ in points])
    finish_score(panel, places, options.xlabel or _AXES.get(x, x), options.ylabel or score_name(score))
    caption = f"{score_name(score)} over {x}: mean over seeds with its 95 % interval (Student t), held-out data."
    return Drawing(figure, "Scores", caption.replace("$R^2$", "R2"))


def number_at(record: Record, path: str) -> float | None:
    """The number at a dotted path of the summary, or of the configuration; None where there is none."""
    for root in (record.summary, record.configuration):
        value: Any = root
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    return None


def numbers_of(records: Sequence[Record]) -> list[str]:
    """Dotted paths of the numbers that were set, in summaries and configurations."""
    found: set[str] = set()
    for record in records:
        for root in (record.summary, record.configuration):
            found |= set(_paths({key: root[key] for key in root if key not in _FOUND}))
    return sorted(found)


def _paths(tree: Mapping[str, Any]) -> list[str]:
    below = [f"{key}.{rest}" for key, value in tree.items() if isinstance(value, Mapping) for rest in _paths(value)]
    return below + [k for k, v in tree.items() if isinstance(v, int | float) and not isinstance(v, bool)]


def _first_score(records: Mapping[str, Record]) -> str:
    names = [name for record in records.values() for name in record.summary.get("over_seeds", ())]
    return names[0] if names and "r2_affine" not in names else "r2_affine"


def _varying(records: Sequence[Record]) -> str:
    """The first usual axis along which the records differ."""
    for path in _CANDIDATES:
        if len({number_at(record, path) for record in records} - {None}) > 1:
            return path
    raise ValueError(f"x is needed: the records differ in none of {', '.join(_CANDIDATES)}; give --x PATH")


def _curve(record: Record, place: float) -> str:
    """The cell's id with the number at x replaced by N; without that number, its world and method."""
    name = re.sub(rf"(?<![\d.]){re.escape(f'{place:g}')}(?![\d.])", "N", record.cell, count=1)
    if name != record.cell:
        return name
    about = (str(record.summary.get("world", "")), method_name(str(record.summary.get("method", ""))))
    return ", ".join(part for part in about if part)


def _end(row: Mapping[str, Any], end: str) -> float:
    return row["estimate"] if row.get(end) is None else row[end]
