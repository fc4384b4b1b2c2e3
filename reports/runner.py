"""The runner: cells in, finished cells out as they come, on as many processes as asked.

Cells are independent pure calls, so joblib runs them: worker processes here, or any other backend that joblib knows.
The longest cells start first. A cell that raises is an answer (its error), not an end; a worker process that dies takes
no finished cell with it: what was running then is tried once more, each cell alone, so that the cell to blame is known,
and the others go on side by side. A cell has one thread on a CPU: its matrices are too small for more.
"""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError
from threadpoolctl import threadpool_limits

from reports.backends import LOCAL, Engine
from reports.cell import Cell, CellResult
from reports.code_version import code_version
from reports.environment import environment

WORKERS_AT_MOST = 4
"""Default limit on worker processes: each holds its own copy of torch, about 350 MiB."""
_REPORT_EVERY = 0.25


class Task(NamedTuple):
    """A cell, the address of its record to be and the device it runs on: `cuda` is any CUDA device of the worker's.

    `number` spreads tasks over the devices; a worker that is elsewhere must have the code version `code`.
    """

    cell: Cell
    address: str
    device: str
    number: int = 0
    code: str = ""


class Finished(NamedTuple):
    """A task with its result, or with the error that stopped it (one line and the full traceback).

    `device` is the single device that was used, `environment` that of a worker elsewhere.
    """

    task: Task
    result: CellResult | None
    error: str | None
    trace: str
    seconds: float
    device: str = "cpu"
    environment: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Workers:
    """How many processes, and how many threads each of them has."""

    processes: int
    threads: int

    @classmethod
    def choose(cls, jobs: int | None, device: str, tasks: int, engine: Engine = LOCAL) -> Workers:
        """`jobs` processes, by default one per core (one per accelerator), never more than tasks.

        Raises `ValueError` for `jobs` below one.
        """
        if jobs is not None and jobs < 1:
            raise ValueError(f"jobs={jobs} must be at least 1: leave it out to use every core")
        if engine.away:
            default = engine.cores
        else:
            default = min(engine.cores, WORKERS_AT_MOST) if device == "cpu" else len(devices_of(device))
        processes = max(1, min(jobs or default, tasks))
        return cls(processes, 1 if device == "cpu" or engine.away else max(1, engine.cores // processes))


class _Home(NamedTuple):
    """What a worker is told about the process that started the run."""

    folder: Path | None
    threads: int
    away: bool


def devices_of(device: str) -> list[str]:
    """The single devices behind a name: every CUDA device for `cuda`, the name itself otherwise."""
    if device != "cuda":
        return [device]
    import torch

    return [f"cuda:{number}" for number in range(torch.cuda.device_count())]


def run_cells(
    tasks: Sequence[Task],
    workers: Workers,
    progress_folder: Path | None = None,
    engine: Engine = LOCAL,
    note: Callable[[str], None] = lambda line: None,
) -> Generator[Finished, None, None]:
    """Yield every task once, finished, in the order in which they finish; `note` hears of dead workers."""
    waiting = {task.address: task for task in sorted(tasks, key=lambda task: -task.cell.cost)}
    home = _Home(progress_folder, workers.threads, engine.away)
    while waiting:
        started: set[str] = set()
        try:
            for finished in _parallel(list(waiting.values()), workers, home, engine, started):
                del waiting[finished.task.address]
                yield finished
        except Exception as death:  # cells hand over their errors: this is one of the backend
            suspects = _suspects(waiting, started, progress_folder)
            names = ", ".join(task.cell.id for task in suspects)
            note(f"{_died(death)}: once more, one by one: {names}")
            for finished in _one_by_one(suspects, workers, home, engine):
                del waiting[finished.task.address]
                yield finished


def read_progress(folder: Path, address: str) -> float | None:
    """The fraction of a running cell that is done, None where it has not begun."""
    try:
        return float((folder / address).read_text())
    except (OSError, ValueError):
        return None


def progress_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder in which running cells leave how far they are."""
    return tempfile.TemporaryDirectory(prefix="identify-", ignore_cleanup_errors=True)


def _parallel(
    tasks: list[Task], workers: Workers, home: _Home, engine: Engine, started: set[str]
) -> Iterator[Finished]:
    def calls(some: Sequence[Task]) -> Iterator[Any]:
        for task in some:
            started.add(task.address)
            yield delayed(_work)(task, home)

    if workers.processes == 1 and not engine.away:
        yield from (_work(task, home) for task in tasks)
        return
    with _configured(engine, workers):
        if engine.hands_over:
            # a cluster starts what it is sent: no more is sent than may run
            ahead: Any = workers.processes if engine.away else "2*n_jobs"
            pool = Parallel(
                workers.processes, return_as="generator_unordered", batch_size=1, pre_dispatch=ahead, max_nbytes=None
            )
            yield from pool(calls(tasks))
            return
        for first in range(0, len(tasks), workers.processes):
            pool = Parallel(workers.processes, batch_size=1, max_nbytes=None)
            yield from pool(calls(tasks[first : first + workers.processes]))


def _suspects(waiting: Mapping[str, Task], started: set[str], folder: Path | None) -> list[Task]:
    """What may have been running: tasks that say so, else those that were sent, else all."""
    for some in (
        [task for task in waiting.values() if folder and read_progress(folder, task.address) is not None],
        [task for task in waiting.values() if task.address in started],
    ):
        if some:
            return some
    return list(waiting.values())


def _one_by_one(tasks: list[Task], workers: Workers, home: _Home, engine: Engine) -> Iterator[Finished]:
    for task in tasks:
        started = time.perf_counter()
        try:
            with _configured(engine, workers):
                pool = Parallel(2, pre_dispatch=1, batch_size=1, max_nbytes=None)
                yield from pool([delayed(_work)(task, home)])
        except Exception as death:
            yield Finished(
                task, None, f"{_died(death)}, for the second time", "", time.perf_counter() - started, task.device
            )


def _configured(engine: Engine, workers: Workers) -> parallel_config:
    if engine.joblib == "loky":
        served = {"initializer": _serve, "initargs": (os.getpid(),)}
        return parallel_config(backend="loky", inner_max_num_threads=workers.threads, **served)
    return parallel_config(backend=engine.joblib)


def _died(death: Exception) -> str:
    if isinstance(death, TerminatedWorkerError):
        return "the worker process died (out of memory, or killed)"
    return " ".join(f"the worker was lost ({type(death).__name__}: {death})".split())


def _work(task: Task, home: _Home) -> Finished:
    started, device = time.perf_counter(), task.device
    try:
        devices = devices_of(task.device)
        device = devices[task.number % len(devices)]
        made_in = _environment_here(task, device) if home.away else None
        with threadpool_limits(home.threads):
            result = task.cell.compute(device, _Reporter(home.folder, task.address))
        return Finished(task, result, None, "", time.perf_counter() - started, device, made_in)
    except Exception as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        return Finished(task, None, line, traceback.format_exc(), time.perf_counter() - started, device)


def _environment_here(task: Task, device: str) -> Mapping[str, Any]:
    """Where a worker elsewhere runs; `ValueError` where it has other code than the report."""
    if task.code != code_version(type(task.cell).__module__):
        raise ValueError("this worker has another version of the code than the report: install the same commit on both")
    return _environment_once(device)


_environment_once = cache(environment)


class _Reporter:
    """Leaves `done / total` in a file of a few bytes, a few times a second at most."""

    def __init__(self, folder: Path | None, address: str) -> None:
        self._path = None if folder is None or not folder.is_dir() else folder / address
        self._next = 0.0
        self(0, 1)

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if self._path is None or now < self._next:
            return
        self._next = now + _REPORT_EVERY
        try:
            self._path.write_text(f"{done / max(total, 1):.4f}")
        except OSError:
            self._path = None


def _serve(parent: int) -> None:
    """A worker process leaves Ctrl-C to its parent, and ends with it however the parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
