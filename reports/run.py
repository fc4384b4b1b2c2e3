"""A run: the cells that have no record are computed, and each is stored when it finishes.

plan -> what is stored already -> budget -> workers -> records. Workers hand results over; only this process writes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reports.backends import WORKER_PROCESSES, Backend, Engine
from reports.cell import Cell
from reports.environment import environment
from reports.evaluation import evaluate, unique_cells
from reports.plan import Budget, budget, spread, tasks_of
from reports.profile_interface import Profile
from reports.progress import display, say_budget
from reports.runner import Finished, Task, Workers, devices_of, progress_folder, run_cells
from reports.store import Record, Store


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
    backend: Backend = WORKER_PROCESSES

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell once, those of the claims first."""
        return (*unique_cells(self.profile.claims), *self.check_cells)


def run(order: Order, store: Store) -> dict[str, Any]:
    """Run the cells that have no record yet (all of them without `resume`); returns what is noted about the run.

    Raises `InterruptedReport` on Ctrl-C and `ValueError` where the backend cannot be had.
    """
    tasks = tasks_of(order.cells, order.device)
    kept = {task.address for task in tasks if order.resume and _whole(store, task)}
    waiting = spread([task for task in tasks if task.address not in kept])
    with order.backend.open() as engine:
        workers = Workers.choose(order.jobs, order.device, len(waiting), engine)
        planned = budget(tasks, kept, workers.processes)
        if not order.quiet:
            say_budget(order.profile.name, planned)
        body = _begun(order, workers, engine, planned)
        addresses = {task.cell.id: task.address for task in tasks}
        body["cells"] = {cell.id: addresses[cell.id] for cell in order.cells}
        number = store.begin_run(order.profile.name, body["started"], body)
        clock = time.monotonic()
        try:
            for finished in _finish(waiting, workers, engine, order.quiet):
                if finished.result is None:
                    body["errors"][finished.task.cell.id] = finished.error
                else:
                    store.write(_record(finished, body["environment"]))
        except KeyboardInterrupt:
            stored = sum(store.find(task.address) is not None for task in tasks)
            message = f"stopped: {stored} of {len(tasks)} cells are stored; go on with the same command and --resume"
            raise InterruptedReport(message) from None
        finally:
            body["seconds"] = time.monotonic() - clock
            store.update_run(number, body)
    return body


def evaluated(order: Order, store: Store, body: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Record]]:
    """The report of a run, and the records it is made from."""
    records = _records(order, store, body)
    checks = [_check_row(cell, records.get(cell.id), body["errors"].get(cell.id)) for cell in order.check_cells]
    report = evaluate(order.profile, records, body["errors"], checks, body["environment"], body["seconds"])
    shown = ("command", "started", "jobs", "threads", "device", "kept", "backend", "planned")
    report["run"] = {key: body[key] for key in shown if key in body}
    return report, records


def _begun(order: Order, workers: Workers, engine: Engine, planned: Budget) -> dict[str, Any]:
    return {
        "command": order.command,
        "started": _now(),
        "environment": environment("cpu" if engine.away else devices_of(order.device)[0]),
        "device": order.device,
        "backend": order.backend.name,
        "jobs": workers.processes,
        "threads": workers.threads,
        "kept": planned.done_cells,
        "planned": planned._asdict(),
        "errors": {},
        "seconds": 0.0,
    }


def _finish(waiting: Sequence[Task], workers: Workers, engine: Engine, quiet: bool) -> Iterator[Finished]:
    with (
        progress_folder() as folder,
        display(waiting, workers, Path(folder), quiet) as screen,
        closing(run_cells(waiting, workers, Path(folder), engine, screen.note)) as cells,
    ):
        for finished in cells:
            yield finished
            screen.finished(finished)


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
        code=task.code,
        device=finished.device,
        environment=finished.environment or made_in,
        created=_now(),
        seconds=finished.seconds,
        summary=result.summary,
        arrays=result.arrays,
    )


def _records(order: Order, store: Store, body: Mapping[str, Any]) -> dict[str, Record]:
    """The run's records by cell id, through the same bytes for a fresh result and for one of years ago."""
    records = {}
    for cell in order.cells:
        address = body["cells"].get(cell.id)
        if address is not None and cell.id not in body["errors"] and store.holds(address):
            records[cell.id] = store.read(address)
    return records


def _check_row(cell: Cell, record: Record | None, error: str | None) -> dict[str, Any]:
    if record is not None:
        return dict(record.summary)
    row = {"id": cell.id.removeprefix("check/"), "statement": "", "source": "", "kinds": [], "status": "error"}
    return row | {"aliases": [], "twin_rejected": False, "erratum": None, "seconds": 0.0, "message": error or "not run"}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
