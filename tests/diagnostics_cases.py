"""Sequences with one known defect, in numpy, and what the diagnostics of a world's latents are."""

from __future__ import annotations

import numpy as np
import torch

from synthetic import World


def autoregression(
    rng: np.random.Generator, n: int, t: int, d: int, slope: float = 0.8, noise: np.ndarray | None = None
) -> np.ndarray:
    """z' = slope z + sqrt(1 - slope^2) e from its stationary law; e standard normal unless given [n t d]."""
    e = rng.standard_normal((n, t, d)) if noise is None else noise
    z = np.empty((n, t, d))
    z[:, 0] = e[:, 0]
    for s in range(1, t):
        z[:, s] = slope * z[:, s - 1] + np.sqrt(1 - slope**2) * e[:, s]
    return z


def heteroscedastic(rng: np.random.Generator, n: int, t: int, spread: float) -> np.ndarray:
    """Two coordinates, the log variance of each follows the other one step before."""
    z = np.empty((n, t, 2))
    z[:, 0] = rng.standard_normal((n, 2))
    for s in range(1, t):
        z[:, s] = 0.5 * z[:, s - 1] + np.exp(spread / 2 * np.tanh(z[:, s - 1, ::-1])) * rng.standard_normal((n, 2))
    return z


def latents(world: World, n: int, length: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Latents of a world and the true predicted means of all steps but the first.

    Where the law looks back s steps, the sequences begin at step s, the first that has a successor with a full past.
    """
    generator = torch.Generator().manual_seed(seed)
    start = world.initial.sample(1, generator).shape[1]
    z = world.latents(n, min(length + start - 1, world.longest or length), generator)
    means = torch.stack([world.transition.mean(z[:, :t]) for t in range(start, z.shape[1])], 1)
    return z[:, start - 1 :].numpy(), means.numpy()
