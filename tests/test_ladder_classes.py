import numpy as np
import pytest

from identify.ladder import CLASSES, SUPERSETS, check_class, is_contained
from identify.ladder.gates import also_minimal, first_class
from identify.ladder.linear_maps import fit_linear_maps
from identify.ladder.monotone import fit_monotone_map
from identify.ladder.residuals import Fold, discount, excess_bounds
from tests.code_maps import code_of


def test_containment_is_a_partial_order_and_the_list_respects_it():
    names = list(CLASSES)
    for small in names:
        assert small not in SUPERSETS[small]
        for large in SUPERSETS[small]:
            assert SUPERSETS[large] < SUPERSETS[small]
            assert names.index(large) > names.index(small)
    assert is_contained("identity", "nonlinear")
    assert is_contained("permutation_scale", "componentwise")
    assert not is_contained("componentwise", "affine")
    assert not is_contained("orthogonal", "permutation_scale")


def test_unknown_class_is_named():
    with pytest.raises(ValueError, match=r"'linear' is not on the ladder: choose one of identity"):
        check_class("linear")


@pytest.mark.parametrize("name", list(CLASSES)[:8])
def test_each_class_fits_its_own_maps_and_those_of_smaller_classes_only(name):
    rng = np.random.default_rng(0)
    z = rng.standard_normal((2000, 4)) @ (np.eye(4) + 0.3 * np.eye(4, k=1)) + 0.5
    y = code_of(name, z, rng)
    maps = fit_linear_maps(z[:1000], y[:1000])
    maps["componentwise"] = fit_monotone_map(z[:1000], y[:1000])
    for other, fitted in maps.items():
        loss = np.mean((y[1000:] - fitted(z[1000:])) ** 2) / y.var()
        if is_contained(name, other):
            assert loss < 1e-3, other
        else:
            assert loss > 2e-3, other


def test_first_class_needs_every_smaller_class_to_fail():
    holds = dict.fromkeys(CLASSES, False)
    assert first_class(holds | {"affine": True, "nonlinear": True}) == "affine"
    assert first_class(holds | {"affine": True, "nonlinear": True, "similarity": None}) is None
    both = holds | {"similarity": True, "permutation_scale": True, "affine": True, "nonlinear": True}
    assert first_class(both) == "permutation_scale"
    assert also_minimal("permutation_scale", both) == ("similarity",)


def test_excess_finds_a_misfit_in_a_clean_direction_that_a_noisy_one_would_hide():
    # the worst directions of both losses are the noisy one: the difference of losses sees nothing
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((4000, 2)) * [np.sqrt(0.3), 0.01]
    bent = noise + np.stack([np.zeros(4000), 0.2 * rng.standard_normal(4000)], axis=1)
    fold = Fold({"affine": bent, "nonlinear": noise}, {"affine": 1.0, "nonlinear": 1.0}, np.arange(4000) // 10)
    bounds = excess_bounds((fold, fold), "affine", "nonlinear", 1e-3)
    assert bounds.lower > 0.03
    assert bounds.upper < 0.05
    top = max(np.linalg.eigvalsh(bent.T @ bent)) - max(np.linalg.eigvalsh(noise.T @ noise))
    assert abs(top) / 4000 < 0.005


def test_the_discount_takes_out_what_fitting_costs():
    # held-out loss of a least-squares fit with p parameters of pure noise: (n - 1)/(n - p - 1) times its variance
    rng = np.random.default_rng(2)
    losses = []
    for _ in range(200):
        z, y = rng.standard_normal((560, 20)), rng.standard_normal((560, 20))
        fitted = fit_linear_maps(z[:60], y[:60])["affine"]
        losses.append(np.mean((y[60:] - fitted(z[60:])) ** 2))
    # 200 x 20 outputs x 500 rows: standard error about .003 of the mean
    assert np.mean(losses) * discount(fitted.parameters, 60) == pytest.approx(1, abs=0.04)
    assert np.mean(losses) > 1.4
    assert discount(60.0, 60) == 0


def test_monotone_maps_are_monotone_and_follow_falling_ones():
    rng = np.random.default_rng(3)
    z = rng.standard_normal((2000, 2))
    y = np.stack([-np.tanh(2 * z[:, 1]), z[:, 0] ** 3], axis=1) + 0.05 * rng.standard_normal((2000, 2))
    fitted = fit_monotone_map(z, y)
    assert fitted.sources.tolist() == [1, 0]
    line = np.stack([np.linspace(-5, 5, 200)] * 2, axis=1)
    steps = np.diff(fitted(line), axis=0)
    assert (steps[:, 0] <= 1e-12).all()
    assert (steps[:, 1] >= -1e-12).all()
