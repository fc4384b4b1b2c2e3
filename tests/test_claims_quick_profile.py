"""The quick profile is well formed: claims, cells, theorems and checks refer to each other without loose ends."""

import dataclasses
import json
from collections import Counter

import pytest

from proofs_checks import find
from reports.claim import Outcome
from reports.plain_json import plain
from reports.profiles import profile
from reports.training_cell import TrainingCell
from reports.witness_cell import WitnessCell
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import World, markov_gaussian

QUICK = profile("quick")
CELLS = [cell for claim in QUICK.claims for cell in claim.cells]
TRAINING = [cell for cell in CELLS if isinstance(cell, TrainingCell)]


def test_ids_are_unique():
    assert max(Counter(claim.id for claim in QUICK.claims).values()) == 1
    assert max(Counter(cell.id for cell in dict.fromkeys(CELLS)).values()) == 1


def test_claims_belong_to_theorems_of_the_profile():
    known = {theorem.id for theorem in QUICK.theorems}
    assert {claim.theorem for claim in QUICK.claims} <= known
    claims = {claim.id for claim in QUICK.claims}
    for theorem in QUICK.theorems:
        shown = [removal for removal in theorem.violations if removal.claim in claims]
        assert {removal.check for removal in shown} - {""} <= set(QUICK.checks)
        assert set(theorem.checks) <= set(QUICK.checks)


def test_checks_exist():
    assert {find(name).id for name in QUICK.checks} == set(QUICK.checks)


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
def test_configurations_are_plain_and_stable(cell):
    first, again = (json.dumps(plain(cell.configuration()), sort_keys=True) for _ in range(2))
    assert first == again
    assert cell.id in first
    assert cell.cost > 0
    assert len(cell.seeds) == (3 if isinstance(cell, WitnessCell) else 5)


@pytest.mark.parametrize("cell", TRAINING, ids=lambda cell: cell.id)
def test_worlds_fit_the_encoders(cell):
    world, violation = cell.world.build(cell.seeds[0])
    assert isinstance(world, World)
    assert cell.config.encoder.width == world.dim
    assert cell.config.window <= cell.sample.length
    assert (violation is not None) or cell.start == "random"
    assert cell.sample.train * (cell.sample.length - cell.config.window + 1) >= cell.config.batch


@pytest.mark.parametrize("claim", QUICK.claims, ids=lambda claim: claim.id)
def test_claims_say_how_they_are_decided(claim):
    assert claim.expected
    assert claim.expected < frozenset(Outcome)
    for word in ("SUPPORTED", "REFUTED"):
        assert word in claim.rule_text
    assert claim.statement.strip()
    assert claim.source.strip()


def test_no_violation_is_expected_to_be_supported():
    by_id = {claim.id: claim for claim in QUICK.claims}
    for name in ("thm-1/no-coverage", "thm-1/fold", "thm-1/untrained", "thm-1/stop-gradient"):
        assert Outcome.SUPPORTED not in by_id[name].expected
    assert by_id["linear-ica/photographs-flat-prior"].expected == {Outcome.REFUTED, Outcome.INCONCLUSIVE}


def test_theorem_1_is_tried_in_three_dimensions_by_three_estimators():
    for dim in (2, 4, 10):
        (claim,) = [one for one in QUICK.claims if one.id == f"thm-1/markov-{dim}"]
        assert {cell.config.method.name for cell in claim.cells} == {"kNN", "KDE", "log det"}
        assert claim.expected == {Outcome.SUPPORTED}


def test_changing_a_configuration_changes_its_record():
    cell = TRAINING[0]
    for other in (
        dataclasses.replace(cell, seeds=(7,)),
        dataclasses.replace(cell, config=dataclasses.replace(cell.config, steps=3)),
        dataclasses.replace(cell, sample=SampleSizes(10, 10, 2)),
    ):
        assert other.configuration() != cell.configuration()


def test_a_world_without_a_violation_has_no_witness_to_start_from():
    cell = dataclasses.replace(
        TRAINING[0],
        world=WorldChoice("m", markov_gaussian, (("dim", 2),)),
        start="witness",
        seeds=(0,),
        sample=SampleSizes(20, 20, 2),
    )
    with pytest.raises(ValueError, match="start='witness': this world violates nothing"):
        cell.compute("cpu", lambda done, of: None)


def test_unknown_profiles_are_named():
    with pytest.raises(ValueError, match="unknown profile 'huge': this version has 'quick'"):
        profile("huge")
