"""The predictive Gaussian: its density, its profiled covariance, and what each structure is invariant to."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from identify.latent_models import GaussianConfig, fit_factor, log_prob, profiled_log_likelihood
from tests.unchecked_types import unchecked_types

STRUCTURES = ("full", "diagonal", "isotropic")


@pytest.fixture
def residuals():
    generator = torch.Generator().manual_seed(0)
    mix = torch.tensor([[1.0, 0.8, 0.0], [0.0, 0.6, 0.1], [0.0, 0.0, 2.0]], dtype=torch.float64)
    return torch.randn(2, 40, 3, generator=generator, dtype=torch.float64) @ mix


def test_the_density_is_that_of_scipy(residuals):
    factor = fit_factor(residuals, GaussianConfig("full"))
    for i in range(2):
        law = stats.multivariate_normal(np.zeros(3), (factor[i] @ factor[i].T).numpy())
        assert np.allclose(log_prob(residuals, factor)[i].numpy(), law.logpdf(residuals[i].numpy()), atol=1e-10)


@pytest.mark.parametrize("structure", [*STRUCTURES, "fixed"])
def test_the_profiled_likelihood_is_the_mean_density_at_the_fitted_factor(structure, residuals):
    config = GaussianConfig(structure, sigma=0.7)
    mean = log_prob(residuals, fit_factor(residuals, config)).mean(-1)
    assert torch.allclose(profiled_log_likelihood(residuals, config), mean, atol=1e-12)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_the_fitted_covariance_is_the_best_of_its_structure(structure, residuals):
    """Moving the factor within the structure lowers the likelihood in both directions."""
    config = GaussianConfig(structure)
    factor = fit_factor(residuals, config)
    best = log_prob(residuals, factor).mean(-1)
    generator = torch.Generator().manual_seed(1)
    for _ in range(10):
        step = torch.randn(3, 3, generator=generator, dtype=torch.float64).tril()
        if structure == "diagonal":
            step = step.diag().diag()
        elif structure == "isotropic":
            step = step[0, 0] * torch.eye(3, dtype=torch.float64)
        for sign in (1e-2, -1e-2):
            assert bool((log_prob(residuals, factor + sign * step * factor.abs().amax()).mean(-1) < best).all())


def test_richer_structures_fit_no_worse(residuals):
    full, diagonal, isotropic = (profiled_log_likelihood(residuals, GaussianConfig(one)) for one in STRUCTURES)
    assert bool((full > diagonal).all())
    assert bool((diagonal > isotropic).all())


GROUPS = {
    "full": torch.tensor([[2.0, 1.0, 0.3], [0.0, 0.5, -1.0], [0.4, 0.0, 3.0]], dtype=torch.float64),
    "diagonal": torch.tensor([2.0, -0.3, 5.0], dtype=torch.float64).diag(),
    "isotropic": 4 * torch.linalg.qr(torch.arange(9, dtype=torch.float64).reshape(3, 3).sin())[0],
}


@pytest.mark.parametrize("structure", STRUCTURES)
@pytest.mark.parametrize("group", GROUPS)
def test_each_structure_charges_exactly_the_volume_of_its_own_group(structure, group, residuals):
    a, config = GROUPS[group], GaussianConfig(structure)
    shift = profiled_log_likelihood(residuals @ a.T, config) - profiled_log_likelihood(residuals, config)
    obeys = torch.allclose(shift, -torch.linalg.slogdet(a).logabsdet, atol=1e-9)
    assert obeys is (structure == "full" or structure == group)


def test_a_fixed_noise_level_is_scale_bound(residuals):
    config = GaussianConfig("fixed", sigma=0.5)
    values = profiled_log_likelihood(residuals, config)
    expected = -0.5 * (4 * residuals.square().sum(-1).mean(-1) + 3 * math.log(2 * math.pi * 0.25))
    assert torch.allclose(values, expected, atol=1e-12)
    assert not torch.allclose(profiled_log_likelihood(2 * residuals, config), values - 3 * math.log(2), atol=0.1)


@pytest.mark.parametrize("structure", [*STRUCTURES, "fixed"])
def test_gradients_are_those_of_the_value(structure, residuals):
    few = residuals[:, :8].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda r: profiled_log_likelihood(r, GaussianConfig(structure)), (few,))


def test_a_singular_network_is_nan_and_harms_no_other(residuals):
    flat = residuals.clone()
    flat[0, :, 2] = 0
    flat.requires_grad_()
    values = profiled_log_likelihood(flat, GaussianConfig("full"))
    values.sum().backward()
    assert values.isfinite().tolist() == [False, True]
    assert bool(flat.grad[1].isfinite().all())


def test_bad_models_are_named():
    with (
        unchecked_types(),
        pytest.raises(ValueError, match="covariance='low rank'; known are full, diagonal"),
    ):
        GaussianConfig("low rank")
    with pytest.raises(ValueError, match=r"sigma=0\.0; a noise level must be above 0"):
        GaussianConfig("fixed", sigma=0.0)
