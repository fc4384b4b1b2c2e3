"""Coupling layers: the inverse undoes them, determinant and Jacobian are as declared, worlds made of them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from synthetic.coupling import Coupling, additive_coupling, affine_coupling, log_abs_det
from synthetic.coupling_world import coupling_world, shaped_world
from synthetic.leaky_network import LeakyReLU
from synthetic.mixing import Composition
from synthetic.shear import Banana

STACKS = {
    f"{make.__name__}_{dim}_{layers}": make(dim, torch.Generator().manual_seed(dim), layers=layers)
    for make in (additive_coupling, affine_coupling)
    for dim in (2, 3, 8)
    for layers in (1, 4)
}


def _latents(mixing, n=40):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, mixing.input_dim, generator=generator, dtype=torch.float64)


def _derivative(mixing, z):
    return torch.func.vmap(torch.func.jacrev(mixing))(z)


@pytest.mark.parametrize("name", STACKS)
def test_inverse_undoes_the_layers(name):
    mixing = STACKS[name]
    z = _latents(mixing)
    assert mixing.injective.holds
    torch.testing.assert_close(mixing.inverse(mixing(z)), z, rtol=1e-12, atol=1e-12)
    assert float((mixing(z) - z).abs().mean()) > 0.1  # it does something


@pytest.mark.parametrize("name", STACKS)
def test_jacobian_and_determinant_are_those_of_automatic_differentiation(name):
    mixing = STACKS[name]
    z = _latents(mixing)
    found = _derivative(mixing, z)
    torch.testing.assert_close(mixing.jacobian(z), found, rtol=1e-10, atol=1e-11)
    torch.testing.assert_close(log_abs_det(mixing, z), torch.linalg.slogdet(found)[1], rtol=1e-10, atol=1e-10)


def test_additive_layers_keep_volume_and_affine_ones_do_not():
    z = _latents(STACKS["additive_coupling_8_4"])
    assert torch.equal(log_abs_det(STACKS["additive_coupling_8_4"], z), torch.zeros(len(z), dtype=z.dtype))
    assert float(log_abs_det(STACKS["affine_coupling_8_4"], z).std()) > 0.1


def test_a_wrong_determinant_is_seen():
    """Declared with another bound than the layer has."""
    layer = STACKS["affine_coupling_3_1"].maps[0]
    z = _latents(layer)
    with pytest.raises(AssertionError):
        torch.testing.assert_close(
            replace(layer, bound=0.6).log_abs_det(z), torch.linalg.slogdet(_derivative(layer, z))[1]
        )


def test_weights_are_twice_orthonormal():
    for layer in additive_coupling(5, torch.Generator().manual_seed(0)).maps:
        values = torch.linalg.svdvals(layer.shift)
        torch.testing.assert_close(values, torch.full_like(values, 2.0))


def test_halves_move_in_turn():
    mixing = additive_coupling(5, torch.Generator().manual_seed(0))
    z = _latents(mixing)
    first = mixing.maps[0](z)
    assert torch.equal(first[:, :2], z[:, :2])
    assert not torch.equal(first[:, 2:], z[:, 2:])
    second = mixing.maps[1](z)
    assert torch.equal(second[:, 2:], z[:, 2:])
    assert not torch.equal(second[:, :2], z[:, :2])


@pytest.mark.parametrize("coupling", ["additive", "affine"])
def test_the_world_is_stationary_and_invertible(coupling):
    world = coupling_world(4, coupling, seed=3)
    sample = world.sample(5, 3, torch.Generator().manual_seed(0), torch.float64)
    torch.testing.assert_close(world.mixing.inverse(sample.x), sample.z)
    assert all(declared.holds for declared in world.assumptions.values())


@pytest.mark.parametrize("shape", [1.0, 2.0, 8.0])
def test_shaped_latents_keep_mean_and_variance(shape):
    """Mean square of 2 x 50,000 latents at the second step: its standard error is below .0075 (kurtosis at most 6), so
    a deviation of .045 has a rate below 1e-8; a noise of the wrong scale (deviation for variance) shifts it by .2."""
    world = shaped_world(shape, Banana(), rho=0.95)
    z = world.latents(50_000, 2, torch.Generator().manual_seed(1))
    assert float(z[:, 1].square().mean()) == pytest.approx(1.0, abs=0.045)
    gaussian = [d.holds for one, d in world.assumptions.items() if one.name in ("GAUSSIAN_NOISE", "GAUSSIAN_MARGINAL")]
    assert gaussian == [shape == 2.0] * 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: additive_coupling(1, torch.Generator()), "dim=1 has no two halves"),
        (lambda: affine_coupling(4, torch.Generator(), layers=0), "layers=0"),
        (lambda: Coupling(torch.ones(1, 1), torch.ones(1, 2)), r"stretch has shape \(1, 2\), shift \(1, 1\)"),
        (lambda: Coupling(torch.ones(1, 1), bound=-1.0), "bound=-1.0"),
        (lambda: log_abs_det(Composition((LeakyReLU(2),)), torch.ones(1, 2)), "layers holds a LeakyReLU"),
        (lambda: coupling_world(4, "spline"), "coupling='spline' is unknown"),
        (lambda: shaped_world(2.0, Banana(), rho=1.0), "rho=1.0"),
        (lambda: shaped_world(-1.0, Banana()), "alpha=-1.0"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_rho_sets_the_correlation_of_neighbours():
    """Correlation of 40,000 x 2 pairs: standard error (1 - rho^2) / 283 < .0004; .003 is 7 of them (rate 1e-12)."""
    z = coupling_world(2, rho=0.95).latents(40_000, 2, torch.Generator().manual_seed(0))
    found = float((z[:, 0] * z[:, 1]).mean()) / math.sqrt(float(z[:, 0].square().mean() * z[:, 1].square().mean()))
    assert found == pytest.approx(0.95, abs=0.003)
