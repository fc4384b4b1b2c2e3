"""Checks run in worker processes, in parallel, each under a hard time limit.

A worker is a fresh interpreter (one thread for linear algebra, fixed hash seed) that takes one check after the other. A
check that exceeds its limit loses its worker and is reported as `timeout`, never as `holds`; a worker that dies
is reported as `error`. SymPy's cache and random numbers are reset before each check, so an outcome does not depend on
its neighbours. As with every spawning program, a script that calls `run` does so under `if __name__ == "__main__":`.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Literal, NamedTuple

from proofs_checks.check import Check, TwinOutcome
from proofs_checks.verification import Disproved

Status = Literal["holds", "fails", "error", "timeout"]
_START_LIMIT = 120.0
_WORKER_ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


class Outcome(NamedTuple):
    """What a run found: `evidence` lists the facts of the proof, `message` what went wrong (empty when it holds)."""

    id: str
    status: Status
    twin_rejected: bool
    seconds: float
    evidence: tuple[str, ...] = ()
    twins: tuple[TwinOutcome, ...] = ()
    witness: str | None = None
    message: str = ""

    @property
    def stands(self) -> bool:
        """The statement holds and every twin was rejected."""
        return self.status == "holds" and self.twin_rejected


def examine(check: Check) -> Outcome:
    """Prove the check, run its twins and its erratum's witness, in this process and without a time limit."""
    start = time.perf_counter()
    status: Status = "holds"
    message, witness = "", None
    evidence: tuple[str, ...] = ()
    try:
        evidence = check.prove()
        if check.erratum is not None:
            numbers = check.erratum.witness()
            witness = str(numbers)
            if not numbers.convicts:
                raise Disproved(f"the witness does not convict the printed formula: {witness}")
    except Disproved as refutation:
        status, message = "fails", str(refutation)
    except Exception:
        status, message = "error", traceback.format_exc()
    twins = check.twin()
    rejected = all(twin.rejected for twin in twins)
    return Outcome(check.id, status, rejected, time.perf_counter() - start, evidence, twins, witness, message)


def run(
    checks: Sequence[Check],
    jobs: int | None = None,
    timeout: float = 30.0,
    on_start: Callable[[Check], None] | None = None,
) -> Iterator[Outcome]:
    """Outcomes in the order in which they are ready; `timeout` in seconds bounds proof, twins and witness together.

    `jobs` defaults to the number of cores; `on_start` is called with each check as a worker begins with it (imports
    over). Raises `ValueError` unless jobs >= 1 and timeout > 0.
    """
    jobs = jobs if jobs is not None else (os.cpu_count() or 1)
    if jobs < 1:
        raise ValueError(f"jobs={jobs}: give a number of worker processes, 1 or more")
    if not timeout > 0:
        raise ValueError(f"timeout={timeout}: give a time limit in seconds, more than 0")
    return _run(tuple(checks), jobs, timeout, on_start)


def _run(
    checks: tuple[Check, ...], jobs: int, timeout: float, on_start: Callable[[Check], None] | None
) -> Iterator[Outcome]:
    waiting, idle, busy = deque(checks), list[_Worker](), dict[Connection, _Worker]()
    try:
        while waiting or busy:
            while waiting and len(busy) < jobs:
                worker = idle.pop() if idle else _Worker()
                worker.begin(waiting.popleft())
                busy[worker.connection] = worker
            patience = max(0.0, min(worker.deadline for worker in busy.values()) - time.monotonic())
            ready = wait(list(busy), timeout=patience)
            for connection in list(busy):
                worker = busy[connection]
                if connection in ready:
                    answer = worker.answer(timeout)
                elif time.monotonic() >= worker.deadline:
                    answer = worker.stop(timeout)
                else:
                    continue
                if isinstance(answer, Outcome):
                    del busy[connection]
                    if worker.process.is_alive():
                        idle.append(worker)
                    yield answer
                elif on_start is not None:
                    on_start(answer)
    finally:
        for worker in (*idle, *busy.values()):
            worker.end()


class _Worker:
    """One worker process and the check it is busy with."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self.connection, far_end = context.Pipe()
        self.process = context.Process(target=_serve, args=(far_end,), daemon=True)
        with _environment(_WORKER_ENVIRONMENT):
            self.process.start()
        far_end.close()
        self.check: Check
        self.deadline = 0.0

    def begin(self, check: Check) -> None:
        self.check, self.deadline = check, time.monotonic() + _START_LIMIT
        try:
            self.connection.send(check)
        except (pickle.PicklingError, AttributeError) as error:
            raise ValueError(f"{check.id}: {error}: make the functions of a check module-level") from error
        except OSError:
            pass  # the worker is gone; its end of the pipe reads as closed

    def answer(self, timeout: float) -> Outcome | Check:
        """The outcome; or, when the worker has only just begun, its check, and the clock starts."""
        try:
            received = self.connection.recv()
        except (EOFError, OSError):
            self.end()
            code = self.process.exitcode
            return Outcome(self.check.id, "error", False, 0.0, message=f"the worker process died (exit code {code})")
        if received is not None:
            return received
        self.deadline = time.monotonic() + timeout
        return self.check

    def stop(self, timeout: float) -> Outcome:
        self.end()
        return Outcome(self.check.id, "timeout", False, timeout, message=f"not finished within {timeout:g} s")

    def end(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def _serve(connection: Connection) -> None:
    import sympy.core.random
    from sympy.core.cache import clear_cache

    while True:
        try:
            check = connection.recv()
        except EOFError:
            return
        connection.send(None)
        clear_cache()
        sympy.core.random.seed(0)
        connection.send(examine(check))


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
