"""Table and figure of the calibration, from its record alone.

`python -m reports.calibration_page FOLDER` takes over the record that `identify calibrate --out FOLDER` wrote and makes
`docs/calibration.md` from it; without an argument it makes the page again from the record kept in `docs/calibration/`.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matplotlib.patches import Patch

from reports.atomic_file import write_atomically
from reports.code_version import ROOT
from reports.figures.illustration import Drawing, illustrate
from reports.figures.style import INK, PALETTE, journal_style, panels

DOCS = ROOT / "docs"
RECORD = "calibration.json"
COLOURS = {"inconclusive": PALETTE[0], "wrong": PALETTE[1]}


def write_calibration(record: Mapping[str, Any], folder: Path) -> None:
    """Write record, table and figure into `folder`."""
    write_atomically(folder / RECORD, (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode())
    write_atomically(folder / "calibration.md", markdown(record).encode())
    with journal_style():
        illustrate("calibration", figure(record), folder)


def publish(folder: Path, docs: Path) -> None:
    """Write the page `calibration.md` below `docs` and keep record and figure of `folder` in `calibration/` there."""
    kept = docs / "calibration"
    if folder != kept:
        kept.mkdir(parents=True, exist_ok=True)
        for name in (RECORD, "calibration.png"):
            shutil.copyfile(folder / name, kept / name)
    page = markdown(json.loads((kept / RECORD).read_text()), figure_at="calibration/calibration.png")
    write_atomically(docs / "calibration.md", page.encode())


def markdown(record: Mapping[str, Any], figure_at: str = "calibration.png") -> str:
    """The record as a page: headline rates with exact bounds, figure, and a table by kind of map and rows."""
    wrong, open_ = record["verdicts"], record["inconclusive_where_asked"]
    lines = [
        "# Calibration of the verdict",
        "",
        f"{record['cases']} simulated cases (seed {record['seed']}), margin {record['eps']}: maps of every class, "
        "d = 2 to 30, n = 200 to 10,000, four noise levels, independent and correlated latents of three laws. "
        "Truth is the excess loss in the population; between one and two margins either answer counts as right. "
        "Intervals are held against the same map on a million fresh rows, in every fourth case; at the boundary "
        "(R2 = 1) only their far end can miss.",
        "",
        f"A verdict took {record['seconds']:.2f} core-seconds on average, the whole run "
        f"{record['core_seconds'] / 3600:.2f} core-hours. Made by `make calibration` from its record "
        f"(code version {record['code_version'][:12]}, {_commit(record)}); no number here is typed by hand.",
        "",
        "| quantity | count | rate | exact 95 % interval |",
        "|---|---|---|---|",
        f"| wrong class, among verdicts | {wrong['hits']} of {wrong['count']} | {_interval(wrong)} |",
        "| INCONCLUSIVE, n >= 100 d and mild noise, classes up to affine, componentwise and few bends "
        f"| {open_['hits']} of {open_['count']} | {_interval(open_)} |",
    ]
    for one in record["inconclusive_by_noise"]:
        lines.append(
            f"| the same at noise of {one['noise']:.1%} of the code's variance | {one['hits']} of {one['count']} "
            f"| {_interval(one)} |"
        )
    for name, one in record["coverage"].items():
        lines.append(f"| coverage of the 95 % interval: {name} | {one['hits']} of {one['count']} | {_interval(one)} |")
    lines += ["", f"![Rates of wrong and open verdicts by map and rows]({figure_at})"]
    lines += ["", "| map | n | cases | wrong | INCONCLUSIVE |", "|---|---|---|---|---|"]
    for cell in record["cells"]:
        wrong_here, open_here = cell["wrong"], cell["inconclusive"]
        lines.append(
            f"| {cell['kind'].replace('_', ' ')} | {cell['n']} | {cell['cases']} "
            f"| {wrong_here['hits']} of {wrong_here['count']} | {open_here['hits']} of {open_here['count']} |"
        )
    return "\n".join(lines) + "\n"


def _commit(record: Mapping[str, Any]) -> str:
    made_in = record["environment"]
    return f"commit {str(made_in['commit'])[:10]}{' with local changes' if made_in['dirty'] else ''}"


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
            for shift, (key, colour) in zip((0.18, -0.18), COLOURS.items(), strict=True):
                rate = cell[key]
                if not rate["count"]:
                    continue
                panel.barh(row + shift, rate["rate"], height=0.3, color=colour)
                panel.plot([rate["low"], rate["high"]], [row + shift] * 2, color=INK, lw=0.6)
        panel.set(yticks=range(len(cells)), xlim=(0, 1), xlabel="rate", title=f"n = {n}")
        panel.set_yticklabels([cell["kind"].replace("_", " ") for cell in cells] if position == 0 else [])
    handles = [Patch(color=colour, label=key) for key, colour in COLOURS.items()]
    drawing.legend(handles=handles, loc="outside lower center", ncols=2)
    caption = f"{record['cases']} cases over d, noise, correlation and law; lines are exact 95 % intervals."
    return Drawing(drawing, "Calibration of the verdict", caption)


def main() -> None:
    """Publish the record of a calibration folder, or the kept one again."""
    publish(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS / "calibration", DOCS)


if __name__ == "__main__":
    main()
