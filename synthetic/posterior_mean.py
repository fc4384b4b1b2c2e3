r"""E[z_t | x_t] and E[z_t | x_:t+1] by weighted points: what no encoder beats, of one observation or of all so far.

- One observation: points z_k with prior weights $w_k$ (draws of the world, or a grid with the density), weighted by
  $p(x|z_k)$.
- All so far: the bootstrap particle filter [gordon1993novel]: particles move by the transition, are weighted by
  $p(x_t|z)$, and are drawn anew (systematically) in proportion to their weights at every step.

The error of a computed mean is, on average, no smaller than the posterior variance, whatever the number of points;
the weighted variance is too small by about as much. Half their sum is unbiased to first order in 1 / points.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.ceiling import Ceiling
from synthetic.initial_law import InitialLaw
from synthetic.pixel_noise import LogLikelihood
from synthetic.transition import Transition

_NUMBERS = 2**24  # likelihoods computed at a time


class PosteriorMoments(NamedTuple):
    """Mean and coordinatewise variance of z given what was seen."""

    mean: Float[Tensor, "*batch d"]
    variance: Float[Tensor, "*batch d"]


def posterior_of_one(
    x: Float[Tensor, "n t p"],
    points: Float[Tensor, "k d"],
    log_prior: Float[Tensor, "k"] | None,
    log_likelihood: LogLikelihood,
) -> PosteriorMoments:
    """Moments of z_t given x_t alone; points of equal weight where `log_prior` is None."""
    rows = x.flatten(0, 1)
    step = max(1, _NUMBERS // len(points))
    found = []
    for start in range(0, len(rows), step):
        weights = log_likelihood(rows[start : start + step], points.unsqueeze(0))
        found.append(_moments(weights if log_prior is None else weights + log_prior, points.unsqueeze(0)))
    mean, variance = (torch.cat(parts).unflatten(0, x.shape[:2]) for parts in zip(*found, strict=True))
    return PosteriorMoments(mean, variance)


def posterior_of_past(
    x: Float[Tensor, "n t p"],
    initial: InitialLaw,
    transition: Transition,
    log_likelihood: LogLikelihood,
    particles: int,
    generator: torch.Generator,
) -> PosteriorMoments:
    """Moments of z_t given x_:t+1, with this many particles a sequence; ValueError for fewer than two."""
    if particles < 2:
        raise ValueError(f"particles={particles} have no variance: take particles >= 2")
    n, length, _ = x.shape
    window = initial.sample(n * particles, generator).unflatten(0, (n, particles))
    steps = window.shape[2]
    weights = x.new_zeros(n, particles, dtype=torch.float64)
    found = []
    for t in range(length):
        if t >= steps:
            kept = window.gather(1, _drawn_anew(weights, generator)[..., None, None].expand_as(window))
            moved = transition.sample(kept.flatten(0, 1), generator).unflatten(0, (n, particles))
            window = torch.cat((kept, moved.unsqueeze(2)), 2)[:, :, 1:]
            weights = torch.zeros_like(weights)
        now = window[:, :, min(t, steps - 1)]
        weights = weights + log_likelihood(x[:, t], now)
        found.append(_moments(weights, now))
    mean, variance = (torch.stack(parts, 1) for parts in zip(*found, strict=True))
    return PosteriorMoments(mean, variance)


def posterior_ceiling(
    z: Float[Tensor, "n t d"], found: PosteriorMoments, why: str, resamples: int = 400, seed: int = 0
) -> Ceiling:
    """1 - E Var(z | seen) / Var(z), mean over coordinates; 95 % bootstrap interval over sequences.

    The interval reaches from the lower bound by the error of the mean to the upper bound by the weighted variance.
    ValueError for fewer than 20 sequences.
    """
    if len(z) < 20:
        raise ValueError(f"{len(z)} sequences are too few for an interval: take at least 20")
    error = (z - found.mean).square().mean(1)
    spread = (z - z.mean((0, 1))).square().mean(1)
    parts = torch.stack((error, found.variance.mean(1), spread)).cpu().numpy()
    picks = np.random.default_rng(seed).integers(len(z), size=(resamples, len(z)))
    draws = np.stack([_both(parts[:, rows]) for rows in picks])
    both = _both(parts)
    ends = np.quantile(draws, (0.025, 0.975), axis=0)
    return Ceiling(float(both.mean()), float(ends[0].min()), float(ends[1].max()), why)


def _both(parts: Float[np.ndarray, "3 n d"]) -> Float[np.ndarray, "2"]:
    """R2 by the error of the mean and by the weighted variance."""
    error, variance, spread = parts.mean(1)
    return np.stack([1 - (one / spread).mean() for one in (error, variance)])


def _moments(log_weights: Float[Tensor, "n k"], z: Float[Tensor, "m k d"]) -> tuple[Tensor, Tensor]:
    weights = torch.softmax(log_weights, -1)
    if len(z) == 1:
        mean, square = weights @ z[0], weights @ z[0].square()
    else:
        mean, square = (torch.einsum("nk,nkd->nd", weights, one) for one in (z, z.square()))
    return mean, (square - mean.square()).clamp_min(0)


def _drawn_anew(log_weights: Float[Tensor, "n k"], generator: torch.Generator) -> Tensor:
    """Indices of particles, each as often as its weight says, up to rounding (one uniform number a sequence)."""
    n, k = log_weights.shape
    levels = torch.softmax(log_weights, -1).cumsum(-1)
    start = torch.rand(n, 1, generator=generator, dtype=torch.float64, device=generator.device)
    teeth = (start + torch.arange(k, device=start.device)) / k
    return torch.searchsorted(levels, teeth * levels[:, -1:] * (1 - math.ulp(1.0))).clamp_max(k - 1)
