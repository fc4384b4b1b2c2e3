"""Corrupted statements: what is corrupted, that the proofs catch it, and that the record of the last run says so."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sympy
import typer
from typer.testing import CliRunner

import proofs_checks
from proofs_checks import Check, Derivation, all_checks, find
from proofs_checks.mutation import MutantOutcome, corruptions, leaves, mutants, try_mutants
from reports import mutation_record
from reports.commands import check as command
from tests import proofs_examples as examples

X, Y = sympy.symbols("x y", real=True)
N = sympy.Symbol("n", integer=True, positive=True)
A, B = sympy.MatrixSymbol("A", N, N), sympy.MatrixSymbol("B", N, N)
QUICK = ("eq-42", "note-2", "fu-1", "lj-3", "lj-4", "thm-1-plus")


class Named(NamedTuple):
    formula: Any


@dataclass(frozen=True)
class Frozen:
    formula: Any


def _found(formula: sympy.Basic) -> set[tuple[str, sympy.Basic]]:
    return set(corruptions(formula))


def test_corruptions_of_a_sum() -> None:
    assert _found(3 * X**2 - Y) == {
        ("coefficient", 6 * X**2 - Y),
        ("sign", -3 * X**2 - Y),
        ("exponent", 3 * X**3 - Y),
        ("coefficient", 3 * X**2 - 2 * Y),
        ("sign", 3 * X**2 + Y),
        ("exponent", 3 * X**2 - Y**2),
    }


def test_corruptions_reach_into_functions_and_matrices() -> None:
    assert ("sign", sympy.cos(X - Y)) in _found(sympy.cos(X + Y))
    assert ("coefficient", sympy.exp(-(X**2))) in _found(sympy.exp(-(X**2) / 2))
    assert ("exponent", A * B) in _found(A.inverse() * B)
    assert ("sign", "A - B.T") in {(kind, str(formula)) for kind, formula in corruptions(A + B.T)}


def test_what_is_no_formula_stays() -> None:
    f = sympy.Function("f", real=True)(X)
    assert _found(f) == {("coefficient", 2 * f), ("sign", -f)}
    assert _found(A) == {("coefficient", 2 * A), ("sign", -A)}


@pytest.mark.parametrize(
    "claim",
    [{"a": 3, "b": [X, "word"]}, Named(X), Frozen(X), (sympy.Matrix([[1, X]]),), X],
    ids=["mapping", "named tuple", "dataclass", "matrix", "formula"],
)
def test_leaves_are_found_and_replaced(claim: Any) -> None:
    check = replace(examples.HOLDS, claim=lambda: claim)
    assert X in [leaf for _, leaf in leaves(claim)]
    kinds = {mutant.kind for mutant in mutants([check], per_check=10)}
    assert kinds <= {"coefficient", "sign", "exponent"}
    for mutant in mutants([check], per_check=10):
        assert type(mutant.claim()) is type(claim) or claim == X
        assert str(mutant.claim()) != str(claim)


def test_equal_formulas_are_no_mutants() -> None:
    even = replace(examples.HOLDS, claim=lambda: {"zero": sympy.S.Zero, "even": sympy.cos(X)})
    assert [(m.kind, m.after) for m in mutants([even], per_check=10)].count(("sign", "cos(x)")) == 0
    assert {mutant.place for mutant in mutants([even], per_check=10)} == {"even"}


def test_the_same_seed_draws_the_same_mutants() -> None:
    check = find("lj-3")
    drawn = [[(m.place, m.kind, m.after) for m in mutants([check], 5, seed)] for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_per_check_is_positive() -> None:
    with pytest.raises(ValueError, match="per_check=0: give a number of mutants"):
        mutants([examples.HOLDS], 0)


def _blind(claim: Any, work: Derivation) -> None:
    work.require("something else", True)


def _stumbling(claim: Any, work: Derivation) -> None:
    raise ZeroDivisionError("by zero")


def _sleeping(claim: Any, work: Derivation) -> None:
    time.sleep(60.0)


@pytest.mark.parametrize(
    ("change", "caught", "finding"),
    [
        ({}, True, "left - right"),
        ({"verify": _blind}, False, "accepts"),
        ({"verify": _stumbling}, False, "ZeroDivision"),
    ],
    ids=["a proof", "a proof that ignores its claim", "a proof that raises"],
)
def test_only_a_rejection_counts(change: dict, caught: bool, finding: str) -> None:
    outcomes = list(try_mutants(mutants([replace(examples.HOLDS, **change)], 2), jobs=1))
    assert [outcome.caught for outcome in outcomes] == [caught] * 2
    assert finding in outcomes[0].finding


def test_too_slow_is_not_caught() -> None:
    (outcome,) = try_mutants(mutants([replace(examples.HOLDS, verify=_sleeping)], 1), jobs=1, timeout=0.5)
    assert (outcome.caught, outcome.finding) == (False, "not finished within 0.5 s")


def test_a_sample_is_caught() -> None:
    """Fixed seed, six checks, no chance involved; the sample of the shipped record is larger."""
    outcomes = list(try_mutants(mutants([find(name) for name in QUICK], per_check=3, seed=1), jobs=2))
    assert len(outcomes) == 3 * len(QUICK)
    assert [(o.mutant.check.id, o.mutant.place, o.finding) for o in outcomes if not o.caught and not o.reason] == []
    assert sum(outcome.caught for outcome in outcomes) >= 0.8 * len(outcomes)


def test_the_shipped_record() -> None:
    record = mutation_record.load(mutation_record.shipped())
    assert record["share"] >= mutation_record.LEAST_SHARE
    assert record["caught"] + len(record["survivors"]) == record["total"] > 300
    assert [one for one in record["survivors"] if not one["reason"]] == []
    assert set(record["checks"]) | set(record["without_formulas"]) <= {check.id for check in all_checks()}


@pytest.mark.parametrize("content", ["{}", "nonsense", '{"schema": 99}'])
def test_load_refuses_other_files(content: str, tmp_path: Path) -> None:
    path = tmp_path / "mutants.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"is no record of mutants .*--mutants"):
        mutation_record.load(path)


def _call(monkeypatch: pytest.MonkeyPatch, checks: tuple[Check, ...], *arguments: str) -> Any:
    monkeypatch.setattr(proofs_checks, "all_checks", lambda: checks)
    app = typer.Typer()
    app.command("check")(command.run)
    return CliRunner().invoke(app, ["--jobs", "1", *arguments])


def test_the_command_counts_and_saves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "mutants.json"
    result = _call(monkeypatch, (examples.HOLDS,), "--mutants", "2", "--out", str(path))
    assert result.exit_code == 0
    assert "2 of 2 corrupted statements are caught (100.0%)" in result.stdout
    assert mutation_record.load(path)["total"] == 2


def test_the_command_fails_below_the_least_share(monkeypatch: pytest.MonkeyPatch) -> None:
    result = _call(monkeypatch, (replace(examples.HOLDS, verify=_blind),), "--mutants", "1", "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["share"], found["survivors"][0]["finding"]) == (0.0, "the proof accepts it")


def test_bad_input_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "per_check=0" in str(_call(monkeypatch, (examples.HOLDS,), "--mutants", "0").exception)
    bare = replace(examples.HOLDS, claim=examples.HOLDS.twins.__len__)
    assert "no formula that could be corrupted" in str(_call(monkeypatch, (bare,), "--mutants", "1").exception)


def test_a_reason_belongs_to_survivors_only() -> None:
    (mutant,) = [m for m in mutants([find("thm-1-plus")], 60) if m.place.startswith("predicted means / 2 / 0")][:1]
    assert MutantOutcome(mutant, False, "").reason
    assert MutantOutcome(mutant, True, "").reason == ""
