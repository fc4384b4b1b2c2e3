"""Ornstein-Uhlenbeck processes of any dimension, dz = -A z dt + B dW, seen every `step` of time: exact, not Euler.

z_{t+1} = M z_t + e, M = exp(-A step), e ~ N(0, V - M V M^T), and the stationary law N(0, V) solves
A V + V A^T = B B^T. It exists iff every eigenvalue of A has positive real part.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from scipy import linalg
from torch import Tensor

from synthetic.initial_law import GaussianWindow
from synthetic.noise import GaussianNoise
from synthetic.predictor import LinearPredictor
from synthetic.transition import AdditiveNoise


class StationaryDiffusion(NamedTuple):
    """The stationary law and the transition that keeps it."""

    initial: GaussianWindow
    transition: AdditiveNoise


def linear_diffusion(
    drift: Float[Tensor, "d d"], diffusion: Float[Tensor, "d k"], step: float = 0.1
) -> StationaryDiffusion:
    """The process of drift A and diffusion B.

    ValueError for step <= 0, an unstable A, sizes that differ, and where noise does not reach every direction.
    """
    if not step > 0:
        raise ValueError(f"step={step} does not advance time: take step > 0")
    if drift.shape[0] != drift.shape[1] or drift.shape[0] != diffusion.shape[0]:
        raise ValueError(
            f"drift is {tuple(drift.shape)}, diffusion {tuple(diffusion.shape)}: give a square drift with as many rows "
            "as the diffusion"
        )
    slowest = float(torch.linalg.eigvals(drift).real.min())
    if not slowest > 0:
        raise ValueError(f"drift has an eigenvalue of real part {slowest:.3g}: no law is stationary; make all positive")
    a, b = drift.double().numpy(), diffusion.double().numpy()
    v = torch.from_numpy(linalg.solve_continuous_lyapunov(a, b @ b.T))
    v = (v + v.T) / 2
    m = torch.linalg.matrix_exp(-drift.double() * step)
    noise = v - m @ v @ m.T
    spread = torch.linalg.eigvalsh((noise + noise.T) / 2)
    if not float(spread[0]) > 1e-12 * float(spread[-1]):
        raise ValueError(
            f"diffusion {diffusion.tolist()} leaves a direction without noise: add a column, or couple the drift"
        )
    transition = AdditiveNoise(LinearPredictor(m), GaussianNoise((noise + noise.T) / 2))
    return StationaryDiffusion(GaussianWindow(v), transition)
