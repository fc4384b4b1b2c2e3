"""Every registered check holds, rejects its twins, cites a known work and can be shown."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import latex2mathml.converter
import pytest
from matplotlib.mathtext import MathTextParser

from proofs_checks import Check, Outcome, all_checks, find, run

ROOT = Path(__file__).resolve().parent.parent
CHECKS = all_checks()
by_id = pytest.mark.parametrize("check", CHECKS, ids=[check.id for check in CHECKS])


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Outcome]:
    return {outcome.id: outcome for outcome in run(CHECKS, jobs=2, timeout=60.0)}


@by_id
def test_it_holds(check: Check, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[check.id]
    assert outcome.status == "holds", outcome.message


@by_id
def test_every_twin_is_rejected(check: Check, outcomes: dict[str, Outcome]) -> None:
    twins = outcomes[check.id].twins
    assert len(twins) == len(check.twins)
    assert [twin for twin in twins if not twin.rejected] == []


@by_id
def test_an_erratum_has_a_witness(check: Check, outcomes: dict[str, Outcome]) -> None:
    assert (outcomes[check.id].witness is not None) == (check.erratum is not None)


@by_id
def test_its_source_is_a_known_work(check: Check) -> None:
    keys = re.findall(r"^@\w+\{([^,\s]+),", (ROOT / "references.bib").read_text(), re.MULTILINE)
    assert check.source.key in keys


@by_id
def test_its_formulas_render(check: Check) -> None:
    formulas = [check.statement, *((check.erratum.printed, check.erratum.correct) if check.erratum else ())]
    parser = MathTextParser("path")
    for formula in formulas:
        assert "<math" in latex2mathml.converter.convert(formula)
        parser.parse(f"${formula}$")


def test_names_are_unique() -> None:
    names = Counter(name for check in CHECKS for name in check.names)
    assert [name for name, count in names.items() if count > 1] == []


def test_aliases_find_their_check() -> None:
    assert find("eq-54").id == "eq-14"
    assert find("THM-1+").id == "thm-1-plus"


def test_an_unknown_name_is_answered_with_near_ones() -> None:
    with pytest.raises(ValueError, match=r"no check is called 'eq-140': did you mean .*eq-14"):
        find("eq-140")


def test_theme_modules_stay_small() -> None:
    long = {p.name: n for p in ROOT.glob("proofs_checks/*.py") if (n := len(p.read_text().splitlines())) > 320}
    assert long == {}
