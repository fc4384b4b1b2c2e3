"""Rows of the falsification tables: what their cells leave, how rules judge it, and how a table shows it."""

from __future__ import annotations

import copy
import dataclasses

import pytest
import torch

import synthetic
from reports.claim import Outcome
from reports.environment import environment
from reports.evaluation import evaluate
from reports.falsification_profile import THEOREMS, is_run, row_claim
from reports.falsification_rules import falsified, identified, is_as_good, is_worse, shows, vanishes
from reports.falsification_table import found_by, gaps, row_scores
from reports.page import page
from reports.store import Record
from reports.tables import tables
from reports.witness_cell import WitnessCell
from reports.witness_gap import Gap
from reports.wording import gap
from synthetic import violations
from tests.fake_cell import FakeCell
from tests.fake_profile import FakeProfile, FakeTheorem
from tests.fake_profile import claim as fake_claim

RUN = [(theorem, row) for theorem in THEOREMS for row in theorem.violations if is_run(row)]


def silent(done: int, of: int) -> None:
    """Progress that nobody watches."""


# what a cell leaves, small


def small(cell: WitnessCell, rows: int = 1500) -> dict:
    return cell.compute("cpu", silent).summary if cell.rows == rows else small(dataclasses.replace(cell, rows=rows))


def witness_of(world: str) -> tuple[WitnessCell, str]:
    theorem, row = next((t, r) for t, r in RUN if r.world == world and not r.shared)
    cell = next(one for one in row_claim(theorem, row).cells if isinstance(one, WitnessCell))
    return dataclasses.replace(cell, seeds=(0,)), theorem.conclusion


@pytest.mark.parametrize("world", ["warped_latents", "cubed_signal", "laplace_latents", "shifted_code"])
def test_a_witness_cell_reports_gaps_and_verdicts(world):
    """Fixed seed; a gap's bound is five standard errors (6e-7). The four kinds of gap, one world of each."""
    cell, conclusion = witness_of(world)
    summary = small(cell)
    (run,) = summary["runs"]
    assert summary["kind"] == "witness"
    assert vanishes(run["gap"])
    assert is_worse(run["twin_gap"])
    assert shows(run, conclusion, summary["violation_kind"])
    judged = falsified(conclusion)({"cell": summary})
    assert judged.outcome is Outcome.SUPPORTED
    assert (run["bound"] is not None) is (world == "shifted_code")


def with_identity() -> synthetic.Violation:
    """V5 with the identity in place of its witness, and its law for that of the witness."""
    made = violations()["warped_latents"]()
    identity = synthetic.Linear(torch.eye(2, dtype=torch.float64))
    return dataclasses.replace(made, witness=identity, recovered=made.world.transition)


def with_the_twin() -> synthetic.Violation:
    """V5 with its intact twin in place of the world."""
    made = violations()["warped_latents"]()
    return dataclasses.replace(made, world=made.twin)


def without_a_twin() -> synthetic.Violation:
    """V5 with the world itself in place of the twin."""
    made = violations()["warped_latents"]()
    return dataclasses.replace(made, twin=made.world, twin_recovered=made.recovered)


@pytest.mark.parametrize(
    ("factory", "reason"),
    [(with_identity, "inside affine|as good"), (with_the_twin, "not optimal"), (without_a_twin, "as good in the")],
)
def test_corrupted_rows_are_not_as_predicted(factory, reason):
    cell = WitnessCell("corrupted", factory, seeds=(0,), rows=1500)
    judged = falsified("affine")({"cell": cell.compute("cpu", silent).summary})
    assert judged.outcome is Outcome.REFUTED
    assert any(one in judged.reason for one in reason.split("|"))


def test_gaps_count_as_zero_within_five_errors_and_as_worse_beyond():
    assert vanishes(Gap(0.04, 0.01, "nats")._asdict())
    assert not vanishes(Gap(0.06, 0.01, "nats")._asdict())
    assert not vanishes(Gap(-0.06, 0.01, "nats")._asdict())
    assert vanishes(Gap(0.5, 0.01, "correlation")._asdict())
    assert not vanishes(Gap(-0.06, 0.01, "correlation")._asdict())
    assert is_worse(Gap(-0.06, 0.01, "nats")._asdict())
    assert not is_worse(Gap(-0.04, 0.01, "nats")._asdict())
    assert not is_worse(Gap(-1e-12, 0.0, "nats")._asdict())
    assert is_as_good(Gap(-0.009, 0.01, "nats")._asdict())
    assert not is_as_good(Gap(-0.04, 0.01, "nats")._asdict())


# rules, on made-up runs


def made_run(found: str | None, reached: bool | None = None, r2: float = 0.5, holds: bool | None = False) -> dict:
    run = {
        "seed": 0,
        "verdict": {"class": found, "outcome": "SUPPORTED" if found else "INCONCLUSIVE"},
        "scores": {"r2_affine": {"estimate": r2, "low": r2 - 0.01, "high": r2 + 0.01}},
        "ladder": [{"class": "affine", "holds": holds, "loss": {"estimate": 0.5, "low": 1 - r2 - 0.1, "high": 1 - r2}}],
        "gap": Gap(0.0, 0.0, "nats")._asdict(),
        "twin_gap": Gap(-1.0, 0.01, "nats")._asdict(),
        "bound": None,
    }
    return run if reached is None else run | {"optimum": {"reached": reached}}


def made_cell(*runs: dict, start: str = "", intact: bool = False) -> dict:
    scores = {"r2_affine": {"estimate": 0.5, "low": 0.4, "high": 0.6}}
    kind = {"kind": "training", "start": start} if start else {"kind": "witness", "violation_kind": "outside_class"}
    return kind | {"identified": intact, "intact": intact, "runs": list(runs), "over_seeds": scores}


WITNESS = made_cell(made_run("nonlinear"))
OUT, IN = made_run("nonlinear", True), made_run("affine", True, 0.999, True)


@pytest.mark.parametrize(
    ("cells", "outcome"),
    [
        ((WITNESS,), Outcome.SUPPORTED),
        ((made_cell(made_run(None, holds=None)),), Outcome.SUPPORTED),
        ((made_cell(made_run(None, r2=0.98, holds=None)),), Outcome.INCONCLUSIVE),
        ((made_cell(made_run("affine", r2=0.98, holds=True)),), Outcome.REFUTED),
        ((WITNESS, made_cell(OUT, OUT, start="witness")), Outcome.SUPPORTED),
        ((WITNESS, made_cell(OUT, IN, start="witness")), Outcome.INCONCLUSIVE),
        ((WITNESS, made_cell(made_run("nonlinear", False), start="witness")), Outcome.INCONCLUSIVE),
        ((WITNESS, made_cell(IN, IN, start="random")), Outcome.SUPPORTED),
        ((WITNESS, made_cell(IN, start="witness", intact=True)), Outcome.SUPPORTED),
        ((WITNESS, made_cell(made_run("nonlinear", False), start="witness", intact=True)), Outcome.SUPPORTED),
        ((WITNESS, made_cell(OUT, start="witness", intact=True)), Outcome.REFUTED),
        ((WITNESS, made_cell(made_run(None, True, holds=None), start="witness", intact=True)), Outcome.INCONCLUSIVE),
    ],
)
def test_rows_are_judged_as_their_rule_says(cells, outcome):
    assert falsified("affine")({str(i): cell for i, cell in enumerate(cells)}).outcome is outcome


def test_random_starts_are_counted():
    judged = falsified("affine")({"w": WITNESS, "r": made_cell(IN, OUT, IN, start="random")})
    assert "1 of 3 random starts end outside affine" in judged.reason


@pytest.mark.parametrize(
    ("random", "witness", "outcome"),
    [
        (IN, IN, Outcome.SUPPORTED),
        (IN, made_run("nonlinear", False), Outcome.SUPPORTED),
        (IN, OUT, Outcome.REFUTED),
        (OUT, IN, Outcome.REFUTED),
        (made_run(None, False, holds=None), IN, Outcome.INCONCLUSIVE),
    ],
)
def test_controls_are_judged_as_their_rule_says(random, witness, outcome):
    cells = {
        "random": made_cell(random, start="random", intact=True),
        "witness": made_cell(witness, start="witness", intact=True),
    }
    assert identified("affine", "r2_affine", 0.99)(cells).outcome is outcome


def test_a_row_of_the_table_says_where_each_verdict_comes_from():
    cells = [
        made_cell(OUT, start="witness"),
        made_cell(IN, OUT, start="random"),
        made_cell(IN, start="witness", intact=True),
        WITNESS,
    ]
    found = found_by(cells)
    assert [one["by"] for one in found] == ["witness", "random start", "witness start", "witness start in the twin"]
    assert found[1]["verdicts"] == {"affine": 1, "nonlinear": 1}
    assert (found[0]["reached"], found[1]["reached"]) == (None, 2)
    assert gaps(cells)["twin_gap"]["value"] == -1.0
    assert gaps(cells[:1]) is None
    other = copy.deepcopy(cells[0])
    other["over_seeds"]["r2_affine"]["estimate"] = 0.1
    assert row_scores([WITNESS, other], "r2_affine")["estimate"] == 0.5
    assert row_scores([cells[0], other], "r2_affine")["estimate"] == 0.1


def table_of(*cells: dict) -> dict:
    """A report on one row whose cells left these summaries."""
    theorem, row = RUN[0]
    made = tuple(FakeCell(str(number)) for number in range(len(cells)))
    tried = fake_claim(row.claim, made, "a row", rule=falsified("affine"))
    shown = FakeTheorem(theorem.id, theorem.name, theorem.statement, (row,))
    records = {
        cell.id: Record(cell.id * 20, cell.id, {}, "", "cpu", {}, "", 1.0, summary, {})
        for cell, summary in zip(made, cells, strict=True)
    }
    report = evaluate(FakeProfile("fake", (tried,), (shown,)), records, {}, (), environment("cpu"), 1.0)
    run = {"command": "identify", "started": "2026-01-01T00:00:00+00:00", "jobs": 1, "threads": 1, "device": "cpu"}
    return report | {"run": run | {"kept": 0}}


def test_the_table_shows_witness_starts_and_gaps():
    """In report.json, on the page and in LaTeX."""
    report = table_of(WITNESS, made_cell(IN, OUT, start="random"), made_cell(OUT, start="witness"))
    (row,) = report["falsification"]
    assert row["gaps"]["twin_gap"] == {"value": -1.0, "standard_error": 0.01, "unit": "nats"}
    assert [one["by"] for one in row["found_by"]] == ["witness", "random start", "witness start"]
    assert (row["outcome"], row["as_expected"]) == ("SUPPORTED", True)
    html = page(report, ())
    for part in (
        "random start: affine\u00a01/2, nonlinear\u00a01/2",
        "0\u00a0(exact)",
        "twin −1.000\u00a0±\u00a00.010",
    ):
        assert part in html
    latex = tables(report)["falsification"]
    assert latex.isascii()
    assert "witness start: nonlinear~1/1 (optimum~1/1)" in latex
    assert "$-$1.000~$\\pm$~0.010" in latex


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, "–"),
        (Gap(1e-17, 1e-17, "nats"), "0\u00a0(exact)"),
        (Gap(0.0, 0.01, "nats"), "+0.000\u00a0±\u00a00.010"),
        (Gap(-0.25, 0.01, "correlation"), "−0.250\u00a0±\u00a00.010\u00a0(correlation)"),
    ],
)
def test_gaps_in_words(given, shown):
    assert gap(given and given._asdict()) == shown
