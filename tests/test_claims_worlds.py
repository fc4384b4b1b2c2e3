"""The worlds profile is well formed, its cells compute, and its rules decide as their words say."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter

import numpy as np
import pytest

from proofs_checks import find
from reports.budget_rules import carries_at_most, peaks_at, within_budget
from reports.claim import Outcome
from reports.figures import shape_sweep
from reports.kernel_cca_cell import KernelCCACell, ShapeSweepCell
from reports.over_seeds import over_seeds
from reports.plain_json import plain
from reports.profiles import profile
from reports.recovery_cell import RecoveryCell, nuisance_in_code
from reports.store import Record
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import plane_world

WORLDS = profile("worlds")
CELLS = list({cell.id: cell for claim in WORLDS.claims for cell in claim.cells}.values())
TRAINED = [cell for cell in CELLS if isinstance(cell, RecoveryCell)]


def test_ids_are_unique_and_theorems_known():
    assert max(Counter(claim.id for claim in WORLDS.claims).values()) == 1
    known = {theorem.id: theorem for theorem in WORLDS.theorems}
    assert {claim.theorem for claim in WORLDS.claims} == set(known)
    assert {find(name).id for name in WORLDS.checks} == set(WORLDS.checks)
    assert {check for theorem in WORLDS.theorems for check in theorem.checks} == set(WORLDS.checks)


def test_claims_that_share_a_cell_mean_the_same_cell():
    for claim in WORLDS.claims:
        for cell in claim.cells:
            (same,) = [one for one in CELLS if one.id == cell.id]
            assert same.configuration() == cell.configuration()


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.id)
def test_configurations_are_plain_and_stable(cell):
    first, again = (json.dumps(plain(cell.configuration()), sort_keys=True) for _ in range(2))
    assert first == again
    assert cell.id in first
    assert cell.cost > 0
    assert len(cell.seeds) >= 3


@pytest.mark.parametrize("cell", TRAINED, ids=lambda cell: cell.id)
def test_worlds_fit_the_encoders(cell):
    world, violation = cell.world.build(cell.seeds[0])
    assert violation is None
    assert cell.config.encoder.width == world.dim
    assert cell.config.batch * (cell.config.window - 1) > 2 * world.dim
    assert cell.sample.train >= cell.config.batch


@pytest.mark.parametrize("claim", WORLDS.claims, ids=lambda claim: claim.id)
def test_claims_say_how_they_are_decided(claim):
    assert claim.expected
    assert claim.expected < frozenset(Outcome)
    for word in ("SUPPORTED", "REFUTED"):
        assert word in claim.rule_text
    assert claim.statement.strip()
    assert claim.source.strip()


def test_a_recovery_cell_reports_scores_seconds_baselines_and_nuisance():
    """One that trains for four steps; nothing is asserted about how well."""
    (cell,) = [one for one in TRAINED if one.id == "follow-up-5/log-det"]
    config = dataclasses.replace(cell.config, steps=4, batch=64)
    small = dataclasses.replace(cell, config=config, sample=SampleSizes(400, 400, 2), seeds=(0,))
    calls = []
    summary = small.compute("cpu", lambda done, of: calls.append((done, of))).summary
    (run,) = summary["runs"]
    assert calls == [(1, 1)]
    assert run["cpu_seconds"] > 0
    assert summary["over_seeds"]["r2_affine"]["estimate"] == run["scores"]["r2_affine"]["estimate"] < 0.9
    assert set(run["nuisance"]) == {"nuisance_from_code", "code_beyond_signal"}
    assert set(summary["baselines"]) == {"linear_from_x", "pca", "untrained", "linear_cca"}
    assert summary["baselines"]["linear_cca"]["estimate"] < 0.8
    assert not run["optimum"]["reached"]
    with pytest.raises(ValueError, match=r"sample.length=3: this cell scores pairs"):
        dataclasses.replace(cell, sample=SampleSizes(400, 400, 3))


def test_closed_form_cells_compute():
    choice = WorldChoice("sine-shear", plane_world, (("mixing", "sine_shear"),), seeded=False)
    cell = KernelCCACell("small", choice, (0,), 1.0, pairs=2000, features=50)
    (run,) = cell.compute("cpu", lambda done, of: None).summary["runs"]
    assert run["scores"]["r2_affine"]["estimate"] > 0.8
    sweep = ShapeSweepCell("small-sweep", (2.0, 8.0), (0, 1), 1.0, pairs=1000, features=20)
    summary = sweep.compute("cpu", lambda done, of: None).summary
    assert np.shape([run["by_shape"] for run in summary["runs"]]) == (2, 2)
    with pytest.raises(ValueError, match=r"shapes=\(1.0, 3.0\) lack the Gaussian"):
        ShapeSweepCell("no-two", (1.0, 3.0), (0,), 1.0)
    with pytest.raises(ValueError, match="mixing='plane'"):
        ShapeSweepCell("no-mixing", (2.0,), (0,), 1.0, mixing="plane")


def test_nuisance_in_code_sees_a_leak_and_only_a_leak():
    """Under no leak each number is an R2 of noise on 2,000 held-out rows, of spread near sqrt(2 x 3) / 2,000 = .0012
    or less; .01 is eight of them. A code with a tenth of its variance from nuisance reads .09 and more."""
    rng = np.random.default_rng(0)
    signal, nuisance = rng.standard_normal((4000, 2)), rng.standard_normal((4000, 3))
    clean = nuisance_in_code(signal @ [[1.0, 2.0], [0.5, -1.0]], signal, nuisance, 0)
    leaking = nuisance_in_code(signal + nuisance[:, :2] / 3, signal, nuisance, 0)
    assert max(clean.values()) < 0.01
    assert min(leaking.values()) > 0.05


def _summary(scores, seconds, **more):
    runs = [{"seed": i, "scores": {"r2_affine": {"estimate": score}}, "cpu_seconds": seconds} | more
            for i, score in enumerate(scores)]  # fmt: skip
    return {"cell": {"runs": runs, "over_seeds": {"r2_affine": over_seeds(scores, 1.0)}}}


@pytest.mark.parametrize(
    ("summary", "outcome"),
    [
        (_summary((0.995, 0.99), 9.0), Outcome.SUPPORTED),
        (_summary((0.995, 0.98), 9.0), Outcome.INCONCLUSIVE),
        (_summary((0.995, 0.99), 11.0), Outcome.INCONCLUSIVE),
        (_summary((0.995, 0.99), 9.0, alarm=True), Outcome.INCONCLUSIVE),
        (_summary((0.995, 0.7), 9.0, optimum={"reached": False}), Outcome.INCONCLUSIVE),
        (_summary((0.995, 0.7), 9.0, optimum={"reached": True}), Outcome.REFUTED),
    ],
)
def test_a_budget_is_kept_or_not(summary, outcome):
    assert within_budget(0.99, 10.0)(summary).outcome is outcome


@pytest.mark.parametrize(
    ("leaks", "reached", "outcome"),
    [
        ((0.001, 0.009), True, Outcome.SUPPORTED),
        ((0.001, 0.02), False, Outcome.INCONCLUSIVE),
        ((0.001, 0.02), True, Outcome.REFUTED),
    ],
)
def test_a_leak_is_judged_at_the_optimum_only(leaks, reached, outcome):
    runs = [{"nuisance": {"leak": leak}, "optimum": {"reached": reached}} for leak in leaks]
    summaries = {"cell": {"runs": runs, "over_seeds": {"leak": over_seeds(leaks, 1.0)}}}
    assert carries_at_most(("leak",), 0.01)(summaries).outcome is outcome


@pytest.mark.parametrize(
    ("others", "outcome"),
    [
        ((0.90, 0.91, 0.92), Outcome.SUPPORTED),
        ((0.98, 0.999, 0.97), Outcome.INCONCLUSIVE),
        ((0.9999, 0.9998, 0.9999), Outcome.REFUTED),
    ],
)
def test_a_peak_is_a_peak_over_seeds(others, outcome):
    here = (0.990, 0.991, 0.992)
    runs = [{"by_shape": [one, high]} for one, high in zip(others, here, strict=True)]
    summary = {"shapes": [4.0, 2.0], "runs": runs, "over_seeds": {"r2_affine": over_seeds(here, 1.0)}}
    assert peaks_at(2.0)({"cell": summary}).outcome is outcome


def test_the_sweep_is_drawn_where_there_is_one():
    runs = [{"seed": i, "by_shape": [0.98, high]} for i, high in enumerate((0.99, 0.995))]
    rows = [over_seeds([run["by_shape"][i] for run in runs], 1.0) for i in range(2)]
    summary = {"shapes": [1.5, 2.0], "by_shape": rows, "runs": runs}
    sweep = Record("0", "sweep", {}, "code", "cpu", {}, "now", 1.0, summary)
    assert shape_sweep.draw({"a": dataclasses.replace(sweep, summary={"runs": []})}) is None
    drawn = shape_sweep.draw({"a": sweep})
    (panel,) = drawn.figure.axes
    assert [label.get_text() for label in panel.get_xticklabels()] == ["1.5", "2"]
