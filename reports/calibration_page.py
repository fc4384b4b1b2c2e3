"""Table and figure of the calibration, from its record alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.figures.illustration import Drawing
from reports.figures.style import INK, PALETTE, panels


def markdown(record: Mapping[str, Any]) -> str:
    """The record as a page: headline rates with exact bounds, and a table by class of map and rows."""
    wrong, open_ = record["verdicts"], record["inconclusive_where_asked"]
    lines = [
        "# Calibration of the verdict",
        "",
        f"{record['cases']} simulated cases, margin {record['eps']}, {record['seconds']:.2f} core-seconds a verdict. "
        "Made by `identify calibrate`; every number below comes from its record.",
        "",
        "| quantity | count | rate | exact 95 % interval |",
        "|---|---|---|---|",
        f"| wrong class, among verdicts | {wrong['hits']} of {wrong['count']} | {_interval(wrong)} |",
        "| INCONCLUSIVE, n >= 100 d and mild noise, classes up to affine, componentwise and few bends "
        f"| {open_['hits']} of {open_['count']} | {_interval(open_)} |",
    ]
    for name, one in record["coverage"].items():
        both = one["both"]
        lines.append(
            f"| coverage of the 95 % interval of {name} | {both['hits']} of {both['count']} | {_interval(both)} |"
        )
    lines += ["", "| map | n | cases | wrong | INCONCLUSIVE |", "|---|---|---|---|---|"]
    for cell in record["cells"]:
        wrong_here, open_here = cell["wrong"], cell["inconclusive"]
        lines.append(
            f"| {cell['kind'].replace('_', ' ')} | {cell['n']} | {cell['cases']} "
            f"| {wrong_here['hits']} of {wrong_here['count']} | {open_here['hits']} of {open_here['count']} |"
        )
    return "\n".join(lines) + "\n"


def _interval(rate: Mapping[str, Any]) -> str:
    if not rate["count"]:
        return "- | -"
    return f"{rate['rate']:.2%} | {rate['low']:.2%} to {rate['high']:.2%}"


def figure(record: Mapping[str, Any]) -> Drawing:
    """Rates of wrong and open verdicts by kind of map, one panel a number of rows."""
    rows = sorted({cell["n"] for cell in record["cells"]})
    drawing, axes = panels(len(rows), 3, 2.2)
    for position, (panel, n) in enumerate(zip(axes, rows, strict=True)):
        cells = [cell for cell in record["cells"] if cell["n"] == n][::-1]
        for row, cell in enumerate(cells):
            for shift, key, colour in ((0.18, "inconclusive", PALETTE[0]), (-0.18, "wrong", PALETTE[1])):
                rate = cell[key]
                if not rate["count"]:
                    continue
                panel.barh(row + shift, rate["rate"], height=0.3, color=colour, label=key if row == 0 else None)
                panel.plot([rate["low"], rate["high"]], [row + shift] * 2, color=INK, lw=0.6)
        panel.set(yticks=range(len(cells)), xlim=(0, 1), xlabel="rate", title=f"n = {n}")
        panel.set_yticklabels([cell["kind"].replace("_", " ") for cell in cells] if position == 0 else [])
    axes[-1].legend(loc="lower right")
    caption = f"{record['cases']} cases over d, noise, correlation and law; lines are exact 95 % intervals."
    return Drawing(drawing, "Calibration of the verdict", caption)
