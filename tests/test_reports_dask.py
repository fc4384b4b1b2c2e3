"""A report computed by a Dask cluster: a scheduler and two worker processes on the loopback interface."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import pytest

from reports.backends import Backend
from reports.cell import CellResult
from reports.plan import tasks_of
from reports.run import Order
from reports.runner import Workers, run_cells
from tests.fake_cell import FakeCell
from tests.fake_profile import bare_report, fake_profile
from tests.report_process import ROOT, numbers_in

distributed = pytest.importorskip("distributed", reason="the optional extra dask is not installed")
DEATHS = 1
"""Deaths of workers after which Dask gives a task up; three by default, which takes longer."""


@dataclass(frozen=True)
class Whereabouts:
    id: str
    cost: float = 1.0

    def configuration(self) -> dict[str, Any]:
        return {"id": self.id}

    def compute(self, device: str, progress: Any) -> CellResult:
        return CellResult({"process": os.getpid()})


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Address of a scheduler with two workers of one thread each, and the processes that run them."""
    folder = tmp_path_factory.mktemp("dask")
    contact = folder / "scheduler.json"
    settings = {
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(DEATHS),
        "DASK_TEMPORARY_DIRECTORY": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    parts = {
        "scheduler": ("--host", "127.0.0.1", "--port", "0", "--no-dashboard"),
        "worker": ("--host", "127.0.0.1", "--nworkers", "2", "--nthreads", "1", "--no-dashboard"),
    }
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "dask", part, "--scheduler-file", str(contact), *options],
            cwd=folder,
            env=os.environ | settings,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for part, options in parts.items()
    ]
    until = time.monotonic() + 60
    while not contact.is_file() and time.monotonic() < until:
        time.sleep(0.05)
    address = json.loads(contact.read_text())["address"]
    with distributed.Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=120)
    yield address
    for process in reversed(processes):
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def engine(cluster):
    with Backend("dask", cluster).open() as engine:
        yield engine


def test_a_cluster_and_this_process_make_the_same_report(cluster, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    for out, backend in ((here, Backend("loky")), (there, Backend("dask", cluster))):
        report = bare_report(Order(fake_profile(), out, jobs=1 if out == here else None, backend=backend))
        assert report["run"]["kept"] == 0
    assert numbers_in(here) == numbers_in(there)
    assert report["run"]["backend"] == "dask"
    assert report["run"]["jobs"] == 2
    record = json.loads(next((there / "records").glob("*.json")).read_text())
    assert record["environment"]["python"]
    resumed = bare_report(Order(fake_profile(), there, resume=True, backend=Backend("dask", cluster)))
    assert resumed["run"]["kept"] == 13


def test_a_cell_that_kills_its_workers_is_named_and_costs_nothing_else(engine):
    cells = (FakeCell("killer", fault="die"), *(FakeCell(f"good-{number}") for number in range(4)))
    tasks = tasks_of(cells, "cpu")
    finished = list(run_cells(tasks, Workers.choose(None, "cpu", len(tasks), engine), engine=engine))
    assert sorted(one.task.cell.id for one in finished) == sorted(cell.id for cell in cells)
    (failed,) = [one for one in finished if one.error]
    assert failed.task.cell.id == "killer"
    assert "the worker process died, again and again (KilledWorker: " in failed.error


def test_a_cell_that_raises_is_an_answer(engine):
    (finished,) = run_cells(tasks_of((FakeCell("bad", fault="raise"),), "cpu"), Workers(1, 1), engine=engine)
    assert finished.error == "RuntimeError: the loss is not finite"


def test_no_cell_is_computed_here_because_the_cluster_is_small(engine, monkeypatch):
    monkeypatch.setattr(engine.joblib.client, "ncores", lambda: {"worker": 1})
    (finished,) = run_cells(tasks_of((Whereabouts("where"),), "cpu"), Workers(1, 1), engine=engine)
    assert finished.result.summary["process"] != os.getpid()


def test_a_scheduler_that_does_not_answer_is_refused(monkeypatch):
    monkeypatch.setattr("reports.backends._SECONDS_TO_CONNECT", 1)
    with (
        pytest.raises(ValueError, match="no Dask scheduler answers there"),
        Backend("dask", "tcp://127.0.0.1:1").open(),
    ):
        pass
