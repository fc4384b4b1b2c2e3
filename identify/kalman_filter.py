r"""Kalman filter: the law of the state and of the latent given the past, and the log density of latents.

$$\log P(z_t|z_{:t})=-\tfrac12e_t^\top S_t^{-1}e_t-\tfrac12\log\det S_t-\tfrac m2\log2\pi,\quad e_t=z_t-c-Dh_t,\quad
S_t=DP_tD^\top+R_t,$$

h_t and P_t the mean and covariance of the state given z_1..z_{t-1} (LDM eq. 15, corrected as in check `eq-15`). The
sum over t is the joint Gaussian log density of the sequence, in nats. With parameters that are the same for every frame
and nothing missing, P_t is the same for all sequences and comes by doubling (`kalman_riccati`), and the means by a scan
over $h_{t+1}=(A-G_tD)h_t+G_t(z_t-c)$, $G_t=AP_tD^\top S_t^{-1}$: log2 T batched steps, exact from the first frame on.
Missing entries and noise given for every frame take the recursion step by step in Joseph's form. A missing entry counts
as an observation of nothing: its row of D is zero and its residual and constant are left out.

With `noise` R_t that depends on the input of frame t, S_t depends on z_t and the density above is no density of z: it
must not enter an LDM objective (check `kalman-input-noise`). There only the means may be used (R_t in the gain), with a
covariance that is constant (`latent_models`).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from identify.covariance import cholesky, half_log_det
from identify.kalman_riccati import gain_and_factor, predicted_covariances
from identify.kalman_scan import linear_scan
from identify.kalman_system import KalmanSystem, Observed, StepNoise, Windows, check_data, check_system


class Predicted(NamedTuple):
    """Law of state and latent given the past, before frame t is seen; one covariance for all sequences has b = 1.

    In rows and columns of missing latents the factor is that of a unit covariance.
    """

    state: Float[Tensor, "s b t k"]
    covariance: Float[Tensor, "s #b t k k"]
    mean: Float[Tensor, "s b t m"]
    factor: Float[Tensor, "s #b t m m"]


class Filtered(NamedTuple):
    """Mean and covariance of the state given the past and frame t."""

    state: Float[Tensor, "s b t k"]
    covariance: Float[Tensor, "s #b t k k"]


def predict(
    z: Windows, system: KalmanSystem, observed: Observed | None = None, noise: StepNoise | None = None
) -> Predicted:
    """Predictive law of every frame; differentiable in z, the system and the noise. ValueError on bad input."""
    check_system(system)
    check_data(z, system, observed, noise)
    return unchecked_predict(z, system, observed, noise)


def unchecked_predict(
    z: Windows, system: KalmanSystem, observed: Observed | None = None, noise: StepNoise | None = None
) -> Predicted:
    """`predict` for systems that are valid by construction: a network that diverged gives NaN and stops no other."""
    if observed is None and noise is None:
        return _by_scan(z, system)
    return _by_steps(z, system, *frame_parameters(system, z.shape[2], observed, noise), observed)


def log_prob(
    z: Windows, system: KalmanSystem, observed: Observed | None = None, noise: StepNoise | None = None
) -> Float[Tensor, "s b t"]:
    """Log density of the observed entries of every frame given the past, nats; 0 where nothing was observed."""
    predicted = predict(z, system, observed, noise)
    return predictive_log_prob(z, predicted, observed)


def predictive_log_prob(z: Windows, predicted: Predicted, observed: Observed | None = None) -> Float[Tensor, "s b t"]:
    """Log density of z under a predictive law that `predict` returned for the same `observed`."""
    residual = _known(z - predicted.mean, observed)
    shared = predicted.factor.shape[1] == 1
    columns = residual.permute(0, 2, 3, 1)[:, None] if shared else residual[..., None]
    scores = torch.linalg.solve_triangular(predicted.factor, columns, upper=False).square().sum(-2)
    form = scores[:, 0].mT if shared else scores[..., 0]
    entries = residual.shape[-1] if observed is None else observed.sum(-1).to(z.dtype)
    return -0.5 * form - half_log_det(predicted.factor) - 0.5 * math.log(2 * math.pi) * entries


def update(
    z: Windows,
    system: KalmanSystem,
    predicted: Predicted,
    observed: Observed | None = None,
    noise: StepNoise | None = None,
) -> Filtered:
    """The state given frame t as well, from the predictive law that `predict` returned for the same arguments."""
    readout, noise = frame_parameters(system, z.shape[2], observed, noise)
    gain, _ = gain_and_factor(predicted.covariance, readout, noise)
    residual = _known(z - predicted.mean, observed)
    state = predicted.state + (gain @ residual[..., None])[..., 0]
    kept = torch.eye(gain.shape[-2], dtype=z.dtype, device=z.device) - gain @ readout
    return Filtered(state, kept @ predicted.covariance @ kept.mT + gain @ noise @ gain.mT)


def _known(values: Windows, observed: Observed | None) -> Windows:
    return values if observed is None else torch.where(observed, values, 0.0)


def frame_parameters(
    system: KalmanSystem, length: int, observed: Observed | None, noise: StepNoise | None
) -> tuple[Float[Tensor, "s #b t m k"], Float[Tensor, "s #b t m m"]]:
    """Readout and noise of every frame; a missing latent reads nothing of the state and has unit noise of its own."""
    readout = system.readout[:, None, None].expand(-1, 1, length, -1, -1)
    if noise is None:
        noise = system.noise[:, None, None].expand(-1, 1, length, -1, -1)
    if observed is None:
        return readout, noise
    seen = observed.to(noise.dtype)
    together = seen[..., :, None] * seen[..., None, :]
    return readout * seen[..., None], noise * together + torch.diag_embed(1 - seen)


def _by_scan(z: Windows, system: KalmanSystem) -> Predicted:
    length = z.shape[2]
    exact = predicted_covariances(system, length)
    law = gain_and_factor(exact, system.readout[:, None].double(), system.noise[:, None].double())
    covariance, gain, factor = (part.to(z.dtype) for part in (exact, *law))
    readout = system.readout[:, None]
    ahead = system.transition[:, None] @ gain
    centred = (z - system.offset[:, None, None]).transpose(1, 2)
    closed = system.transition[:, None] - ahead @ readout
    start = system.initial_mean[:, None, None].expand(-1, 1, z.shape[1], -1)
    drive = torch.cat([start, centred[:, :-1] @ ahead[:, :-1].mT], 1)
    state = linear_scan(closed[:, :-1], drive)
    mean = (state @ readout.mT).transpose(1, 2) + system.offset[:, None, None]
    return Predicted(state.transpose(1, 2), covariance[:, None], mean, factor[:, None])


def _by_steps(
    z: Windows,
    system: KalmanSystem,
    readout: Float[Tensor, "s #b t m k"],
    noise: Float[Tensor, "s #b t m m"],
    observed: Observed | None,
) -> Predicted:
    """Frame by frame; sequences with the same covariances are rows of one state matrix."""
    s, b, length, m = z.shape
    own = max(readout.shape[1], noise.shape[1])  # 1 or b: how many sequences have covariances of their own
    rows, k = b // own, system.transition.shape[-1]

    def frames(values: Tensor) -> tuple[Tensor, ...]:
        return values.expand(-1, own, *values.shape[2:]).flatten(0, 1).unbind(1)

    def each(values: Float[Tensor, "s ..."]) -> Tensor:
        return values.repeat_interleave(own, 0)

    a, q, p = each(system.transition), each(system.process), each(system.initial)
    h = each(system.initial_mean)[:, None].expand(-1, rows, -1)
    centred = _known(z - system.offset[:, None, None], observed)
    latents = centred.reshape(s * own, rows, length, m).unbind(2)
    states, covariances = [], []
    for latent, d, r in zip(latents, frames(readout), frames(noise), strict=True):
        states.append(h)
        covariances.append(p)
        moved = a @ p
        ahead = moved @ d.mT @ torch.linalg.inv_ex(torch.baddbmm(r, d @ p, d.mT))[0]
        closed = torch.baddbmm(a, ahead, d, alpha=-1)
        p = torch.baddbmm(torch.baddbmm(q, ahead @ r, ahead.mT), closed @ p, closed.mT)
        h = torch.baddbmm(latent @ ahead.mT, h, closed.mT)
    state = torch.stack(states, 2).reshape(s, b, length, k)
    covariance = torch.stack(covariances, 1).unflatten(0, (s, own))
    full = system.readout[:, None, None]
    mean = (full @ state[..., None])[..., 0] + system.offset[:, None, None]
    factor = cholesky(readout @ covariance @ readout.mT + noise)
    return Predicted(state, covariance, mean, factor)
