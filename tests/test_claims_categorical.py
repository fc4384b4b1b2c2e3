"""Categorical LDM on digits: pairs, matching and the cell at small size; every rule on made-up summaries.

Nothing here is a statistical test: training is asserted to be repeatable, not to succeed.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from reports.categorical_cell import CategoricalCell, DigitTraining, entropies_of, match_categories
from reports.categorical_profile import categorical_claims
from reports.categorical_rules import (
    finds_the_digits,
    forms_agree,
    parts_where_few_matches_are_expected,
    shares_categories_as_modelled,
    stops_short,
)
from reports.claim import Outcome
from reports.digit_pairs import draw_pairs, split_digits
from reports.figures import categorical_digits
from reports.figures.style import journal_style
from reports.over_seeds import over_seeds
from reports.plain_json import plain
from reports.store import Record

SMALL = DigitTraining(width=8, steps=20, batch=32)


def silent(done: int, of: int) -> None:
    """Progress that nobody watches."""


def test_pairs_are_two_images_of_one_digit():
    digit = torch.tensor([2, 0, 1, 1, 0, 2, 2])
    first, second = draw_pairs(digit, 4000, torch.Generator().manual_seed(0))
    assert torch.equal(digit[first], digit[second])
    assert not (first == second).any()
    drawn = {(int(a), int(b)) for a, b in zip(first, second, strict=True)}
    assert drawn == {(a, b) for a in range(7) for b in range(7) if a != b and digit[a] == digit[b]}


def test_a_digit_with_one_image_has_no_pair():
    with pytest.raises(ValueError, match="digit has a single image of 1: a pair needs two"):
        draw_pairs(torch.tensor([0, 0, 1]), 5, torch.Generator())


def test_the_split_is_by_image_and_by_digit():
    train, test = split_digits(3)
    assert len(train.digit) + len(test.digit) == 1797
    shares = [torch.bincount(side.digit).double() / len(side.digit) for side in (train, test)]
    assert torch.allclose(*shares, atol=2e-3)
    rows = {tuple(row) for row in train.pixels.tolist()}
    assert not rows & {tuple(row) for row in test.pixels.tolist()}
    assert train.pixels.max() == 1


def test_matching_undoes_a_relabelling():
    digit = torch.arange(10).repeat(7)
    order = torch.randperm(10, generator=torch.Generator().manual_seed(1))
    codes = torch.nn.functional.one_hot(order[digit], 10).double()
    assert torch.equal(match_categories(codes, digit)[codes.argmax(-1)], digit)


def test_entropy_of_encodings():
    codes = torch.cat([torch.eye(10, dtype=torch.float64), torch.full((1, 10), 0.1, dtype=torch.float64)])
    assert entropies_of(codes).tolist() == pytest.approx([0.0] * 10 + [math.log(10)], abs=1e-12)


@pytest.mark.parametrize("form", ["LDM", "MI", "supervised"])
def test_a_small_cell_is_whole_and_repeats(form):
    cell = CategoricalCell("digits/small", form, 0.9, True, (0, 1), SMALL)
    found, again = cell.compute("cpu", silent), cell.compute("cpu", silent)
    json.dumps(plain(found.summary), allow_nan=False)
    assert found.summary == again.summary
    assert all(np.array_equal(rows, again.arrays[name]) for name, rows in found.arrays.items())
    assert found.arrays["entropy"].shape == found.arrays["right"].shape == (2, 450)
    for seed, run in enumerate(found.summary["runs"]):
        assert run["accuracy"] == found.arrays["right"][seed].mean()
        assert ("optimum" in run) is (form != "supervised")
        if form != "supervised":
            assert run["optimum"]["objective"] <= run["optimum"]["oracle"]


def test_what_a_configuration_leaves_out_cannot_change_a_result():
    cell = CategoricalCell("digits/small", "LDM", 0.9, True, (0,), SMALL)
    assert cell.configuration() == replace(cell, cost=99.0).configuration()
    for changed in (
        replace(cell, form="MI"),
        replace(cell, match=0.5),
        replace(cell, raised=False),
        replace(cell, training=DigitTraining()),
    ):
        assert changed.configuration() != cell.configuration()


def _run(accuracy=0.98, gap=0.01, match=0.99):
    optimum = {"reached": gap < 0.1, "objective": -gap, "oracle": 0.0}
    return {"accuracy": accuracy, "match": match, "optimum": optimum}


def _cell(*runs, form="LDM", match=0.99):
    names = ("accuracy", "match")
    rows = {name: over_seeds([run[name] for run in runs], 1.0) for name in names}
    return {"form": form, "match": match, "runs": list(runs), "over_seeds": rows}


GOOD, MERGED = _run(), _run(0.5, 1.0)


@pytest.mark.parametrize(
    ("runs", "outcome"),
    [
        ((GOOD, GOOD), Outcome.SUPPORTED),
        ((GOOD, _run(0.93)), Outcome.INCONCLUSIVE),
        ((GOOD, _run(0.98, 0.2)), Outcome.INCONCLUSIVE),
        ((GOOD, MERGED), Outcome.INCONCLUSIVE),
        ((GOOD, _run(0.8)), Outcome.REFUTED),
    ],
)
def test_digits_are_found_at_the_optimum_or_not_at_all(runs, outcome):
    assert finds_the_digits()({"cell": _cell(*runs)}).outcome is outcome


@pytest.mark.parametrize(
    ("runs", "outcome"),
    [
        ((MERGED, MERGED), Outcome.SUPPORTED),
        ((MERGED, GOOD), Outcome.INCONCLUSIVE),
        ((MERGED, _run(0.8, 0.05)), Outcome.REFUTED),
    ],
)
def test_collapse_is_an_effect_of_optimisation_only_off_the_optimum(runs, outcome):
    assert stops_short()({"cell": _cell(*runs)}).outcome is outcome


@pytest.mark.parametrize(
    ("second", "outcome"),
    [
        ((_run(0.981), _run(0.98), _run(0.979)), Outcome.SUPPORTED),
        ((_run(0.9), _run(0.901), _run(0.899)), Outcome.REFUTED),
        ((_run(0.9), _run(0.98), _run(0.99)), Outcome.INCONCLUSIVE),
        ((GOOD, GOOD, MERGED), Outcome.INCONCLUSIVE),
    ],
)
def test_forms_are_compared_at_their_optima(second, outcome):
    summaries = {"a": _cell(GOOD, GOOD, GOOD), "b": _cell(*second, form="MI")}
    assert forms_agree("a", "b")(summaries).outcome is outcome


def _calibrated(ldm, mi, gap=0.01):
    return {"a": _cell(_run(match=ldm, gap=gap), GOOD), "b": _cell(_run(match=mi), GOOD, form="MI")}


def test_codes_share_categories_as_their_form_says():
    rule = shares_categories_as_modelled()
    assert rule(_calibrated(0.98, 0.97)).outcome is Outcome.SUPPORTED
    assert rule(_calibrated(0.9, 0.97)).outcome is Outcome.REFUTED
    assert rule(_calibrated(0.98, 0.9)).outcome is Outcome.REFUTED
    assert rule(_calibrated(0.9, 0.97, gap=0.5)).outcome is Outcome.INCONCLUSIVE


def test_a_smaller_match_has_to_help_in_both_forms():
    rule = parts_where_few_matches_are_expected()
    cells = {
        f"{form} {match}": _cell(_run(accuracy), _run(accuracy + 0.01), form=form, match=match)
        for form in ("LDM", "MI")
        for match, accuracy in ((0.3, 0.95), (0.99, 0.4))
    }
    assert rule(cells).outcome is Outcome.SUPPORTED
    flat = cells | {"MI 0.99": _cell(_run(0.94), _run(0.95), form="MI", match=0.99)}
    assert rule(flat).outcome is Outcome.INCONCLUSIVE


def test_the_figure_shows_the_published_match_and_nothing_where_there_is_none():
    cell = CategoricalCell(categorical_digits.SHOWN, "LDM", 0.99, True, (0, 1), SMALL)
    result = cell.compute("cpu", silent)
    record = Record("", cell.id, {}, "", "cpu", {}, "", 0.0, result.summary, result.arrays)
    with journal_style():
        drawing = categorical_digits.draw({cell.id: record})
    assert drawing is not None
    assert "2 seeds" in drawing.caption
    assert categorical_digits.draw({}) is None


def test_cells_of_the_claims_have_one_configuration_each():
    cells = [cell for claim in categorical_claims() for cell in claim.cells]
    assert len({cell.id for cell in cells}) == len({json.dumps(cell.configuration()) for cell in cells})
