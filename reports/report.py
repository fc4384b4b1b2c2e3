"""The whole flow of a report: claims -> cells -> records -> rows -> figures, tables and page.

Records are made once; everything that is shown is drawn from them, so `redraw` needs no computation and no accelerator.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.cell import Cell
from reports.code_version import code_version
from reports.environment import environment
from reports.evaluation import evaluate, unique_cells
from reports.output_folder import prepare_folder
from reports.profile_interface import Profile
from reports.progress import display
from reports.publication import publish
from reports.runner import Finished, Task, Workers, devices_of, progress_folder, run_cells
from reports.store import Record, Store, address_of


class InterruptedReport(Exception):
    """Stopped by the user; the message says what is stored and how to go on."""


@dataclass(frozen=True)
class Order:
    """What to report on and how.

    `check_cells` are derivation checks to run beside the claims' cells; `device` is `cpu`, `cuda` or `mps`; without
    `resume` every cell runs again and replaces its record when it has finished; `redraw` runs nothing at all.
    """

    profile: Profile
    out: Path
    check_cells: tuple[Cell, ...] = ()
    device: str = "cpu"
    jobs: int | None = None
    resume: bool = False
    redraw: bool = False
    quiet: bool = False
    command: str = "identify report"


def make_report(order: Order) -> dict[str, Any]:
    """Run what has to run, store it, and write `report.html`, `report.json`, figures and tables; returns the report.

    Raises `ValueError` or `OSError` for a folder that cannot be used and, with `redraw`, for damaged or absent records;
    `InterruptedReport` on Ctrl-C.
    """
    if order.redraw and not (order.out / "records").is_dir():
        raise _nothing_to_redraw(order.out)
    prepare_folder(order.out)
    with Store(order.out / "records") as store:
        run = _last_run(order, store) if order.redraw else _run(order, store)
        records = _records(order, store, run)
        checks = [_check_row(cell, records.get(cell.id), run["errors"].get(cell.id)) for cell in order.check_cells]
        report = evaluate(order.profile, records, run["errors"], checks, run["environment"], run["seconds"])
        report["run"] = {key: run[key] for key in ("command", "started", "jobs", "threads", "device", "kept")}
        publish(report, records, order.out)
    return report


def _run(order: Order, store: Store) -> dict[str, Any]:
    """Run the cells that have no record yet (all of them without `resume`), and note the run in the store."""
    started, clock = _now(), time.monotonic()
    made_in = environment(devices_of(order.device)[0])
    tasks, addresses = _plan(order)
    kept = [task for task in tasks if order.resume and _whole(store, task)]
    waiting = [task for task in tasks if task not in kept]
    workers = Workers.choose(order.jobs, order.device, len(waiting))
    body: dict[str, Any] = {
        "command": order.command,
        "started": started,
        "environment": made_in,
        "device": order.device,
        "jobs": workers.processes,
        "threads": workers.threads,
        "kept": len(kept),
        "cells": addresses,
        "errors": {},
        "seconds": 0.0,
    }
    number = store.begin_run(order.profile.name, started, body)
    try:
        for finished in _finish(waiting, workers, order.quiet):
            if finished.result is None:
                body["errors"][finished.task.cell.id] = finished.error
            else:
                store.write(_record(finished, made_in))
            body["seconds"] = time.monotonic() - clock
            store.update_run(number, body)
    except KeyboardInterrupt:
        stored = sum(store.find(task.address) is not None for task in tasks)
        message = f"stopped: {stored} of {len(tasks)} cells are stored; go on with the same command and --resume"
        raise InterruptedReport(message) from None
    return body


def _finish(waiting: Sequence[Task], workers: Workers, quiet: bool) -> Iterator[Finished]:
    with (
        progress_folder() as folder,
        display(waiting, workers, Path(folder), quiet) as screen,
        closing(run_cells(waiting, workers, Path(folder))) as cells,
    ):
        for finished in cells:
            screen.finished(finished)
            yield finished


def _plan(order: Order) -> tuple[list[Task], dict[str, str]]:
    devices = devices_of(order.device)
    cells = (*unique_cells(order.profile.claims), *order.check_cells)
    tasks = []
    for position, cell in enumerate(cells):
        device = devices[position % len(devices)]
        address = address_of(cell.configuration(), code_version(type(cell).__module__), device)
        tasks.append(Task(cell, address, device))
    return tasks, {task.cell.id: task.address for task in tasks}


def _whole(store: Store, task: Task) -> bool:
    if store.find(task.address) is not None:
        return True
    if store.holds(task.address):
        print(f"identify: the record of {task.cell.id} is damaged: it is run again", file=sys.stderr)
    return False


def _record(finished: Finished, made_in: Mapping[str, Any]) -> Record:
    task, result = finished.task, finished.result
    assert result is not None
    return Record(
        address=task.address,
        cell=task.cell.id,
        configuration=task.cell.configuration(),
        code=code_version(type(task.cell).__module__),
        device=task.device,
        environment=made_in,
        created=_now(),
        seconds=finished.seconds,
        summary=result.summary,
        arrays=result.arrays,
    )


def _last_run(order: Order, store: Store) -> dict[str, Any]:
    """What the last run noted; where the index was lost, the latest record of every cell."""
    run = store.last_run()
    if run is not None:
        return run
    cells = [cell.id for cell in (*unique_cells(order.profile.claims), *order.check_cells)]
    addresses = {cell: address for cell in cells if (address := store.latest(cell)) is not None}
    if not addresses:
        raise _nothing_to_redraw(order.out)
    record = store.read(next(iter(addresses.values())))
    body = {"command": order.command, "started": record.created, "environment": record.environment, "kept": 0}
    return body | {"device": record.device, "jobs": 0, "threads": 0, "cells": addresses, "errors": {}, "seconds": 0.0}


def _records(order: Order, store: Store, run: Mapping[str, Any]) -> dict[str, Record]:
    """The run's records by cell id, through the same bytes for a fresh result and for one of years ago."""
    records = {}
    for cell in (*unique_cells(order.profile.claims), *order.check_cells):
        address = run["cells"].get(cell.id)
        if address is not None and cell.id not in run["errors"] and store.holds(address):
            records[cell.id] = store.read(address)
    return records


def _check_row(cell: Cell, record: Record | None, error: str | None) -> dict[str, Any]:
    if record is not None:
        return dict(record.summary)
    row = {"id": cell.id.removeprefix("check/"), "statement": "", "source": "", "kinds": [], "status": "error"}
    return row | {"aliases": [], "twin_rejected": False, "erratum": None, "seconds": 0.0, "message": error or "not run"}


def select(profile: Any, only: Sequence[str]) -> Any:
    """The profile with the claims in `only`, a theorem's id standing for all of its claims (all where it is empty).

    `ValueError` for a name that it does not have.
    """
    unknown = unknown_names(profile, only)
    if unknown:
        raise ValueError(f"unknown claim {unknown[0]!r}: {names_of(profile)}")
    if not only:
        return profile
    claims = tuple(claim for claim in profile.claims if {claim.id, claim.theorem} & set(only))
    theorems = tuple(t for t in profile.theorems if t.id in {claim.theorem for claim in claims})
    named = {check for theorem in theorems for check in theorem.checks}
    checks = tuple(check for check in profile.checks if check in named)
    return replace(profile, claims=claims, theorems=theorems, checks=checks)


def unknown_names(profile: Any, only: Sequence[str]) -> list[str]:
    """The names in `only` that are no claim of the profile and no theorem with claims in it."""
    known = {name for claim in profile.claims for name in (claim.id, claim.theorem)}
    return [name for name in only if name not in known]


def names_of(profile: Any) -> str:
    """What `select` understands, in words."""
    claims = ", ".join(claim.id for claim in profile.claims)
    theorems = ", ".join(dict.fromkeys(claim.theorem for claim in profile.claims))
    return f"profile {profile.name!r} has {claims}; theorems {theorems}"


def _nothing_to_redraw(out: Path) -> ValueError:
    return ValueError(f"no records in {out}: run `identify report` without --redraw first")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
