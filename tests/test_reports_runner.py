"""The runner yields every cell once, whatever happens to some of them."""

from __future__ import annotations

import time

import pytest

from reports.progress import Forecast, display, duration
from reports.runner import Task, Workers, progress_folder, read_progress, run_cells
from tests.fake_cell import FakeCell
from tests.trivial_cell import TrivialCell


def tasks_of(*cells):
    return [Task(cell, f"address-of-{cell.id}", "cpu") for cell in cells]


@pytest.mark.parametrize("processes", [1, 2])
def test_the_longest_cells_start_first_and_each_comes_once(processes):
    cells = [TrivialCell(str(cost), float(cost)) for cost in (1, 5, 3)]
    finished = list(run_cells(tasks_of(*cells), Workers(processes, 1)))
    assert sorted(f.task.cell.id for f in finished) == ["1", "3", "5"]
    if processes == 1:
        assert [f.task.cell.id for f in finished] == ["5", "3", "1"]
    assert all(f.result is not None and f.result.summary == {"device": "cpu"} for f in finished)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_cell_that_raises_is_an_answer(processes):
    finished = {
        f.task.cell.id: f
        for f in run_cells(tasks_of(FakeCell("bad", fault="raise"), FakeCell("good")), Workers(processes, 1))
    }
    assert finished["bad"].error == "RuntimeError: the loss is not finite"
    assert "in compute" in finished["bad"].trace
    assert finished["bad"].result is None
    assert finished["good"].error is None


def test_a_dead_worker_takes_no_other_cell_with_it():
    cells = [FakeCell("killer", fault="die"), *(FakeCell(f"good-{i}") for i in range(5))]
    finished = list(run_cells(tasks_of(*cells), Workers(2, 1)))
    assert sorted(f.task.cell.id for f in finished) == sorted(cell.id for cell in cells)
    assert {f.task.cell.id for f in finished if f.error} == {"killer"}
    assert "died (out of memory, or killed), for the second time" in next(f.error for f in finished if f.error)


def test_running_cells_say_how_far_they_are():
    with progress_folder() as name:
        from pathlib import Path

        folder = Path(name)
        assert read_progress(folder, "address-of-slow") is None
        list(run_cells(tasks_of(FakeCell("slow", seconds=0.6)), Workers(1, 1), folder))
        assert 0 < read_progress(folder, "address-of-slow") <= 1


def test_workers_by_default_use_the_cores_but_no_more_than_the_tasks():
    assert Workers.choose(None, "cpu", 1).processes == 1
    assert 1 <= Workers.choose(None, "cpu", 100).processes <= 4
    assert Workers.choose(3, "cpu", 100).processes == 3
    assert Workers.choose(2, "cpu", 0).processes == 1
    with pytest.raises(ValueError, match="jobs=0 must be at least 1"):
        Workers.choose(0, "cpu", 3)


def test_the_forecast_shrinks_as_cells_finish(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("reports.progress.time.monotonic", lambda: clock[0])
    tasks = tasks_of(*(TrivialCell(str(i), 10.0) for i in range(4)))
    forecast = Forecast(tasks, 2)
    assert forecast.seconds_left({}) == pytest.approx(20)
    clock[0] = 30.0  # cells turn out to take thrice as long
    forecast.finish(tasks[0].address)
    forecast.finish(tasks[1].address)
    assert forecast.seconds_left({}) == pytest.approx(30)
    assert forecast.seconds_left({tasks[2].address: 0.5}) < 30


def test_the_forecast_goes_by_costs_not_by_counts(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("reports.progress.time.monotonic", lambda: clock[0])
    long, *short = tasks_of(TrivialCell("long", 90.0), *(TrivialCell(str(i), 1.0) for i in range(9)))
    forecast = Forecast([long, *short], 1)
    clock[0] = 9.0
    for task in short:
        forecast.finish(task.address)
    assert forecast.seconds_left({}) == pytest.approx(90)


def test_plain_lines_name_cell_and_time(capsys, tmp_path):
    tasks = tasks_of(TrivialCell("one"), FakeCell("two", fault="raise"))
    with display(tasks, Workers(1, 1), tmp_path) as screen:
        for finished in run_cells(tasks, Workers(1, 1), tmp_path):
            screen.finished(finished)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "running 2 cells on 1 process (cpu)"
    assert lines[1].startswith("[1/2] one done in 0 s, about")
    assert lines[2] == "[2/2] two failed: RuntimeError: the loss is not finite"


@pytest.mark.parametrize(
    ("seconds", "text"), [(4.2, "4 s"), (185.0, "3 min 05 s"), (7800.0, "2 h 10 min"), (4e5, "5 days")]
)
def test_durations_read_well(seconds, text):
    assert duration(seconds) == text


@pytest.mark.slow
def test_overhead_is_below_fifty_milliseconds_a_cell():
    list(run_cells(tasks_of(*(TrivialCell(f"warm-{i}") for i in range(4))), Workers(2, 1)))
    started = time.perf_counter()
    list(run_cells(tasks_of(*(TrivialCell(str(i)) for i in range(60))), Workers(2, 1)))
    assert (time.perf_counter() - started) / 60 < 0.05
