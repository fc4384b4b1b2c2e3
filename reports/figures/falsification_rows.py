"""The falsification table as a figure: every assumption removed in turn, verdict predicted and found, R2, gaps.

Drawn from the rows of `report.json` (or those kept of it), not from records.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import shorten
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, FULL_WIDTH, HOLDS, INK, PALETTE, figure_width

_COLUMNS = (("assumption removed", 0.0, "left"), ("predicted", 0.52, "left"), ("found", 1.0, "right"))
_SCORES = (("r2_affine", "o", PALETTE[0], "affine $R^2$"), ("r2_nonlinear", "D", PALETTE[4], "nonlinear $R^2$"))


def draw_rows(rows: Sequence[Mapping[str, Any]]) -> Drawing:
    """One line a removed assumption; theorems follow one another.

    Raises ValueError where there is no row.
    """
    if not rows:
        raise ValueError("the report has no falsification rows: run `identify report --profile theorems`")
    figure = Figure(figsize=(figure_width(), 0.9 + 0.17 * len(rows)))
    text, scores, gaps = figure.subplots(1, 3, width_ratios=(2.6, 1.0, 1.0), sharey=True)
    _show_texts(text, rows)
    _show_scores(scores, rows)
    _show_gaps(gaps, rows)
    for panel in (text, scores, gaps):
        panel.set_ylim(len(rows) - 0.4, -1.2)
        panel.tick_params(axis="y", length=0, labelleft=False)
        panel.spines["left"].set_visible(False)
    for panel in (scores, gaps):
        for row in range(len(rows)):
            panel.axhline(row, color=FAINT, lw=0.2, zorder=0)
    figure.legend(*scores.get_legend_handles_labels(), loc="outside upper right", ncols=2)
    seeds = sorted({len(row["seeds"]) for row in rows})
    met = sum(row["as_expected"] for row in rows)
    caption = (
        f"Every assumption removed in turn, {' or '.join(map(str, seeds))} seeds a row; {met} of {len(rows)} rows came "
        "out as predicted. Found, green where predicted: class of the witness, else of trained codes. Scores: means "
        "over seeds with 95 % intervals (Student t), of the witness where there is one. Gaps: objective at the witness "
        "minus the optimum, 0 where it is optimal (filled), and of the same map in the intact twin (open), in nats or "
        "sums of correlations, three standard errors."
    )
    return Drawing(figure, "Falsification table", caption)


def _show_texts(panel: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    panel.set(xlim=(0, 1), xticks=[])
    panel.spines["bottom"].set_visible(False)
    share = figure_width() / FULL_WIDTH
    for heading, at, side in _COLUMNS:
        panel.text(at, -1, heading, fontsize=6.5, va="center", ha=side)
    for row, one in enumerate(rows):
        texts = (_short(one["assumption"], int(55 * share)), _short(one["predicted"], int(30 * share)), _found(one))
        colours = (INK, INK, HOLDS[bool(one["as_expected"])])
        for text, colour, (_, at, side) in zip(texts, colours, _COLUMNS, strict=True):
            panel.text(at, row, text, fontsize=5.5, va="center", ha=side, color=colour)


def _found(row: Mapping[str, Any]) -> str:
    """The classes that verdicts of the first kind of code named: of the witness where there is one."""
    if not row["found_by"]:
        return str(row["outcome"]).lower()
    return " or ".join(name.replace("_", " ") for name in row["found_by"][0]["verdicts"])


def _short(text: str, most: int) -> str:
    """Cut at a word, never within a formula."""
    if len(text) <= most or "$" in text[:most]:
        return text
    return shorten(text, most, placeholder=" ...")


def _show_scores(panel: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    for name, marker, colour, label in _SCORES:
        shown = [(k, row[name]) for k, row in enumerate(rows) if row.get(name)]
        middle = [score["estimate"] for _, score in shown]
        ends = [[_half(score, end) for _, score in shown] for end in ("low", "high")]
        panel.errorbar(
            middle, [k for k, _ in shown], xerr=ends, fmt=marker, color=colour, ms=2.5, lw=0.7, mfc="white", label=label
        )
    panel.set(xlim=(-0.05, 1.05), xlabel="$R^2$, held out")


def _half(score: Mapping[str, Any], end: str) -> float:
    return 0.0 if score.get(end) is None else abs(score[end] - score["estimate"])


def _show_gaps(panel: Axes, rows: Sequence[Mapping[str, Any]]) -> None:
    for name, fill in (("gap", INK), ("twin_gap", "white")):
        shown = [(k, row["gaps"][name]) for k, row in enumerate(rows) if row.get("gaps")]
        panel.errorbar(
            [one["value"] for _, one in shown],
            [k for k, _ in shown],
            xerr=[3 * one["standard_error"] for _, one in shown],
            fmt="s",
            color=INK,
            mfc=fill,
            ms=2.5,
            lw=0.7,
            mew=0.6,
        )
    panel.axvline(0, color=INK, lw=0.5, dashes=(4, 2))
    panel.set_xscale("symlog", linthresh=0.1)
    panel.set(xlabel="gap (filled: here, open: twin)", xticks=[-10, -1, -0.1, 0])
