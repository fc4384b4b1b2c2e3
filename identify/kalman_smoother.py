r"""Smoother of Rauch, Tung and Striebel: the law of the state given the whole sequence [rauch1965maximum].

$$J_t=P_{t|t}A^\top P_{t+1|t}^{-1},\quad h_{t|T}=h_{t|t}+J_t(h_{t+1|T}-h_{t+1|t}),\quad
P_{t|T}=(I-J_tA)P_{t|t}(I-J_tA)^\top+J_t(Q+P_{t+1|T})J_t^\top.$$

The covariance is a sum of congruences, so it stays positive definite in float32; the means run backward through the
same log-depth scan as the filter where all sequences share their covariances.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from identify.covariance import cholesky
from identify.kalman_filter import Filtered, predict, update
from identify.kalman_scan import linear_scan
from identify.kalman_system import KalmanSystem, Observed, StepNoise, Windows


def smooth(
    z: Windows, system: KalmanSystem, observed: Observed | None = None, noise: StepNoise | None = None
) -> Filtered:
    """Mean and covariance of every state given all frames; differentiable. ValueError on bad input."""
    predicted = predict(z, system, observed, noise)
    filtered = update(z, system, predicted, observed, noise)
    a, q = system.transition[:, None, None], system.process[:, None]
    # J_t^T = P_{t+1|t}^-1 A P_{t|t}
    back = torch.cholesky_solve(a @ filtered.covariance[:, :, :-1], cholesky(predicted.covariance[:, :, 1:])).mT
    rest = torch.eye(a.shape[-1], dtype=z.dtype, device=z.device) - back @ a
    known = rest @ filtered.covariance[:, :, :-1] @ rest.mT
    covariance = filtered.covariance[:, :, -1]
    covariances = [covariance]
    for t in reversed(range(back.shape[2])):
        covariance = known[:, :, t] + back[:, :, t] @ (q + covariance) @ back[:, :, t].mT
        covariances.append(covariance)
    return Filtered(_means(filtered.state, predicted.state, back), torch.stack(covariances[::-1], 2))


def _means(
    filtered: Float[Tensor, "s b t k"], predicted: Float[Tensor, "s b t k"], back: Float[Tensor, "s #b u k k"]
) -> Float[Tensor, "s b t k"]:
    """The backward recursion of the means; sequences with covariances of their own count as networks of the scan."""
    own, (s, b, t, k) = back.shape[1], filtered.shape
    correction = (back @ predicted[:, :, 1:, :, None])[..., 0]
    drive = torch.cat([filtered[:, :, :-1] - correction, filtered[:, :, -1:]], 2).flip(2)
    rows = drive.reshape(s * own, b // own, t, k).transpose(1, 2)
    backward = linear_scan(back.flip(2).flatten(0, 1), rows)
    return backward.transpose(1, 2).reshape(s, b, t, k).flip(2)
