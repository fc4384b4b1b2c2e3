import warnings

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

from identify.metrics import affine_r2
from identify.metrics.affine import affine_fit
from identify.splits import make_split


def _pair(n=400, d=4, m=6, noise=0.3, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, d)) * [1, 10, 0.1, 1] + 5
    return z, z @ rng.standard_normal((d, m)) + noise * rng.standard_normal((n, m))


def test_equals_sklearn_on_the_same_rows():
    z, y = _pair()
    split = make_split(len(z), seed=3)
    score = affine_r2(z, y, split)
    model = LinearRegression().fit(y[split.train], z[split.train])
    predicted = model.predict(y[split.held_out])
    assert score.parts == pytest.approx(r2_score(z[split.held_out], predicted, multioutput="raw_values"), abs=1e-9)
    assert score.estimate == pytest.approx(r2_score(z[split.held_out], predicted), abs=1e-9)


@pytest.fixture(scope="module")
def ituna_affine():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ituna.metrics import Affine
    return Affine


def test_equals_ituna_where_it_scores_rows_it_was_not_fitted_on(ituna_affine):
    """No randomness: the same least squares on the same rows, every factor with equal weight (`uniform_average`)."""
    z, y = _pair()
    split = make_split(len(z), seed=3)
    for target, source in ((z, y), (y, z)):
        theirs = ituna_affine().fit(source[split.train], target[split.train])
        expected = theirs.score(source[split.held_out], target[split.held_out])
        assert affine_r2(target, source, split).estimate == pytest.approx(expected, abs=1e-9)


def test_ituna_scored_on_its_own_rows_is_rejected(ituna_affine):
    """Pure noise, 80 columns for 100 rows: in sample R2 has mean 80/99, standard deviation .04; held out it is < 0."""
    rng = np.random.default_rng(2)
    z, y = rng.standard_normal((200, 1)), rng.standard_normal((200, 80))
    split = make_split(200)
    theirs = ituna_affine().fit(y[split.train], z[split.train])
    assert theirs.score(y[split.train], z[split.train]) > 0.5
    assert affine_r2(z, y, split).estimate < 0


def test_pure_noise_scores_zero_where_the_in_sample_r2_is_d_over_n():
    rng = np.random.default_rng(1)
    z, y = rng.standard_normal((400, 1)), rng.standard_normal((400, 80))
    slope, offset = affine_fit(y, z)
    in_sample = 1 - np.var(z - y @ slope - offset) / np.var(z)
    assert in_sample == pytest.approx(80 / 400, abs=0.08)
    assert affine_r2(z, y, make_split(400)).estimate < 0.05


def test_invariant_to_affine_maps_of_the_source_and_not_to_bends():
    z, y = _pair(noise=0.5)
    split = make_split(len(z))
    before = affine_r2(z, y, split).estimate
    moved = affine_r2(z, y @ (np.eye(6) + np.eye(6, k=2)) - 3, split).estimate
    assert moved == pytest.approx(before, abs=1e-9)
    assert affine_r2(z, np.tanh(y), split).estimate < before - 0.05


def test_collinear_and_constant_columns_do_not_hurt():
    z, y = _pair()
    split = make_split(len(z))
    padded = np.concatenate([y, y[:, :2], np.zeros((len(y), 1))], axis=1)
    assert affine_r2(z, padded, split).estimate == pytest.approx(affine_r2(z, y, split).estimate, abs=1e-8)


def test_moments_are_remembered_for_the_same_objects_only():
    """Same arrays and rows, in either order, give the same numbers; other rows or values never do."""
    from identify.metrics.score import moments, moments_remembered

    rng = np.random.default_rng(0)
    x, y, rows = rng.standard_normal((50, 3)), rng.standard_normal((50, 2)), np.arange(30)
    plain, turned = moments(x, y, rows), moments(y, x, rows)
    with moments_remembered():
        assert moments(x, y, rows) is moments(x, y, rows)
        for found, expected in ((moments(x, y, rows), plain), (moments(y, x, rows), turned)):
            for one, other in zip(found, expected, strict=True):
                assert one == pytest.approx(other, abs=1e-12)
        assert moments(x, y, np.arange(40)).rows == 40
        assert moments(x + 1, y, rows).first_mean == pytest.approx(plain.first_mean + 1)
    assert moments(x, y, rows) is not moments(x, y, rows)
