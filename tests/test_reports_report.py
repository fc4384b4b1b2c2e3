"""A report survives Ctrl-C, damage and failing cells, and says the same numbers in the end."""

from __future__ import annotations

import json
import os
import signal

import pytest

from reports.evaluation import unique_cells
from reports.report import Order, make_report, select
from tests.fake_cell import FakeCell
from tests.fake_profile import claim, fake_profile
from tests.report_process import finish, numbers_in, start, wait_for_records


@pytest.fixture(autouse=True)
def no_figures(monkeypatch):
    """Figures take seconds and are tested with the page."""
    monkeypatch.setattr("reports.publication.draw_figures", lambda records, folder: ())


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("undisturbed")
    finish(start(out, "--jobs", "1"))
    return out


def test_control_c_keeps_what_is_finished_and_says_how_to_go_on(tmp_path, undisturbed):
    process = start(tmp_path, "--seconds", "1")  # eleven seconds are left when two cells are done
    wait_for_records(tmp_path, 2, process)
    os.killpg(process.pid, signal.SIGINT)
    code, stdout, stderr = finish(process)
    assert code == 130
    assert "Traceback" not in stderr
    assert "--resume" in stdout
    assert not (tmp_path / "report.json").exists()
    finish(start(tmp_path, "--resume"))
    assert numbers_in(tmp_path) == numbers_in(undisturbed)


def test_two_processes_and_one_say_the_same(tmp_path, undisturbed):
    assert finish(start(tmp_path, "--jobs", "2"))[0] == 0
    assert numbers_in(tmp_path) == numbers_in(undisturbed)


def truncated(content):
    return content[: len(content) // 2]


def flipped(content):
    """One bit in the middle: a digit of the JSON, a number of the arrays."""
    place = len(content) // 2
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def test_damaged_records_are_named_and_run_again(tmp_path, undisturbed, capsys):
    make_report(Order(fake_profile(), tmp_path, jobs=1, quiet=True))
    records = sorted((tmp_path / "records").glob("*.json"))
    damages = ((".safetensors", truncated), (".safetensors", flipped), (".json", truncated), (".json", flipped))
    for record, (suffix, damage) in zip(records, damages, strict=False):
        path = record.with_suffix(suffix)
        path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(ValueError, match=r"damaged.*--resume"):
        make_report(Order(fake_profile(), tmp_path, redraw=True, quiet=True))
    report = make_report(Order(fake_profile(), tmp_path, jobs=1, resume=True, quiet=True))
    assert report["run"]["kept"] == 9
    assert capsys.readouterr().err.count("is damaged: it is run again") == 4
    assert numbers_in(tmp_path) == numbers_in(undisturbed)


def test_without_resume_every_cell_runs_again_and_nothing_else_is_touched(tmp_path):
    make_report(Order(fake_profile(), tmp_path, jobs=1, quiet=True))
    (tmp_path / "notes.txt").write_text("mine")
    report = make_report(Order(fake_profile(), tmp_path, jobs=1, quiet=True))
    assert report["run"]["kept"] == 0
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert len(list((tmp_path / "records").glob("*.json"))) == 13


def test_redraw_writes_everything_again_and_runs_nothing(tmp_path, undisturbed, monkeypatch):
    make_report(Order(fake_profile(), tmp_path, jobs=1, quiet=True))
    page, text = (tmp_path / "report.html").read_bytes(), (tmp_path / "report.json").read_bytes()
    for path in [*tmp_path.glob("figures/*"), *tmp_path.glob("tables/*"), *tmp_path.glob("report.*")]:
        path.unlink()
    monkeypatch.setattr(FakeCell, "compute", lambda *_: pytest.fail("a cell ran"))
    make_report(Order(fake_profile(), tmp_path, redraw=True))
    assert (tmp_path / "report.json").read_bytes() == text
    assert (tmp_path / "report.html").read_bytes() == page
    (tmp_path / "records" / "index.sqlite").unlink()
    make_report(Order(fake_profile(), tmp_path, redraw=True))
    assert numbers_in(tmp_path) == numbers_in(undisturbed)


def test_redraw_without_records_is_refused(tmp_path):
    with pytest.raises(ValueError, match="without --redraw first"):
        make_report(Order(fake_profile(), tmp_path, redraw=True))


def test_a_failing_cell_costs_its_claim_only(tmp_path):
    faulty = fake_profile(faults={"markov-2/kde": "raise"})
    report = make_report(Order(faulty, tmp_path, jobs=1, quiet=True))
    rows = {row["id"]: row for row in report["claims"]}
    failed = rows["thm-1/markov-2"]
    assert failed["error"] == "markov-2/kde: RuntimeError: the loss is not finite"
    assert (failed["outcome"], failed["as_expected"], failed["measured"]) == ("INCONCLUSIVE", False, None)
    assert all(row["as_expected"] for name, row in rows.items() if name != "thm-1/markov-2")
    assert not report["all_as_expected"]
    assert "the loss is not finite" in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--fault", "fold/knn=raise"), 1)])
def test_exit_codes(tmp_path, options, code):
    assert finish(start(tmp_path, *options))[0] == code


def test_the_json_has_the_agreed_keys(undisturbed):
    report = json.loads((undisturbed / "report.json").read_text())
    assert {"schema", "profile", "environment", "claims", "falsification", "cells", "checks", "seconds"} <= set(report)
    keys = {
        "id",
        "theorem",
        "statement",
        "published",
        "measured",
        "seeds",
        "outcome",
        "expected",
        "as_expected",
        "seconds",
    }
    for row in report["claims"]:
        assert keys <= set(row)
        assert row["outcome"] in {"SUPPORTED", "REFUTED", "INCONCLUSIVE"}
        assert set(row["measured"]) == {"estimate", "low", "high"}
        assert row["measured"]["low"] <= row["measured"]["estimate"] <= row["measured"]["high"]
        assert row["seeds"] == [0, 1, 2, 3, 4]
    assert report["counts"] == {"SUPPORTED": 5, "REFUTED": 1, "INCONCLUSIVE": 1}
    removed = {row["assumption"]: row for row in report["falsification"]}
    assert removed["g injective"]["found"] == {"none": 5}
    assert removed["g injective"]["optimum"]["reached"] == 0
    environment = {"commit", "dirty", "lock", "python", "packages", "device", "platform"}
    assert environment <= set(report["environment"])


def test_a_rule_that_fails_costs_its_claim_only(tmp_path):
    def rule(summaries):
        raise KeyError("r2_affine")

    profile = fake_profile()
    broken = claim("broken", profile.claims[0].cells, "a rule cannot read this", rule=rule)
    broken = profile.__class__("fake", (*profile.claims[:1], broken))
    report = make_report(Order(broken, tmp_path, jobs=1, quiet=True))
    assert report["claims"][0]["as_expected"]
    assert report["claims"][1]["error"] == "the decision rule failed: KeyError: 'r2_affine'"


def test_select_knows_the_claims():
    chosen = select(fake_profile(), ["thm-1/fold"])
    assert [c.id for c in chosen.claims] == ["thm-1/fold"]
    assert [t.id for t in chosen.theorems] == ["thm-1"]
    assert len(select(fake_profile(), []).claims) == 7
    with pytest.raises(ValueError, match=r"unknown claim 'thm-9': profile 'fake' has thm-1/markov-2, "):
        select(fake_profile(), ["thm-9"])


def test_cells_are_shared_by_id_and_two_that_differ_are_refused():
    one, same, other = FakeCell("a"), FakeCell("a"), FakeCell("a", dim=3)
    assert len(unique_cells([claim("x", (one,), ""), claim("y", (same,), "")])) == 1
    with pytest.raises(ValueError, match="two different cells are called 'a'"):
        unique_cells([claim("x", (one, other), "")])


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValueError, match=r"cannot write to out=.* choose another folder with --out"):
        make_report(Order(fake_profile(), tmp_path / "file" / "report", quiet=True))


def test_files_of_somebody_else_are_not_overwritten(tmp_path):
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(ValueError, match=r"holds report.html but no records of ours"):
        make_report(Order(fake_profile(), tmp_path, quiet=True))
    assert (tmp_path / "report.html").read_text() == "mine"
