import numpy as np
import pytest
from cca_zoo.linear import CCA as ZooCCA
from sklearn.cross_decomposition import CCA as SklearnCCA

from identify.metrics import mean_cca, pwcca, svcca
from identify.metrics.canonical import canonical_directions
from identify.splits import make_split


def _pair(n=2000, seed=0):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, 4))
    y = z @ rng.standard_normal((4, 5)) * [1, 1, 1, 1, 0.01] + [0.1, 1, 2, 0.5, 0.01] * rng.standard_normal((n, 5))
    return z, y


def test_canonical_correlations_equal_sklearn_and_cca_zoo():
    z, y = _pair()
    found = canonical_directions(z, y)
    a, b = SklearnCCA(n_components=4, max_iter=5000, tol=1e-12).fit_transform(z, y)
    theirs = [np.corrcoef(a[:, k], b[:, k])[0, 1] for k in range(4)]
    assert np.sort(found.correlations) == pytest.approx(np.sort(theirs), abs=1e-6)
    zoo = ZooCCA(n_components=4).fit([z, y]).transform([z, y])
    zoo_correlations = [abs(np.corrcoef(zoo[0][:, k], zoo[1][:, k])[0, 1]) for k in range(4)]
    assert np.sort(found.correlations) == pytest.approx(np.sort(zoo_correlations), abs=1e-6)


def test_closed_form_for_additive_noise():
    # z_hat = z + s e has canonical correlations 1 / sqrt(1 + s^2)
    rng = np.random.default_rng(1)
    z = rng.standard_normal((40_000, 3))
    y = z + [0.1, 0.5, 1.0] * rng.standard_normal(z.shape)
    score = mean_cca(z, y @ rng.standard_normal((3, 3)), make_split(len(z)))
    assert score.estimate == pytest.approx(np.mean(1 / np.sqrt(1 + np.array([0.1, 0.5, 1.0]) ** 2)), abs=0.01)


def test_held_out_noise_scores_near_zero_where_in_sample_cca_does_not():
    rng = np.random.default_rng(2)
    z, y = rng.standard_normal((400, 40)), rng.standard_normal((400, 40))
    split = make_split(400)
    assert canonical_directions(z[split.train], y[split.train]).correlations.mean() > 0.35
    assert abs(mean_cca(z, y, split).estimate) < 0.08


def test_svcca_forgives_a_lost_direction_of_small_variance_and_cca_does_not():
    rng = np.random.default_rng(3)
    z = rng.standard_normal((3000, 3)) * [1, 1, 0.05]
    y = z.copy()
    y[:, 2] = 0.05 * rng.standard_normal(3000)
    split = make_split(3000)
    assert svcca(z, y, split).estimate > 0.99
    assert mean_cca(z, y, split).estimate < 0.75
    assert pwcca(z, y, split).estimate > 0.95


def test_collapsed_codes_score_zero():
    z, _ = _pair(200)
    split = make_split(200)
    for score in (mean_cca, svcca, pwcca):
        assert score(z, np.zeros((200, 2)), split).estimate == 0
    with pytest.raises(ValueError, match=r"kept=1\.5.*\(0, 1\]"):
        svcca(z, z, split, kept=1.5)
