"""Shortcuts for wide codes give what the plain computation gives. Nothing random decides: laws over arrays."""

import numpy as np
import pytest
from scipy import linalg

from identify.ladder.linear_maps import fit_linear_maps, joint_moments
from identify.ladder.residuals import WIDE, top_direction


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((500, 6)) + 1
    return z, z @ rng.standard_normal((6, 6)) + 2 + 0.1 * rng.standard_normal((500, 6))


def test_residual_forms_follow_from_joint_moments(pair):
    z, y = pair
    known = joint_moments(z, y)
    for name, fitted in fit_linear_maps(z, y).items():
        left = y - fitted(z)
        assert known.residual_form(fitted) == pytest.approx(left.T @ left / len(z), abs=1e-11), name
    wrong = fit_linear_maps(z, y[::-1])["affine"]
    left = y - fit_linear_maps(z, y)["affine"](z)
    assert np.abs(known.residual_form(wrong) - left.T @ left / len(z)).max() > 0.1


def test_a_permutation_is_applied_by_picking_columns(pair):
    z, y = pair
    for name, fitted in fit_linear_maps(z, y).items():
        assert fitted(z) == pytest.approx(z @ fitted.slope + fitted.offset, abs=1e-13), name


@pytest.mark.parametrize("m", [WIDE - 1, WIDE, WIDE + 50])
@pytest.mark.parametrize("indefinite", [False, True])
def test_the_top_direction_of_a_wide_matrix(m, indefinite):
    rng = np.random.default_rng(m)
    x, y = rng.standard_normal((2, 3 * m, m))
    matrix = x.T @ x / (3 * m) - (y.T @ y / (3 * m) if indefinite else 0)
    u = top_direction(matrix)
    assert np.linalg.norm(u) == pytest.approx(1)
    assert u @ matrix @ u == pytest.approx(linalg.eigvalsh(matrix)[-1], rel=1e-5)


def test_a_matrix_of_zeros_has_some_direction():
    assert np.linalg.norm(top_direction(np.zeros((WIDE, WIDE)))) == pytest.approx(1)
