"""`identify report`: run the claims of a profile and write a report that others can read and repeat."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

if TYPE_CHECKING:
    from reports.profiles import Profile
    from reports.report import Order

PROFILES = ("quick", "worlds", "theorems", "categorical", "kalman", "estimators", "methods", "paper", "full")
_INTERRUPTED = 130


def run(
    profile: Annotated[
        str | None,
        typer.Option(
            help="Which claims, and at what size: quick (minutes, the default), theorems (every assumption of every "
            "theorem removed in turn, minutes), worlds (an hour), categorical (digits, minutes), "
            "kalman (filters on noisy observations), estimators (entropies compared, a quarter of an hour), methods "
            "(rows of table 1 on known worlds, ten minutes), paper (all of these, ten seeds and more for the "
            "headline claims, 3 hours on 2 cores at most) or full (more seeds and dimensions, for a cluster)."
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
        int | None,
        typer.Option(
            metavar="N", help="Worker processes; default: one per core, 4 at most; all there are of another backend's."
        ),
    ] = None,
    backend: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Who computes: loky (processes here), dask, any joblib backend, or its MODULE:CLASS."
        ),
    ] = "loky",
    address: Annotated[
        str | None, typer.Option(metavar="ADDR", help="Dask's scheduler, such as tcp://HOST:8786.")
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
    from reports.backends import Backend
    from reports.check_cell import check_cells
    from reports.report import Order

    computing = Backend(backend, address)
    chosen = "cpu" if redraw else _device(device, backend)
    selected = _selected(profile, [name for entry in only or () for name in entry.split(",")])
    order = Order(
        selected,
        out,
        check_cells(selected.checks),
        chosen,
        jobs,
        resume,
        redraw,
        command=shlex.join(["identify", *sys.argv[1:]]),
        backend=computing,
    )
    _make(order, as_json)


def _make(order: Order, as_json: bool) -> NoReturn:
    """Make the report, print it or its summary, and exit with the code that says how it came out."""
    from reports.publication import report_json
    from reports.report import InterruptedReport, make_report
    from reports.summary import summary

    try:
        report = make_report(order)
    except InterruptedReport as stop:
        print(f"identify: {stop}", file=sys.stderr)
        raise typer.Exit(_INTERRUPTED) from None
    print(report_json(report) if as_json else summary(report, order.out), end="")
    raise typer.Exit(0 if report["all_as_expected"] else 1)


def _device(name: str, backend: str) -> str:
    """The kind of device; workers elsewhere have devices that this machine need not have."""
    from reports.backends import HERE
    from reports.device import CHOICES, choose_device

    if backend not in HERE and name in CHOICES:
        return "cpu" if name == "auto" else name
    return choose_device(name)


def _selected(profile: str | None, names: list[str]) -> Profile:
    """The claims called `names`, of the profile or of the first that knows them; the whole profile without names."""
    from reports.profiles import profile as profile_of
    from reports.profiles import profile_with
    from reports.report import select

    return select(profile_with(names) if profile is None and names else profile_of(profile or "quick"), names)
