"""The study of certificates: chunks resume, counts and bounds are exact, the page comes from the records.

No randomness: cases are invented, but for one look at which worlds they would draw.
"""

import json

import pytest
from scipy import stats

from reports import certificate_cases, certificate_study
from reports.certificate_cases import POSITIVE, VIOLATED, case
from reports.certificate_page import DOCS, markdown, publish
from reports.certificate_study import chunks, study, summary
from synthetic import Assumption


def _row(number, intact, seed=0):
    table = POSITIVE if intact else VIOLATED
    return {
        "number": number,
        "violation": list(table)[number % len(table)],
        "world": "invented",
        "intact": intact,
        "certified": intact and number % 10 != 0,
        "not_supported": [] if intact else ["constant covariance"],
        "open": ["optimum reached"] if intact and number % 10 == 0 else [],
        "seconds": 2.0,
    }


@pytest.fixture
def run(tmp_path, monkeypatch):
    """A study of invented cases under a code version of one's choice; returns the record and how many cases it ran."""
    ran = []

    def counted(number, intact, seed):
        ran.append(number)
        return _row(number, intact, seed)

    monkeypatch.setattr(certificate_cases, "run_case", counted)

    def studied(version, seconds=1e9):
        ran.clear()
        monkeypatch.setattr(certificate_study, "code_version", lambda module: version)
        return study(40, 12, tmp_path, 1, seconds), len(ran)

    return studied


def test_a_stopped_study_goes_on_and_other_code_starts_anew(run, tmp_path):
    stopped, ran = run("a" * 64, seconds=-1.0)
    assert ran == stopped["false"]["count"] == 0
    first, ran = run("a" * 64)
    assert ran == 52
    next(tmp_path.glob("violated-*-00004-4-*.json")).unlink()
    again, ran = run("a" * 64)
    assert ran == 4
    assert again == first
    assert run("b" * 64)[1] == 52


def test_chunks_cover_every_case_once_and_mix_the_kinds():
    for intact, n in ((False, 30), (True, 10)):
        numbers = [k for first, count, kind in chunks(30, 10) if kind == intact for k in range(first, first + count)]
        assert sorted(numbers) == list(range(n))
    assert {kind for _, _, kind in chunks(320, 100)[:4]} == {False, True}


@pytest.mark.parametrize("wrong", [0, 3])
def test_the_bound_is_clopper_and_pearson(wrong):
    rows = [_row(k, False) | {"certified": k < wrong} for k in range(300)]
    upper = summary(rows)["false"]["upper"]
    assert stats.binom.cdf(wrong, 300, upper) == pytest.approx(0.05)
    assert (upper < 0.01) == (wrong == 0)


def test_no_rows_bound_nothing():
    assert summary([])["false"]["upper"] == 1.0


def test_every_observable_violation_is_drawn_and_every_intact_twin_keeps_the_assumptions():
    drawn = [case(k, False) for k in range(len(VIOLATED))]
    assert {one.violation for one in drawn} == {"V1", "V2", "V3", "V4", "V6", "V7", "V9", "V9-fold"}
    assert [one.violation for one in drawn if one.past] == ["V7"]
    needed = (
        Assumption.GAUSSIAN_NOISE,
        Assumption.CONSTANT_COVARIANCE,
        Assumption.NONSINGULAR_COVARIANCE,
        Assumption.ROW_RANK,
        Assumption.INJECTIVE_MIXING,
    )
    for k in range(len(POSITIVE)):
        declared = case(k, True).factory().twin.assumptions
        assert all(declared[one].holds for one in needed), POSITIVE


def test_the_page_says_what_the_records_say(run, tmp_path):
    record, _ = run("c" * 64)
    (tmp_path / "certificate.json").write_text(json.dumps(record))
    publish(tmp_path, tmp_path / "docs")
    page = (tmp_path / "docs" / "certify.md").read_text()
    assert "False certificates: 0 of 40" in page
    assert f"{record['false']['upper']:.2%}" in page
    assert "certified: 10 of 12" in page
    publish(tmp_path / "docs" / "certify", tmp_path / "docs")
    assert (tmp_path / "docs" / "certify.md").read_text() == page


def test_the_kept_page_is_what_its_records_give():
    kept = DOCS / "certify"
    records = [kept / "certificate.json", kept / "recordings.json"]
    loaded = [json.loads(path.read_text()) if path.exists() else None for path in records]
    assert (DOCS / "certify.md").read_text() == markdown(*loaded)
