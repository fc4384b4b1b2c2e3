"""Categorical LDM on digits: typical and odd images with the entropy of their encodings, accuracy against p_theta."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, INK, PALETTE, figure_width
from reports.store import Record

SHOWN = "digits/ldm-0.99-raised"
"""The cell whose encodings are shown: the paper's p_theta."""
_KINDS = (("LDM", True), ("LDM", False), ("MI", True), ("MI", False))
_COLOURS = {"LDM": PALETTE[0], "MI": PALETTE[1]}


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """Digits above, curves over p_theta below."""
    record = records.get(SHOWN)
    if record is None or "typical/pixels" not in record.arrays:
        return None
    cells = [one for one in records.values() if one.summary.get("kind") == "categorical"]
    figure = Figure(figsize=(figure_width(), 3.9))
    grid = figure.add_gridspec(2, 3, height_ratios=(1.0, 1.0), width_ratios=(1.0, 1.0, 1.0))
    _show_digits(figure.add_subplot(grid[0, :2]), record)
    _show_entropies(figure.add_subplot(grid[0, 2]), record)
    for column, (score, label) in enumerate(
        (("accuracy", "accuracy, held out"), ("entropy", "entropy of encodings (nats)"), ("match", "same category"))
    ):
        _show_score(figure.add_subplot(grid[1, column]), cells, score, label)
    handles, labels = figure.axes[2].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3)
    runs = record.summary["runs"]
    caption = (
        f"Categorical LDM on scikit-learn's digits, {len(runs)} seeds, each with its own split. Above, LDM form at "
        f"p_theta = .99 raised during training, seed {runs[0]['seed']}: of each digit the held-out image with the "
        "least entropy of its encoding, the ten with the most (entropy, and the two likeliest digits), and entropies "
        "of all held-out images of all seeds by whether the likeliest category is right. Below, means over seeds with "
        "95 % intervals (Student t) against p_theta, held from the start or raised to it; grey: the same network "
        "trained on the digits themselves; broken line: p_theta."
    )
    return Drawing(figure, "Categorical LDM on digits", caption)


def _show_digits(panel: Axes, record: Record) -> None:
    """Two rows of ten images, each with its entropy below."""
    panel.set(xlim=(0, 10), ylim=(0, 3.1), aspect="equal")
    panel.set_axis_off()
    for row, name in enumerate(("typical", "odd")):
        low = 1.95 - 1.6 * row
        panel.text(0, low + 1.02, f"{name} digits", ha="left", va="bottom", fontsize=7.5)
        for k in range(10):
            pixels = record.arrays[f"{name}/pixels"][k].reshape(8, 8)
            place = (k + 0.06, k + 0.94, low + 0.1, low + 0.98)
            panel.imshow(pixels, cmap="gray_r", extent=place, vmin=0, vmax=1, interpolation="nearest")
            entropy = record.arrays[f"{name}/entropy"][k]
            first, second = record.arrays[f"{name}/likeliest"][k]
            text = f"{entropy:.2g}" if name == "typical" else f"{entropy:.2f}: {first} or {second}"
            panel.text(k + 0.5, low + 0.06, text, ha="center", va="top", fontsize=5)
    panel.set(xlim=(0, 10), ylim=(0, 3.1))


def _show_entropies(panel: Axes, record: Record) -> None:
    right = record.arrays["right"].astype(bool)
    entropy = np.maximum(record.arrays["entropy"], 1e-6)
    edges = np.geomspace(1e-6, np.log(10), 25).tolist()
    for chosen, colour, name in ((right, PALETTE[2], "right"), (~right, PALETTE[1], "wrong")):
        weights = np.full(int(chosen.sum()), 1 / max(int(chosen.sum()), 1))
        panel.hist(entropy[chosen], edges, weights=weights, color=colour, alpha=0.7, label=name)
    panel.set(xscale="log", xlabel="entropy of the encoding (nats)", ylabel="share of images")
    panel.legend(loc="upper left")


def _show_score(panel: Axes, cells: Sequence[Record], score: str, label: str) -> None:
    for form, raised in _KINDS:
        shown = [c.summary for c in cells if c.summary["form"] == form and c.summary["raised"] is raised]
        shown.sort(key=lambda one: one["match"])
        rows = [one["over_seeds"][score] for one in shown]
        if not rows:
            continue
        spread = [[abs(row["estimate"] - (row[end] or row["estimate"])) for row in rows] for end in ("low", "high")]
        panel.errorbar(
            [_odds(one["match"]) for one in shown],
            [row["estimate"] for row in rows],
            spread,
            color=_COLOURS[form],
            marker="o" if raised else "s",
            mfc=_COLOURS[form] if raised else "white",
            dashes=(1, 0) if raised else (3, 2),
            ms=3,
            capsize=2,
            lw=1,
            label=f"{form}, $p_\\theta$ {'raised' if raised else 'held'}",
        )
    for one in (c.summary for c in cells if c.summary["form"] == "supervised" and score != "match"):
        panel.axhline(one["over_seeds"][score]["estimate"], color=FAINT, lw=0.8, label="trained on the digits")
    matches = sorted({c.summary["match"] for c in cells if c.summary["form"] != "supervised"})
    if score == "match":
        panel.plot([_odds(p) for p in matches], matches, color=INK, lw=0.7, dashes=(4, 2), zorder=0)
    panel.set_xticks([_odds(p) for p in matches], [f"{p:g}" for p in matches])
    panel.set(xlabel="$p_\\theta$ (axis: log odds)", ylabel=label)


def _odds(match: float) -> float:
    return float(np.log(match / (1 - match)))
