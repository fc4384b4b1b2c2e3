"""kill -9 at named steps, of the report and of its workers: no finished cell is lost, none is run twice."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.report_process import (
    finish,
    finished_cells,
    has_started,
    numbers_in,
    start,
    wait_for,
    wait_for_records,
    workers_of,
)

CELLS = 13
linux = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="finds the workers in /proc")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed")
    finish(start(out, "--jobs", "1"))
    return out


def files(out, suffix):
    return list((out / "records").glob(f"*.{suffix}"))


# what the records folder holds when the report is killed
STEPS = {
    "the index is made": lambda out: files(out, "sqlite"),
    "the first record is written": lambda out: files(out, "json"),
    "the fourth record's arrays are written": lambda out: len(files(out, "safetensors")) >= 4,
    "a ninth record is written": lambda out: len(files(out, "json")) >= 9,
}


@pytest.mark.parametrize("step", STEPS)
def test_a_killed_report_goes_on_where_it_was(tmp_path, undisturbed, step):
    process = start(tmp_path, "--seconds", "0.3")
    wait_for(lambda: STEPS[step](tmp_path), process)
    process.kill()
    finish(process)
    stored = {path: path.stat().st_mtime_ns for path in files(tmp_path, "json")}
    assert len(stored) < CELLS
    code, _, stderr = finish(start(tmp_path, "--resume"))
    assert code == 0, stderr
    assert finished_cells(stderr) == CELLS - len(stored)
    assert all(path.stat().st_mtime_ns == then for path, then in stored.items())
    assert numbers_in(tmp_path) == numbers_in(undisturbed)


@linux
def test_a_killed_worker_costs_time_only(tmp_path, undisturbed):
    process = start(tmp_path, "--seconds", "0.4")
    wait_for_records(tmp_path, 2, process)
    os.kill(workers_of(process)[0], signal.SIGKILL)
    code, _, stderr = finish(process)
    assert code == 0, stderr
    assert "the worker process died (out of memory, or killed): once more, one by one: " in stderr
    assert finished_cells(stderr) == CELLS
    assert numbers_in(tmp_path) == numbers_in(undisturbed)


@linux
def test_workers_end_with_a_killed_report(tmp_path):
    process = start(tmp_path, "--seconds", "30")
    wait_for(lambda: sum(map(has_started, workers_of(process))) == 2, process)
    workers = workers_of(process)
    process.kill()
    process.communicate(timeout=30)
    waited = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < waited:
        time.sleep(0.1)
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]
