"""Codes that two latents share: exact collisions deny invertibility, however well the rest is read."""

import numpy as np
import pytest

from identify import verdict_of
from identify.ladder.lost_information import SharedCodes, shared_codes


def latents(n=4000, d=2, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


def bent(z):
    return np.column_stack([z[:, 0] + 0.4 * z[:, 1] ** 2, z[:, 1]])


def test_an_invertible_bend_shares_no_code():
    """No randomness: distinct latents of a continuous law have distinct codes under an invertible map."""
    z = latents()
    shared = shared_codes(z, bent(z))
    assert shared.rows == 0
    assert not shared.shown


def test_a_saturating_but_invertible_map_keeps_its_class():
    """No randomness: in float64 tanh(2z) separates all latents below z = 5."""
    z = latents()
    assert shared_codes(z, np.tanh(2 * z)).rows == 0
    assert verdict_of(z, np.tanh(2 * z)).found == "componentwise"


def test_clamping_shares_codes():
    """About 7 % of the rows lie beyond 1 in both coordinates and the same way as another row: their codes are equal."""
    z = latents()
    shared = shared_codes(z, np.clip(z, -1, 1))
    assert shared.shown
    assert shared.share > 0.05


def test_repeated_latents_are_no_collision():
    z = np.repeat(latents(500), 2, axis=0)
    assert shared_codes(z, bent(z)) == SharedCodes(0, 0.0, 0.0)


@pytest.mark.parametrize("bend", [False, True])
def test_the_verdict_on_a_clamped_code_is_none(bend):
    z = latents(6000)
    code = np.clip(z, -1, 1)
    verdict = verdict_of(z, bent(code) if bend else code)
    assert verdict.found == "none"
    assert "share their code" in verdict.reason
    assert verdict.holds["nonlinear"] is False


def test_the_twin_without_clamping_keeps_its_class():
    z = latents(6000)
    assert verdict_of(z, bent(z)).found == "nonlinear"
