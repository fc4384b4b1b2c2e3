"""The end of a run in a terminal: one line per claim, then where the page is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.evaluation import check_stands
from reports.progress import duration


def summary(report: Mapping[str, Any], out: Path) -> str:
    """Plain text, one line per claim: as expected or not, outcome, measured value, id."""
    width = max((len(row["id"]) for row in report["claims"]), default=0)
    lines = [_claim_line(row, width) for row in report["claims"]]
    failed = [row for row in report["checks"] if not check_stands(row)]
    lines += [f"check {row['id']}: {row['status']}, twin rejected: {row['twin_rejected']}" for row in failed]
    checks = len(report["checks"])
    lines.append(
        f"{report['as_expected']} of {len(report['claims'])} claims as expected, {checks - len(failed)} of {checks} "
        f"derivation checks hold; {duration(report['seconds'])}"
    )
    lines.append(f"page: {out / 'report.html'}")
    return "\n".join(lines) + "\n"


def _claim_line(row: Mapping[str, Any], width: int) -> str:
    mark = "ok  " if row["as_expected"] else "NOT "
    measured = row["measured"]
    value = "" if measured is None else f"{row['score']} {measured['estimate']:.4f}"
    problem = f"  {row['error']}" if row["error"] else "" if row["as_expected"] else f"  {row['reason']}"
    return f"{mark} {row['id']:<{width}}  {row['outcome']:<12}  {value}{problem}".rstrip()
