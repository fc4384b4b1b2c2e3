"""The runner: cells in, finished cells out as they come, on as many processes as asked.

Cells are independent pure calls, so joblib runs them: worker processes here, or any other backend that joblib knows.
The longest cells start first. A cell that raises is an answer (its error), not an end; a worker process that dies takes
no finished cell with it, and what it was working on is tried once more, alone, so that the cell to blame is known.
"""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
import traceback
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from joblib import Parallel, cpu_count, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError

from reports.cell import Cell, CellResult

WORKERS_AT_MOST = 4
"""Default limit on worker processes: each holds its own copy of torch, about 350 MiB."""
_REPORT_EVERY = 0.25


class Task(NamedTuple):
    """A cell, the address of its record to be and the torch device it runs on."""

    cell: Cell
    address: str
    device: str


class Finished(NamedTuple):
    """A task with its result, or with the error that stopped it (one line and the full traceback)."""

    task: Task
    result: CellResult | None
    error: str | None
    trace: str
    seconds: float


@dataclass(frozen=True)
class Workers:
    """How many processes, and how many torch threads each of them has."""

    processes: int
    threads: int

    @classmethod
    def choose(cls, jobs: int | None, device: str, tasks: int) -> Workers:
        """`jobs` processes, by default one per core (one per accelerator), never more than tasks.

        Raises `ValueError` for `jobs` below one.
        """
        if jobs is not None and jobs < 1:
            raise ValueError(f"jobs={jobs} must be at least 1: leave it out to use every core")
        cores = cpu_count()
        default = min(cores, WORKERS_AT_MOST) if device == "cpu" else len(devices_of(device))
        processes = max(1, min(jobs or default, tasks))
        return cls(processes, max(1, cores // processes))


def devices_of(device: str) -> list[str]:
    """The single devices behind a name: every CUDA device for `cuda`, the name itself otherwise."""
    if device != "cuda":
        return [device]
    import torch

    return [f"cuda:{number}" for number in range(torch.cuda.device_count())]


def run_cells(
    tasks: Sequence[Task], workers: Workers, progress_folder: Path | None = None
) -> Generator[Finished, None, None]:
    """Yield every task once, finished, in the order in which they finish."""
    waiting = {task.address: task for task in sorted(tasks, key=lambda task: -task.cell.cost)}
    try:
        for finished in _parallel(list(waiting.values()), workers, progress_folder):
            del waiting[finished.task.address]
            yield finished
    except TerminatedWorkerError:
        yield from _one_by_one(list(waiting.values()), workers, progress_folder)


def read_progress(folder: Path, address: str) -> float | None:
    """The fraction of a running cell that is done, None where it has not begun."""
    try:
        return float((folder / address).read_text())
    except (OSError, ValueError):
        return None


def progress_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder in which running cells leave how far they are."""
    return tempfile.TemporaryDirectory(prefix="identify-", ignore_cleanup_errors=True)


def _parallel(tasks: list[Task], workers: Workers, folder: Path | None) -> Iterator[Finished]:
    if workers.processes == 1:
        yield from (_work(task, folder, os.getpid()) for task in tasks)
        return
    with parallel_config(backend="loky", inner_max_num_threads=workers.threads):
        pool = Parallel(workers.processes, return_as="generator_unordered", batch_size=1, max_nbytes=None)
        yield from pool(delayed(_work)(task, folder, os.getpid()) for task in tasks)


def _one_by_one(tasks: list[Task], workers: Workers, folder: Path | None) -> Iterator[Finished]:
    for task in tasks:
        started = time.perf_counter()
        try:
            with parallel_config(backend="loky", inner_max_num_threads=workers.threads):
                pool = Parallel(2, pre_dispatch=1, batch_size=1, max_nbytes=None)
                yield from pool([delayed(_work)(task, folder, os.getpid())])
        except TerminatedWorkerError:
            error = "the worker process died (out of memory, or killed)"
            yield Finished(task, None, error, "", time.perf_counter() - started)


def _work(task: Task, folder: Path | None, parent: int) -> Finished:
    if os.getpid() != parent:
        _serve(parent)
    started = time.perf_counter()
    try:
        result = task.cell.compute(task.device, _Reporter(folder, task.address))
        return Finished(task, result, None, "", time.perf_counter() - started)
    except Exception as error:
        line = " ".join(f"{type(error).__name__}: {error}".split())
        return Finished(task, None, line, traceback.format_exc(), time.perf_counter() - started)


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


_serving: set[int] = set()


def _serve(parent: int) -> None:
    """A worker leaves Ctrl-C to its parent, and ends with it however the parent ends."""
    if parent in _serving or os.getppid() != parent:  # not a process that this runner started
        return
    _serving.add(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
