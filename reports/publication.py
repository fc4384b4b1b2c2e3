"""Everything a reader sees, drawn from the rows and the records: `report.json`, figures, tables, page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports.atomic_file import write_atomically
from reports.figures import draw_figures
from reports.page import page
from reports.store import Record
from reports.tables import tables


def publish(report: Mapping[str, Any], records: Mapping[str, Record], out: Path) -> None:
    """Write `report.json`, `figures/*`, `tables/*.tex` and `report.html` below `out`, each whole or not at all."""
    write_atomically(out / "report.json", report_json(report).encode())
    figures = draw_figures(records, out / "figures")
    for name, text in tables(report).items():
        write_atomically(out / "tables" / f"{name}.tex", text.encode())
    write_atomically(out / "report.html", page(report, figures).encode())


def report_json(report: Mapping[str, Any]) -> str:
    """The report as JSON text, for people and machines."""
    return json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
