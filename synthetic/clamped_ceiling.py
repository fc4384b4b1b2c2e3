"""The best R2 from positions clamped to a square: 1 - E Var(z | clamp(z)) / Var(z), mean of both coordinates.

Inside the square nothing is lost. Beyond one edge the lost coordinate is predicted from the other one, a function of
one variable; in a corner both are predicted by constants. These conditional means are fitted by equal-count bins on one
half of the sequences and scored on the other half, so the estimate is, up to binning, a lower bound of the ceiling.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from torch import Tensor

from synthetic.ceiling import Ceiling


def clamped_ceiling(
    z: Float[Tensor, "n t 2"], frame: tuple[float, float], why: str, bins: int = 20, resamples: int = 400, seed: int = 0
) -> Ceiling:
    """Ceiling of z seen through clamp(z), with a 95 % bootstrap interval over the held-out sequences.

    ValueError for fewer than 200 sequences.
    """
    if len(z) < 200:
        raise ValueError(f"{len(z)} sequences are too few to fit and to score: take at least 200")
    latents = z.double().cpu().numpy()
    train, held_out = latents[: len(latents) // 2], latents[len(latents) // 2 :]
    error = np.stack([_squared_error(train, held_out, axis, frame, bins) for axis in (0, 1)], -1)
    spread = (held_out - held_out.mean((0, 1))) ** 2
    per_sequence = np.stack((error.mean(1), spread.mean(1)))
    picks = np.random.default_rng(seed).integers(held_out.shape[0], size=(resamples, held_out.shape[0]))
    draws = np.array([_r2(per_sequence[:, rows]) for rows in picks])
    low, high = np.quantile(draws, (0.025, 0.975))
    return Ceiling(float(_r2(per_sequence)), float(low), float(high), why)


def _r2(per_sequence: Float[np.ndarray, "2 n d"]) -> float:
    error, spread = per_sequence.mean(1)
    return float((1 - error / spread).mean())


def _squared_error(
    train: Float[np.ndarray, "n t 2"],
    held_out: Float[np.ndarray, "k t 2"],
    axis: int,
    frame: tuple[float, float],
    bins: int,
) -> Float[np.ndarray, "k t"]:
    """(z_axis - E[z_axis | clamp(z)])^2 on the held-out frames; zero where the coordinate is not clamped."""
    error = np.zeros(held_out.shape[:2])
    for edge, sign in zip(frame, (-1, 1), strict=True):
        beyond_train, beyond = sign * (train[..., axis] - edge) > 0, sign * (held_out[..., axis] - edge) > 0
        value, other = train[..., axis][beyond_train], train[..., 1 - axis][beyond_train]
        predicted = _binned_mean(value, other, held_out[..., 1 - axis][beyond], frame, bins)
        error[beyond] = (held_out[..., axis][beyond] - predicted) ** 2
    return error


def _binned_mean(
    value: Float[np.ndarray, "n"],
    other: Float[np.ndarray, "n"],
    query: Float[np.ndarray, "k"],
    frame: tuple[float, float],
    bins: int,
) -> Float[np.ndarray, "k"]:
    """Mean of value by bin of clamp(other): two corners, and equal-count bins between them."""
    inner = other[(other > frame[0]) & (other < frame[1])]
    inner_edges = np.quantile(inner, np.linspace(0, 1, bins + 1)[1:-1]) if len(inner) else []
    edges = np.concatenate((frame[:1], inner_edges, frame[1:]))
    cell, cells = np.digitize(other, edges), len(edges) + 1
    count = np.bincount(cell, minlength=cells)
    total = np.bincount(cell, weights=value, minlength=cells)
    overall = value.mean() if len(value) else 0.0
    means = np.where(count > 0, total / np.maximum(count, 1), overall)
    return means[np.digitize(query, edges)]
