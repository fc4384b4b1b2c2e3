"""Theorems as values: what they name exists, every violation stands in a table, and a name selects its claims."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter

import pytest
import torch

import synthetic
from identify import check_class
from proofs_checks import find
from reports.claim import Outcome
from reports.encoder_input import encoder_input
from reports.falsification_methods import ROWS as METHOD_ROWS
from reports.falsification_profile import THEOREMS, all_violations, is_run, theorems
from reports.falsification_sphere import SPHERES
from reports.falsification_training import CONTROLS, SETTINGS, violation_cells
from reports.plain_json import plain
from reports.profiles import profile, profile_with
from reports.report import select
from reports.theorems import LINEAR_ICA, THEOREM_1
from reports.trained_worlds import start_codes
from reports.training_cell import TrainingCell
from reports.witness_cell import WitnessCell
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import Assumption, violations, worlds

PROFILE = theorems()
ROWS = [(theorem, row) for theorem in THEOREMS for row in theorem.violations]
RUN = [(theorem, row) for theorem, row in ROWS if is_run(row)]
CELLS = list({cell.id: cell for claim in PROFILE.claims for cell in claim.cells}.values())
WITNESSES = [cell for cell in CELLS if isinstance(cell, WitnessCell)]
TRAINED = [cell for cell in CELLS if isinstance(cell, TrainingCell)]


def silent(done: int, of: int) -> None:
    """Progress that nobody watches."""


@pytest.mark.parametrize("theorem", [*THEOREMS, LINEAR_ICA], ids=lambda one: one.id)
def test_what_a_theorem_names_exists(theorem):
    assert {find(name).id for name in theorem.checks} == set(theorem.checks)
    assert check_class(theorem.conclusion) == theorem.conclusion
    assert set(theorem.worlds) <= set(worlds())
    assert len({row.claim for row in theorem.violations}) == len(theorem.violations)
    for row in theorem.violations:
        assert row.check in ("", find(row.check).id if row.check else "")
        assert row.world in ("", *all_violations())


def test_every_violation_stands_in_one_table():
    """Rows marked as shared repeat a world of another row."""
    counts = Counter(row.world for _, row in ROWS if row.world and not row.shared)
    assert counts == dict.fromkeys(all_violations(), 1)
    assert {row.world for _, row in ROWS if row.shared} <= set(counts)


def test_every_control_satisfies_a_theorem():
    named = {name for theorem in THEOREMS for name in theorem.worlds}
    assert set(synthetic.positive_controls()) <= named
    assert set(CONTROLS) == set(synthetic.positive_controls())


@pytest.mark.parametrize("name", sorted({one for t in THEOREMS[:2] for one in t.worlds}))
def test_worlds_of_theorem_1_declare_its_assumptions(name):
    declared = worlds()[name]().assumptions
    for needed in (
        Assumption.GAUSSIAN_NOISE,
        Assumption.CONSTANT_COVARIANCE,
        Assumption.NONSINGULAR_COVARIANCE,
        Assumption.COVERAGE,
        Assumption.INJECTIVE_MIXING,
        Assumption.NO_NUISANCE,
    ):
        assert declared[needed].holds


def test_a_row_is_trained_or_says_why_not():
    for _, row in RUN:
        assert bool(row.untrained) is (row.world not in {**SETTINGS, **METHOD_ROWS, **SPHERES}), row.claim


def test_ids_and_claims_are_without_loose_ends():
    assert max(Counter(claim.id for claim in PROFILE.claims).values()) == 1
    assert {claim.theorem for claim in PROFILE.claims} == {theorem.id for theorem in THEOREMS}
    assert {find(name).id for name in PROFILE.checks} == set(PROFILE.checks)
    everywhere = {claim.id for name in ("quick", "theorems") for claim in profile(name).claims}
    assert {row.claim for _, row in ROWS} <= everywhere
    for claim in PROFILE.claims:
        assert Outcome.REFUTED not in claim.expected
        assert claim.expected == {Outcome.SUPPORTED}
        for word in ("SUPPORTED", "REFUTED", "INCONCLUSIVE"):
            assert word in claim.rule_text


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
def test_configurations_are_plain_and_stable(cell):
    first, again = (json.dumps(plain(cell.configuration()), sort_keys=True) for _ in range(2))
    assert first == again
    assert cell.id in first
    assert cell.cost > 0
    assert len(cell.seeds) == 3


@pytest.mark.parametrize("cell", TRAINED, ids=lambda cell: cell.id)
def test_starts_fit_the_encoders(cell):
    """The start has one code a frame, of the encoder's width; two draws are enough to see it."""
    world, carrier = cell.world.build(0)
    sample = world.sample(2, cell.sample.length, torch.Generator().manual_seed(0))
    if cell.start == "witness":
        assert start_codes(carrier, sample).shape == (2, cell.sample.length, cell.config.encoder.width)
    assert len(encoder_input(sample.x, cell.sees)) == 2


# selection


def test_a_theorem_stands_for_its_claims():
    chosen = select(PROFILE, ["thm-1h"])
    assert {claim.id for claim in chosen.claims} == {"thm-1h/context-covariance", "thm-1h/level-set-flow"}
    assert [theorem.id for theorem in chosen.theorems] == ["thm-1h"]
    both = select(PROFILE, ["thm-1h", "thm-2/axial-sphere"])
    assert len(both.claims) == 3
    with pytest.raises(ValueError, match=r"unknown claim 'thm-9': profile 'theorems' has .*; theorems thm-1, "):
        select(PROFILE, ["thm-9"])


def test_names_are_looked_up_in_quick_first_and_theorems_with_their_training():
    assert profile_with(["thm-1/fold"]).name == "quick"
    table = profile_with(["thm-1"])
    cells = {claim.id: len(claim.cells) for claim in table.claims}
    assert table.name == "theorems"
    assert {row.claim for row in THEOREM_1.violations} <= set(cells)
    assert cells["thm-1/warped-latents"] == 1 + len(violation_cells("warped_latents"))
    assert profile_with(["thm-1h"]).name == "theorems"
    assert profile_with(["follow-up/leakage"]).name == "worlds"
    with pytest.raises(ValueError, match=r"unknown claim 'thm-9': profile 'quick' has .*profile 'theorems' has "):
        profile_with(["thm-1", "thm-9"])
    assert profile_with(["thm-1/fold", "follow-up/leakage"]).name == "paper"


# what the encoder sees


def test_what_an_encoder_sees_beside_the_frame():
    x = torch.arange(12.0).reshape(2, 3, 2)
    assert encoder_input(x, "frame") is x
    past = encoder_input(x, "past")
    assert torch.equal(past[:, 1:, 2:], x[:, :-1])
    assert not past[:, 0, 2:].any()
    assert encoder_input(x, "time")[0, :, 2].tolist() == [0, 1, 2]


def test_an_unknown_addition_is_refused():
    from tests.unchecked_types import unchecked_types

    with unchecked_types(), pytest.raises(ValueError, match="sees='future' is unknown"):
        encoder_input(torch.zeros(1, 1, 1), "future")


@pytest.mark.parametrize("world", ["encoder_of_the_past", "encoder_of_the_time", "independent_coordinate"])
def test_cells_with_other_encoders_compute(world):
    """Two steps of training; nothing is asserted about how well."""
    claim = next(one for one in PROFILE.claims if one.id == f"thm-1/{world.replace('_', '-')}")
    cell = next(one for one in claim.cells if isinstance(one, TrainingCell) and one.start == "witness")
    config = dataclasses.replace(cell.config, steps=2, start_steps=2, batch=64)
    summary = (
        dataclasses.replace(cell, config=config, sample=SampleSizes(300, 300, 2), seeds=(0,))
        .compute("cpu", silent)
        .summary
    )
    (run,) = summary["runs"]
    assert (summary["identified"], summary["intact"]) == (False, False)
    assert run["scores"]["r2_nonlinear"]["estimate"] <= 1
    assert "geometry" not in summary


def test_an_intact_choice_builds_the_twin():
    made = violations()["constant_predictor"]
    choice = WorldChoice("w", made)
    world, violation = choice.build(0)
    twin, same = dataclasses.replace(choice, intact=True).build(0)
    assert (world.name, twin.name) == (violation.world.name, same.twin.name)
    assert choice.breaks(violation)
    assert not dataclasses.replace(choice, intact=True).breaks(same)
    assert not choice.breaks(None)
