"""`identify check`: selection, table, JSON, errata, exit codes and the record of a full run."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

import proofs_checks
from proofs_checks import Check, examine
from reports.check_record import load, row, save
from reports.commands import check as command
from tests import proofs_examples as examples

app = typer.Typer()
app.command("check")(command.run)
EXAMPLES = (examples.HOLDS, examples.CONVICTED)


@pytest.fixture(autouse=True)
def example_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    _register(monkeypatch, EXAMPLES)


def _register(monkeypatch: pytest.MonkeyPatch, checks: tuple[Check, ...]) -> None:
    monkeypatch.setattr(proofs_checks, "all_checks", lambda: checks)


def _call(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments])


def _complaint(*arguments: str) -> str:
    result = _call(*arguments)
    assert isinstance(result.exception, ValueError)
    return str(result.exception)


def test_a_table_and_a_count() -> None:
    result = _call("--jobs", "1")
    assert result.exit_code == 0
    assert "2 of 2 checks hold with every twin rejected" in result.stdout
    assert "square" in result.stdout


def test_json_rows() -> None:
    result = _call("SQUARE-OF-SUM", "--json", "--jobs", "1")
    assert result.exit_code == 0
    (found,) = json.loads(result.stdout)
    assert found.pop("seconds") >= 0
    assert found == {
        "id": "square",
        "aliases": ["square-of-sum"],
        "statement": examples.HOLDS.statement,
        "source": "mikulasch2026ldm, example",
        "kinds": ["S"],
        "status": "holds",
        "twin_rejected": True,
        "erratum": None,
    }


def test_errata_are_quoted_with_their_witness() -> None:
    result = _call("--errata", "--jobs", "1")
    assert result.exit_code == 0
    assert "1 of 1 checks" in result.stdout
    assert "printed      x = 3/2" in result.stdout
    assert "witness      at 1: truth 1, printed 1.5, corrected 1" in result.stdout


@pytest.mark.parametrize("bad", [examples.FALSE, examples.PASSING_TWIN, examples.HANGING], ids=lambda check: check.id)
def test_exit_code_1(bad: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    _register(monkeypatch, (examples.HOLDS, bad))
    result = _call("--jobs", "1", "--timeout", "2")
    assert result.exit_code == 1
    assert "1 of 2 checks hold" in result.stdout
    assert bad.id in result.stdout


def test_list_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _register(monkeypatch, (examples.HOLDS, examples.DYING))
    assert "square-of-sum" in _call("--list").stdout
    listed = json.loads(_call("--list", "--json").stdout)
    assert [entry["id"] for entry in listed] == ["square", "dying"]
    assert listed[0]["twins"] == ["no cross term"]


def test_bad_input_is_named() -> None:
    assert "no check is called 'squar': did you mean square" in _complaint("squar")
    assert "no theme is called 'geometry': the themes are examples" in _complaint("--theme", "geometry")
    assert "no check fits the selection" in _complaint("square", "--errata")
    assert "timeout=0" in _complaint("--timeout", "0")
    assert "jobs=0" in _complaint("--jobs", "0")


def test_out_wants_a_full_run(tmp_path: Path) -> None:
    record = str(tmp_path / "checks.json")
    assert "leave out ids" in _complaint("square", "--out", record)
    assert "its folder does not exist" in _complaint("--out", str(tmp_path / "absent" / "checks.json"))
    assert not Path(record).exists()


def test_out_saves_a_record_that_load_reads(tmp_path: Path) -> None:
    path = tmp_path / "checks.json"
    assert _call("--jobs", "1", "--out", str(path)).exit_code == 0
    record = load(path)
    assert [entry["id"] for entry in record.rows] == ["square", "convicted"]
    assert record.rows[0]["twins"][0]["rejected"]
    assert record.rows[0]["evidence"] == ["(x + y)^2: by expanding"]
    assert record.commit == record.environment["commit"]
    assert timedelta(0) <= record.age(datetime.now(UTC) + timedelta(seconds=1)) < timedelta(minutes=5)
    assert [p.name for p in tmp_path.iterdir()] == ["checks.json"]


@pytest.mark.parametrize("content", ["{}", "[]", "nonsense", '{"schema": 99}'])
def test_load_refuses_other_files(content: str, tmp_path: Path) -> None:
    path = tmp_path / "checks.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"is no record of checks .*`identify check --out"):
        load(path)


def test_save_refuses_a_partial_run(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="outcomes lack convicted"):
        save(tmp_path / "checks.json", EXAMPLES, [examine(examples.HOLDS)], 1.0)


def test_the_erratum_of_a_row_is_one_sentence() -> None:
    sentence: Any = row(examples.CONVICTED, examine(examples.CONVICTED))["erratum"]
    assert sentence.startswith("printed: x = 3/2; correct: x = 1; witness: at 1: truth 1")
