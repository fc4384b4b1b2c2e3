"""The verdict on one map of each class, and on the twins that must not pass.

Null law: all one-sided bounds of one verdict are wrong with probability ERROR_RATE together; these tests run it at 1e-7
instead of .01, so the forty verdicts below name a wrong class with probability 4e-6 at most. Miss rate: the bounds lie
5.7 standard errors out, and maps are so far from their neighbours (5 eps and more) that all verdicts on them stay the
same with bounds 11 standard errors out: an open one needs a deviation of 5, 3e-7 each.
Evidence of independence keeps its level of .01 and has a power: tests of it state their own rates.
"""

import numpy as np
import pytest

from identify import is_contained, verdict_of
from identify.ladder import CLASSES
from tests.code_maps import code_of, rotation, twist

NAMES = list(CLASSES)[:9]
DRAWS = 4
"""Draws of a case that rests on the dependence test; it stays open with probability .01, plus its lack of power."""


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    monkeypatch.setattr("identify.verdict.ERROR_RATE", 1e-7)


def _latents(n, d, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, d)), rng


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_each_class_is_named(name, noise):
    z, rng = _latents(2000, 3)
    y = code_of(name, z, rng)
    y = y + np.sqrt(noise) * y.std(axis=0) * rng.standard_normal(y.shape)
    verdict = verdict_of(z, y)
    assert verdict.found == name, verdict.reason
    assert verdict.outcome == "SUPPORTED"
    assert all(verdict.holds[c] is True for c in NAMES if is_contained(name, c) and verdict.holds[c] is not None)


def test_one_dimension_takes_the_first_name():
    z, _ = _latents(500, 1)
    assert verdict_of(z, 2 * z + 1).found == "permutation_similarity"
    assert verdict_of(z, -z).found == "permutation_sign"
    assert verdict_of(z, np.tanh(2 * z)).found == "componentwise"


def test_noise_does_not_change_the_class():
    z, rng = _latents(4000, 3)
    verdict = verdict_of(z, z @ rotation(3, rng) + 0.3 * rng.standard_normal(z.shape))
    assert verdict.found == "orthogonal"
    assert verdict.noise == pytest.approx(0.09 / 1.09, abs=0.02)


def test_a_bend_in_one_plane_of_many_coordinates_is_not_called_affine():
    z, rng = _latents(3000, 10)
    y = twist(z, 0.5) @ rotation(10, rng) + 0.1 * rng.standard_normal(z.shape)
    assert verdict_of(z, y).found in ("nonlinear", None)
    assert verdict_of(z, twist(z, 0.0) @ rotation(10, np.random.default_rng(1))).found == "orthogonal"


def test_a_fold_is_none_by_collisions():
    z, rng = _latents(3000, 2)
    y = np.stack([np.abs(z[:, 0]), z[:, 1]], axis=1) @ rotation(2, rng)
    verdict = verdict_of(z, y)
    assert verdict.found == "none"
    assert "same code" in verdict.reason
    assert verdict.subspace is not None
    assert verdict.subspace.shape == (2, 1)
    assert abs(verdict.subspace[:, 0]) == pytest.approx([0, 1], abs=0.1)


def _with_lost_direction(d, seed):
    z, rng = _latents(3000, d, seed)
    return z, np.concatenate([z[:, :-1], rng.standard_normal((3000, 1))], axis=1) @ rotation(d, rng)


def test_a_code_independent_of_the_truth_is_none():
    """Open in 2 of 80 simulated tests of independence at this size; all four open: below 1e-5 at .05 each."""
    verdicts = []
    for seed in range(DRAWS):
        z, rng = _latents(3000, 2, seed)
        verdicts.append(verdict_of(z, rng.standard_normal(z.shape)))
    assert {one.found for one in verdicts} <= {"none", None}
    assert any("independent" in one.reason for one in verdicts if one.found == "none")


def test_a_dropped_direction_is_none():
    """All four draws open: below 1e-5, as above."""
    verdicts = [verdict_of(*_with_lost_direction(2, seed)) for seed in range(DRAWS)]
    assert {one.found for one in verdicts} <= {"none", None}
    assert "none" in {one.found for one in verdicts}


@pytest.mark.parametrize("d", [2, 10])
def test_the_subspace_that_came_back_is_told_whether_or_not_independence_is_shown(d):
    """With ten columns one test in five has no power; the subspace rests on R2 of 0 and 1 and does not need it."""
    z, y = _with_lost_direction(d, 0)
    verdict = verdict_of(z, y)
    assert verdict.found in ("none", None)
    assert verdict.subspace.shape == (d, d - 1)
    assert abs(verdict.subspace[-1]).max() < 0.2


def test_fewer_columns_and_collapse_are_none():
    z, _ = _latents(500, 3)
    assert "has 2 columns" in verdict_of(z, z[:, :2]).reason
    collapsed = np.concatenate([z[:, :2], np.full((500, 1), 4.0)], axis=1)
    assert "spans only 2 dimensions" in verdict_of(z, collapsed).reason
    assert "collapsed" in verdict_of(z, np.zeros((500, 3))).reason


def test_wider_codes_are_affine_or_nonlinear_and_extra_noise_columns_do_no_harm():
    z, rng = _latents(2000, 2)
    wide = z @ rng.standard_normal((2, 5))
    verdict = verdict_of(z, wide)
    assert verdict.found == "affine"
    assert verdict.holds["orthogonal"] is None
    # bends of 2 eps cannot be excluded in columns that are all noise
    padded = verdict_of(z, np.concatenate([wide, rng.standard_normal((2000, 2))], axis=1))
    assert padded.found in ("affine", None)
    assert padded.holds["nonlinear"] is True
    assert verdict_of(z, np.concatenate([z, z[:, :1] ** 2], axis=1)).found == "nonlinear"


def test_few_rows_or_heavy_noise_are_inconclusive_and_say_so():
    z, rng = _latents(60, 3)
    few = verdict_of(z, z @ rotation(3, rng) + 0.5 * rng.standard_normal(z.shape))
    assert few.outcome == "INCONCLUSIVE"
    assert few.found is None
    z, rng = _latents(400, 3)
    noisy = verdict_of(z, z + 2 * rng.standard_normal(z.shape))
    assert noisy.outcome == "INCONCLUSIVE"


def test_the_verdict_is_a_pure_function():
    z, rng = _latents(1000, 3)
    y = twist(z, 0.5) + 0.1 * rng.standard_normal(z.shape)
    first, second = verdict_of(z, y, seed=3), verdict_of(z.copy(), y.copy(), seed=3)
    assert first._replace(subspace=None) == second._replace(subspace=None)


@pytest.mark.parametrize(("name", "value"), [("tau", 0.0), ("eps", 1.5)])
def test_bad_margins_are_named(name, value):
    z, _ = _latents(100, 2)
    with pytest.raises(ValueError, match=rf"{name}={value}.*between 0 and 1"):
        verdict_of(z, z, **{name: value})
