import numpy as np
import pytest
from scipy import stats

from identify.ladder.kernel_ridge import fit_nonlinear, hermite, whitener
from identify.ladder.lost_information import colliding_share, independence
from identify.ladder.planted_bends import SHAPES, planted_bends
from identify.ladder.projection_pursuit import pursued_directions


def test_hermite_polynomials_are_orthonormal():
    nodes, weights = np.polynomial.hermite_e.hermegauss(20)
    values = hermite(nodes, 5)
    assert (values.T * weights / weights.sum()) @ values == pytest.approx(np.eye(6), abs=1e-9)


def test_whitener_drops_null_directions():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 2)) @ np.array([[1.0, 2, 3], [0, 1e-3, 1]])
    mean, white = whitener(x)
    covariance = np.cov(((x - mean) @ white).T, bias=True)
    assert np.linalg.eigvalsh(covariance) == pytest.approx([0, 1, 1], abs=1e-6)


@pytest.mark.parametrize("bend", ["square", "cube", "product", "wave"])
def test_a_bend_in_few_rotated_directions_of_thirty_is_found(bend):
    rng = np.random.default_rng(1)
    z = rng.standard_normal((4000, 30))
    a, b = (z @ np.linalg.qr(rng.standard_normal((30, 2)))[0]).T
    value = {"square": a**2 - 1, "cube": a**3 - 3 * a, "product": a * b, "wave": np.cos(2 * a)}[bend]
    value = (value - value.mean()) / value.std() * np.sqrt(0.02)
    noise = np.sqrt(0.02) * rng.standard_normal((4000, 3))
    y = noise + value[:, None] * [0, 1, 0]
    fitted = fit_nonlinear(z[:2000], y[:2000], np.random.default_rng(2), real=3)
    gain = np.mean(y[2000:] ** 2 - (y[2000:] - fitted(z[2000:])) ** 2, axis=0)
    assert gain[1] > 0.012
    assert abs(gain[[0, 2]]).max() < 0.003


def test_rows_far_out_of_the_train_range_are_predicted_within_it():
    """A coordinate that hardly varies in the train rows and does in others is 1e40 standard deviations away."""
    rng = np.random.default_rng(7)
    x = rng.standard_normal((1000, 3)) * [1.0, 1.0, 1e-40]
    y = np.cos(2 * x[:, :2])
    fitted = fit_nonlinear(x, y, rng, real=2)
    assert any(part.family.frequencies is not None for part in fitted.parts)
    predicted = fitted(np.array([[0.1, -0.2, 1.0], [1e40, 0.0, 0.0]]))
    assert np.all((predicted >= fitted.low) & (predicted <= fitted.high))


def test_directions_are_recovered():
    rng = np.random.default_rng(3)
    w = rng.standard_normal((3000, 12))
    v = np.linalg.qr(rng.standard_normal((12, 1)))[0][:, 0]
    y = np.sin(2 * w @ v) - 2 * np.exp(-2) * (w @ v) + 0.3 * rng.standard_normal(3000)
    found = pursued_directions(w, y, 1)
    assert abs(found[:, 0] @ v) > 0.97


def test_nothing_is_found_in_noise():
    rng = np.random.default_rng(4)
    z, y = rng.standard_normal((2000, 10)), rng.standard_normal((2000, 10))
    fitted = fit_nonlinear(z[:1000], y[:1000], rng, real=10)
    assert np.mean(fitted(z[1000:]) ** 2) < 0.02


def test_planted_bends_have_unit_variance_and_no_affine_part():
    rng = np.random.default_rng(5)
    w = rng.standard_normal((2000, 6))
    bends = planted_bends(w, rng)
    assert bends.shape == (2000, SHAPES)
    assert bends.std(axis=0) == pytest.approx(1)
    assert np.abs(w.T @ bends / 2000).max() < 1e-9


DRAWS, OPEN = 10, 4


def _rejections(dependent):
    """How many of DRAWS data sets of 300 rows the dependence test calls dependent at its level .01."""
    count = 0
    for seed in range(DRAWS):
        rng = np.random.default_rng([6, seed])
        code = rng.standard_normal((300, 3))
        direction = rng.standard_normal(300) + dependent * code[:, 0]
        count += independence(direction, code, rng).p_value <= 0.01
    return count


def test_the_dependence_test_keeps_its_level():
    """Null law, exact for permutations: at most binomial(10, .01) rejections, more than 4 have probability 2e-8.

    Smallest defect that matters: a level of .9, missed with probability 2e-4. The twin rejects always.
    """
    assert stats.binom.sf(OPEN, DRAWS, 0.01) < 1e-7
    assert stats.binom.cdf(OPEN, DRAWS, 0.9) < 1e-3
    assert _rejections(dependent=False) <= OPEN
    assert _rejections(dependent=True) == DRAWS


def test_dependence_is_never_called_independence():
    """In 60 simulated draws the statistic was at least 3.9 (even) and 30 (linear) times the largest of 60 permutations;
    a miss needs two of 199 permutations above it.
    """
    rng = np.random.default_rng(6)
    code = rng.standard_normal((2000, 3))
    even = np.abs(code[:, 0]) + 0.5 * rng.standard_normal(2000)
    assert not independence(even, code, rng).shown
    assert not independence(code[:, 0] + rng.standard_normal(2000), code, rng).shown


def test_too_few_rows_have_no_power_to_show_independence():
    """Three rows have 6 permutations, so p <= .01 needs 198 of 199 draws to avoid the one that changes nothing:
    probability (5/6)^199 (1 + 199/5) < 1e-13 for each planted dependence.
    """
    rng = np.random.default_rng(6)
    assert not independence(rng.standard_normal(3), rng.standard_normal((3, 3)), rng).shown


def test_collisions_separate_folds_from_bends():
    rng = np.random.default_rng(7)
    z = rng.standard_normal((2000, 2))
    folded = np.stack([np.abs(z[:, 0]) - 0.8, z[:, 1]], axis=1)
    assert colliding_share(z[:, 0], folded / folded.std(axis=0))[0] > 0.7
    assert colliding_share(z[:, 0], np.tanh(z))[0] < 0.1
    assert colliding_share(rng.standard_normal(200), rng.standard_normal((200, 30))) == (0.0, 0)
