"""Every raw parameter is a stable system with valid covariances, and every such system has its raw parameters."""

import math

import pytest
import torch
from scipy.linalg import solve_discrete_lyapunov

from identify.kalman_filter import log_prob
from identify.kalman_parameters import (
    KalmanParameters,
    contraction,
    contraction_inverse,
    covariance_inverse,
    covariance_of,
)
from identify.kalman_start import system_from_moments
from identify.kalman_system import check_system
from tests.kalman_cases import random_system


def _normal(*shape, seed=0, dtype=torch.float64):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


@pytest.mark.parametrize("k", [1, 2, 7])
@pytest.mark.parametrize("scale", [0.0, 0.1, 1.0, 30.0])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_transition_is_stable_for_every_raw_matrix(k, scale, dtype):
    a = contraction(scale * _normal(50, k, k, dtype=dtype))
    assert float(torch.linalg.matrix_norm(a, 2).max()) < 1
    if scale == 30:
        assert float(torch.linalg.matrix_norm(a, 2).max()) > 0.999


def test_every_contraction_has_its_raw_matrix():
    free = 3 * _normal(20, 4, 4)
    assert torch.allclose(contraction_inverse(contraction(free)), free, rtol=1e-9)


def test_every_stable_transition_is_a_contraction_in_its_lyapunov_basis():
    a = torch.tensor([[0.9, 5.0], [0.0, 0.8]], dtype=torch.float64)
    assert float(torch.linalg.matrix_norm(a, 2)) > 1
    basis = torch.linalg.cholesky(torch.from_numpy(solve_discrete_lyapunov(a.numpy(), torch.eye(2).numpy())))
    turned = (basis.inverse() @ a @ basis)[None]
    assert torch.allclose(contraction(contraction_inverse(turned)), turned, atol=1e-10)
    with pytest.raises(ValueError, match=r"transition has norm 5\.\d+; give a norm below 1, in another basis"):
        contraction_inverse(a[None])


def test_covariances_are_positive_definite_and_have_their_raw_matrix():
    free = _normal(30, 4, 4).tril()
    covariance = covariance_of(free)
    assert float(torch.linalg.eigvalsh(covariance).min()) > 0
    assert torch.allclose(covariance_inverse(covariance), free, atol=1e-8)
    assert torch.equal(covariance_of(free + _normal(30, 4, 4, seed=1).triu(1)), covariance)


def test_initial_systems_are_valid_and_belong_to_their_seed():
    def made(*seeds):
        return KalmanParameters(2, 5, [torch.Generator().manual_seed(seed) for seed in seeds]).system()

    together, alone = made(0, 1), made(1)
    check_system(together)
    for one, other in zip(together, alone, strict=True):
        assert torch.equal(one[1:], other)
    assert not torch.equal(together.transition[0], together.transition[1])


def test_a_system_that_was_assigned_is_the_system():
    parameters = KalmanParameters(2, 3, [torch.Generator().manual_seed(seed) for seed in (0, 1)]).double()
    before = parameters.system()
    system = random_system(1, 2, 3, torch.Generator().manual_seed(5))
    parameters.assign(system, 1)
    after = parameters.system()
    for old, given, new in zip(before, system, after, strict=True):
        assert torch.equal(new[0], old[0])
        assert torch.allclose(new[1], given[0], atol=1e-9)


def test_a_gradient_step_from_anywhere_raises_the_likelihood_of_data():
    """Every parameter is used, and minus the gradient points downhill."""
    parameters = KalmanParameters(2, 3, [torch.Generator().manual_seed(0)]).double()
    z = _normal(1, 4, 12, 2)
    value = log_prob(z, parameters.system()).mean()
    value.backward()
    assert all(bool(p.grad.abs().max() > 1e-8) for p in parameters.parameters())
    for p in parameters.parameters():
        p.data += 1e-3 * p.grad
    assert bool(log_prob(z, parameters.system()).mean() > value)


def test_systems_of_other_sizes_are_named():
    parameters = KalmanParameters(2, 3, [torch.Generator().manual_seed(0)]).double()
    with pytest.raises(ValueError, match=r"transition: the system gives shape \(1, 4, 4\), .* have \(1, 3, 3\)"):
        parameters.assign(random_system(1, 2, 4, torch.Generator().manual_seed(0)), 0)


def _noisy_rotation(n=400, t=60):
    """z = state + noise, share .2 of the variance noise; the stationary covariance of the state is the identity."""
    angle, decay = 0.4, 0.9
    a = decay * torch.tensor(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]], dtype=torch.float64
    )
    steps = _normal(t, n, 2, seed=1)
    h = [steps[0]]
    for step in steps[1:]:
        h.append(h[-1] @ a.T + math.sqrt(1 - decay**2) * step)
    return a, math.sqrt(0.8) * torch.stack(h, 1) + math.sqrt(0.2) * _normal(n, t, 2, seed=2)


@pytest.mark.parametrize("states", [2, 5])
def test_moments_give_back_a_rotation_under_noise(states):
    """24,000 frames, bounds of .1.

    Null law: normal, an entry of a lagged covariance has a standard error below .015, so each of the 10 entries fails
    by chance with 3e-11. Smallest defect that matters: the share of noise left at 0 (.2 off), missed with 2e-11.
    """
    a, z = _noisy_rotation()
    system = system_from_moments(z + 3, 0.1 * _normal(2, states))
    check_system(system)
    lag = system.readout @ system.transition @ system.readout.mT
    assert torch.allclose(lag[0], 0.8 * a, atol=0.1)
    assert torch.allclose(system.noise[0], 0.2 * torch.eye(2, dtype=torch.float64), atol=0.1)
    assert torch.allclose(system.offset[0], torch.full((2,), 3.0, dtype=torch.float64), atol=0.1)


def test_fewer_states_than_latents_keep_what_is_predictable():
    _, z = _noisy_rotation()
    noise = torch.cat([z, _normal(400, 60, 1, seed=3)], -1)
    system = system_from_moments(noise, _normal(3, 2))
    check_system(system)
    assert float(system.readout[0, 2].abs().max()) < 0.1
    assert float(torch.linalg.svdvals(system.readout[0]).min()) > 0.8


def test_codes_without_a_start_are_named():
    with pytest.raises(ValueError, match="z has windows of 2 frames; give at least 3"):
        system_from_moments(_normal(5, 2, 2), _normal(2, 2))
    with pytest.raises(ValueError, match="z: the covariance of the codes is singular or not finite"):
        system_from_moments(_normal(5, 4, 1).expand(-1, -1, 2), _normal(2, 2))
