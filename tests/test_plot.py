"""Figures of `identify plot`: every kind from records or arrays, and data that no figure can be drawn from.

Nothing here is random beyond fixed draws; figures are judged by what they hold and by their text, not by pixels.
"""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from safetensors.numpy import save_file

from reports.figures.style import STYLES, figure_width, journal_style
from reports.plots.gallery import ROOT
from reports.plots.given_arrays import read_given
from reports.plots.kind_names import KIND_NAMES
from reports.plots.kinds import KINDS, drawing, table
from reports.plots.options import Options
from reports.plots.saved_run import read_records
from reports.store import DamagedRecordError, Store
from tests.plotted_run import PLANE, record, write_run

STEPS = np.arange(4) * 10
ARRAYS = {
    "grid": {"true": PLANE, "after": 2 * PLANE, "before": PLANE**3},
    "score": {"x": np.array([2, 4, 10]), "score": np.array([[0.9, 0.8, 0.7], [0.95, 0.85, 0.6]])},
    "correlations": {"true": PLANE, "recovered": PLANE[:, ::-1] * np.array([1, -2.0])},
    "jacobian": {"z": PLANE, "jacobian": np.einsum("n,ij->nij", 1 + PLANE[:, 0] ** 2, np.eye(2))},
    "learning": {"step": STEPS, "objective": np.log1p(STEPS) + np.ones((3, 1)), "oracle": np.array(4.0)},
    "cosines": {"step": STEPS, "cosine": 0.1 * np.ones((3, 4)) + STEPS / 100},
    "trajectory": {"mean": PLANE, "std": np.full((25, 2), 0.1), "true": PLANE + 0.05},
    "calibration": {"nominal": np.array([0.5, 0.9]), "covered": np.array([0.48, 1.0]), "count": np.array(40)},
    "eigenspectra": {"values": np.array([[3.0, 1.0, 0.1], [2.0, 1.5, 0.2]])},
}
PLAIN = Options()


def _draw(kind, sources, options=PLAIN, cells=(), style="icml", column=False):
    with journal_style(style, column, "none"):
        found = drawing(kind, [str(source) for source in sources], options, cells)
        found.figure.draw_without_rendering()
    return found


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run")


def test_every_kind_is_named_and_drawn():
    assert set(KINDS) | {"table"} == set(KIND_NAMES)
    assert {kind for kind, one in KINDS.items() if one.of_arrays} == set(ARRAYS)
    for kind, one in KINDS.items():
        for name in one.names:
            assert re.search(rf"\b{name}\b", KIND_NAMES[kind].arrays), f"{kind} does not say that it takes {name}"


@pytest.mark.parametrize(
    ("kind", "container"), [*((kind, "npz") for kind in ARRAYS), ("score", "safetensors"), ("score", "npy")]
)
def test_every_kind_is_drawn_from_arrays(kind, container, tmp_path):
    sources = [tmp_path / f"all.{container}"]
    if container == "npz":
        np.savez(sources[0], **ARRAYS[kind])
    elif container == "safetensors":
        save_file({name: np.ascontiguousarray(values) for name, values in ARRAYS[kind].items()}, sources[0])
    else:
        sources = [f"{name}={tmp_path / name}.npy" for name in ARRAYS[kind]]
        for name, values in ARRAYS[kind].items():
            np.save(tmp_path / f"{name}.npy", values)
    assert _draw(kind, sources).caption.endswith(".")


def test_intervals_over_seeds_are_those_of_student(tmp_path):
    """Two seeds, .9 and .95: mean .925, half-width t(.975, 1) s / sqrt 2 = 12.706 * .035355 / 1.41421 = .3177."""
    np.savez(tmp_path / "s.npz", **ARRAYS["score"])
    found = _draw("score", [tmp_path / "s.npz"])
    (line,) = [one for one in found.figure.axes[0].lines if len(one.get_ydata()) == 3 and one.get_linestyle() == "-"]
    assert line.get_ydata()[0] == pytest.approx(0.925)
    bars = found.figure.axes[0].collections[0].get_segments()
    assert bars[0][0][1] == pytest.approx(0.925 - 0.3177, abs=1e-4)
    assert "2 seeds" in found.caption
    assert "Student t" in found.caption


def test_intervals_of_rates_are_exact(tmp_path):
    """19.2 of 40 rounds to 19: exact ends .3150 and .6387; 40 of 40: .9119 and 1 (R: binom.test)."""
    np.savez(tmp_path / "c.npz", **ARRAYS["calibration"])
    found = _draw("calibration", [tmp_path / "c.npz"])
    bars = found.figure.axes[0].collections[0].get_segments()
    assert bars[0][:, 1] == pytest.approx([0.3150, 0.6387], abs=1e-3)
    assert bars[1][:, 1] == pytest.approx([0.9119, 1.0], abs=1e-3)
    assert "n = 40" in found.caption


def test_matched_correlations_stand_on_the_diagonal(tmp_path):
    np.savez(tmp_path / "c.npz", **ARRAYS["correlations"])
    found = _draw("correlations", [tmp_path / "c.npz"])
    matrix = found.figure.axes[0].images[0].get_array()
    assert np.allclose(matrix, np.diag([-1.0, 1.0]), atol=1e-12)


def test_cells_that_differ_in_x_form_a_curve_and_the_caption_says_n_and_seeds(run):
    found = _draw("score", [run])
    assert found.figure.axes[0].get_legend_handles_labels()[1] == ["a-N/knn", "b, kNN"]
    for part in ("seeds 2 (0–1)", "n = 200 to 400 training and 50 held-out", "commit cccccccccc", "Student t"):
        assert part in found.caption
    assert "1 cell;" in _draw("score", [run], cells=("a-2/*",), options=Options(x="dim")).caption


def test_a_score_is_drawn_over_any_number_of_the_records(run):
    places = [one.get_xdata() for one in _draw("score", [run], Options(x="sample.train")).figure.axes[0].lines]
    assert {float(value) for x in places for value in x} == {200, 400}


@pytest.mark.parametrize(
    ("kind", "arrays", "said"),
    [
        ("cosines", {"history/step": STEPS, "history/cosine": np.full((2, 4), 0.5)}, "seeds 2"),
        (
            "eigenspectra",
            {"spectrum/codes": np.ones((2, 3)), "spectrum/latents": np.ones((2, 3))},
            "shares of their sum",
        ),
        ("trajectory", dict.fromkeys(("course/mean", "course/deviation", "course/z"), PLANE), "of 25 frames"),
    ],
)
def test_curves_come_from_their_records(kind, arrays, said, tmp_path):
    with Store(tmp_path / "records") as store:
        for cell in ("c-1", "c-2"):
            store.write(record(cell, 2, {}, arrays, prior="flat", form="MI"))
    found = _draw(kind, [tmp_path])
    assert said in found.caption
    assert "Records: 2 cells" in found.caption


def test_a_lattice_comes_from_itsrecord(run):
    assert "1 cell" in _draw("grid", [run]).caption


def test_a_changed_record_is_refused(run):
    (path,) = run.glob("records/*.safetensors")
    path.write_bytes(path.read_bytes()[:-1] + b"\x00")
    with pytest.raises(DamagedRecordError, match=r"arrays of 'a-2/knn' .* are damaged"):
        read_records(run)
    for path in run.glob("records/*.json"):
        path.write_text(path.read_text().replace("0.9", "0.8"))
    with pytest.raises(DamagedRecordError, match="is damaged or truncated"):
        read_records(run)


def test_records_are_read_while_a_report_writes(run):
    with Store(run / "records"):
        assert set(read_records(run)) == {"a-2/knn", "a-4/knn", "b/kde"}


@pytest.mark.parametrize("style", STYLES)
def test_journals_have_widths(style, run):
    widths = {"icml": (6.75, 3.25), "neurips": (5.5, 2.75), "iclr": (5.5, 2.75), "jmlr": (6.0, 3.0)}
    for column in (False, True):
        with journal_style(style, column):
            assert figure_width() == pytest.approx(widths[style][column])
        assert _draw("score", [run], style=style, column=column).figure.get_figwidth() == pytest.approx(
            widths[style][column]
        )


def test_rows_become_a_figure_and_a_table(tmp_path):
    rows = ROOT / "docs" / "theorems_report"
    found = _draw("falsification", [rows])
    kept = json.loads((rows / "rows.json").read_text())
    assert f"of {len(kept['falsification'])} rows" in found.caption
    assert "thm-1" in kept["falsification"][0]["theorem"]
    few = _draw("falsification", [rows], cells=("lejepa",))
    assert few.figure.get_figheight() < found.figure.get_figheight()
    (tmp_path / "report.json").write_text(json.dumps({"claims": []}))
    assert r"\toprule" in table(tmp_path, "claims")
    with pytest.raises(ValueError, match=r"what='nothing' is no table of .*: there are claims, cells"):
        table(tmp_path, "nothing")


def test_a_measurement_becomes_a_ladder(tmp_path):
    loss = {"estimate": 0.001, "low": 0.0, "high": 0.002}
    entries = [{"class": "affine", "loss": loss, "holds": True}, {"class": "identity", "loss": None, "holds": None}]
    one = {"n": 100, "margin": 0.01, "ladder": entries, "verdict": {"class": "affine"}}
    (tmp_path / "m.json").write_text(json.dumps(one))
    assert "n = 100 rows" in _draw("ladder", [tmp_path / "m.json"]).caption
    (tmp_path / "m.json").write_text("[1]")
    with pytest.raises(ValueError, match="is no measurement: make one by `identify measure"):
        _draw("ladder", [tmp_path / "m.json"])


def _saved(tmp_path, **arrays):
    np.savez(tmp_path / "a.npz", **arrays)
    return [tmp_path / "a.npz"]


@pytest.mark.parametrize(
    ("kind", "changes", "message"),
    [
        ("grid", {"after": PLANE[:-1]}, r"arrays differ in length \(true 25, before 25, after 24\)"),
        ("grid", {"after": np.ones((25, 3))}, "array 'after' has 3 columns: a lattice is drawn in the plane, give 2"),
        ("score", {"x": np.arange(4)}, r"arrays differ in length \(x 4, score 3\): give as many entries of each"),
        ("score", {"x": np.ones((2, 2))}, r"array 'x' has shape \(2, 2\): give one of 1 axes that is not empty"),
        ("jacobian", {"jacobian": np.ones((25, 2, 3))}, "do not fit: give z"),
        ("trajectory", {"std": -np.ones((25, 2))}, "array 'std' has -1 below 0: give standard deviations"),
        ("trajectory", {"true": np.ones((24, 2))}, "give the same frames and latents"),
        ("calibration", {"covered": np.array([48.0, 90.0])}, "array 'covered' leaves 0..1: give shares, not percent"),
        ("eigenspectra", {"values": np.array([1.0, -1.0])}, "give eigenvalues of a covariance"),
        ("eigenspectra", {"values": np.array(["a"])}, "array 'values' holds <U1: give real numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(kind, changes, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        _draw(kind, _saved(tmp_path, **(ARRAYS[kind] | changes)))


def test_a_matrix_of_more_than_correlations_is_refused(tmp_path):
    with pytest.raises(ValueError, match="array 'matrix' reaches 2: correlations lie between -1 and 1"):
        _draw("correlations", _saved(tmp_path, matrix=2 * np.eye(3)))


def test_names_of_arrays_and_curves_are_checked(tmp_path):
    np.save(tmp_path / "v.npy", np.ones(3))
    source = str(tmp_path / "v.npy")
    with pytest.raises(ValueError, match=r"unknown array 'w' in .*: score is drawn from x, score"):
        read_given("score", [f"w={source}"], ("x", "score"))
    with pytest.raises(ValueError, match="array 'x' is given twice: name each file once, as x=FILE"):
        read_given("score", [source, f"x={source}"], ("x", "score"))
    with pytest.raises(ValueError, match="is one file too many: score is drawn from x, score"):
        read_given("score", [source] * 3, ("x", "score"))
    with pytest.raises(ValueError, match="array 'score' is missing: give it as score=FILE"):
        _draw("score", [source])
    with pytest.raises(ValueError, match="labels='a,b' name 2 curves: there are 1"):
        _draw("score", _saved(tmp_path, **ARRAYS["score"]), Options(labels=("a", "b")))


def test_a_csv_row_is_a_vector(tmp_path):
    (tmp_path / "x.csv").write_text("1,2,3\n")
    assert read_given("score", [str(tmp_path / "x.csv")], ("x",))["x"].shape == (3,)


@pytest.mark.parametrize(
    ("kind", "options", "cells", "message"),
    [
        ("score", Options(score="r3"), (), "score='r3' is in no record: there are r2_affine"),
        ("score", Options(x="nothing"), (), "x='nothing' is no number in any record: there are dim"),
        ("score", Options(), ("b/kde",), "x is needed: the records differ in none of dim"),
        ("score", Options(), ("c",), "no cell is called 'c': .* has a-2/knn, a-4/knn, b/kde"),
        ("learning", Options(), (), r"has no record for learning .*, or arrays: step \[k\]"),
        ("calibration", Options(), (), r"calibration is not drawn from a report of this version, or arrays: nominal"),
        ("falsification", Options(), (), "has no report.json nor rows.json"),
    ],
)
def test_a_report_without_the_kind_says_what_there_is(kind, options, cells, message, run):
    with pytest.raises(ValueError, match=message):
        _draw(kind, [run], options, cells)
