"""The fits of one half: linear classes, componentwise and nonlinear, as whitened held-out residuals."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from identify.ladder.kernel_ridge import fit_nonlinear, whitener
from identify.ladder.linear_maps import fit_linear_maps, joint_moments
from identify.ladder.monotone import fit_monotone_map
from identify.ladder.planted_bends import planted_bends
from identify.ladder.residuals import Fold, discount, second_moment
from identify.metrics.affine import affine_fit
from identify.splits import Split

NONLINEAR_ROWS = 4_000
"""Train rows a nonlinear fit uses at most, evenly spread; held-out rows are all scored."""
ROWS_AN_INPUT = 5
"""Train rows for each input below which a nonlinear fit would tell nothing and is left out."""


def enough_for_nonlinear(rows: int, inputs: int) -> bool:
    """Whether a nonlinear fit from that many inputs can tell anything."""
    return min(rows, NONLINEAR_ROWS) >= ROWS_AN_INPUT * inputs


def spread(rows: int) -> Int[np.ndarray, " few"]:
    """At most NONLINEAR_ROWS positions, evenly spread, so that a part of a long series does not stand for the whole."""
    return np.arange(rows) if rows <= NONLINEAR_ROWS else np.linspace(0, rows - 1, NONLINEAR_ROWS).astype(int)


class HalfFit(NamedTuple):
    """Whitened residuals of one half by class: held-out rows in `fold`; of the train rows their second moments, and the
    `spread` rows of the classes that a nonlinear fit may start from.
    """

    train: dict[str, Float[np.ndarray, "m m"]]
    rest: dict[str, Float[np.ndarray, "few m"]]
    fold: Fold


class Planted(NamedTuple):
    """Held-out gain of each planted bend, in the units of the loss."""

    gains: Float[np.ndarray, " shapes"]


def fit_linear_half(true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"], split: Split) -> HalfFit:
    """Fit every linear class on the train rows of `split`."""
    z, y = true[split.train], recovered[split.train]
    z_held, y_held = true[split.held_out], recovered[split.held_out]
    _, white = whitener(y)
    train, held, discounts, rest = {}, {}, {}, {}
    known = joint_moments(z, y)
    few = spread(len(z))
    for name, fitted in fit_linear_maps(z, y, known).items():
        train[name] = white.T @ known.residual_form(fitted) @ white
        if name == "affine":
            rest[name] = (y[few] - fitted(z[few])) @ white
        held[name] = (y_held - fitted(z_held)) @ white
        discounts[name] = discount(fitted.parameters, len(z))
    return HalfFit(train, rest, Fold(held, discounts, split.blocks))


def add_componentwise(
    half: HalfFit, true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"], split: Split
) -> None:
    """Fit the componentwise class on the train rows and add its residuals."""
    z, y = true[split.train], recovered[split.train]
    fitted = fit_monotone_map(z, y)
    _, white = whitener(y)
    left = (y - fitted(z)) @ white
    half.train["componentwise"] = second_moment(left)
    half.rest["componentwise"] = left[spread(len(left))]
    half.fold.residuals["componentwise"] = (recovered[split.held_out] - fitted(true[split.held_out])) @ white
    half.fold.discounts["componentwise"] = discount(fitted.parameters, len(z))


def add_nonlinear(
    half: HalfFit, base: str, true: Float[np.ndarray, "n d"], split: Split, rng: np.random.Generator, planted: float
) -> Planted:
    """Fit what class `base` leaves over, add the residuals of the sum, and try to find bends of variance `planted`."""
    used = split.train[spread(len(split.train))]
    rest = half.rest[base]
    z, z_held = true[used], true[split.held_out]
    mean, white = whitener(z)
    basis = np.linalg.eigh(second_moment(rest))[1][:, ::-1]
    outputs = rest @ basis
    bends = planted_bends(np.concatenate([(z - mean) @ white, (z_held - mean) @ white]), rng)
    bends *= np.sqrt(planted)
    noise, noise_held = outputs[:, 0], half.fold.residuals[base] @ basis[:, 0]
    plants = np.roll(noise, len(noise) // 2)[:, None] + bends[: len(z)]
    plants_held = np.roll(noise_held, len(noise_held) // 2)[:, None] + bends[len(z) :]
    m = outputs.shape[1]
    fitted = fit_nonlinear(z, np.concatenate([outputs, plants], axis=1), rng, real=m)
    centre = np.concatenate([outputs.mean(axis=0), plants.mean(axis=0)])
    predicted = fitted(z_held) + centre
    half.fold.residuals["nonlinear"] = half.fold.residuals[base] - predicted[:, :m] @ basis.T
    half.fold.discounts["nonlinear"] = half.fold.discounts[base]
    half.train["nonlinear"] = second_moment(rest - (fitted(z)[:, :m] + centre[:m]) @ basis.T)
    gains = np.mean((plants_held - centre[m:]) ** 2, axis=0) - np.mean((plants_held - predicted[:, m:]) ** 2, axis=0)
    return Planted(gains)


def backward_residuals(
    true: Float[np.ndarray, "n d"],
    recovered: Float[np.ndarray, "n m"],
    split: Split,
    rng: np.random.Generator | None = None,
) -> Fold:
    """Whitened held-out residuals of true from recovered: affine, or affine plus nonlinear where `rng` is given."""
    x, z = recovered[split.train], true[split.train]
    slope, offset = affine_fit(x, z)
    _, white = whitener(z)
    held = (true[split.held_out] - recovered[split.held_out] @ slope - offset) @ white
    if rng is not None and enough_for_nonlinear(len(x), x.shape[1]):
        few = spread(len(x))
        rest = (z[few] - x[few] @ slope - offset) @ white
        fitted = fit_nonlinear(x[few], rest, rng, real=rest.shape[1])
        held = held - fitted(recovered[split.held_out]) - rest.mean(axis=0)
    return Fold({"best": held}, {"best": 1.0}, split.blocks)
