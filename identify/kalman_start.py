r"""A Kalman system from the moments of codes: where the filter starts once encoder and linear predictor are trained.

In whitened codes w the lagged covariances of a latent autoregression under white noise of share r are
$C_1=(1-r)A$, $C_2=(1-r)A^2$, hence $1-r=\langle C_1^2,C_2\rangle/\langle C_2,C_2\rangle$ and $A=C_1/(1-r)$; with
z = c + Lw this gives $D=\sqrt{1-r}\,L$, $R=r\,LL^\top$; the stationary law N(0, I) of the state gives Q = I - A A^T.
Exact for such processes and only a start for others (LDM eq. 15 has more states than latents as a rule).
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

from identify.covariance import cholesky, covariance, standardise
from identify.kalman_system import KalmanSystem

_SHARE = (0.02, 0.5)
_NORM = 0.99
"""Bounds of the noise share and of the singular values of A: moments of short runs may lie outside."""
_SPARE_RATE, _SPARE_READOUT = 0.5, 0.1


def system_from_moments(z: Float[Tensor, "b t m"], spare: Float[Tensor, "m k"]) -> KalmanSystem:
    """System of one network (s = 1) with k states; t >= 3.

    With more states than latents the rest decays by half a frame and is read by a tenth of the last columns of `spare`;
    with fewer, the directions in which the codes are most predictable are kept. ValueError on codes that span too
    little: a singular covariance.
    """
    m, k = spare.shape
    if z.shape[1] < 3:
        raise ValueError(f"z has windows of {z.shape[1]} frames; give at least 3, two lags are needed")
    offset, factor = z.mean((0, 1)), cholesky(covariance(z.flatten(0, 1)))
    if not bool(factor.isfinite().all()):
        raise ValueError("z: the covariance of the codes is singular or not finite; train the encoder first")
    w = standardise((z - offset).flatten(0, 1), factor).unflatten(0, z.shape[:2])
    transition, share = _transition(w)
    left, values, right = torch.linalg.svd(transition)
    kept = left[:, :k]
    core = kept.mT @ (left * values.clamp_max(_NORM) @ right) @ kept
    wide = torch.block_diag(core, _SPARE_RATE * torch.eye(k - core.shape[0]).to(core))
    eye = torch.eye(k).to(core)
    readout = torch.cat([math.sqrt(1 - share) * factor @ kept, _SPARE_READOUT * factor @ spare[:, core.shape[0] :]], 1)
    unread = torch.eye(m).to(core) - (1 - share) * kept @ kept.mT
    system = (wide, eye - wide @ wide.mT, readout, factor @ unread @ factor.mT, offset, torch.zeros_like(eye[0]), eye)
    return KalmanSystem(*(part[None] for part in system))


def _transition(w: Float[Tensor, "b t m"]) -> tuple[Float[Tensor, "m m"], float]:
    """A and the share of white noise."""
    one, two = (
        (w[:, lag:].flatten(0, 1).mT @ w[:, :-lag].flatten(0, 1)) / w[:, lag:].flatten(0, 1).shape[0] for lag in (1, 2)
    )
    signal = float((one @ one * two).sum() / two.square().sum())
    share = min(max(1 - signal, _SHARE[0]), _SHARE[1])
    return one / (1 - share), share
