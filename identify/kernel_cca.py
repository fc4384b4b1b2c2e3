r"""Kernel CCA with random features: the functions of two views that correlate most, in closed form.

$$\max_{A,B}\ \mathrm{tr}(A^\top C_{xy}B)\quad\text{s.t.}\quad A^\top(C_{xx}+\gamma I)A=B^\top(C_{yy}+\gamma I)B=I$$

[bach2002kernel], with C the covariances of features $\phi(x)=(x,\cos(w_j^\top x+b_j))$ [rahimi2008random] of the
standardised view; A, B are singular vectors of $(C_{xx}+\gamma)^{-1/2}C_{xy}(C_{yy}+\gamma)^{-1/2}$. Views that are
consecutive observations of a stationary Gaussian world $z'=\rho z+\sqrt{1-\rho^2}\eta$ share exactly one space of
largest correlation rho, the affine functions of z [klindt2026lejepa]: the codes are then z up to an affine map.

Length scales are log-uniform in a range of standard deviations. The ridge, in units of the mean variance of a feature,
is the one whose functions, fitted on one half of the rows, correlate most on the other. The codes are invariant to
rescaling and shifting channels of a view, not to rotating it. A fitted correlation above what the law allows (rho) is
overfitting: `alarm`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import linalg

Rows = Float[np.ndarray, "n p"]
RIDGES = tuple(10.0**power for power in range(-8, 0))
LENGTH_SCALES = (0.5, 5.0)
_BLOCK = 2048


@dataclass(frozen=True, eq=False)
class RandomFeatures:
    """phi(x): standardised channels and cosines of random projections of them, float64."""

    mean: Float[np.ndarray, " p"]
    spread: Float[np.ndarray, " p"]
    frequencies: Float[np.ndarray, "p k"]
    phases: Float[np.ndarray, " k"]

    def __call__(self, x: Rows) -> Float[np.ndarray, "n q"]:
        """Features of each row; q = p + k."""
        standard = (x - self.mean) / self.spread
        return np.hstack((standard, np.cos(standard @ self.frequencies + self.phases)))


def draw_features(
    x: Rows, count: int, rng: np.random.Generator, length_scales: tuple[float, float] = LENGTH_SCALES
) -> RandomFeatures:
    """`count` cosines at length scales drawn log-uniformly from the range, in standard deviations of x."""
    frequencies = rng.standard_normal((x.shape[1], count))
    low, high = (math.log(one) for one in length_scales)
    scales = np.exp(rng.uniform(low, high, count))
    return RandomFeatures(x.mean(0), x.std(0), frequencies / scales, rng.uniform(0, 2 * math.pi, count))


class _Moments(NamedTuple):
    """Sums over rows: count, of the features of both views, and of their products."""

    rows: int
    total: Float[np.ndarray, " q"]
    products: Float[np.ndarray, "q q"]

    def plus(self, other: _Moments) -> _Moments:
        return _Moments(self.rows + other.rows, self.total + other.total, self.products + other.products)

    def covariance(self) -> Float[np.ndarray, "q q"]:
        mean = self.total / self.rows
        return self.products / self.rows - np.outer(mean, mean)


class _Spectrum(NamedTuple):
    """Eigenvalues and vectors of both views' feature covariances, and the cross-covariance between the vectors."""

    first: Float[np.ndarray, " q"]
    first_vectors: Float[np.ndarray, "q q"]
    second: Float[np.ndarray, " q"]
    second_vectors: Float[np.ndarray, "q q"]
    cross: Float[np.ndarray, "q q"]


class _Directions(NamedTuple):
    """Coefficients of the canonical functions of both views."""

    first: Float[np.ndarray, "q d"]
    second: Float[np.ndarray, "q d"]


@dataclass(frozen=True, eq=False)
class KernelCCA:
    """Canonical functions of the first view, and how they correlate with those of the second.

    `correlations` are those of all rows, which fitted it; `held_out` those on the half that chose the ridge, of
    functions fitted on the other half. A ridge can change their order.
    """

    features: RandomFeatures
    offset: Float[np.ndarray, " q"]
    coefficients: Float[np.ndarray, "q d"]
    correlations: Float[np.ndarray, " d"]
    held_out: Float[np.ndarray, " d"]
    ridge: float

    def __call__(self, x: Rows) -> Float[np.ndarray, "n d"]:
        """Codes: the canonical functions of each row, zero mean and about unit variance on the training rows."""
        if x.ndim != 2 or x.shape[1] != len(self.features.mean):
            raise ValueError(
                f"x has shape {x.shape}, fitted were {len(self.features.mean)} channels: give rows of that kind"
            )
        blocks = np.array_split(x, max(1, len(x) // _BLOCK))
        return np.vstack([(self.features(block) - self.offset) @ self.coefficients for block in blocks])

    def alarm(self, bound: float, margin: float = 0.005) -> bool:
        """Whether a fitted correlation lies above what the law allows (rho) by more than `margin`: overfitting."""
        if not 0 < bound <= 1:
            raise ValueError(f"bound={bound} is no correlation: give the largest that the law allows, in (0, 1]")
        return bool(self.correlations.max() > bound + margin)


def fit_kernel_cca(
    x: Rows,
    y: Float[np.ndarray, "m q"],
    components: int,
    rng: np.random.Generator,
    features: int = 600,
    ridges: Sequence[float] = RIDGES,
    length_scales: tuple[float, float] = LENGTH_SCALES,
) -> KernelCCA:
    """The `components` pairs of functions of rows x and y that correlate most.

    Rows count as exchangeable (independent pairs): the first half fits, the second half chooses the ridge, all rows
    fit the result. Raises ValueError for unequal or too few rows, non-finite values, constant channels, or a ridge,
    length scale or number of components out of range.
    """
    _check(x, y, components, features, ridges, length_scales)
    maps = tuple(draw_features(one, features, rng, length_scales) for one in (x, y))
    half = len(x) // 2
    fitting, choosing = (_moments(maps, x[rows], y[rows]) for rows in (slice(half), slice(half, None)))
    width = features + x.shape[1]
    spectrum = _spectrum(fitting.covariance(), width)
    tried = {ridge: _correlations(_solve(spectrum, ridge, components), choosing, width) for ridge in ridges}
    ridge = max(tried, key=lambda one: tried[one].sum())
    both = fitting.plus(choosing)
    directions = _solve(_spectrum(both.covariance(), width), ridge, components)
    return KernelCCA(
        maps[0],
        both.total[:width] / both.rows,
        directions.first,
        _correlations(directions, both, width),
        tried[ridge],
        ridge,
    )


def _check(
    x: np.ndarray,
    y: np.ndarray,
    components: int,
    features: int,
    ridges: Sequence[float],
    length_scales: tuple[float, float],
) -> None:
    if len(x) != len(y):
        raise ValueError(f"x has {len(x)} rows, y {len(y)}: give one row of each for every pair")
    for name, view in (("x", x), ("y", y)):
        if not np.isfinite(view).all():
            raise ValueError(f"{name} has a NaN or infinite value: remove or impute its row")
        if not (view.std(0) > 0).all():
            raise ValueError(f"{name} has a constant channel, {int(view.std(0).argmin())}: drop it")
    if features < 0:
        raise ValueError(f"features={features}: give a number of cosines, 0 for linear CCA")
    width = features + min(x.shape[1], y.shape[1])
    if not 1 <= components <= width:
        raise ValueError(f"components={components} of {width} features: take 1 <= components <= features")
    if len(x) < 4 * (features + max(x.shape[1], y.shape[1])):
        raise ValueError(f"x has {len(x)} rows for {width} features: give four times as many, or lower features")
    if not ridges or not all(0 < ridge < math.inf for ridge in ridges):
        raise ValueError(f"ridges={tuple(ridges)}: give at least one, each above 0")
    if not 0 < length_scales[0] <= length_scales[1] < math.inf:
        raise ValueError(f"length_scales={length_scales}: give a range (low, high) with 0 < low <= high")


def _moments(maps: Sequence[RandomFeatures], x: Rows, y: Rows) -> _Moments:
    """Block by block: the features of all rows would not fit beside their products."""
    parts = max(1, len(x) // _BLOCK)
    sums = []
    for a, b in zip(np.array_split(x, parts), np.array_split(y, parts), strict=True):
        phi = np.hstack((maps[0](a), maps[1](b)))
        sums.append(_Moments(len(phi), phi.sum(0), phi.T @ phi))
    total = sums[0]
    for one in sums[1:]:
        total = total.plus(one)
    return total


def _spectrum(covariance: Float[np.ndarray, "q q"], width: int) -> _Spectrum:
    first, u = linalg.eigh(covariance[:width, :width])
    second, v = linalg.eigh(covariance[width:, width:])
    return _Spectrum(first.clip(0), u, second.clip(0), v, u.T @ covariance[:width, width:] @ v)


def _solve(spectrum: _Spectrum, ridge: float, components: int) -> _Directions:
    shrink_first = 1 / np.sqrt(spectrum.first + ridge * spectrum.first.mean())
    shrink_second = 1 / np.sqrt(spectrum.second + ridge * spectrum.second.mean())
    a, _, b = linalg.svd(shrink_first[:, None] * spectrum.cross * shrink_second, full_matrices=False)
    return _Directions(
        spectrum.first_vectors @ (shrink_first[:, None] * a[:, :components]),
        spectrum.second_vectors @ (shrink_second[:, None] * b[:components].T),
    )


def _correlations(directions: _Directions, moments: _Moments, width: int) -> Float[np.ndarray, " d"]:
    """Correlation of each pair of functions on the rows behind the moments."""
    covariance, (a, b) = moments.covariance(), directions
    cross = (a * (covariance[:width, width:] @ b)).sum(0)
    first = (a * (covariance[:width, :width] @ a)).sum(0)
    second = (b * (covariance[width:, width:] @ b)).sum(0)
    return cross / np.sqrt(first * second)
