"""The machinery catches false statements, twins that pass, exceptions, dead workers and lack of time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofs_checks import Check, Outcome, Source, Twin, examine, run
from tests import proofs_examples as examples


def _run_one(check: Check, timeout: float = 30.0) -> Outcome:
    (outcome,) = run([check], jobs=1, timeout=timeout)
    return outcome


def test_a_true_statement_holds() -> None:
    outcome = examine(examples.HOLDS)
    assert outcome.stands
    assert outcome.evidence == ("(x + y)^2: by expanding",)
    assert outcome.twins[0].reason.startswith("(x + y)^2: left - right = ")


def test_a_false_statement_fails_and_shows_every_expression() -> None:
    outcome = examine(examples.FALSE)
    assert (outcome.status, outcome.stands) == ("fails", False)
    assert "the square = (x + y)**2" in outcome.message
    assert "left - right = -x**2 - x*y - y**2 + (x + y)**2" in outcome.message


def test_a_twin_that_passes_is_not_rejected() -> None:
    outcome = examine(examples.PASSING_TWIN)
    assert (outcome.status, outcome.twin_rejected, outcome.stands) == ("holds", False, False)
    assert outcome.twins[0].reason == "the proof accepts it"


def test_an_exception_is_an_error() -> None:
    outcome = examine(examples.RAISING)
    assert (outcome.status, outcome.twin_rejected) == ("error", False)
    assert "ZeroDivisionError" in outcome.message


def test_a_twin_that_raises_is_not_rejected() -> None:
    outcome = examine(examples.TWIN_RAISES)
    assert (outcome.status, outcome.twin_rejected) == ("holds", False)
    assert outcome.twins[0].reason.startswith("ZeroDivisionError")


def test_a_proof_without_a_fact_is_an_error() -> None:
    outcome = examine(examples.WITHOUT_FACT)
    assert outcome.status == "error"
    assert "establishes no fact" in outcome.message


def test_an_erratum_needs_a_witness_that_convicts() -> None:
    assert examine(examples.CONVICTED).stands
    outcome = examine(examples.ACQUITTED)
    assert outcome.status == "fails"
    assert "does not convict" in outcome.message


@pytest.mark.parametrize("check", [examples.HANGING, examples.HANGING_TWIN], ids=lambda check: check.id)
def test_too_slow_is_a_timeout(check: Check) -> None:
    outcome = _run_one(check, timeout=0.5)
    assert (outcome.status, outcome.twin_rejected, outcome.seconds) == ("timeout", False, 0.5)


def test_a_dead_worker_is_an_error() -> None:
    outcome = _run_one(examples.DYING)
    assert outcome.status == "error"
    assert "died (exit code 3)" in outcome.message


def test_one_bad_check_leaves_the_others_alone() -> None:
    checks = [examples.DYING, examples.HOLDS, examples.HANGING, examples.FALSE]
    started: list[str] = []
    found = {o.id: o.status for o in run(checks, jobs=2, timeout=3.0, on_start=lambda check: started.append(check.id))}
    assert found == {"dying": "error", "square": "holds", "hanging": "timeout", "false": "fails"}
    assert sorted(started) == sorted(found)


def test_outcomes_do_not_depend_on_the_worker() -> None:
    here, there = examine(examples.HOLDS), _run_one(examples.HOLDS)
    assert here._replace(seconds=0.0) == there._replace(seconds=0.0)


def test_a_check_that_cannot_travel_is_named() -> None:
    with pytest.raises(ValueError, match=r"square: .*make the functions of a check module-level"):
        _run_one(replace(examples.HOLDS, verify=lambda claim, work: None))


@pytest.mark.parametrize(("jobs", "timeout", "match"), [(0, 1.0, "jobs=0"), (1, 0.0, r"timeout=0\.0")])
def test_bad_limits(jobs: int, timeout: float, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        run([examples.HOLDS], jobs=jobs, timeout=timeout)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"id": "EQ 14"}, "lower case"),
        ({"kinds": ("Q",)}, "kinds="),
        ({"assumptions": ()}, "assumptions is empty"),
        ({"twins": ()}, "twins is empty"),
    ],
)
def test_malformed_checks(change: dict, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        replace(examples.HOLDS, **change)


def test_public_values() -> None:
    assert str(Source("key", "eq. 1")) == "key, eq. 1"
    assert Twin("w", examples.HOLDS.claim).corruption == "w"
