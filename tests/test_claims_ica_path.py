"""The claim on linear ICA's path: a small run of its cell, and its rule on made-up summaries."""

import json

import numpy as np
import pytest

from reports.claim import Outcome
from reports.ica_path_cell import SHAPES, VIEWS, PriorPathCell, early_stopping
from reports.plain_json import plain


def _run(stable, optimum, best=0.05, correlation=0.01, converged=True):
    return {
        "predicted_stable": stable,
        "amari_optimum": optimum,
        "amari_best": best,
        "amari_lost": optimum - best,
        "correlation_of_sources": correlation,
        "converged": converged,
    }


def _outcome(*runs):
    row = {"estimate": 0.5, "low": 0.4, "high": 0.6}
    return early_stopping({"cell": {"runs": list(runs), "over_seeds": {"amari_lost": row}}}).outcome


KEPT, LEFT = _run(True, 0.06), _run(False, 0.9)


def test_ends_as_predicted_support_the_claim():
    assert _outcome(KEPT, LEFT) is Outcome.SUPPORTED


@pytest.mark.parametrize("wrong", [_run(True, 0.9), _run(False, 0.06)])
def test_an_end_that_the_condition_excludes_refutes_it(wrong):
    assert _outcome(KEPT, LEFT, wrong) is Outcome.REFUTED
    assert _outcome(KEPT, LEFT, wrong | {"converged": False}) is Outcome.INCONCLUSIVE


def test_undecided_and_dependent_sources_are_not_judged():
    assert _outcome(KEPT, LEFT, _run(None, 0.9), _run(True, 0.9, correlation=-0.3)) is Outcome.SUPPORTED


def test_a_path_that_never_came_nearer_shows_nothing():
    assert _outcome(KEPT, _run(False, 0.9, best=0.8)) is Outcome.INCONCLUSIVE
    assert _outcome(KEPT) is Outcome.INCONCLUSIVE
    assert _outcome(LEFT) is Outcome.INCONCLUSIVE


def test_the_cell_keeps_every_path():
    cell = PriorPathCell("ica/path", (0, 1), side=60, rows=1000, steps=15)
    result = cell.compute("cpu", lambda done, of: None)
    assert set(result.arrays) == {f"path/{view}-{shape:g}" for view in VIEWS for shape in SHAPES}
    for rows in result.arrays.values():
        assert rows.shape == (2, 16)
    assert len(result.summary["runs"]) == 2 * 4
    for run in result.summary["runs"]:
        rows = result.arrays[f"path/{run['view']}-{run['shape']:g}"][run["seed"]]
        assert rows[0] == run["amari_start"]
        assert rows.min() == run["amari_best"] == rows[run["best_step"]]
    json.dumps(plain(result.summary))
    again = cell.compute("cpu", lambda done, of: None)
    assert all(np.array_equal(rows, again.arrays[name]) for name, rows in result.arrays.items())
