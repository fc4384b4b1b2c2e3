"""`identify calibrate`: measure the error rates of the verdict on simulated cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer


def run(
    cases: Annotated[int, typer.Option(min=1, help="Number of simulated cases.")] = 20_000,
    out: Annotated[Path, typer.Option(help="Folder for chunks, record, table and figure.")] = Path("calibration"),
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes, one thread each.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of all cases.")] = 2026,
) -> None:
    """Run CASES simulated cases and write record, table and figure.

    A stopped run continues where it was: chunks that the same code wrote are used again.
    """
    from reports.calibration_page import write_calibration
    from reports.calibration_record import calibrate

    out.mkdir(parents=True, exist_ok=True)
    found = calibrate(cases, out, jobs, seed)
    write_calibration(found, out)
    wrong, open_ = found["verdicts"], found["inconclusive_where_asked"]
    typer.echo(f"{found['cases']} cases, {found['seconds']:.2f} core-seconds a verdict")
    typer.echo(f"wrong class: {_rate(wrong)}")
    typer.echo(f"inconclusive where it should decide: {_rate(open_)}")
    for name, one in found["coverage"].items():
        typer.echo(f"coverage of {name}: {_rate(one)}")


def _rate(rate: dict[str, Any]) -> str:
    if not rate["count"]:
        return "no such case"
    return f"{rate['hits']} of {rate['count']} ({rate['low']:.2%} to {rate['high']:.2%})"
