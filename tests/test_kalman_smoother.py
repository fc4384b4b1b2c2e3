"""The smoother is conditioning of the joint Gaussian law of states and latents."""

import numpy as np
import pytest
import torch

from identify.kalman_filter import predict, update
from identify.kalman_smoother import smooth
from tests.kalman_cases import SHAPES, alone, case, float32, joint_law, noise_of_every_frame, some_observed


@pytest.mark.parametrize("variant", ["plain", "missing", "noise of every frame"])
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_states_given_the_whole_sequence(shape, variant):
    system, z, generator = case(shape)
    s, b, t, m, k = shape
    observed = some_observed(z, generator) if variant == "missing" else None
    noise = noise_of_every_frame(z, generator) if variant == "noise of every frame" else None
    found = smooth(z, system, observed, noise)
    for i in range(s):
        for j in range(b):
            h, of_states, mean, of_latents = joint_law(alone(system, i), t, None if noise is None else noise[i, j])
            keep = np.ones(t * m, bool) if observed is None else observed[i, j].flatten().numpy()
            cross = np.einsum("tkul,ml->tkum", of_states, system.readout[i].numpy()).reshape(t * k, t * m)[:, keep]
            weights = cross @ np.linalg.inv(of_latents.reshape(t * m, t * m)[np.ix_(keep, keep)])
            residual = (z[i, j].numpy() - mean).ravel()[keep]
            truth = (h.ravel() + weights @ residual).reshape(t, k)
            left = (of_states.reshape(t * k, t * k) - weights @ cross.T).reshape(t, k, t, k)
            assert np.allclose(found.state[i, j].numpy(), truth, atol=1e-9)
            own = found.covariance[i, min(j, found.covariance.shape[1] - 1)].numpy()
            assert np.allclose(own, np.einsum("tktl->tkl", left), atol=1e-9)


def test_the_future_adds_information_except_at_the_end():
    system, z, _ = case(SHAPES["more states"])
    filtered = update(z, system, predict(z, system))
    smoothed = smooth(z, system)
    assert torch.allclose(smoothed.state[:, :, -1], filtered.state[:, :, -1], atol=1e-12)
    gained = torch.linalg.eigvalsh(filtered.covariance - smoothed.covariance)
    assert float(gained.min()) > -1e-10
    assert float(gained[:, :, :-1].amax(-1).min()) > 1e-3


def test_single_precision_stays_positive_definite():
    system, z, _ = case((1, 2, 200, 2, 4))
    low = smooth(z.float(), float32(system))
    assert float(torch.linalg.eigvalsh(low.covariance).min()) > 0
    assert torch.allclose(low.state.double(), smooth(z, system).state, atol=1e-3)


def test_gradients_are_those_of_the_value():
    system, z, _ = case((1, 2, 4, 1, 2))
    assert torch.autograd.gradcheck(
        lambda z, a: smooth(z, system._replace(transition=a)).state,
        [z.clone().requires_grad_(), system.transition.clone().requires_grad_()],
    )
