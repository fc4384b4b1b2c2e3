"""Certificates: recordings are cut without shared frames, rows say what was found, a short fit is withheld its seal.

No statistical assertions but one: white noise of two dimensions (V1) is not certified. There "predicted means span" is
supported only if the share of both directions is found above 0, each by Student's t over pieces at alpha / 2: with
alpha = 1e-7 a false alarm has probability below 5e-8, nominal. The smallest defect that matters is this one; its miss
rate is that probability, and those of the other violations are measured by `python -m reports.certificate_study`.
"""

import json
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import torch
import typer
from typer.testing import CliRunner

from identify.certificate import certify, cut, default_config
from identify.certificate.evidence import agreeing, consistency_row, observation_row, optimum_row
from identify.certificate.row_rank import row_rank_row
from identify.diagnostics.dimension import Dimension
from identify.objective import HeldOut
from identify.predictors import PredictorConfig
from identify.verdict import Verdict
from reports.certificate_cases import run_case
from reports.commands import certify as command

PROGRAM = typer.Typer()
PROGRAM.command()(command.run)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def _white(rng, n=40, t=30, p=3):
    z = rng.standard_normal((n, t, 2))
    return np.tanh(z @ rng.standard_normal((2, p))) + z @ rng.standard_normal((2, p))


@pytest.fixture(scope="module")
def noise_certificate():
    x = _white(np.random.default_rng(3))
    return certify(x, replace(default_config(2), steps=60, batch=128), seeds=(0, 1), alpha=1e-7)


@pytest.mark.parametrize("count", [1, 3, 19, 20, 41])
def test_training_and_held_out_pieces_share_no_frame(rng, count):
    lengths = rng.integers(400, 600, count) if count < 20 else rng.integers(30, 60, count)
    frames = iter(range(10**6))
    recordings = [np.array([[next(frames), 0.3 * k] for k in range(n)], dtype=float) for n in lengths]
    pieces = cut(recordings)
    train, held = set(pieces.train[..., 0].flatten().tolist()), set(pieces.held_out[..., 0].flatten().tolist())
    assert not train & held
    assert len(train) == pieces.train[..., 0].numel()
    assert pieces.train.shape[1] == pieces.held_out.shape[1] <= 25
    steps = pieces.train[..., 0].diff(dim=1)
    torch.testing.assert_close(steps, steps.mean().expand_as(steps), rtol=1e-3, atol=0)


@pytest.mark.parametrize(
    ("sequences", "message"),
    [
        ([], "empty"),
        ([np.zeros((50, 2)), np.zeros((50, 3))], "same channels"),
        (np.full((30, 30, 2), np.nan), r"NaN .*step 0, channel 0.*impute"),
        (np.ones((30, 30, 2)), "constant"),
        (np.random.default_rng(0).random((2, 30, 2)), "more or longer sequences"),
        (np.random.default_rng(0).random((24, 3, 2)), "at least 25 held-out pieces"),
    ],
)
def test_what_cannot_be_cut_is_refused(sequences, message):
    with pytest.raises(ValueError, match=message):
        cut(sequences)


def test_one_start_or_a_contradicting_width_is_refused(rng):
    x = _white(rng)
    with pytest.raises(ValueError, match=r"seeds=\[0\].*at least two"):
        certify(x, seeds=(0,))
    with pytest.raises(ValueError, match="dim=3, but config encodes into 2"):
        certify(x, default_config(2), dim=3)


@pytest.mark.parametrize(
    ("values", "expected"),
    [((1.0, 0.99, 0.5), [0, 1]), ((0.5, 1.0, 0.2), [1]), ((1.0, 1.0, 1.0), [0, 1, 2]), ((-np.inf, -np.inf), [])],
)
def test_starts_agree_within_three_standard_errors_of_the_best(values, expected):
    found = [HeldOut(value, 0.01) for value in values]
    assert sorted(agreeing(found)) == expected
    says = optimum_row(found, agreeing(found)).says
    assert says == ("supported" if len(expected) > 1 else "could not be told")


def _verdict(affine):
    return Verdict(None, (), "INCONCLUSIVE", "", {"affine": affine}, 0.0, None)


@pytest.mark.parametrize(
    ("affine", "says"),
    [
        ([True, True], "supported"),
        ([True, None], "could not be told"),
        ([None, False], "not supported"),
        ([], "could not be told"),
    ],
)
def test_codes_of_starts_have_to_be_affine_maps_of_each_other(affine, says):
    found = {(0, k + 1): _verdict(one) for k, one in enumerate(affine)}
    assert consistency_row(found, 0.05).says == says


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [(2, 2, "supported"), (2, 3, "could not be told"), (3, 3, "not supported"), (4, 6, "not supported")],
)
def test_observations_have_to_fill_the_width_and_no_other(low, high, says):
    assert observation_row(Dimension(2.0, 0.1, low, high, 1.0, {}, 100), 2).says == says
    assert observation_row(None, 2).says == "could not be told"


@pytest.mark.parametrize(("value", "says"), [(0.35, "supported"), (0.15, "could not be told"), (0.02, "not supported")])
def test_predictions_have_to_follow_every_direction(value, says):
    assert row_rank_row(value).says == says


def test_unpredictable_latents_are_not_certified(noise_certificate):
    assert not noise_certificate.certified
    assert "predicted means span" not in noise_certificate.rows_that("supported")
    assert noise_certificate.sentence.startswith("NOT CERTIFIED. Conditional on Theorem 1")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(4))
def test_intact_worlds_are_certified_by_a_full_fit_and_not_by_a_short_one(number, monkeypatch):
    """A regression test, one case of each positive world; rates are measured by the study."""
    assert run_case(number, True, seed=777)["certified"]
    monkeypatch.setattr(import_module("identify.certificate.certify"), "STEPS", 60)
    assert not run_case(number, True, seed=777)["certified"]


def test_the_sentence_names_every_needed_row_and_what_no_data_show(noise_certificate):
    for row in noise_certificate.rows:
        assert (row.name in noise_certificate.sentence) == row.needed
    for hidden in ("Gaussian", "one encoder serves all times", "independent", "family"):
        assert hidden in noise_certificate.sentence.partition("No data can show")[2]


def test_every_withheld_row_withholds_the_certificate(noise_certificate):
    good = tuple(row._replace(says="supported") for row in noise_certificate.rows)
    assert replace(noise_certificate, rows=good).certified
    for index, row in enumerate(good):
        for says in ("not supported", "could not be told"):
            rows = (*good[:index], row._replace(says=says), *good[index + 1 :])
            assert replace(noise_certificate, rows=rows).certified == (not row.needed)


def test_a_filter_is_refused(rng):
    from identify import KalmanConfig

    config = replace(default_config(2), predictor=KalmanConfig(), window=5)
    with pytest.raises(ValueError, match="give a PredictorConfig"):
        certify(_white(rng), config)
    assert isinstance(default_config(2).predictor, PredictorConfig)


def test_the_command_prints_json_writes_a_page_and_exits_by_the_outcome(tmp_path, monkeypatch, noise_certificate):
    monkeypatch.setattr("identify.certificate.certify", lambda *_, **__: noise_certificate)
    np.save(tmp_path / "x.npy", np.zeros((4, 5, 2)))
    done = CliRunner().invoke(PROGRAM, [str(tmp_path / "x.npy"), "--json", "--out", str(tmp_path / "page")])
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert told["certified"] is False
    assert len(told["rows"]) == len(noise_certificate.rows)
    page = (tmp_path / "page" / "certify.html").read_text()
    assert "not certified" in page
    assert "<script" not in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    good = tuple(row._replace(says="supported") for row in noise_certificate.rows)
    monkeypatch.setattr("identify.certificate.certify", lambda *_, **__: replace(noise_certificate, rows=good))
    assert CliRunner().invoke(PROGRAM, [str(tmp_path / "x.npy")]).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--seeds", "a"], "whole numbers"),
        (["--sequence-length", "7"], "does not divide"),
    ],
)
def test_bad_input_is_named(tmp_path, arguments, message):
    np.savetxt(tmp_path / "x.csv", np.random.default_rng(0).random((50, 2)), delimiter=",")
    done = CliRunner().invoke(PROGRAM, [str(tmp_path / "x.csv"), *arguments])
    assert isinstance(done.exception, ValueError)
    assert message in str(done.exception)
