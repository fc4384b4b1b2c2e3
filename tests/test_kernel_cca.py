"""Kernel CCA: canonical correlations of known laws, codes of nonlinear worlds, a ridge that is chosen, an alarm."""

from __future__ import annotations

import math

import numpy as np
import pytest

from identify.kernel_cca import draw_features, fit_kernel_cca
from identify.metrics import affine_r2
from identify.splits import split_rows

RHO = 0.9


def _pairs(n, seed, rho=RHO):
    """Two stationary Gaussian latents and their next step."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, 2))
    return z, rho * z + math.sqrt(1 - rho**2) * rng.standard_normal((n, 2))


def _bent(z):
    """The banana: (z_1, z_2 + z_1^2 - 1)."""
    return np.column_stack((z[:, 0], z[:, 1] + z[:, 0] ** 2 - 1))


def _r2(z, code):
    return affine_r2(z, code, split_rows(len(z), seed=0)).estimate


def test_without_cosines_it_is_linear_cca():
    """Correlations then equal the singular values of the whitened cross-covariance, an independent computation."""
    z, ahead = _pairs(4000, 0)
    x, y = z @ [[1.0, 0.4], [0.2, 2.0]], ahead @ [[0.5, 1.0], [-1.0, 0.3]]
    found = fit_kernel_cca(x, y, 2, np.random.default_rng(0), features=0, ridges=(1e-12,))
    u, v = (np.linalg.qr(one - one.mean(0))[0] for one in (x, y))
    np.testing.assert_allclose(found.correlations, np.linalg.svd(u.T @ v)[1], rtol=1e-8)


def test_it_straightens_what_linear_cca_does_not():
    """Regression test on fixed seeds: finite features and rows leave about .01; a straight line leaves over .3."""
    z, ahead = _pairs(8000, 1)
    fresh, _ = _pairs(4000, 2)
    curved = fit_kernel_cca(_bent(z), _bent(ahead), 2, np.random.default_rng(0), features=150)
    straight = fit_kernel_cca(_bent(z), _bent(ahead), 2, np.random.default_rng(0), features=0)
    assert _r2(fresh, curved(_bent(fresh))) > 0.97
    assert _r2(fresh, straight(_bent(fresh))) < 0.8


def test_codes_have_zero_mean_and_unit_variance_on_training_rows():
    z, ahead = _pairs(4000, 3)
    found = fit_kernel_cca(_bent(z), _bent(ahead), 2, np.random.default_rng(0), features=5, ridges=(1e-8,))
    code = found(_bent(z))
    np.testing.assert_allclose(code.mean(0), 0, atol=1e-9)
    np.testing.assert_allclose(np.cov(code.T), np.eye(2), atol=1e-3)


def test_codes_do_not_see_scale_or_shift_of_a_channel():
    z, ahead = _pairs(2000, 4)
    plain = fit_kernel_cca(z, ahead, 2, np.random.default_rng(5), features=40)
    moved = fit_kernel_cca(z * [3.0, 0.1] + 7, ahead, 2, np.random.default_rng(5), features=40)
    np.testing.assert_allclose(moved.correlations, plain.correlations, rtol=1e-7)
    np.testing.assert_allclose(np.abs(moved(z * [3.0, 0.1] + 7)), np.abs(plain(z)), rtol=1e-4, atol=1e-5)


def test_the_alarm_sees_a_ridge_that_is_too_weak():
    """Many features, few rows. A regression test: with next to no ridge the fitted correlation is 1.0 instead of .9."""
    z, ahead = _pairs(3000, 6)
    narrow = {"features": 300, "length_scales": (0.2, 0.5)}
    weak = fit_kernel_cca(z, ahead, 2, np.random.default_rng(0), ridges=(1e-12,), **narrow)
    chosen = fit_kernel_cca(z, ahead, 2, np.random.default_rng(0), ridges=(1e-12, 1e-4, 1e-1), **narrow)
    assert weak.alarm(RHO, margin=0.03)
    assert weak.held_out.sum() < 2 * RHO - 0.1  # what it fitted does not hold on other rows
    assert not chosen.alarm(RHO, margin=0.03)
    assert chosen.ridge == 1e-1


def test_length_scales_set_the_frequencies():
    """Root mean square of w is 1 / length scale; 2 x 20,000 numbers put it within .5 %, so within 5 % surely."""
    x = np.random.default_rng(0).standard_normal((100, 2))
    features = draw_features(x, 20_000, np.random.default_rng(1), (0.5, 0.5))
    assert math.sqrt(np.mean(features.frequencies**2)) == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros((399, 2))}, "x has 400 rows, y 399"),
        ({"x": np.full((400, 2), np.nan)}, "x has a NaN or infinite value"),
        ({"y": np.ones((400, 2))}, "y has a constant channel, 0"),
        ({"features": -1}, "features=-1"),
        ({"components": 0}, "components=0 of 12 features"),
        ({"components": 13}, "components=13 of 12 features"),
        ({"features": 200}, "x has 400 rows for 202 features"),
        ({"ridges": ()}, r"ridges=\(\)"),
        ({"ridges": (0.0,)}, r"ridges=\(0.0,\)"),
        ({"length_scales": (2.0, 1.0)}, r"length_scales=\(2.0, 1.0\)"),
    ],
)
def test_what_cannot_be_fitted_is_refused(change, message):
    x, y = _pairs(400, 0)
    arguments = {"x": x, "y": y, "components": 2, "features": 10} | change
    with pytest.raises(ValueError, match=message):
        fit_kernel_cca(rng=np.random.default_rng(0), **arguments)


def test_codes_of_another_kind_and_impossible_bounds_are_refused():
    x, y = _pairs(400, 0)
    found = fit_kernel_cca(x, y, 1, np.random.default_rng(0), features=10)
    with pytest.raises(ValueError, match=r"x has shape \(4, 3\), fitted were 2 channels"):
        found(np.zeros((4, 3)))
    with pytest.raises(ValueError, match=r"bound=1.5 is no correlation"):
        found.alarm(1.5)
