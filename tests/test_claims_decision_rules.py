"""The rules that turn runs into outcomes, case by case: what supports, what refutes, and what says nothing."""

import math

import pytest

from reports.claim import Claim, Outcome
from reports.decision_rules import at_most_ceiling, matched_correlation, recovered_up_to, weakest
from tests.claim_summaries import run, summary, unmixed
from tests.fake_cell import FakeCell

RULE = recovered_up_to("affine", "r2_affine", 0.995)


def _outcome(*runs):
    return RULE({"cell": summary(*runs)}).outcome


@pytest.mark.parametrize("found", ["affine", "similarity", "identity"])
def test_every_seed_inside_and_high_is_supported(found):
    assert _outcome(run(found), run("affine")) is Outcome.SUPPORTED


def test_a_smaller_class_that_is_undecided_does_no_harm():
    """Affine is certified, whether a similarity holds is open: the verdict has no name, the conclusion stands."""
    assert _outcome(run(None, certified=False, affine_holds=True)) is Outcome.SUPPORTED


@pytest.mark.parametrize("found", ["nonlinear", "componentwise", "none"])
def test_one_certified_run_outside_at_the_optimum_refutes(found):
    assert _outcome(run(), run(found, r2=0.7)) is Outcome.REFUTED
    assert "1 of 2 runs reached the optimum at: " + found in RULE({"c": summary(run(), run(found))}).reason


@pytest.mark.parametrize(
    "odd",
    [
        run("nonlinear", r2=0.7, reached=False),
        run("none", r2=0.0, reached=False),
        run(None, r2=0.9, certified=False, affine_holds=False),
        run("nonlinear", r2=0.7, certified=False),
        run("nonlinear", r2=0.99, affine_loss=0.03),
        run("affine", r2=0.99),
        run("affine", r2=math.nan),
    ],
    ids=[
        "outside, not reached",
        "none, not reached",
        "undecided",
        "not certified",
        "barely outside",
        "score too low",
        "no score",
    ],
)
def test_anything_else_says_nothing(odd):
    assert _outcome(run(), odd) is Outcome.INCONCLUSIVE
    assert _outcome(odd, run()) is Outcome.INCONCLUSIVE


def test_all_cells_count_and_the_weakest_is_shown():
    cells = {"a": summary(run()), "b": summary(run("nonlinear", r2=0.8, reached=False))}
    judgement = RULE(cells)
    assert judgement.outcome is Outcome.INCONCLUSIVE
    assert judgement.measured is not None
    assert judgement.measured.estimate == pytest.approx(0.8)
    assert "1 of 2 verdicts inside affine, lowest score 0.8000; 1 of 2 runs reached" in judgement.reason


def test_a_cell_without_a_score_is_the_weakest():
    cells = {"a": summary(run(r2=0.5)), "b": summary(run(r2=math.nan))}
    assert math.isnan(weakest(cells, "r2_affine").estimate)


def test_a_score_above_the_ceiling_refutes_it():
    rule = at_most_ceiling("r2_affine")
    assert rule({"c": summary(run(r2=0.91), run(r2=0.92), ceiling=0.92)}).outcome is Outcome.SUPPORTED
    assert rule({"c": summary(run(r2=0.91), run(r2=0.94), ceiling=0.92)}).outcome is Outcome.REFUTED


def test_training_that_falls_far_short_of_the_ceiling_supports_nothing():
    rule = at_most_ceiling("r2_affine")
    assert rule({"c": summary(run(r2=0.85), ceiling=0.92)}).outcome is Outcome.SUPPORTED
    assert rule({"c": summary(run(r2=0.1), ceiling=0.92)}).outcome is Outcome.INCONCLUSIVE
    assert rule({"c": summary(run(r2=math.nan), ceiling=0.92)}).outcome is Outcome.INCONCLUSIVE


def test_each_run_is_held_against_the_ceiling_of_its_own_world():
    cells = {"low": summary(run(r2=0.75), ceiling=0.8), "high": summary(run(r2=0.95), ceiling=1.0)}
    assert at_most_ceiling("r2_affine")(cells).outcome is Outcome.SUPPORTED
    cells["low"] = summary(run(r2=0.95), ceiling=0.8)
    judgement = at_most_ceiling("r2_affine")(cells)
    assert judgement.outcome is Outcome.REFUTED
    assert "1 of 2 runs" in judgement.reason


def test_a_run_beyond_the_optimum_refutes_nothing():
    outside = run("nonlinear", r2=0.6)
    assert RULE({"c": summary(outside, run())}).outcome is Outcome.REFUTED
    outside["optimum"] |= {"exceeds": True}
    assert RULE({"c": summary(outside, run())}).outcome is Outcome.INCONCLUSIVE


def test_the_published_protocol_is_told_beside_the_ceiling():
    one = summary(run(r2=0.9), ceiling=0.92)
    one["single_sequence"] = {"published": 0.94, "low": 0.6, "high": 0.97, "share_at_least_published": 0.35}
    reason = at_most_ceiling("r2_affine")({"c": one}).reason
    assert "R2 ranges from 0.60 to 0.97 (5 % to 95 %), and 35% of sequences reach 0.94" in reason


def test_matched_correlations():
    rule = matched_correlation(0.99)
    assert rule({"c": unmixed((0.999, 0.995), (0.992, 0.999))}).outcome is Outcome.SUPPORTED
    assert rule({"c": unmixed((0.999, 0.98), (0.999, 0.999))}).outcome is Outcome.REFUTED
    assert rule({"c": unmixed((0.999, 0.98), reached=False)}).outcome is Outcome.INCONCLUSIVE
    assert rule({"c": unmixed((0.999, math.nan), reached=False)}).outcome is Outcome.INCONCLUSIVE
    missed = unmixed((0.999, 0.98), (0.999, 0.999))
    missed["runs"][1]["optimum"]["reached"] = False
    assert rule({"c": missed}).outcome is Outcome.REFUTED


def test_a_claim_reads_its_own_cells_only():
    claim = Claim(
        id="c",
        theorem="t",
        statement="",
        source="",
        published="",
        score="r2_affine",
        cells=(FakeCell("mine"),),
        rule=RULE,
        rule_text="",
        expected=frozenset({Outcome.SUPPORTED}),
    )
    cells = {"mine": summary(run()), "other": summary(run("none", r2=0.0))}
    assert claim.judge(cells).outcome is Outcome.SUPPORTED
