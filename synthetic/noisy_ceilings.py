"""What RECORDED_CEILINGS records, computed anew: posterior means of the noisy worlds, in about two CPU-minutes.

Points for one observation: a grid with the density N(0, I) for the rotation, a grid of the circle for place cells,
draws of the world otherwise. Every fifth frame stands for the sequence there, since frames nearby say much the same.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from synthetic.beside import Beside
from synthetic.input_noise import SignalNoise, normal_log_likelihood
from synthetic.noisy_worlds import CONSTANT, VARYING, noisy_dots, place_cells, place_noise_dots, signal_noise_dots
from synthetic.pixel_noise import LogLikelihood, NoiseLevel, PixelNoise, image_log_likelihood
from synthetic.posterior_mean import posterior_ceiling, posterior_of_one, posterior_of_past
from synthetic.recorded_ceilings import Ceilings, frame_reason, past_reason
from synthetic.spike_counts import SpikeCounts, count_log_likelihood
from synthetic.world import World

_LENGTH, _EVERY = 100, 5
_LEVELS = (CONSTANT, VARYING)


def noisy_worlds() -> list[World]:
    """The worlds whose ceilings are recorded here."""
    dots = [noisy_dots(motion, level) for motion in ("rotation", "figure_eight", "square") for level in _LEVELS]
    return [*dots, signal_noise_dots(), place_noise_dots(), place_cells()]


def measured_ceilings(n: int = 120, particles: int = 300, seed: int = 0) -> dict[str, Ceilings]:
    """Name of the world -> its ceilings, from n sequences of 100 steps."""
    return {world.name: ceilings_of(world, n, particles, seed) for world in noisy_worlds()}


def ceilings_of(world: World, n: int, particles: int, seed: int = 0) -> Ceilings:
    """Ceilings of a noisy world; ValueError where its likelihood is not known, or for fewer than 20 sequences."""
    generator = torch.Generator().manual_seed(seed)
    log_likelihood = likelihood_of(world)
    z, x, _ = world.sample(n, _LENGTH, generator, torch.float64)
    points, log_prior = _points(world, generator)
    frame = posterior_of_one(x[:, ::_EVERY], points, log_prior, log_likelihood)
    past = posterior_of_past(x, world.initial, world.transition, log_likelihood, particles, generator)
    return Ceilings(
        posterior_ceiling(z[:, ::_EVERY], frame, frame_reason(_LENGTH)),
        posterior_ceiling(z, past, past_reason(_LENGTH)),
    )


def likelihood_of(world: World) -> LogLikelihood:
    """log p(x | z) of a world, its noise level integrated out; ValueError for other observation models."""
    if isinstance(world.observation, SpikeCounts):
        return count_log_likelihood(world.mixing, world.observation)
    if isinstance(world.mixing, Beside) and isinstance(world.nuisance, NoiseLevel):
        return image_log_likelihood(world.mixing.mixing, world.nuisance)
    if world.nuisance is None and isinstance(world.observation, SignalNoise | PixelNoise):
        return normal_log_likelihood(world.mixing, world.observation)
    raise ValueError(f"world={world.name} has no likelihood in closed form: give one of spike counts or pixel noise")


def _points(world: World, generator: torch.Generator) -> tuple[Tensor, Tensor | None]:
    """Points over the prior of one frame, and their log weights."""
    if world.name.startswith("rotation"):
        axis = torch.arange(-5, 5.001, 0.06, dtype=torch.float64)
        grid = torch.cartesian_prod(axis, axis)
        return grid, -0.5 * grid.square().sum(-1)
    if world.name == "place_cells":
        angle = torch.arange(720, dtype=torch.float64) * (2 * math.pi / 720)
        return torch.stack((angle.cos(), angle.sin()), -1), None
    return world.latents(200, _LENGTH, generator).flatten(0, 1), None
