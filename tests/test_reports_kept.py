"""Pages kept in the documentation are what their rows give; a report's rows are kept whole. Nothing is random."""

import json

import pytest

from reports.kept_report import DOCS, keep, publish
from reports.profiles import profile


@pytest.mark.parametrize("rows", sorted(DOCS.glob("*_report/rows.json")), ids=lambda path: path.parent.name)
def test_a_page_in_the_docs_is_what_its_rows_give(rows, tmp_path):
    folder = tmp_path / rows.parent.name
    folder.mkdir()
    (folder / "rows.json").write_text(rows.read_text())
    assert publish(folder).read_text() == rows.parent.with_suffix(".md").read_text()


def _claim(identity, outcome, expected):
    return {
        "id": identity,
        "statement": f"claim {identity}",
        "published": ".9",
        "measured": {"estimate": 0.99, "low": 0.98, "high": 1.0},
        "worst": 0.97,
        "seeds": [0, 1],
        "outcome": outcome,
        "expected": expected,
        "as_expected": outcome == expected,
        "reason": f"reason of {identity}",
    }


def _report(where, claims, falsification, commit="0" * 40):
    report = {
        "profile": "made-up",
        "environment": {"commit": commit, "dirty": False},
        "seconds": 120,
        "claims": claims,
        "falsification": falsification,
    }
    source = where / commit[:4]
    source.mkdir()
    (source / "report.json").write_text(json.dumps(report))
    return source


def test_a_report_of_some_claims_replaces_their_rows_alone(tmp_path):
    both = [_claim("good", "SUPPORTED", "SUPPORTED"), _claim("bad", "INCONCLUSIVE", "SUPPORTED")]
    keep(_report(tmp_path, both, []), tmp_path)
    part = _report(tmp_path, [_claim("bad", "SUPPORTED", "SUPPORTED")], [], "1" * 40)
    text = keep(part, tmp_path).read_text()
    assert "2 of 2 claims came out as theory expects, in 4 minutes" in text
    assert f"(commit {'1' * 10}, other rows of commit {'0' * 10})" in text
    assert text.count("| claim good |") == text.count("| claim bad |") == 1
    again = keep(_report(tmp_path, both, [], "2" * 40), tmp_path).read_text()
    assert "in 2 minutes" in again
    assert "other rows" not in again


def test_a_report_becomes_a_page_that_names_what_was_not_expected(tmp_path):
    row = {
        "theorem": "thm-1",
        "outcome": "SUPPORTED",
        "as_expected": True,
        "assumption": "coverage",
        "predicted": "outside affine",
        "found_by": [{"by": "witness", "verdicts": {"nonlinear": 2}, "seeds": 2, "reached": 2}],
        "untrained": None,
        "seeds": [0, 1],
        "r2_affine": {"estimate": 0.5},
        "r2_nonlinear": None,
        "gaps": {name: {"value": 0.0, "standard_error": 0.0, "unit": "nats"} for name in ("gap", "twin_gap")},
    }
    claims = [_claim("good", "SUPPORTED", "SUPPORTED"), _claim("bad", "INCONCLUSIVE", "SUPPORTED")]
    text = keep(_report(tmp_path, claims, [row]), tmp_path).read_text()
    assert "1 of 2 claims came out as theory expects, in 2 minutes" in text
    assert "- `bad`: reason of bad" in text
    assert "reason of good" not in text
    assert "| claim good | .9 | 0.9900 [0.9800, 1.0000] | 0.9700 | SUPPORTED |" in text
    assert "witness: nonlinear\u00a02/2 (optimum\u00a02/2)" in text
    assert "| 0.500 | – | 0\u00a0(exact) | 0\u00a0(exact) |" in text


def test_the_part_of_a_larger_report_becomes_the_page_of_its_profile(tmp_path):
    mine, other = (
        _claim(identity, "SUPPORTED", "SUPPORTED") | {"cells": [cell]}
        for identity, cell in ((profile("kalman").claims[0].id, "mine"), ("elsewhere", "other"))
    )
    source = _report(tmp_path, [mine, other], [])
    report = json.loads((source / "report.json").read_text())
    report |= {"profile": "paper", "cells": [{"id": "mine", "seconds": 60.0}, {"id": "other", "seconds": 600.0}]}
    (source / "report.json").write_text(json.dumps(report))
    page = keep(source, tmp_path, part="kalman")
    text = page.read_text()
    assert page.name == "kalman_report.md"
    assert "1 of 1 claims came out as theory expects, in 1 minutes" in text
    assert f"(commit {'0' * 10} in a run of `paper`)" in text
    assert "elsewhere" not in text
    with pytest.raises(ValueError, match="part='categorical': the report of paper holds no claim of it"):
        keep(source, tmp_path, part="categorical")
