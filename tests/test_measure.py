import json

import numpy as np
import pytest
import torch

from identify import measure
from identify.ladder import CLASSES
from identify.measurement import SCORES
from reports.plain_json import plain
from tests.code_maps import rotation


def _pair(n=400, d=3, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, d))
    return z, z @ rotation(d, rng) + 0.05 * rng.standard_normal((n, d))


def test_json_has_the_stable_keys():
    z, y = _pair()
    out = json.loads(json.dumps(plain(measure(z, y).to_json()), allow_nan=False))
    assert {"schema", "n", "d", "m", "split", "margin", "scores", "ladder", "verdict"} <= set(out)
    assert (out["schema"], out["n"], out["d"], out["m"], out["margin"]) == (1, 400, 3, 3, 0.01)
    assert list(out["scores"]) == list(SCORES)
    for score in out["scores"].values():
        assert set(score) == {"estimate", "low", "high", "chance"}
        assert score["low"] <= score["estimate"] <= score["high"]
        assert abs(score["chance"]) < 0.25
    assert [entry["class"] for entry in out["ladder"]] == list(CLASSES)
    assert out["verdict"]["class"] == "orthogonal"
    assert out["verdict"]["outcome"] == "SUPPORTED"
    assert out["verdict"]["also"] == []


def test_torch_three_axes_and_declared_sequences_agree():
    z, y = _pair(1200)
    flat = measure(z, y, sequence_length=40)
    cube = measure(torch.tensor(z).reshape(30, 40, 3), torch.tensor(y).reshape(30, 40, 3))
    labels = measure(z, y, groups=np.repeat(np.arange(30), 40))
    assert flat.split.kind == cube.split.kind == labels.split.kind == "sequences"
    assert flat.to_json() == cube.to_json() == labels.to_json()


def test_intervals_of_series_are_wider_than_those_that_ignore_time():
    rng = np.random.default_rng(1)
    z = np.repeat(rng.standard_normal((40, 2)), 50, axis=0) + 0.1 * rng.standard_normal((2000, 2))
    y = z + np.repeat(0.5 * rng.standard_normal((40, 2)), 50, axis=0)
    wide = measure(z, y, sequence_length=50, scores=["r2_affine"]).scores["r2_affine"]
    narrow = measure(z, y, scores=["r2_affine"]).scores["r2_affine"]
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_scores_can_be_chosen_and_unequal_widths_leave_out_what_does_not_apply():
    z, y = _pair()
    assert list(measure(z, y, scores=["mcc_pearson"]).scores) == ["mcc_pearson"]
    assert list(measure(z, y, scores=[]).scores) == []
    found = measure(z, y[:, :2])
    assert "procrustes_r2" not in found.scores
    assert {entry.name for entry in found.ladder if entry.holds is None} == set(CLASSES) - {
        "affine",
        "nonlinear",
        "none",
    }


@pytest.mark.parametrize("stragglers", [1, 3])
def test_a_code_that_is_constant_but_for_a_few_rows_has_collapsed(stragglers):
    rng = np.random.default_rng(0)
    z, code = rng.standard_normal((2000, 2)), np.zeros((2000, 2))
    code[:stragglers] = rng.standard_normal((stragglers, 2))
    found = measure(z, code, seed=0).verdict
    assert found.found == "none"
    assert "collapse" in found.reason


def test_constant_recovered_columns_are_a_finding():
    z, y = _pair()
    y[:, 1] = 3.0
    found = measure(z, y)
    assert found.findings == ("collapse: recovered column 1 constant",)
    assert found.verdict.found == "none"
    assert all(np.isfinite(score.estimate) for score in found.scores.values())


def test_equivariance_the_verdict_ignores_row_order_of_exchangeable_rows_and_units():
    z, y = _pair(2000)
    assert measure(z * [1e-6, 1, 1e6], y, scores=[]).verdict.found == "affine"
    order = np.random.default_rng(2).permutation(2000)
    assert measure(z[order], y[order], scores=[]).verdict.found == "orthogonal"


def _with(array, row, column, value):
    array = array.copy()
    array[row, column] = value
    return array


Z, Y = _pair(60)
BAD = {
    "rows differ": (Z, Y[:50], {}, r"true has n=60 rows and recovered n=50"),
    "nan": (Z, _with(Y, 7, 2, np.nan), {}, r"recovered has 1 NaN or infinite entries, the first at row 7, column 2"),
    "infinity": (_with(Z, 0, 1, np.inf), Y, {}, r"true has 1 NaN or infinite entries, the first at row 0, column 1"),
    "too large": (
        Z,
        _with(Y, 7, 2, -1e160),
        {},
        r"recovered has -1e\+160 at row 7, column 2.*: rescale to at most 1e\+100",
    ),
    "constant true column": (_with(Z, slice(None), 1, 2.0), Y, {}, r"true has constant column\(s\) 1"),
    "objects": (Z.astype(object), Y, {}, r"true holds objects"),
    "complex": (Z, Y + 1j, {}, r"recovered holds complex numbers"),
    "text": (Z.astype(str), Y, {}, r"true holds text"),
    "one axis": (Z[:, 0], Y, {}, r"shape \(60,\): reshape a single latent to \(n, 1\)"),
    "four axes": (Z[:, None, None], Y, {}, r"give \(n, d\) or \(sequences, time, d\)"),
    "empty": (Z[:0], Y[:0], {}, r"true is empty"),
    "too few rows": (Z[:9], Y[:9], {}, r"4 rows in the smaller half of the split are too few for d=3.*at least 12"),
    "unknown score": (Z, Y, {"scores": ["mig"]}, r"scores='mig' is not known: choose from r2_affine"),
    "score of equal widths": (Z, Y[:, :2], {"scores": ["procrustes_r2"]}, r"equal widths, got d=3 and m=2"),
    "sequence length": (Z, Y, {"sequence_length": 7}, r"sequence_length=7 does not divide n=60"),
    "two declarations": (Z.reshape(6, 10, 3), Y, {"sequence_length": 5}, r"declare their sequences"),
}


@pytest.mark.parametrize("case", list(BAD))
def test_bad_input_is_named(case):
    z, y, options, message = BAD[case]
    with pytest.raises(ValueError, match=message):
        measure(z, y, **options)
