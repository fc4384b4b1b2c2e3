"""Affine R2 against the number of latents N, with intervals, baselines and the published values (LDM Fig. A7A)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from matplotlib.axes import Axes

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, INK, method_colour, method_name, panels
from reports.store import Record

# read off LDM Fig. A7A (kNN, KDE and log det lie together); at N = 10 the three spread from .75 to .8
PUBLISHED = {2: (1.0, 1.0), 4: (0.95, 0.95), 6: (0.85, 0.85), 8: (0.80, 0.80), 10: (0.75, 0.80)}


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """One curve per method over the worlds called `NAME-N` with N latents; needs two values of N."""
    family = _family(records)
    dims = sorted({record.summary["dim"] for record in family})
    if len(dims) < 2:
        return None
    figure, (panel,) = panels(1, 1, 2.5)
    _published(panel, dims)
    methods = sorted({record.summary["method"] for record in family})
    for shift, method in enumerate(methods):
        rows = sorted((r for r in family if r.summary["method"] == method), key=lambda r: r.summary["dim"])
        scores = [row.summary["over_seeds"]["r2_affine"] for row in rows]
        x = [row.summary["dim"] + 0.14 * (shift - (len(methods) - 1) / 2) for row in rows]
        y = [score["estimate"] for score in scores]
        spread = [[_half(s["estimate"], s[end]) for s in scores] for end in ("low", "high")]
        colour = method_colour(method, methods)
        panel.errorbar(
            x, y, spread, color=colour, marker="o", ms=3, capsize=2, lw=1, label=f"ours, {method_name(method)}"
        )
    for key, dash, name in (("linear_from_x", (4, 2), "linear from x"), ("untrained", (1, 1.5), "untrained")):
        values = [(r.summary["dim"], r.summary["baselines"][key]["estimate"]) for r in family if _has(r, key)]
        if values:
            # the baselines hardly depend on the method: the highest one is drawn
            best = {dim: max(v for d, v in values if d == dim) for dim, _ in values}
            panel.plot(*zip(*sorted(best.items()), strict=True), color=INK, lw=0.8, dashes=dash, label=name)
    panel.set(
        xticks=sorted({*dims, *(d for d in PUBLISHED if dims[0] <= d <= dims[-1])}),
        xlabel="number of latents $N$",
        ylabel="affine $R^2$, held out",
        ylim=(None, 1.03),
    )
    panel.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    caption = (
        "Affine R² of true latents from recovered ones on held-out data: mean over seeds with its 95 % interval. "
        "Grey: values read off LDM Fig. A7A: same latents and estimators, another mixing (ours is narrower). Broken "
        "lines: a linear map of the raw observation and the untrained encoder, against which every score stands."
    )
    return Drawing(figure, "Recovery against the number of latents", caption)


def _published(panel: Axes, dims: list[int]) -> None:
    shown = [dim for dim in PUBLISHED if dims[0] <= dim <= dims[-1]]
    low, high = zip(*(PUBLISHED[dim] for dim in shown), strict=True)
    middle = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
    spread = [(b - a) / 2 for a, b in zip(low, high, strict=True)]
    panel.errorbar(
        shown, middle, spread, color=FAINT, marker="s", ms=3, capsize=2, lw=1, label="published (LDM Fig. A7A)"
    )


def _family(records: Mapping[str, Record]) -> list[Record]:
    """The largest family of worlds that differ in N alone."""
    families: dict[str, list[Record]] = defaultdict(list)
    for record in records.values():
        if record.summary.get("steps") == 0:  # untrained networks are a baseline, not a method
            continue
        match = re.fullmatch(r"(.+)-(\d+)", str(record.summary.get("world", "")))
        if match and int(match[2]) == record.summary.get("dim") and "r2_affine" in record.summary.get("over_seeds", {}):
            families[match[1]].append(record)
    return max(families.values(), key=len, default=[])


def _half(estimate: float, end: float | None) -> float:
    return 0.0 if end is None else abs(end - estimate)


def _has(record: Record, baseline: str) -> bool:
    return bool(record.summary.get("baselines", {}).get(baseline))
