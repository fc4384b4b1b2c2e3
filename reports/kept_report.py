"""Pages of the documentation made from reports: `python -m reports.kept_report [REPORT_DIR ...] [--part PROFILE]`.

For a report of profile P, `docs/P_report/rows.json` keeps the rows of `report.json` that the page shows, and
`docs/P_report.md` shows them: claims, and the tables of falsification and of estimators where there are any. A report
of some claims only replaces their rows; the others stay, and the page names the commits of both. `--part P` makes the
page of P from the claims of P in a larger report, such as that of `paper`, and says so. Without arguments every page is
made again from its kept rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from reports import estimator_table
from reports.atomic_file import write_atomically
from reports.profiles import profile
from reports.wording import gap, origins

DOCS = Path(__file__).resolve().parent.parent / "docs"
_CLAIM = ("id", "statement", "published", "measured", "worst", "seeds", "outcome", "expected", "as_expected", "reason")
_ROW = ("assumption", "predicted", "found_by", "untrained", "seeds", "r2_affine", "r2_nonlinear", "gaps")


def keep(report_dir: Path, docs: Path, part: str | None = None) -> Path:
    """Take over the rows of one report, or those of the profile `part` that it holds; returns the page."""
    report = json.loads((report_dir / "report.json").read_text())
    whole = report["profile"]
    if part not in (None, whole):
        report = _part(report, part)
    kept = {
        "profile": report["profile"],
        "commit": report["environment"].get("commit"),
        "dirty": report["environment"].get("dirty"),
        "within": None if whole == report["profile"] else whole,
        "seconds": report["seconds"] or sum(row["seconds"] or 0.0 for row in report.get("cells", ())),
        "claims": [{key: row.get(key) for key in _CLAIM} for row in report["claims"]],
        "falsification": [
            {key: row.get(key) for key in ("theorem", "outcome", "as_expected", *_ROW)}
            for row in report["falsification"]
        ],
        "cells": estimator_table.kept_cells(report.get("cells", ())),
        "earlier": [],
    }
    folder = docs / f"{kept['profile']}_report"
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / "rows.json").exists():
        kept = _over(json.loads((folder / "rows.json").read_text()), kept)
    write_atomically(folder / "rows.json", (json.dumps(kept, indent=1, ensure_ascii=False) + "\n").encode())
    return publish(folder)


def _part(report: Mapping[str, Any], part: str) -> dict[str, Any]:
    """Claims of one profile in a larger report, with their cells and rows; ValueError where there is none."""
    known = {claim.id for claim in profile(part).claims}
    claims = [row for row in report["claims"] if row["id"] in known]
    if not claims:
        raise ValueError(f"part={part!r}: the report of {report['profile']} holds no claim of it; give a profile in it")
    cells = {cell for row in claims for cell in row["cells"]}
    return {
        "profile": part,
        "environment": report["environment"],
        "seconds": None,
        "claims": claims,
        "falsification": [row for row in report["falsification"] if row["claim"] in known],
        "cells": [row for row in report["cells"] if row["id"] in cells],
    }


def _over(old: Mapping[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """New rows in the place of old ones; old rows whose claim was not run again stay."""
    again = {row["id"] for row in new["claims"]}
    if {row["id"] for row in old["claims"]} <= again:
        return new
    tested = {(row["theorem"], row["assumption"]) for row in new["falsification"]}
    return new | {
        "claims": [row for row in old["claims"] if row["id"] not in again] + new["claims"],
        "falsification": [row for row in old["falsification"] if (row["theorem"], row["assumption"]) not in tested]
        + new["falsification"],
        "cells": new["cells"] or old["cells"],
        "earlier": [*old["earlier"], {key: old.get(key) for key in ("commit", "dirty", "within", "seconds")}],
    }


def publish(folder: Path) -> Path:
    """Write the page of kept rows beside their folder."""
    kept = json.loads((folder / "rows.json").read_text())
    page = folder.with_suffix(".md")
    write_atomically(page, ("\n".join(_lines(kept)) + "\n").encode())
    return page


def _code(run: Mapping[str, Any]) -> str:
    within = f" in a run of `{run['within']}`" if run.get("within") else ""
    return str(run["commit"])[:10] + (" with local changes" if run["dirty"] else "") + within


def claims_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Claims as a Markdown table; an outcome that was not expected says what was."""
    lines = ["| claim | published | ours, mean over seeds [95 %] | worst seed | outcome |", "|---|---|---|---|---|"]
    for row in rows:
        measured, worst = row["measured"], row["worst"]
        score = "" if measured is None else "{estimate:.4f} [{low:.4f}, {high:.4f}]".format(**measured)
        note = "" if row["as_expected"] else f" (expected: {row['expected']})"
        lines.append(
            f"| {row['statement']} | {row['published'] or '–'} | {score} | {'' if worst is None else f'{worst:.4f}'} "
            f"| {row['outcome']}{note} |"
        )
    return "\n".join(lines)


def _lines(kept: Mapping[str, Any]) -> Iterator[str]:
    met = sum(row["as_expected"] for row in kept["claims"])
    yield f"# What `identify report --profile {kept['profile']}` found"
    yield ""
    runs = (kept, *reversed(kept["earlier"]))
    yield (
        f"{met} of {len(kept['claims'])} claims came out as theory expects, in "
        f"{sum(run['seconds'] for run in runs) / 60:.0f} minutes. Made by `python -m reports.kept_report` from the "
        f"report's rows (commit {', other rows of commit '.join(map(_code, runs))}); no number here is typed by hand."
    )
    yield ""
    yield claims_table(kept["claims"])
    unmet = [row for row in kept["claims"] if not row["as_expected"]]
    if unmet:
        yield ""
        yield "Not as expected:"
        yield ""
        for row in unmet:
            yield f"- `{row['id']}`: {row['reason']}"
    if kept["falsification"]:
        yield ""
        yield "## What each assumption is for"
        yield ""
        yield (
            "Gap: the objective at the witness minus the optimum, 0 where the witness is optimal; in the intact twin "
            "the same map has to be worse. R2 of the witness where there is one, else of the lowest cell."
        )
        yield ""
        yield "| theorem | assumption removed | predicted | found | affine R2 | nonlinear R2 | gap | in the twin |"
        yield "|---|---|---|---|---|---|---|---|"
        for row in kept["falsification"]:
            yield _row(row)
    yield from estimator_table.lines(kept.get("cells", ()), kept["claims"])


def _row(row: Mapping[str, Any]) -> str:
    found = "; ".join(origins(row["found_by"])) or row["outcome"]
    if row["untrained"]:
        found += f"; not trained: {row['untrained']}"
    both = row["gaps"] or {"gap": None, "twin_gap": None}
    cells = (
        row["theorem"],
        row["assumption"],
        row["predicted"],
        found + ("" if row["as_expected"] else " **not as expected**"),
        *("–" if row[score] is None else f"{row[score]['estimate']:.3f}" for score in ("r2_affine", "r2_nonlinear")),
        *("–" if one is None else str(gap(one)) for one in both.values()),
    )
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def main(
    reports: Annotated[
        list[Path] | None, typer.Argument(help="Folders of reports; none to publish what is kept.")
    ] = None,
    part: Annotated[str | None, typer.Option(help="Profile whose claims alone are taken.")] = None,
) -> None:
    """Keep the rows of reports, or publish what is kept."""
    for report_dir in reports or ():
        print(keep(report_dir, DOCS, part))
    if not reports:
        for rows in sorted(DOCS.glob("*_report/rows.json")):
            print(publish(rows.parent))


if __name__ == "__main__":
    typer.run(main)
