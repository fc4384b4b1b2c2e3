"""The command `identify plot`: files and captions, its gallery, and bad input in one line."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from reports.commands import plot
from reports.plots import gallery
from reports.plots.kind_names import KIND_NAMES
from reports.plots.kinds import KINDS
from reports.plots.saved_run import read_records
from tests.plotted_run import write_run
from tests.test_command_line import identify


@pytest.fixture
def run(tmp_path):
    return write_run(tmp_path / "run")


def test_files_hold_text_as_text_and_a_caption_lies_beside_them(run, tmp_path):
    plot.run("score", [str(run)], formats=["pdf", "svg", "png"], out=tmp_path / "fig.png", caption="Ours.")
    svg = (tmp_path / "fig.svg").read_text()
    assert ">number of latents<" in svg
    assert b"/Type3" not in (tmp_path / "fig.pdf").read_bytes()
    assert b"/FontFile2" in (tmp_path / "fig.pdf").read_bytes()
    assert (tmp_path / "fig.png").read_bytes().startswith(b"\x89PNG")
    assert (tmp_path / "fig.txt").read_text().startswith("Ours. affine R2 over dim")
    again = svg
    plot.run("score", [str(run)], formats=["svg"], out=tmp_path / "fig")
    assert (tmp_path / "fig.svg").read_text() == again


def test_a_figure_takes_less_than_two_seconds(run, tmp_path):
    """Import and the first font look-up apart; CPU seconds, since the machine may be busy."""
    plot.run("grid", [str(run)], out=tmp_path / "fig.pdf")
    begun = time.process_time()
    plot.run("grid", [str(run)], out=tmp_path / "fig.pdf")
    assert time.process_time() - begun < 2


@pytest.mark.parametrize(
    ("kind", "sources", "options", "message"),
    [
        ("nonsense", ["x"], {}, "unknown kind 'nonsense': this version draws grid, score, ladder"),
        ("grid", [], {}, r"grid of what\? Give the folder of a report, or arrays: true"),
        ("grid", ["nowhere"], {}, r"nowhere: format '\(none\)' is not known"),
        ("grid", ["."], {}, "is no report: give the folder that `identify report --out` wrote"),
        ("grid", [".", "."], {}, "is one source too many: give one folder, or files"),
        ("grid", ["x.npy"], {"only": ["a"]}, "only='a' chooses among the cells of a report: x.npy is no folder"),
        ("grid", ["."], {"style": "nature"}, "unknown style 'nature': choose one of icml, neurips, iclr, jmlr"),
        ("grid", ["."], {"formats": ["gif"]}, "unknown format 'gif': choose one of pdf, svg, png"),
        ("grid", ["."], {"out": Path("a.gif")}, r"out='a\.gif' ends in \.gif: end it in pdf, svg, png, or give"),
        ("paths", ["x.npy"], {}, "x.npy is no folder: paths is drawn from the folder of a report"),
        ("table", ["x"], {}, "table is drawn from one folder of a report, not from x"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(kind, sources, options, message):
    with pytest.raises(ValueError, match=message) as refusal:
        plot.run(kind, sources, **options)
    assert "\n" not in str(refusal.value)


def test_a_folder_that_is_not_there_is_refused(run, tmp_path):
    with pytest.raises(ValueError, match=r"out='.*fig' lies in a folder that is not there: make .*none first"):
        plot.run("score", [str(run)], out=tmp_path / "none" / "fig.pdf")


def test_the_program_draws_and_refuses(run, tmp_path):
    found = identify("plot", "score", run, "--out", tmp_path / "fig.svg", "--only", "a-*")
    assert found.returncode == 0
    assert "seeds 2 (0–1)" in found.stdout
    refused = identify("plot", "nonsense")
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)


def test_help_names_every_kind():
    found = identify("plot", "--help")
    assert found.returncode == 0
    for kind in KIND_NAMES:
        assert kind in found.stdout


def test_the_gallery_shows_every_figure_by_its_command():
    folder = gallery.ROOT / gallery.DOCS
    text = (folder / "README.md").read_text()
    for example in gallery.EXAMPLES:
        assert f"`{example.command}`" in text
        assert f"]({example.stem}.png)" in text
        assert (folder / f"{example.stem}.png").is_file()
    assert {example.kind for example in gallery.EXAMPLES} | {"table"} >= {
        kind for kind, one in KINDS.items() if one.of_records
    }


def test_kept_records_lose_only_arrays_that_no_figure_needs(run, tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "KEPT", {"a-2/*": ("grid/a",), "a-*": ()})
    for _ in range(2):
        gallery.keep([run], tmp_path / "kept" / "records")
        kept = read_records(tmp_path / "kept")
        assert {cell: set(record.arrays) for cell, record in kept.items()} == {
            "a-2/knn": {"grid/after"},
            "a-4/knn": set(),
        }
    before = read_records(run)
    assert all(record.summary == before[cell].summary for cell, record in kept.items())
    assert not (tmp_path / "kept" / "records" / "index.sqlite").exists()
