"""Kalman filter: the density is the joint Gaussian's, gradients are its own, float32 stays positive definite."""

import math

import numpy as np
import pytest
import torch
from statsmodels.tsa.statespace.mlemodel import MLEModel

from identify.kalman_filter import log_prob, predict, predictive_log_prob, unchecked_predict, update
from identify.kalman_scan import linear_scan
from tests.kalman_cases import (
    SHAPES,
    alone,
    case,
    float32,
    joint_log_density,
    noise_of_every_frame,
    random_system,
    some_observed,
)

VARIANTS = ("plain", "missing", "noise of every frame", "both")


def _arguments(z, variant, generator):
    observed = some_observed(z, generator) if variant in ("missing", "both") else None
    noise = noise_of_every_frame(z, generator) if variant in ("noise of every frame", "both") else None
    return observed, noise


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_the_frames_add_up_to_the_joint_gaussian_density(shape, variant):
    system, z, generator = case(shape)
    observed, noise = _arguments(z, variant, generator)
    truth = joint_log_density(z, system, observed, noise)
    holes = z if observed is None else torch.where(observed, z, math.nan)
    assert torch.allclose(log_prob(holes, system, observed, noise).sum(-1), truth, rtol=0, atol=1e-8)


def test_a_density_without_the_constant_or_with_a_process_too_small_would_be_seen():
    system, z, _ = case(SHAPES["more states"])
    truth, found = joint_log_density(z, system), log_prob(z, system).sum(-1)
    assert not torch.allclose(found + 7 * math.log(2 * math.pi), truth, atol=1e-3)
    assert not torch.allclose(log_prob(z, system._replace(process=0.99 * system.process)).sum(-1), truth, atol=1e-3)


@pytest.mark.parametrize("missing", [False, True])
def test_statsmodels_agrees_frame_by_frame(missing):
    s, _, t, m, k = 1, 1, 25, 2, 3
    system, z, generator = case((s, 1, t, m, k))
    observed = some_observed(z, generator) if missing else None
    data = z if observed is None else torch.where(observed, z, math.nan)
    a, q, d, r, c, mean, p = (part[0].numpy() for part in system)
    oracle = MLEModel(data[0, 0].numpy(), k_states=k, initialization="known", initial_state=mean, initial_state_cov=p)
    oracle["transition"], oracle["selection"], oracle["state_cov"] = a, np.eye(k), q
    oracle["design"], oracle["obs_cov"], oracle["obs_intercept"] = d, r, c
    result = oracle.ssm.filter()
    predicted = predict(data, system, observed)
    states = torch.from_numpy(result.predicted_state[:, :-1].T.copy())
    assert torch.allclose(predicted.state[0, 0], states, atol=1e-10)
    spread = torch.from_numpy(result.predicted_state_cov[:, :, :-1].transpose(2, 0, 1).copy())
    assert torch.allclose(predicted.covariance[0, 0], spread, atol=1e-10)
    filtered = update(data, system, predicted, observed)
    assert torch.allclose(filtered.state[0, 0], torch.from_numpy(result.filtered_state.T.copy()), atol=1e-10)
    terms = torch.from_numpy(result.llf_obs.copy())
    assert torch.allclose(log_prob(data, system, observed)[0, 0], terms, atol=1e-9)


@pytest.mark.parametrize("length", [1, 2, 3, 31, 100])
def test_scan_and_loop_are_the_same_filter(length):
    """Relative error of the log density below 1e-11 in float64, covariances and states alike."""
    system, z, _ = case((2, 3, length, 2, 4))
    noise = system.noise[:, None, None].expand(-1, 1, length, -1, -1)
    fast, slow = predict(z, system), predict(z, system, noise=noise)
    for one, other in zip(fast, slow, strict=True):
        assert torch.allclose(one, other, rtol=1e-11, atol=1e-11)
    terms = predictive_log_prob(z, slow)
    assert float((log_prob(z, system) - terms).abs().max() / terms.abs().max()) < 1e-11


def test_covariances_of_their_own_and_shared_ones_give_the_same():
    system, z, generator = case(SHAPES["more states"])
    observed = some_observed(z, generator)[:1, :1]
    noise = noise_of_every_frame(z, generator)[:, :1]
    shared = predict(z, system, observed, noise)
    own = predict(z, system, observed.expand(*z.shape), noise.expand(-1, z.shape[1], -1, -1, -1))
    assert shared.covariance.shape[1] == 1
    assert torch.allclose(shared.mean, own.mean, atol=1e-12)
    assert torch.allclose(predictive_log_prob(z, shared), predictive_log_prob(z, own), atol=1e-12)


@pytest.mark.parametrize("noise", [1.0, 1e-3, 1e-6], ids=lambda r: f"noise {r:g}")
@pytest.mark.parametrize("loop", [False, True], ids=["scan", "loop"])
def test_single_precision_keeps_covariances_positive_definite(noise, loop):
    """Signal to noise variance up to 1e7, 200 frames: log density within 1e-5 (relative) of float64."""
    generator = torch.Generator().manual_seed(0)
    system = random_system(1, 5, 10, generator, noise)
    z = torch.randn(1, 4, 200, 10, generator=generator, dtype=torch.float64) @ system.readout[0].T
    truth = log_prob(z, system)
    single, steps = float32(system), None
    if loop:
        steps = single.noise[:, None, None].expand(-1, 1, 200, -1, -1)
    predicted = unchecked_predict(z.float(), single, noise=steps)
    assert float(torch.linalg.eigvalsh(predicted.covariance).min()) > 0
    found = predictive_log_prob(z.float(), predicted).double()
    assert float((found - truth).abs().max() / truth.abs().max()) < 1e-5


@pytest.mark.parametrize("variant", ["plain", "both"])
def test_gradients_are_those_of_the_value(variant):
    system, z, generator = case((1, 2, 3, 2, 2))
    observed, noise = _arguments(z, variant, generator)

    def value(z, root_q, root_r, root_p, *rest):
        a, d, c, mean = rest
        q, r, p = (root @ root.mT for root in (root_q, root_r, root_p))
        changed = type(system)(a, q, d, r, c, mean, p)
        steps = None if noise is None else noise * r[:, None, None].diagonal(dim1=-2, dim2=-1).mean()
        return predictive_log_prob(z, unchecked_predict(z, changed, observed, steps), observed)

    roots = (torch.linalg.cholesky(part) for part in (system.process, system.noise, system.initial))
    rest = (system.transition, system.readout, system.offset, system.initial_mean)
    arguments = [part.clone().requires_grad_() for part in (z, *roots, *rest)]
    assert torch.autograd.gradcheck(value, arguments)


def test_networks_and_sequences_side_by_side_are_themselves_alone():
    system, z, _ = case((3, 4, 9, 2, 3))
    together = log_prob(z, system)
    for i in range(3):
        for j in range(4):
            assert torch.allclose(log_prob(z[i : i + 1, j : j + 1], alone(system, i))[0, 0], together[i, j], atol=1e-10)


def test_the_basis_of_the_state_changes_nothing():
    system, z, generator = case(SHAPES["more states"])
    t = torch.randn(4, 4, generator=generator, dtype=torch.float64)
    turned = system._replace(
        transition=t @ system.transition @ t.inverse(),
        process=t @ system.process @ t.T,
        readout=system.readout @ t.inverse(),
        initial_mean=system.initial_mean @ t.T,
        initial=t @ system.initial @ t.T,
    )
    turned = turned._replace(process=(turned.process + turned.process.mT) / 2)
    turned = turned._replace(initial=(turned.initial + turned.initial.mT) / 2)
    assert torch.allclose(log_prob(z, turned), log_prob(z, system), atol=1e-8)


def test_nothing_observed_has_log_density_zero():
    system, z, _ = case(SHAPES["more states"])
    assert not bool(log_prob(z * math.nan, system, torch.zeros(1, 1, 7, 2, dtype=torch.bool)).any())


def test_a_diverged_network_is_nan_and_harms_no_other():
    system, z, _ = case(SHAPES["more states"])
    sick = system._replace(process=system.process.clone())
    sick.process[0] = math.nan
    for steps in (None, system.noise[:, None, None].expand(-1, 1, 7, -1, -1)):
        terms = predictive_log_prob(z, unchecked_predict(z, sick, noise=steps))
        assert bool(terms[0, :, -1].isnan().all())
        assert torch.allclose(terms[1], log_prob(z, system)[1], atol=1e-10)


@pytest.mark.parametrize("length", [1, 2, 5, 8, 13])
def test_the_scan_is_the_recursion(length):
    generator = torch.Generator().manual_seed(0)
    maps = torch.randn(2, length - 1, 3, 3, generator=generator, dtype=torch.float64) / 2
    drive = torch.randn(2, length, 4, 3, generator=generator, dtype=torch.float64)
    h, states = drive[:, 0], [drive[:, 0]]
    for t in range(length - 1):
        h = h @ maps[:, t].mT + drive[:, t + 1]
        states.append(h)
    assert torch.allclose(linear_scan(maps, drive), torch.stack(states, 1), atol=1e-12)
