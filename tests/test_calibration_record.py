"""The calibration's record: chunks of other code stay apart, the page comes from the record. No randomness."""

import json

import pytest

from reports import calibration, calibration_record
from reports.calibration_page import DOCS, RECORD, markdown, publish, write_calibration
from reports.calibration_record import calibrate, summary


def _case(index, seed):
    kind = ("identity", "affine", "none")[index % 3]
    right = (True, None, False)[index // 3 % 3]
    return {
        "kind": kind,
        "n": (200, 1000)[index % 2],
        "d": 2,
        "mild": index % 2 == 0,
        "noise": 0.1 * (index % 2),
        "found": None if right is None else kind,
        "right": right,
        "seconds": 0.5,
        "covered": {"affine_loss": [True, index % 20 != 0]} if index % 2 else {},
    }


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A calibration of invented cases under a code version of one's choice; returns how many cases it ran."""
    ran = []

    def counted(index, seed):
        ran.append(index)
        return _case(index, seed)

    monkeypatch.setattr(calibration, "run_case", counted)

    def calibrated(version, seed=1, cases=40):
        ran.clear()
        monkeypatch.setattr(calibration_record, "code_version", lambda module: version)
        return calibrate(cases, tmp_path, 1, seed), len(ran)

    return calibrated


def test_a_stopped_run_continues_and_other_code_or_seeds_start_anew(run, tmp_path):
    first, ran = run("a" * 64)
    assert ran == 40
    (tmp_path / f"cases-1-000033-7-{'a' * 12}.json").unlink()
    again, ran = run("a" * 64)
    assert ran == 7
    assert again["cells"] == first["cells"]
    assert run("b" * 64)[1] == 40
    assert run("a" * 64, seed=2)[1] == 40
    assert run("a" * 64)[1] == 0


def test_the_record_says_what_made_it(run):
    record, _ = run("c" * 64)
    assert record["code_version"] == "c" * 64
    assert record["seed"] == 1
    assert record["cases"] == 40
    assert {"commit", "lock", "packages"} <= set(record["environment"])


def test_the_version_depends_on_the_verdict_and_not_on_the_page():
    from reports.code_version import source_closure

    reached = set(source_closure(calibration_record.SIMULATION))
    assert {"identify.verdict", "identify.ladder.lost_information", "reports.calibration_cases"} <= reached
    assert not {name for name in reached if name.startswith(("reports.figures", "reports.calibration_page"))}


def test_rates_are_counted_with_exact_bounds():
    found = summary(_case(index, 0) for index in range(90))
    assert (found["verdicts"]["count"], found["verdicts"]["hits"]) == (60, 30)
    # Clopper-Pearson at 30 of 60
    assert found["verdicts"]["low"] == pytest.approx(0.3681, abs=1e-4)
    assert found["verdicts"]["high"] == pytest.approx(0.6319, abs=1e-4)
    assert found["coverage"]["affine_loss"]["rate"] == 1
    assert found["coverage"]["r2_affine"]["rate"] is None
    asked = [k for k in range(90) if k % 2 == 0 and k % 3 != 2]
    assert found["inconclusive_where_asked"]["count"] == len(asked)


def test_folder_and_page_come_from_the_record(run, tmp_path):
    record, _ = run("d" * 64)
    folder, docs = tmp_path / "calibration", tmp_path / "docs"
    folder.mkdir()
    write_calibration(record, folder)
    stored = json.loads((folder / "calibration.json").read_text())
    assert stored == record
    assert {"calibration.md", "calibration.pdf", "calibration.png"} <= {path.name for path in folder.iterdir()}
    publish(folder, docs)
    page = (docs / "calibration.md").read_text()
    assert page == markdown(record, figure_at="calibration/calibration.png")
    assert {path.name for path in (docs / "calibration").iterdir()} == {"calibration.json", "calibration.png"}
    (docs / "calibration.md").write_text("edited by hand")
    publish(docs / "calibration", docs)
    assert (docs / "calibration.md").read_text() == page
    wrong = record["verdicts"]
    assert f"{wrong['hits']} of {wrong['count']}" in page
    assert markdown({**record, "cases": 41}) != markdown(record)


def test_the_page_in_the_docs_is_what_its_record_gives():
    record = json.loads((DOCS / "calibration" / RECORD).read_text())
    assert (DOCS / "calibration.md").read_text() == markdown(record, figure_at="calibration/calibration.png")
