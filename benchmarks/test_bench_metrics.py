"""Scores against scikit-learn, cca-zoo and ituna on the same arrays (`pytest benchmarks --benchmark-only`)."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from identify import measure, verdict_of
from identify.measurement import SCORES
from identify.metrics import affine_r2, mcc, mean_cca
from identify.splits import make_split

LINEAR = [name for name in SCORES if name != "r2_nonlinear"]


def _pair(n, d):
    rng = np.random.default_rng(0)
    z = rng.standard_normal((n, d))
    q = np.linalg.qr(rng.standard_normal((d, d)))[0]
    return z, z @ q + 0.05 * rng.standard_normal((n, d))


@pytest.fixture(scope="module")
def pair():
    return _pair(50_000, 10)


def test_cca_ours(benchmark, pair):
    benchmark.group = "CCA, n = 50,000, d = 10"
    assert benchmark(mean_cca, *pair, make_split(50_000)).estimate > 0.99


def test_cca_sklearn(benchmark, pair):
    from sklearn.cross_decomposition import CCA

    benchmark.group = "CCA, n = 50,000, d = 10"
    benchmark(lambda: CCA(n_components=10).fit_transform(*pair))


def test_cca_zoo(benchmark, pair):
    from cca_zoo.linear import CCA

    benchmark.group = "CCA, n = 50,000, d = 10"
    benchmark(lambda: CCA(n_components=10).fit(list(pair)).transform(list(pair)))


def test_affine_r2_ours(benchmark, pair):
    benchmark.group = "affine R2, n = 50,000, d = 10"
    assert benchmark(affine_r2, *pair, make_split(50_000)).estimate > 0.99


def test_affine_r2_sklearn(benchmark, pair):
    from sklearn.linear_model import LinearRegression

    benchmark.group = "affine R2, n = 50,000, d = 10"
    z, y = pair
    benchmark(lambda: LinearRegression().fit(y[::2], z[::2]).score(y[1::2], z[1::2]))


def test_affine_r2_ituna(benchmark, pair):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ituna.metrics import Affine
    benchmark.group = "affine R2, n = 50,000, d = 10"
    z, y = pair
    benchmark(lambda: Affine().fit(y[::2], z[::2]).score(y[1::2], z[1::2]))


def test_mcc_ours(benchmark, pair):
    benchmark.group = "matching, n = 50,000, d = 10"
    benchmark(mcc, *pair, make_split(50_000))


def test_mcc_ituna(benchmark, pair):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ituna.metrics import Permutation
    benchmark.group = "matching, n = 50,000, d = 10"
    benchmark(lambda: Permutation().fit(*pair))


def test_verdict_alone(benchmark):
    benchmark.group = "verdict, n = 10,000, d = 10"
    assert benchmark(verdict_of, *_pair(10_000, 10)).found == "orthogonal"


@pytest.mark.parametrize(("n", "d", "limit"), [(1_000_000, 50, 20), (20_000, 1_000, 60)])
def test_all_linear_scores_of_large_arrays(benchmark, n, d, limit):
    pair = _pair(n, d)
    benchmark.group = f"every score but the nonlinear one, with intervals, n = {n}, d = {d}"
    benchmark.pedantic(measure, args=pair, kwargs={"scores": LINEAR}, rounds=1)
    assert benchmark.stats.stats.max < limit


def test_complete_measurement(benchmark):
    pair = _pair(10_000, 10)
    benchmark.group = "complete, n = 10,000, d = 10"
    benchmark.pedantic(measure, args=pair, rounds=1)
    assert benchmark.stats.stats.max < 10
