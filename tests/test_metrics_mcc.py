import warnings

import numpy as np
import pytest
from scipy import stats

from identify.metrics import affine_r2, mcc, weak_mcc
from identify.metrics.matching import cross_correlation, match
from identify.splits import make_split
from tests.code_maps import rotation, signed_permutation


def _latents(n=3000, d=5, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


@pytest.mark.parametrize("kind", ["pearson", "spearman"])
def test_equals_scipy_pair_by_pair(kind):
    z = _latents()
    rng = np.random.default_rng(1)
    y = np.exp(z) @ np.abs(signed_permutation(5, rng)) + rng.standard_normal(z.shape)
    split = make_split(len(z))
    score = mcc(z, y, split, kind)
    correlate = stats.pearsonr if kind == "pearson" else stats.spearmanr
    held = split.held_out
    by_hand = np.array([[correlate(z[held, i], y[held, j])[0] for j in range(5)] for i in range(5)])
    assert score.parts == pytest.approx(by_hand.max(axis=1), abs=1e-12)
    assert score.estimate == pytest.approx(by_hand.max(axis=1).mean(), abs=1e-12)


def test_one_for_signed_permutations_with_scale():
    z = _latents()
    y = 3 * z @ signed_permutation(5, np.random.default_rng(2)) - 1
    assert mcc(z, y, make_split(len(z))).estimate == pytest.approx(1, abs=1e-12)


def test_a_rotated_but_identified_code_scores_about_half_at_twenty_dimensions():
    rng = np.random.default_rng(3)
    z = rng.standard_normal((20_000, 20))
    y = z @ rotation(20, rng)
    split = make_split(len(z))
    assert 0.42 < mcc(z, y, split).estimate < 0.58
    assert weak_mcc(z, y, split).estimate == pytest.approx(1, abs=1e-12)
    assert affine_r2(z, y, split).estimate == pytest.approx(1, abs=1e-12)


def test_one_coordinate_of_correlated_latents_scores_high_and_a_code_is_used_once():
    # law: z_i = sqrt(.85) c + sqrt(.15) e_i, so corr(z_i, z_1) = .85; every code is z_1 plus a little noise
    rng = np.random.default_rng(4)
    z = np.sqrt(0.85) * rng.standard_normal((4000, 1)) + np.sqrt(0.15) * rng.standard_normal((4000, 3))
    y = z[:, :1] + 0.01 * rng.standard_normal((4000, 3))
    score = mcc(z, y, make_split(4000)).estimate
    assert score == pytest.approx((1 + 0.85 + 0.85) / 3, abs=0.02)
    single = mcc(z, y[:, :1], make_split(4000)).estimate
    assert single == pytest.approx(1 / 3, abs=0.01)


def test_chance_is_zero_and_not_the_largest_of_many():
    rng = np.random.default_rng(5)
    z, y = rng.standard_normal((400, 20)), rng.standard_normal((400, 20))
    split = make_split(400)
    in_sample = np.abs(cross_correlation(z[split.train], y[split.train]))
    assert in_sample.max(axis=1).mean() > 0.12
    assert abs(mcc(z, y, split).estimate) < 0.06


def test_correlating_absolute_values_as_some_libraries_do_is_rejected():
    # the matching of ituna's Permutation correlates |x| with |y|, which loses offset codes
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ituna.metrics import Permutation
    rng = np.random.default_rng(6)
    z = rng.standard_normal((2000, 4))
    y = -z[:, [2, 0, 3, 1]] + rng.choice([-5.0, 5.0], size=(1, 4)) + 0.5 * rng.standard_normal((2000, 4))
    ours = match(cross_correlation(z, y))
    assert ours.codes.tolist() == [1, 3, 0, 2]
    assert (ours.signs == -1).all()
    theirs = Permutation().fit(z, y).permutation_matrix_
    assert not np.array_equal(np.argmax(theirs, axis=1), ours.codes)


def test_unknown_kind_is_named():
    with pytest.raises(ValueError, match=r"kind='kendall'.*'spearman'"):
        mcc(_latents(100), _latents(100), make_split(100), "kendall")
