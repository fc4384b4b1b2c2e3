"""One small training for real: Theorem 1 holds where it should, and its twin without prediction is not called affine.

Training has no exact law, so the rule is fixed beforehand, the one of the report: SUPPORTED iff every seed's verdict
certifies affine and its held-out affine R2 is at least .99. The Fig. A7 world (N = 2, narrow mixing) must be SUPPORTED,
at a reached optimum; the world that nothing predicts, started at the twist that proves V1, must not be, on any seed.

At this budget seven of the seeds 0 to 7 score .9976 or more and one, seed 7, .989: with the seeds fixed this is a test
against regressions; the claims of the report, with larger budgets, are the evidence.
"""

from dataclasses import replace

from identify import KNN, LOG_DET, EntropyConfig
from reports.claim import Outcome
from reports.decision_rules import is_inside, recovered_up_to
from reports.quick_profile import markov_config
from reports.training_cell import TrainingCell
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import constant_predictor, markov_gaussian

SEEDS = (0, 1)
RULE = recovered_up_to("affine", "r2_affine", 0.99)
PAIRS = SampleSizes(train=8_000, test=2_000, length=2)


def _summary(cell):
    return cell.compute("cpu", lambda done, of: None).summary


def test_markov_latents_come_back_up_to_an_affine_map():
    summary = _summary(
        TrainingCell(
            id="small",
            world=WorldChoice("markov-2", markov_gaussian, (("dim", 2), ("alpha", 0.1), ("mixing", "narrow"))),
            config=markov_config(2, LOG_DET, 600, restarts=2),
            sample=replace(PAIRS, train=20_000),
            seeds=SEEDS,
            cost=1.0,
        )
    )
    judgement = RULE({"small": summary})
    assert judgement.outcome is Outcome.SUPPORTED, judgement.reason
    for run in summary["runs"]:
        assert run["optimum"]["reached"], run["optimum"]["text"]
        assert run["scores"]["r2_affine"]["estimate"] > run["untrained_r2"] + 0.05
    assert summary["baselines"]["linear_from_x"]["estimate"] < 0.95


def test_without_prediction_the_witness_stays_where_it_was_put():
    method = replace(KNN, entropy=EntropyConfig("knn", k=3), warm_start=0.0)
    summary = _summary(
        TrainingCell(
            id="twin",
            world=WorldChoice("no-coverage", constant_predictor, (("dim", 2), ("rate", 0.2))),
            config=replace(markov_config(2, method, 60), learning_rate=0.001, start_steps=400),
            sample=PAIRS,
            seeds=SEEDS,
            cost=1.0,
            start="witness",
        )
    )
    assert RULE({"twin": summary}).outcome is not Outcome.SUPPORTED
    for run in summary["runs"]:
        assert not is_inside(run, "affine")
        assert run["scores"]["r2_affine"]["estimate"] < 0.9
