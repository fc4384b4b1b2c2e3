"""`identify report`: run the claims of a profile and write a report that others can read and repeat."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

PROFILES = ("quick", "worlds", "theorems", "categorical", "estimators")
_INTERRUPTED = 130


def run(
    profile: Annotated[
        str | None,
        typer.Option(
            help="Which claims, and at what size: quick (minutes, the default), theorems (every assumption of every "
            "theorem removed in turn, minutes), worlds (an hour), categorical (digits, minutes) or estimators "
            "(entropies compared, a quarter of an hour)."
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CLAIM",
            help="Only this claim, or all claims of this theorem; may be repeated. Without --profile it is looked up "
            "in quick first, then in the others.",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder for page, figures, tables, records.")] = Path(
        "report"
    ),
    jobs: Annotated[
        int | None, typer.Option(metavar="N", help="Worker processes; default: one per core, 4 at most.")
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")] = "auto",
    resume: Annotated[bool, typer.Option("--resume", help="Keep finished cells, run only what is missing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print report.json instead of the summary.")] = False,
    redraw: Annotated[bool, typer.Option("--redraw", help="Write page, figures, tables anew; run nothing.")] = False,
) -> None:
    """Run claims, hold them against their theorems, write DIR/report.html, report.json, figures, tables and records.

    Exit code 0 if every claim came out as expected, 1 if not, 2 for bad input. Without --resume all cells run again; a
    cell's record is replaced when its new result is there, and nothing else in DIR is deleted.
    """
    if profile is not None and profile not in PROFILES:
        raise ValueError(f"unknown profile {profile!r}: this version has {', '.join(map(repr, PROFILES))}")
    if resume and redraw:
        raise ValueError("--resume and --redraw exclude each other: --redraw runs nothing")
    from reports.device import choose_device

    chosen = "cpu" if redraw else choose_device(device)
    from reports.check_cell import check_cells
    from reports.profiles import profile as profile_of
    from reports.profiles import profile_with
    from reports.report import InterruptedReport, Order, make_report, select

    names = [name for entry in only or () for name in entry.split(",")]
    chosen_profile = profile_with(names) if profile is None and names else profile_of(profile or "quick")
    selected = select(chosen_profile, names)
    command = shlex.join(["identify", *sys.argv[1:]])
    order = Order(selected, out, check_cells(selected.checks), chosen, jobs, resume, redraw, command=command)
    try:
        report = make_report(order)
    except InterruptedReport as stop:
        print(f"identify: {stop}", file=sys.stderr)
        raise typer.Exit(_INTERRUPTED) from None
    from reports.publication import report_json
    from reports.summary import summary

    print(report_json(report) if as_json else summary(report, out), end="")
    raise typer.Exit(0 if report["all_as_expected"] else 1)
