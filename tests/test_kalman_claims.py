"""Claims about filters: a small run of their cell, their rules on made-up summaries, scores on a known law."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from identify.encoders import EncoderConfig
from identify.kalman_calibration import CalibrationConfig
from identify.kalman_predictor import KalmanConfig
from identify.splits import make_split
from identify.training import FitConfig
from reports.claim import Outcome
from reports.figures.filtered_trajectory import draw
from reports.figures.style import journal_style
from reports.kalman_cell import FilterSample, KalmanCell
from reports.kalman_profile import FILTER, kalman_claims, rotation_under_varying_noise
from reports.kalman_rules import at_least, beats, covers, lasting, near_ceiling
from reports.kalman_scores import correlation, coverage, decoded, estimate
from reports.plain_json import plain
from reports.store import Record
from reports.world_choice import WorldChoice
from synthetic import place_cells

ROW = {"estimate": 0.98, "low": 0.97, "high": 0.99, "worst": 0.97}
CEILING = {"r2": 0.99, "low": 0.989, "high": 0.991, "why": ""}


def _run(seed=0, r2=0.985, low=0.98, **values):
    known = {"r2_affine": r2, "coverage": 0.95, "coverage_uncalibrated": 0.9, "objective": 2.0}
    score = {"estimate": r2, "low": low, "high": 1.0}
    return {"seed": seed, "scores": {"r2_affine": score}, "values": known | values, "objective_error": 0.01}


def _summary(*runs, steps=100):
    rows = {name: {"estimate": float(np.mean([r["values"][name] for r in runs]))} for name in runs[0]["values"]}
    return {
        "ceiling": CEILING,
        "runs": list(runs),
        "over_seeds": {n: ROW | row for n, row in rows.items()},
        "steps": steps,
    }


def test_a_filter_is_held_against_its_ceiling():
    rule = near_ceiling(0.008)
    assert rule({"a": _summary(_run(), _run(1, 0.983))}).outcome is Outcome.SUPPORTED
    assert rule({"a": _summary(_run(), _run(1, 0.981))}).outcome is Outcome.INCONCLUSIVE
    assert rule({"a": _summary(_run(), _run(1, 0.995, low=0.992))}).outcome is Outcome.REFUTED


def test_thresholds_bind_every_run():
    rule = at_least("r2_affine", 0.98)
    assert rule({"a": _summary(_run(), _run(1, 0.98))}).outcome is Outcome.SUPPORTED
    assert rule({"a": _summary(_run(), _run(1, 0.979))}).outcome is Outcome.INCONCLUSIVE
    assert rule({"a": _summary(_run(), _run(1, math.nan))}).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (_run(r2=0.99, objective=2.2), Outcome.SUPPORTED),
        (_run(r2=0.981, objective=1.97), Outcome.SUPPORTED),
        (_run(r2=0.979, objective=2.2), Outcome.INCONCLUSIVE),
        (_run(r2=0.99, objective=1.9), Outcome.INCONCLUSIVE),
    ],
)
def test_longer_training_may_lower_neither_score_nor_objective(after, outcome):
    judged = lasting("short", "long", 0.9)({"short": _summary(_run()), "long": _summary(after, steps=1000)})
    assert judged.outcome is outcome
    assert "10 times the steps" in judged.reason


def test_coverage_is_judged_by_its_mean_in_every_world():
    assert covers()({"a": _summary(_run()), "b": _summary(_run(coverage=0.965))}).outcome is Outcome.SUPPORTED
    for off in (0.92, 0.975):
        judged = covers()({"a": _summary(_run()), "b": _summary(_run(coverage=off))})
        assert judged.outcome is Outcome.INCONCLUSIVE


def test_readings_must_be_better_in_every_run():
    rule = beats((("a", "b"), ("c", "d")))
    good, half, bad = (_run(a=a, b=0.5, c=c, d=0.5) for a, c in ((0.6, 0.6), (0.6, 0.4), (0.4, 0.4)))
    assert rule({"x": _summary(good, good)}).outcome is Outcome.SUPPORTED
    assert rule({"x": _summary(good, half)}).outcome is Outcome.INCONCLUSIVE
    assert rule({"x": _summary(bad, bad)}).outcome is Outcome.REFUTED


def test_regions_of_a_known_posterior_cover():
    """State h ~ N(0, I), posterior mean with error covariance P known, latents a linear map of the state. 20,000 rows
    held out, binomial at .95: standard error .0015, bound 6 of them, false alarm 2e-9; the regression's own error is
    1e-4. Twice the covariance covers 1 - .05^2 = .9975, half of it .776.
    """
    rng = np.random.default_rng(0)
    n, mix = 40_000, np.array([[1.0, 0.4], [-0.3, 2.0]])
    spread = np.array([[0.2, 0.05], [0.05, 0.1]])
    error = rng.normal(size=(n, 2)) @ np.linalg.cholesky(spread).T
    state = rng.normal(size=(n, 2))
    z = (state + error) @ mix.T + 3
    split = make_split(n, seed=0)
    for times, expected in ((1.0, 0.95), (2.0, 0.9975), (0.5, 0.7764)):
        told = estimate(z, state, np.broadcast_to(times * spread, (n, 2, 2)), split)
        assert coverage(z, told, split) == pytest.approx(expected, abs=6 * 0.003)
    flat = estimate(z, state[:, :1], np.full((n, 1, 1), 0.1), split)
    with pytest.raises(ValueError, match="a region is flat in 2 latents: give the filter at least as many states"):
        coverage(z, flat, split)


def test_decoders_read_what_is_there():
    rng = np.random.default_rng(0)
    source = rng.normal(size=(4000, 3))
    z = np.stack((source[:, 0] + source[:, 1], np.abs(source[:, 2])), -1)
    read = decoded(z, source, make_split(4000, seed=0), 0)
    assert read["linear"] == pytest.approx(0.5, abs=0.05)
    assert read["mlp"] > 0.9
    assert correlation(z[:, 0], -3 * z[:, 0]) == pytest.approx(-1)


def _small(world, **changes):
    config = FitConfig(
        method=FILTER,
        encoder=EncoderConfig(2, (16,), components=20, whiten=False),
        predictor=KalmanConfig(2),
        steps=10,
        batch=8,
        window=8,
        optimizer="adamw",
        learning_rate=0.02,
    )
    brief = CalibrationConfig(steps=3, batch=4, window=5)
    return KalmanCell("small", world, config, (0, 1), 1.0, FilterSample(30, 24, 24, 12), brief, **changes)


@pytest.mark.parametrize(
    ("world", "changes", "names"),
    [
        (WorldChoice("varying", rotation_under_varying_noise, seeded=False), {"classes": 2}, {"level_correlation"}),
        (WorldChoice("cells", place_cells, seeded=False), {"decode": True}, {"mlp_from_state", "linear_from_spikes"}),
    ],
)
def test_a_small_run_leaves_a_record_that_can_be_drawn(world, changes, names):
    result = _small(world, **changes).compute("cpu", lambda done, of: None)
    summary = plain(json.loads(json.dumps(plain(result.summary))))
    assert [run["seed"] for run in summary["runs"]] == [0, 1]
    assert names <= set(summary["over_seeds"])
    for name, row in summary["over_seeds"].items():
        assert math.isfinite(row["estimate"]), name
    assert ("course/level" in result.arrays) == ("classes" in changes)
    record = Record("", "small", {}, "", "cpu", {}, "", 0.0, summary, result.arrays)
    with journal_style():
        drawing = draw({"small": record})
        assert drawing is not None
        assert len(drawing.figure.axes) == 3
        assert draw({"bare": replace(record, arrays={})}) is None


def test_the_profile_states_published_values_and_shares_cells():
    claims = {claim.id: claim for claim in kalman_claims()}
    assert len(claims) == 9
    assert claims["kalman/figure-8-knn"].published == ".99 (LDM Fig. 4C)"
    assert {cell.id for cell in claims["kalman/coverage"].cells} >= {"rotation-dots/filter", "figure-8-dots/log-det"}
    assert all(claim.expected == {Outcome.INCONCLUSIVE} for claim in claims.values() if "stop" in claim.id)
