"""Fill the README from records: `python -m reports.readme REPORT_DIR` after a report, without arguments from docs/.

`docs/quick_report/` keeps what the README shows: the rows that `reports.kept_report` keeps of every report, and two
figures. Between its markers the README holds nothing that was typed by hand; a test renders it again and compares.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reports import kept_report
from reports.check_record import load, shipped
from reports.quick_profile import witnessed_rows

ROOT = Path(__file__).resolve().parent.parent
KEPT = kept_report.DOCS / "quick_report"
MUTANTS = ROOT / "reports" / "data" / "mutants.json"
CALIBRATION = ROOT / "docs" / "calibration" / "calibration.json"
FIGURES = ("latent_grids.png", "score_by_dimension.png")


def keep(report_dir: Path) -> None:
    """Take over rows and figures of a report folder, which has to be one of the quick profile."""
    profile = json.loads((report_dir / "report.json").read_text())["profile"]
    if profile != "quick":
        raise ValueError(
            f"{report_dir} has a report of profile {profile!r}: the README shows quick; keep others with "
            "python -m reports.kept_report"
        )
    kept_report.keep(report_dir, kept_report.DOCS)
    for name in FIGURES:
        shutil.copyfile(report_dir / "figures" / name, KEPT / name)


def rendered(text: str) -> str:
    """The README with every generated part made anew from the kept records."""
    parts = {
        "claims": _claims(json.loads((KEPT / "rows.json").read_text())),
        "checks": _checks(),
        "calibration": _calibration(),
    }
    for name, content in parts.items():
        pattern = re.compile(rf"(<!-- {name}: begin -->\n).*?(<!-- {name}: end -->)", re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"README has no part between '<!-- {name}: begin -->' and its end: add the two markers")
        text = pattern.sub(lambda found, content=content: found[1] + content + found[2], text)  # type: ignore[misc]
    return text


def _claims(kept: Mapping[str, Any]) -> str:
    minutes = sum(run["seconds"] for run in (kept, *kept["earlier"])) / 60
    rows = {claim.id for claim in witnessed_rows()}
    shown = [row for row in kept["claims"] if row["id"] not in rows]
    witnessed = [row for row in kept["claims"] if row["id"] in rows]
    met = sum(row["as_expected"] for row in witnessed)
    return (
        kept_report.claims_table(shown)
        + f"\n\nBeside them, {len(witnessed)} rows of falsification tables, {met} of them as predicted: one assumption "
        "of a theorem removed, and the map that then escapes its conclusion, without training "
        f"([docs/quick_report.md](docs/quick_report.md)). All in {minutes:.1f} minutes on two cores without a GPU.\n"
    )


def _checks() -> str:
    record = load(shipped())
    errata = sum(row["erratum"] is not None for row in record.rows)
    twins = sum(len(row["twins"]) for row in record.rows)
    held = sum(row["status"] == "holds" for row in record.rows)
    mutants = json.loads(MUTANTS.read_text())
    return (
        f"{held} of {len(record.rows)} statements hold, {twins} corrupted twins are rejected, and {errata} statements "
        f"are printed with an error or hold only in a corrected form. Of {mutants['total']} automatic mutants of the "
        f"statements {mutants['caught']} ({mutants['share']:.1%}) are caught.\n"
    )


def _calibration() -> str:
    record = json.loads(CALIBRATION.read_text())
    named = record["verdicts"]
    return (
        f"In {record['cases']:,} simulated cases {named['count']:,} verdicts named a class and {named['hits']} of them "
        f"a wrong one (95 % interval {named['low']:.2%} to {named['high']:.2%}); see "
        "[docs/calibration.md](docs/calibration.md).\n"
    )


def main() -> None:
    """Keep a report's rows and figures if one is given, then rewrite the README."""
    if len(sys.argv) > 1:
        keep(Path(sys.argv[1]))
    path = ROOT / "README.md"
    path.write_text(rendered(path.read_text()))


if __name__ == "__main__":
    main()
