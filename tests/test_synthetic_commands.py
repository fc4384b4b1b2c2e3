"""`identify worlds` and `identify sample`: what they print and write, and what they refuse."""

import json

import numpy as np
import pytest
from safetensors import safe_open

import synthetic
from reports.commands import sample, worlds


def test_worlds_prints_every_world(capsys):
    worlds.run(as_json=True)
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(synthetic.worlds())
    fold = next(row for row in rows if row["name"] == "fold")
    assert fold["assumptions"]["injective_mixing"]["holds"] is False
    assert fold["ceiling"]["r2"] == 0.5
    assert {row["name"]: row["space"] for row in rows}["sphere_walk"] == "the unit sphere in R^3"


def test_worlds_prints_a_table(capsys):
    worlds.run(as_json=False)
    shown = capsys.readouterr().out
    assert "wobbly_published" in shown
    assert "0.930" in shown
    assert "R^10" in shown


def test_npz_holds_the_sample_and_where_it_came_from(tmp_path):
    out = tmp_path / "fold.npz"
    sample.run("fold", out, n=5, length=3, seed=7)
    with np.load(out) as stored:
        assert stored["z"].shape == (5, 3, 2)
        assert stored["x"].shape == (5, 3, 100)
        assert stored["x"].dtype == np.float32
        assert json.loads(str(stored["metadata"]))["seed"] == 7
    assert [file.name for file in tmp_path.iterdir()] == ["fold.npz"]


def test_safetensors_hold_the_same_sample(tmp_path):
    for name in ("a.npz", "a.safetensors"):
        sample.run("spiral", tmp_path / name, n=5, length=3, seed=7)
    with safe_open(tmp_path / "a.safetensors", "numpy") as stored, np.load(tmp_path / "a.npz") as other:
        assert np.array_equal(stored.get_tensor("x"), other["x"])
        assert json.loads(stored.metadata()["metadata"])["world"] == "spiral"


@pytest.mark.parametrize(
    ("world", "name", "options", "message"),
    [
        ("wobly_in_view", "a.npz", {}, "did you mean wobbly_in_view"),
        ("zzzzzzzz", "a.npz", {}, "`identify worlds` lists them"),
        ("fold", "a.csv", {}, "'.csv' is not known"),
        ("fold", "missing/a.npz", {}, "there is no folder"),
        ("fold", "a.npz", {"n": 0}, "n=0"),
        ("wobbly_in_view", "a.npz", {"length": 21}, "length=21"),
    ],
)
def test_bad_input_leaves_what_was_there(tmp_path, world, name, options, message):
    (tmp_path / "a.npz").write_text("kept")
    with pytest.raises(ValueError, match=message):
        sample.run(world, tmp_path / name, **{"n": 3, "length": 2, "seed": 0, **options})
    assert (tmp_path / "a.npz").read_text() == "kept"
