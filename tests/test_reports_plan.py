"""What a run is going to cost is counted from stated costs, and said before anything runs."""

from __future__ import annotations

import pytest

from reports.plan import budget, makespan, spread, tasks_of
from reports.progress import budget_text
from reports.report import Order, make_report
from reports.runner import Workers, run_cells
from tests.fake_profile import fake_profile
from tests.trivial_cell import TrivialCell

CELLS = tuple(TrivialCell(str(cost), float(cost)) for cost in (10, 60, 30, 20))


def test_the_longest_come_first_and_one_id_is_one_cell():
    tasks = tasks_of((*CELLS, TrivialCell("10", 10.0)), "cpu")
    assert [task.cell.id for task in tasks] == ["60", "30", "20", "10"]
    assert len({task.address for task in tasks}) == 4
    assert all(task.code for task in tasks)


@pytest.mark.parametrize(("processes", "seconds"), [(1, 120.0), (2, 60.0), (3, 60.0), (9, 60.0)])
def test_makespan(processes, seconds):
    assert makespan([10.0, 60.0, 30.0, 20.0], processes) == seconds
    assert makespan([], processes) == 0.0


def test_the_budget_counts_what_is_done():
    tasks = tasks_of(CELLS, "cpu")
    done = {tasks[0].address}
    assert budget(tasks, done, 2) == (4, 120.0, 1, 60.0, 2, 30.0)
    assert budget_text("paper", budget(tasks, done, 2)) == (
        "plan of profile paper: 4 cells, 120 core-seconds (1 cell, 60 core-seconds, stored already); "
        "about 30 s on 2 processes"
    )
    assert budget_text("quick", budget(tasks, set(), 1)).endswith("120 core-seconds; about 2 min 00 s on 1 process")


def test_the_budget_is_the_first_thing_said(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("reports.publication.draw_figures", lambda records, folder: ())
    make_report(Order(fake_profile(), tmp_path, jobs=1))
    report = make_report(Order(fake_profile(), tmp_path, jobs=1, resume=True))
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("plan of profile fake: 13 cells, ")
    assert lines[1] == "running 13 cells on 1 process (cpu)"
    assert "(13 cells, " in lines[-1]
    assert report["run"]["planned"]["done_cells"] == 13


def test_every_cell_gets_the_next_device(monkeypatch):
    monkeypatch.setattr("reports.runner.devices_of", lambda device: ["cuda:0", "cuda:1", "cuda:2"])
    tasks = spread(tasks_of(CELLS, "cuda")[1:])
    used = [finished.device for finished in run_cells(tasks, Workers(1, 1))]
    assert used == ["cuda:0", "cuda:1", "cuda:2"]
    assert Workers.choose(None, "cuda", 9).processes == 3
    again = [finished.result.summary["device"] for finished in run_cells(tasks_of(CELLS, "cuda"), Workers(1, 1))]
    assert again == ["cuda:0", "cuda:1", "cuda:2", "cuda:0"]
