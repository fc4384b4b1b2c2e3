"""Covariances by doubling: the Riccati recursion step by step, and its limit against scipy's solver."""

import pytest
import torch
from scipy.linalg import solve_discrete_are

from identify.kalman_riccati import doubled, one_step, predicted_covariances, steady_state
from tests.kalman_cases import alone, random_system


def _stepped(system, length):
    a, q, d, r = system[:4]
    p, path = system.initial, [system.initial]
    for _ in range(length - 1):
        gain = p @ d.mT @ (d @ p @ d.mT + r).inverse()
        p = a @ (p - gain @ d @ p) @ a.mT + q
        path.append(p)
    return torch.stack(path, 1)


def _system(m=2, k=4, noise=0.3, seed=0):
    return random_system(2, m, k, torch.Generator().manual_seed(seed), noise)


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 17, 64])
def test_doubling_gives_every_step_of_the_recursion(length):
    system = _system()
    assert torch.allclose(predicted_covariances(system, length), _stepped(system, length), rtol=1e-11, atol=1e-12)


def test_a_recursion_without_information_would_be_seen():
    system = _system()
    blind = system._replace(noise=1e6 * system.noise)
    assert not torch.allclose(predicted_covariances(blind, 5), _stepped(system, 5), atol=1e-2)


@pytest.mark.parametrize("noise", [1.0, 1e-2, 1e-4])
def test_the_steady_state_solves_the_riccati_equation(noise):
    system = _system(noise=noise)
    found = steady_state(system, tolerance=1e-13)
    for i in range(2):
        a, q, d, r = (part[0].numpy() for part in alone(system, i)[:4])
        truth = torch.from_numpy(solve_discrete_are(a.T, d.T, q, r))
        assert torch.allclose(found.covariance[i], truth, rtol=1e-8, atol=1e-10)
        spread = system.readout[i] @ truth @ system.readout[i].T + system.noise[i]
        assert torch.allclose(found.factor[i] @ found.factor[i].T, spread, rtol=1e-8, atol=1e-10)
        assert torch.allclose(found.gain[i], truth @ system.readout[i].T @ spread.inverse(), rtol=1e-7, atol=1e-9)


def test_the_path_has_settled_after_the_stated_number_of_steps():
    system = _system()
    found = steady_state(system, tolerance=1e-6)
    known = system._replace(initial=1e-9 * torch.eye(4, dtype=torch.float64).expand(2, 4, 4))
    last = predicted_covariances(known, found.steps + 1)[:, -1]
    assert float((last - found.covariance).abs().max() / found.covariance.abs().max()) < 1e-5


def test_two_single_steps_are_one_double_step():
    one, two = one_step(_system()), doubled(one_step(_system()))
    kept = torch.linalg.inv(torch.eye(4, dtype=torch.float64) + one.process @ one.information)
    assert torch.allclose(two.transition, one.transition @ kept @ one.transition, atol=1e-12)
    assert torch.allclose(two.information, two.information.mT, atol=1e-12)


def test_unstable_and_unobserved_states_have_no_steady_state():
    system = _system()
    blind = system._replace(
        transition=1.1 * torch.eye(4, dtype=torch.float64).expand(2, 4, 4), readout=0 * system.readout
    )
    with pytest.raises(ValueError, match=r"transition: the covariance still changes by .* after 2\^6 frames; give a"):
        steady_state(blind, doublings=6)
    watched = blind._replace(readout=torch.eye(4, dtype=torch.float64).expand(2, 4, 4))
    watched = watched._replace(noise=watched.process, offset=watched.initial_mean)
    assert bool(steady_state(watched).covariance.isfinite().all())


@pytest.mark.parametrize("tolerance", [0.0, 1.0])
def test_bad_tolerances_are_named(tolerance):
    with pytest.raises(ValueError, match=f"tolerance={tolerance}; it is a relative change, between 0 and 1"):
        steady_state(_system(), tolerance)
