"""Bad input is named with its value and a remedy; good input gives a table that can be read and stored."""

import json

import numpy as np
import pytest

import identify
from identify.diagnostics import coverage, dimension, injectivity, residuals
from tests.diagnostics_cases import autoregression


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@pytest.fixture
def z(rng):
    return autoregression(rng, 30, 6, 2)


def test_sequences_are_asked_for(z):
    with pytest.raises(ValueError, match=r"z has shape \(180, 2\): give sequences"):
        identify.diagnose(z.reshape(-1, 2))


def test_too_few_sequences(z):
    with pytest.raises(ValueError, match=r"n=19 sequences.*at least 20"):
        identify.diagnose(z[:19])


def test_one_step_has_no_past(z):
    with pytest.raises(ValueError, match=r"sequences of 1 step: give at least 2"):
        identify.diagnose(z[:, :1])


def test_too_wide(rng):
    with pytest.raises(ValueError, match=r"20 transitions for d=9 columns: give more"):
        identify.diagnose(rng.standard_normal((20, 2, 9)))


def test_non_finite(z):
    z[3, 2, 1] = np.nan
    with pytest.raises(ValueError, match=r"z has 1 NaN or infinite entries, the first at row 20, column 1"):
        identify.diagnose(z)


def test_constant_column(z):
    z[..., 1] = 4.0
    with pytest.raises(ValueError, match=r"constant column\(s\) 1: drop them"):
        identify.diagnose(z)


@pytest.mark.parametrize("alpha", [0.0, 0.5, float("nan")])
def test_alpha(z, alpha):
    with pytest.raises(ValueError, match=r"alpha=.* is no false-alarm rate"):
        identify.diagnose(z, alpha=alpha)


def test_means_that_do_not_fit(z):
    with pytest.raises(ValueError, match=r"means has shape \(30, 6, 2\): with these z give \(n, 5, k\)"):
        identify.diagnose(z, means=z)
    with pytest.raises(ValueError, match=r"means has 1 columns for d=2"):
        identify.diagnose(z, means=z[:, 1:, :1])


def test_code_that_does_not_fit(z, rng):
    with pytest.raises(ValueError, match=r"code has shape \(30, 5, 2\)"):
        injectivity(z, z[:, 1:], rng=rng)


def test_width(z, rng):
    with pytest.raises(ValueError, match="width=0 cannot be judged"):
        dimension(z, 0, rng=rng)


def test_repeated_rows(rng):
    with pytest.raises(ValueError, match="x repeats"):
        dimension(np.tile(rng.standard_normal((1, 6, 2)), (30, 1, 1)), 2, rng=rng)


def test_the_table_can_be_read_and_stored(z):
    table = identify.diagnose(z, code=z)
    text = table.table()
    assert all(row.assumption in text for row in table.rows)
    stored = json.loads(json.dumps(table.to_json(), allow_nan=False))
    assert [row["assumption"] for row in stored["rows"]] == [row.assumption for row in table.rows]
    assert table.violated == ()
    with pytest.raises(ValueError, match="'fold' is not diagnosed: take one of"):
        table["fold"]


def test_it_does_not_depend_on_units(z, rng):
    """Shares are invariant to invertible affine maps of z, up to the choice of the worst direction's rounding."""
    turned = z @ np.array([[3.0, 1.0], [0.5, 2.0]]) + 7
    one, other = (coverage(residuals(v, rng=np.random.default_rng(0))) for v in (z, turned))
    assert one.statistic == pytest.approx(other.statistic, rel=1e-6)
    assert identify.diagnose(z, seed=3).to_json() == identify.diagnose(z, seed=3).to_json()
