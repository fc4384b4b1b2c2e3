import json

import numpy as np
import pytest
import typer
from safetensors.numpy import save_file
from typer.testing import CliRunner

from reports.arrays import read_array
from reports.commands import measure
from tests.code_maps import rotation
from tests.test_command_line import identify

RUNNER = CliRunner()
PROGRAM = typer.Typer()
PROGRAM.command()(measure.run)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    rng = np.random.default_rng(0)
    z = rng.standard_normal((600, 2))
    y = z @ rotation(2, rng) + 0.02 * rng.standard_normal((600, 2))
    np.save(tmp_path / "z.npy", z)
    np.savetxt(tmp_path / "y.csv", y, delimiter=",")
    np.savez(tmp_path / "both.npz", z=z, y=y)
    save_file({"y": y.astype(np.float32)}, tmp_path / "y.safetensors")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*arguments):
    return RUNNER.invoke(PROGRAM, list(arguments))


def test_every_format_gives_the_same_verdict(folder):
    for source in ("y.csv", "both.npz:y", "y.safetensors", "y.safetensors:y"):
        done = _run("z.npy", source, "--json", "--scores", "r2_affine,mcc_pearson")
        assert done.exit_code == 0, done.output
        out = json.loads(done.stdout)
        assert out["verdict"]["class"] == "orthogonal"
        assert list(out["scores"]) == ["r2_affine", "mcc_pearson"]


def test_exit_codes_of_expect(folder):
    assert _run("z.npy", "y.csv", "--expect", "affine", "--scores", "r2_affine").exit_code == 0
    assert _run("z.npy", "y.csv", "--expect", "permutation_scale", "--scores", "r2_affine").exit_code == 1


def test_several_files_make_a_comparison_and_a_page_that_needs_nothing_else(folder):
    done = _run(
        "both.npz:z", "y.csv", "both.npz:z", "--scores", "r2_affine", "--scores", "mcc_pearson", "--out", "page"
    )
    assert done.exit_code == 0, done.output
    assert "comparison" in done.stdout
    page = (folder / "page" / "measure.html").read_text()
    assert page.count("<svg ") == 7
    assert "orthogonal" in page
    assert "identity" in page
    for outside in ('src="http', "@import", "<script", '<link rel="stylesheet'):
        assert outside not in page
    assert {"ladder.pdf", "scatter-2.png"} <= {path.name for path in (folder / "page" / "figures").iterdir()}
    both = json.loads((folder / "page" / "measure.json").read_text())
    assert set(both) == {"y.csv", "both.npz:z"}


def test_sequences_and_groups_are_declared(folder):
    np.save("groups.npy", np.arange(600) // 20)
    by_length = json.loads(_run("z.npy", "y.csv", "--sequence-length", "20", "--json", "--scores", "r2_affine").stdout)
    by_groups = json.loads(_run("z.npy", "y.csv", "--groups", "groups.npy", "--json", "--scores", "r2_affine").stdout)
    assert by_length == by_groups
    assert by_length["split"]["kind"] == "sequences"


BAD_FILES = {
    "missing.npy": (None, r"no such file"),
    "empty.npy": (b"", r"empty"),
    "short.npy": (b"\x93NUMPY", r"cannot be read"),
    "short.npz": (b"PK\x03\x04 nothing", r"cannot be read"),
    "short.safetensors": (b"12345678901", r"cannot be read"),
    "header.csv": (b"a,b\n1,2\n", r"line 1, column 1 is a header or text \('a'\)"),
    "text.csv": (b"1,2\n3,four\n", r"line 2, column 2 is text \('four'\)"),
    "ragged.csv": (b"1,2\n3\n", r"line 2 has 1 columns, the lines before have 2"),
    "binary.csv": (b"\xff\xfe\x00", r"not a text file"),
    "latents.pkl": (b"x", r"format '.pkl' is not known, give one of .npy, .npz, .csv, .safetensors"),
}


@pytest.mark.parametrize("name", list(BAD_FILES))
def test_bad_files_are_named(name, folder):
    content, message = BAD_FILES[name]
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises((ValueError, OSError), match=message):
        read_array(name)
    assert isinstance(_run("z.npy", name).exception, ValueError | OSError)


def test_pickles_are_never_loaded(folder):
    np.save("objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    np.savez("objects.npz", a=np.array([{"a": 1}], dtype=object))
    for name in ("objects.npy", "objects.npz"):
        with pytest.raises(ValueError, match="pickled objects"):
            read_array(name)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("both.npz", r"holds 2 arrays: choose one as both.npz:KEY out of z, y"),
        ("both.npz:w", r"has no array 'w'.*out of z, y"),
        ("z.npy:w", r"holds one array, leave out ':w'"),
    ],
)
def test_keys_are_named(source, message, folder):
    with pytest.raises(ValueError, match=message):
        read_array(source)


def test_bad_input_is_one_line_and_exit_code_two(folder):
    found = identify("measure", folder / "z.npy", folder / "both.npz")
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1
    assert "choose one as" in found.stderr


def test_unknown_class_to_expect_is_bad_input(folder):
    done = _run("z.npy", "y.csv", "--expect", "linear")
    assert isinstance(done.exception, ValueError)
    assert "not on the ladder" in str(done.exception)
