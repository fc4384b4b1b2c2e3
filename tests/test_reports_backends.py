"""Any backend of joblib's runs the cells; what cannot be used is refused before anything starts."""

from __future__ import annotations

import pytest
from joblib.parallel import ThreadingBackend

from reports.backends import LOCAL, Backend, Engine
from reports.plan import tasks_of
from reports.runner import Workers, run_cells
from tests.fake_cell import FakeCell

CELLS = tuple(FakeCell(f"cell-{number}") for number in range(5))


class OurOwn(ThreadingBackend):
    """Stands for a backend of somebody else's."""


def finished_on(engine, tasks):
    workers = Workers.choose(2, "cpu", len(tasks), engine)
    return {finished.task.cell.id: finished for finished in run_cells(tasks, workers, engine=engine)}


@pytest.mark.parametrize("name", ["loky", "threading", "multiprocessing", "tests.test_reports_backends:OurOwn"])
def test_every_backend_finishes_every_cell(name):
    with Backend(name).open() as engine:
        assert engine.hands_over == (name != "multiprocessing")
        finished = finished_on(engine, tasks_of(CELLS, "cpu"))
    expected = {cell.id: cell.compute("cpu", lambda done, total: None).summary for cell in CELLS}
    assert {name: one.result.summary for name, one in finished.items()} == expected


def test_a_worker_elsewhere_says_where_it_is_and_must_have_the_same_code():
    engine = Engine("threading", away=True, cores=2)
    same, other = tasks_of(CELLS[:2], "cpu")
    finished = finished_on(engine, [same, other._replace(code="another")])
    assert finished[same.cell.id].environment["python"]
    assert finished[same.cell.id].error is None
    assert "another version of the code than the report" in finished[other.cell.id].error
    assert finished_on(LOCAL, [same])[same.cell.id].environment is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("loky", "tcp://127.0.0.1:1"), "address=tcp://127.0.0.1:1 is of no use to backend=loky: only dask takes one"),
        (("dask", None), "backend=dask needs the scheduler's address: --address tcp://HOST:8786"),
        (("no-such-backend", None), "backend=no-such-backend cannot be had .*take loky, "),
        (("no.such.module:Backend", None), "backend=no.such.module:Backend cannot be had .*No module named"),
        (("reports.backends:NoSuchClass", None), "has no attribute 'NoSuchClass'"),
    ],
)
def test_what_cannot_be_used_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message), Backend(*arguments).open():
        pass
