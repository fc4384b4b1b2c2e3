"""Ascent of linear ICA: it never falls, ends where picard ends, finds mixed kurtoses and unknown autocovariances.

Recovery is by a rule fixed beforehand: every seed's sources are matched with absolute correlation >= .99, which at
these numbers of rows is many standard deviations away (asymptotic errors of a matched correlation below 1e-3).
"""

import itertools
import warnings

import numpy as np
import pytest

from identify.ica_optimiser import AscentConfig, maximise, natural_gradient_path
from identify.ica_priors import AutoregressiveNormal, EstimatedAutoregression, GeneralisedNormal
from identify.linear_ica import fit_linear_ica, fit_shaped_ica, likeliest_shapes, whitening
from identify.metrics import amari_distance
from tests.test_linear_ica import _matched

PRIORS = {
    "cusp": GeneralisedNormal(0.7),
    "Laplace": GeneralisedNormal(1.0),
    "flat-topped": GeneralisedNormal(4.0),
    "one each": GeneralisedNormal((1.0, 4.0, 1.5)),
    "autoregressive": AutoregressiveNormal((0.9, -0.3, 0.5), (1.0, 2.0, 0.5)),
    "estimated": EstimatedAutoregression(2),
}


def _laplace(seed, n=2_000, d=3):
    rng = np.random.default_rng(seed)
    return rng.laplace(size=(n, d)), rng.standard_normal((d, d))


def _autoregressions(seed, decay, n=8_000):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, len(decay)))
    for t in range(1, n):
        z[t] += np.array(decay) * z[t - 1]
    return z, rng.standard_normal((len(decay), len(decay)))


@pytest.mark.parametrize("orthogonal", [False, True])
@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_the_objective_never_falls(prior, orthogonal):
    sources, mixing = _laplace(0)
    found = maximise(sources @ mixing.T, prior, np.eye(3), orthogonal, AscentConfig(steps=40))
    assert all(after > before for before, after in itertools.pairwise(found.objectives))
    path = natural_gradient_path(sources @ mixing.T, prior, np.eye(3), steps=20)
    assert (np.diff(path.objective) > 0).all()
    assert len(path.unmixing) == len(path.objective)


def test_ascent_stops_at_the_tolerance_or_says_that_it_did_not():
    sources, mixing = _laplace(1)
    x, prior = sources @ mixing.T, GeneralisedNormal(1.0)
    for tolerance in (1e-2, 1e-6):
        found = maximise(x, prior, whitening(x), config=AscentConfig(tolerance))
        assert found.converged
        y = x @ found.unmixing.T
        assert np.abs(np.eye(3) + prior.gradient(y).T @ y).max() <= tolerance
    short = maximise(x, prior, whitening(x), config=AscentConfig(steps=2))
    assert not short.converged
    assert len(short.objectives) == 3


def test_equal_generators_give_equal_fits():
    sources, mixing = _laplace(2)
    one, two = (fit_linear_ica(sources @ mixing.T, GeneralisedNormal(1.0), np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(one.unmixing, two.unmixing)


@pytest.mark.parametrize("seed", range(3))
def test_the_optimum_is_that_of_picard(seed):
    """Its density `cube` is shape 4: both maximise one function, up to order, sign and their tolerances."""
    from picard import picard

    sources = np.random.default_rng(seed).uniform(-1, 1, (2_000, 4))
    x = sources @ np.random.default_rng(seed + 50).standard_normal((4, 4)).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        basis, unmixing, _ = picard(
            x.T, fun="cube", ortho=False, extended=False, centering=False, tol=1e-8, random_state=seed
        )
    found = fit_linear_ica(x, GeneralisedNormal(4.0), np.random.default_rng(seed))
    assert amari_distance(found.unmixing, np.linalg.inv(unmixing @ basis)) < 1e-4
    other = fit_linear_ica(x, GeneralisedNormal(3.0), np.random.default_rng(seed))
    assert amari_distance(other.unmixing, np.linalg.inv(unmixing @ basis)) > 1e-3


@pytest.mark.parametrize("seed", range(3))
def test_mixed_kurtoses_come_back_with_their_shapes(seed):
    rng = np.random.default_rng(seed)
    sources = np.hstack([rng.laplace(size=(8_000, 2)), rng.uniform(-1, 1, (8_000, 3))])
    x = sources @ rng.standard_normal((5, 5)).T
    found = fit_shaped_ica(x, rng)
    assert sorted(found.prior.shape) == [1.0, 1.0, 4.0, 4.0, 4.0]
    assert found.ica.converged
    assert _matched(sources, x @ found.ica.unmixing.T) >= 0.99
    one_shape = fit_shaped_ica(x, rng, shapes=(1.0,))
    assert _matched(sources, x @ one_shape.ica.unmixing.T) < 0.95


def test_the_likeliest_shape_of_a_law_is_its_own():
    rng = np.random.default_rng(0)
    y = np.column_stack([5 * rng.laplace(size=4_000), 0.01 * rng.standard_normal(4_000), rng.uniform(-1, 1, 4_000)])
    assert likeliest_shapes(y, (1.0, 2.0, 8.0)) == (1.0, 2.0, 8.0)


@pytest.mark.parametrize("seed", range(3))
def test_unknown_autocovariances_are_estimated(seed):
    """Any mixing and any scale; the twin, equal autocovariances, leaves the sources mixed."""
    z, mixing = _autoregressions(seed, (0.9, 0.2, -0.6))
    for order in (1, 3):
        found = fit_linear_ica(z @ mixing.T, EstimatedAutoregression(order), np.random.default_rng(seed))
        assert _matched(z, z @ mixing.T @ found.unmixing.T) >= 0.99
    coefficients, noise = EstimatedAutoregression(1).coefficients(z)
    assert np.allclose(coefficients[:, 0], (0.9, 0.2, -0.6), atol=0.06)
    assert np.allclose(noise, 1, atol=0.1)
    alike, mixing = _autoregressions(seed, (0.7, 0.7, 0.7))
    found = fit_linear_ica(alike @ mixing.T, EstimatedAutoregression(1), np.random.default_rng(seed))
    assert _matched(alike, alike @ mixing.T @ found.unmixing.T) < 0.99


@pytest.mark.parametrize("prior", [p for n, p in PRIORS.items() if n != "estimated"])
def test_curvature_is_the_second_derivative(prior):
    """On all combinations of some values the columns are exactly independent."""
    values = np.array([-1.9, -0.8, -0.3, 0.3, 0.8, 1.9])
    y = np.array(list(itertools.product(values, repeat=3)))
    h, step = prior.curvature(y), 1e-4
    for i, j in itertools.product(range(3), repeat=2):
        moved = []
        for e in (-step, 0, step):
            shifted = y.copy()
            shifted[:, i] += e * y[:, j]
            moved.append(prior.terms(shifted).mean())
        second = -(moved[0] - 2 * moved[1] + moved[2]) / step**2
        assert h[i, j] == pytest.approx(second, rel=1e-3, abs=1e-3)


def test_bad_input_is_named():
    x, rng = _laplace(0)[0], np.random.default_rng(0)
    with pytest.raises(ValueError, match="the prior has laws for 2 sources, x has 3 columns"):
        fit_linear_ica(x, GeneralisedNormal((1.0, 4.0)), rng)
    with pytest.raises(ValueError, match=r"rounding=-0\.1; give 0"):
        GeneralisedNormal(1.0, rounding=-0.1)
    with pytest.raises(ValueError, match=r"shape=\(1\.0, -1\.0\); a generalised normal has a shape above 0"):
        GeneralisedNormal((1.0, -1.0))
    with pytest.raises(ValueError, match="order=0; an autoregression looks back at least one row"):
        EstimatedAutoregression(0)
    with pytest.raises(ValueError, match="y has 6 rows for order=3; give more than twice as many rows"):
        EstimatedAutoregression(3).terms(x[:6])
    with pytest.raises(ValueError, match=r"shapes=\(\); give at least one shape"):
        likeliest_shapes(x, ())
    with pytest.raises(ValueError, match=r"tolerance=0\.0, steps=300, memory=7; need a tolerance above 0"):
        AscentConfig(tolerance=0.0)
    with pytest.raises(ValueError, match=r"rate=0\.0, steps=200; need a rate above 0"):
        natural_gradient_path(x, GeneralisedNormal(1.0), np.eye(3), rate=0.0)
    with pytest.raises(ValueError, match="restarts=0; at least one start"):
        fit_shaped_ica(x, rng, restarts=0)
