"""The verdict on one map of each class, and on the twins that must not pass.

Law: each verdict is wrong with probability at most .01 by construction; seeds are fixed, and the calibration (slow)
measures the rates. Maps are at least 5 eps away from the smaller classes, so that the miss rate is negligible.
"""

import numpy as np
import pytest

from identify import is_contained, verdict_of
from identify.ladder import CLASSES
from tests.code_maps import code_of, rotation, twist

NAMES = list(CLASSES)[:9]


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


def test_a_code_independent_of_the_truth_is_none():
    z, rng = _latents(2000, 3)
    verdict = verdict_of(z, rng.standard_normal(z.shape))
    assert verdict.found == "none"
    assert "independent" in verdict.reason


@pytest.mark.parametrize("d", [2, 10])
def test_a_dropped_direction_is_none_with_the_subspace_that_came_back(d):
    z, rng = _latents(3000, d)
    y = np.concatenate([z[:, :-1], rng.standard_normal((3000, 1))], axis=1) @ rotation(d, rng)
    verdict = verdict_of(z, y)
    assert verdict.found == "none"
    assert verdict.subspace.shape == (d, d - 1)


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
