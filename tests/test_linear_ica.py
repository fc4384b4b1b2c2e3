"""Linear ICA as LDM: gradients, recovery of sources whose law is known, and the priors that must fail.

Recovery over seeds, rule fixed beforehand: every seed's sources are matched with absolute correlation >= .99. Law: at
n = 8,000 the asymptotic error of a matched correlation is below 1e-3, so a failure at .99 is a defect, not chance.
"""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from identify.linear_ica import (
    AutoregressiveNormal,
    EstimatedAutoregression,
    GeneralisedNormal,
    fit_linear_ica,
    objective_terms,
)
from tests.unchecked_types import unchecked_types

PRIORS = {
    "super-Gaussian": GeneralisedNormal(1.3),
    "Gaussian": GeneralisedNormal(2.0),
    "flat-topped": GeneralisedNormal(4.0),
    "one each": GeneralisedNormal((0.7, 4.0, 2.0)),
    "autoregressive": AutoregressiveNormal((0.9, -0.3, 0.5), (1.0, 2.0, 0.5)),
    "estimated": EstimatedAutoregression(2),
}
OU = AutoregressiveNormal.ornstein_uhlenbeck((2.0, 0.2), 0.3, 0.1)
SEEDS = range(4)


def _matched(sources, found):
    """Smallest absolute correlation after the best matching of two columns each."""
    table = np.abs(np.corrcoef(sources.T, found.T)[: sources.shape[1], sources.shape[1] :])
    rows, columns = optimize.linear_sum_assignment(-table)
    return table[rows, columns].min()


def _ornstein_uhlenbeck(seed, n=20_000):
    rng = np.random.default_rng(seed)
    decay, variance = np.array(OU.decay), np.array(OU.variance)
    z = np.empty((n, 2))
    z[0] = rng.standard_normal(2) * np.sqrt(variance)
    noise = rng.standard_normal((n, 2)) * np.sqrt(variance * (1 - decay**2))
    for t in range(1, n):
        z[t] = decay * z[t - 1] + noise[t]
    turn = np.array([[1.0, -1.0], [1.0, 1.0]]) / math.sqrt(2)
    return z, z @ turn.T


def _mixed(seed, law="laplace", n=8_000):
    rng = np.random.default_rng(seed)
    sources = rng.laplace(size=(n, 3)) if law == "laplace" else rng.uniform(-1, 1, (n, 3))
    return sources, sources @ rng.standard_normal((3, 3)).T


@pytest.mark.parametrize("prior", PRIORS.values(), ids=PRIORS)
def test_the_gradient_of_a_prior_is_that_of_its_value(prior):
    y = np.random.default_rng(0).standard_normal((6, 3))
    numeric = optimize.approx_fprime(y.ravel(), lambda flat: prior.terms(flat.reshape(6, 3)).mean(), 1e-6)
    assert np.allclose(prior.gradient(y).ravel(), numeric, atol=1e-5)


def test_the_rounded_kink_of_laplace_is_off_only_near_zero():
    y = np.array([[1e-5], [0.1], [-2.0]])
    assert np.allclose(GeneralisedNormal(1.0, rounding=1e-3).gradient(y)[:, 0] * 3, [-0.01, -1, 1], atol=1e-3)
    assert np.allclose(GeneralisedNormal(1.0, rounding=0.0).gradient(y)[:, 0] * 3, [-1, -1, 1])


@pytest.mark.parametrize("rounding", [0.01, 0.3])
@pytest.mark.parametrize("shape", [0.8, 1.0, 1.3, 2.0, 4.0, 9.0])
def test_a_generalised_normal_integrates_to_one(shape, rounding):
    grid = np.linspace(-40, 40, 400_001)[:, None]
    density = np.exp(GeneralisedNormal(shape, rounding).terms(grid))
    assert density.sum() * (grid[1, 0] - grid[0, 0]) == pytest.approx(1, abs=1e-6)


def test_an_autoregression_has_the_density_of_its_joint_gaussian():
    prior = AutoregressiveNormal((0.8,), (1.7,))
    y = np.random.default_rng(0).standard_normal((5, 1))
    lags = np.abs(np.subtract.outer(np.arange(5), np.arange(5)))
    joint = stats.multivariate_normal(np.zeros(5), 1.7 * 0.8**lags)
    assert prior.terms(y).sum() == pytest.approx(joint.logpdf(y[:, 0]), abs=1e-10)


def test_ornstein_uhlenbeck_laws():
    assert OU.decay == pytest.approx((math.exp(-0.2), math.exp(-0.02)))
    assert OU.variance == pytest.approx((0.09 / 4, 0.09 / 0.4))


def test_the_objective_charges_the_volume():
    x = np.random.default_rng(0).standard_normal((50, 3))
    w = np.diag([2.0, -3.0, 0.5])
    prior = PRIORS["flat-topped"]
    assert np.allclose(objective_terms(x, w, prior), prior.terms(x @ w.T) + math.log(3))


@pytest.mark.parametrize("seed", SEEDS)
def test_rotated_ornstein_uhlenbeck_processes_come_back(seed):
    z, x = _ornstein_uhlenbeck(seed)
    found = fit_linear_ica(x, OU, np.random.default_rng(seed), orthogonal=True)
    assert np.allclose(found.unmixing @ found.unmixing.T, np.eye(2), atol=1e-9)
    assert found.converged
    assert _matched(z, x @ found.unmixing.T) >= 0.99
    truth = np.array([[1.0, 1.0], [-1.0, 1.0]]) / math.sqrt(2)
    assert found.objective >= objective_terms(x, truth, OU).mean() - 1e-9


def test_equal_laws_leave_the_rotation_undetermined():
    """The twin: a prior that gives both processes one law is as happy at any rotation."""
    _, x = _ornstein_uhlenbeck(0)
    alike = AutoregressiveNormal((0.9, 0.9), (0.1, 0.1))
    values = []
    for angle in np.linspace(0, 1.5, 7):
        c, s = math.cos(angle), math.sin(angle)
        values.append(objective_terms(x, np.array([[c, -s], [s, c]]), alike).mean())
    assert np.ptp(values) < 1e-10


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("law", "prior"), [("laplace", GeneralisedNormal(1.0)), ("uniform", GeneralisedNormal(4.0))])
def test_the_right_side_of_gaussian_recovers_the_sources(seed, law, prior):
    sources, x = _mixed(seed, law)
    found = fit_linear_ica(x, prior, np.random.default_rng(seed))
    assert _matched(sources, x @ found.unmixing.T) >= 0.99
    assert found.converged


@pytest.mark.parametrize(("law", "prior"), [("laplace", GeneralisedNormal(4.0)), ("uniform", GeneralisedNormal(1.0))])
def test_the_wrong_side_of_gaussian_does_not(law, prior):
    """The twin: at its optimum the wrong prior mixes the sources on every seed."""
    for seed in SEEDS:
        sources, x = _mixed(seed, law)
        found = fit_linear_ica(x, prior, np.random.default_rng(seed))
        assert _matched(sources, x @ found.unmixing.T) < 0.95


def test_the_recovered_sources_do_not_depend_on_the_mixing():
    """Equivariance: F(W A) on x is F(W) on A x up to log |det A|, and so are the optima."""
    _, x = _mixed(0)
    a = np.array([[1.0, 0.2, 0.0], [0.0, 2.0, -1.0], [0.5, 0.0, 1.0]])
    first = fit_linear_ica(x, GeneralisedNormal(1.3), np.random.default_rng(1))
    second = fit_linear_ica(x @ a.T, GeneralisedNormal(1.3), np.random.default_rng(2))
    assert first.objective - second.objective == pytest.approx(np.linalg.slogdet(a)[1], abs=1e-6)
    assert _matched(x @ first.unmixing.T, x @ a.T @ second.unmixing.T) > 1 - 1e-5


def test_a_converged_rotation_is_a_stationary_point():
    _, x = _ornstein_uhlenbeck(1, n=2_000)
    found = fit_linear_ica(x, OU, np.random.default_rng(0), orthogonal=True)
    for angle in (-0.02, 0.02):
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        assert objective_terms(x, turn @ found.unmixing, OU).mean() < found.objective


def test_bad_input_is_named():
    rng, prior = np.random.default_rng(0), GeneralisedNormal(1.3)
    x = rng.standard_normal((50, 3))
    with pytest.raises(ValueError, match=r"x has shape \(5, 3\); give at least twice as many rows as columns"):
        fit_linear_ica(x[:5], prior, rng)
    bad = x.copy()
    bad[7, 1] = np.nan
    with pytest.raises(ValueError, match="x has a NaN or infinite value, first in row 7"):
        fit_linear_ica(bad, prior, rng)
    with pytest.raises(ValueError, match="x has a singular covariance"):
        fit_linear_ica(np.column_stack([x, x[:, 0]]), prior, rng)
    with pytest.raises(ValueError, match="restarts=0; at least one start"):
        fit_linear_ica(x, prior, rng, restarts=0)
    with pytest.raises(ValueError, match="the prior has laws for 2 sources, x has 3 columns"):
        fit_linear_ica(x, OU, rng)
    with unchecked_types(), pytest.raises(ValueError, match=r"x has shape \(50,\)"):
        fit_linear_ica(x[:, 0], prior, rng)


def test_bad_priors_are_named():
    with pytest.raises(ValueError, match=r"shape=0\.0; a generalised normal has a shape above 0"):
        GeneralisedNormal(0.0)
    with pytest.raises(ValueError, match="decay has 1 entries, variance 2"):
        AutoregressiveNormal((0.5,), (1.0, 2.0))
    with pytest.raises(ValueError, match=r"need \|decay\| < 1 and variance > 0"):
        AutoregressiveNormal((1.0,), (1.0,))
