r"""Factorised laws of sources for linear ICA, $\log P_\theta(y)=\sum_i\log p_i(y_i)$ (LDM eq. 3), in nats a row.

- `GeneralisedNormal(shape)`: $p(y)\propto\exp(-|y|^\beta/\beta)$. Shape above 2 suits sub-Gaussian sources, below 2
  super-Gaussian ones; 2 identifies nothing. Below 2 the kink at zero is rounded, $|y|\to\sqrt{y^2+r^2}$, in value,
  normaliser and derivatives alike: a smooth density, whose optimum a gradient can reach.
- `AutoregressiveNormal(decay, variance)`: $y_t|y_{t-1}\sim\mathcal N(a_iy_{t-1},v_i(1-a_i^2))$, Ornstein-Uhlenbeck
  processes seen at equal steps, autocovariance $v_ia_i^{|k|}$.
- `EstimatedAutoregression(order)`: Gaussian autoregressions whose coefficients and innovation variances are fitted to y
  itself by least squares, so that the autocovariances need not be known. Its value ignores the scale of y.

Gaussian sources are told apart by their dynamics only: equal autocovariances identify nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from scipy import integrate

Rows = Float[np.ndarray, "n d"]
Sources = Float[np.ndarray, " d"]


@runtime_checkable
class SourcePrior(Protocol):
    """Factorised log density of sources, row by row, with what an optimiser wants to know of its derivatives."""

    def terms(self, y: Rows) -> Float[np.ndarray, " n"]:
        """Log density of each row (given the rows before it, if the prior is dynamic), in nats."""
        ...

    def gradient(self, y: Rows) -> Rows:
        """Derivative of the mean of `terms` with respect to y."""
        ...

    def curvature(self, y: Rows) -> Float[np.ndarray, "d d"]:
        """Entry (i, j): minus the second derivative of the mean of `terms` as y_i + e y_j, for independent columns."""
        ...


@dataclass(frozen=True)
class GeneralisedNormal:
    """Density proportional to exp(-|y|^shape / shape); one shape for every source, or one each.

    `rounding` is r above, in units of the scaled source; 0 keeps the kink. Raises ValueError for shapes that are not
    above 0 and negative roundings; the methods, for another number of sources than shapes.
    """

    shape: float | tuple[float, ...]
    rounding: float = 0.01

    def __post_init__(self) -> None:
        if not all(one > 0 for one in self._shapes):
            raise ValueError(
                f"shape={self.shape}; a generalised normal has a shape above 0 (2: Gaussian, 4: flat-topped)"
            )
        if not self.rounding >= 0:
            raise ValueError(f"rounding={self.rounding}; give 0 (a sharp kink) or a small positive number")

    @property
    def _shapes(self) -> tuple[float, ...]:
        return self.shape if isinstance(self.shape, tuple) else (self.shape,)

    def terms(self, y: Rows) -> Float[np.ndarray, " n"]:
        """-|y|^shape / shape less the log normaliser, summed over sources."""
        out = np.zeros(len(y))
        for columns, b, r in self._groups(y):
            one = y[:, columns]
            out -= _power(one, b, r).sum(axis=1) / b + one.shape[1] * _log_normaliser(b, r)
        return out

    def gradient(self, y: Rows) -> Rows:
        """-sign(y) |y|^(shape-1) / n, rounded."""
        out = np.empty_like(y)
        for columns, b, r in self._groups(y):
            one = y[:, columns]
            out[:, columns] = one * _power(one, b - 2, r) / -len(y)
        return out

    def curvature(self, y: Rows) -> Float[np.ndarray, "d d"]:
        """Mean slope of the score times mean square of the other source; on the diagonal, their joint mean."""
        slope, own = np.empty(y.shape[1]), np.empty(y.shape[1])
        for columns, b, r in self._groups(y):
            one = y[:, columns]
            pull = _slope(one, b, r)
            slope[columns], own[columns] = pull.mean(axis=0), (pull * one**2).mean(axis=0)
        out = np.outer(slope, np.mean(y**2, axis=0))
        np.fill_diagonal(out, own)
        return out

    def _groups(self, y: Rows) -> list[tuple[list[int] | slice, float, float]]:
        """Columns of equal shape, the shape, and how far its kink is rounded."""
        shapes, d = self._shapes, y.shape[1]
        if isinstance(self.shape, tuple) and len(shapes) != d:
            raise ValueError(f"the prior has laws for {len(shapes)} sources, x has {d} columns; make them equal")
        rounded = {b: self.rounding if b < 2 else 0.0 for b in sorted({*shapes})}
        if len(rounded) == 1:
            return [(slice(None), b, r) for b, r in rounded.items()]
        return [([i for i in range(d) if shapes[i] == b], b, r) for b, r in rounded.items()]


def _power(y: Rows, exponent: float, rounding: float) -> Rows:
    """|y| to the exponent, rounded; written so that numpy takes its quick ways for the usual exponents."""
    if exponent == 0:
        return np.ones_like(y)
    square = y**2 + rounding**2
    if exponent % 2 == 0:
        return square ** int(exponent // 2)
    if exponent == -1 and rounding > 0:
        return 1 / np.sqrt(square)
    if exponent == 1:
        return np.sqrt(square)
    return square ** (exponent / 2) if exponent > 0 else np.where(square > 0, square, np.inf) ** (exponent / 2)


def _slope(y: Rows, shape: float, rounding: float) -> Rows:
    """Derivative of the score y |y|^(shape-2)."""
    if rounding == 0:
        return (shape - 1) * _power(y, shape - 2, 0.0)
    square = y**2
    return _power(y, shape - 2, rounding) * (1 + (shape - 2) * square / (square + rounding**2))


@cache
def _log_normaliser(shape: float, rounding: float) -> float:
    if rounding == 0:
        return math.log(2) + math.lgamma(1 / shape) + (1 / shape - 1) * math.log(shape)
    # in t = |y|^shape the heavy tails of small shapes are exponential
    ends = (0.0, rounding**shape, 1.0, 50.0 * shape + 50.0)

    def density(t: float) -> float:
        y = t ** (1 / shape)
        return math.exp(-((y**2 + rounding**2) ** (shape / 2)) / shape) * (y / (t * shape) if t > 0 else 0.0)

    near = integrate.quad(lambda y: math.exp(-((y**2 + rounding**2) ** (shape / 2)) / shape), 0, rounding)[0]
    far = sum(
        integrate.quad(density, low, high, epsabs=1e-12, epsrel=1e-11, limit=200)[0] for low, high in pairwise(ends[1:])
    )
    return math.log(2 * (near + far))


@dataclass(frozen=True)
class AutoregressiveNormal:
    """Source i is a stationary Gaussian autoregression with coefficient decay[i] and variance variance[i]."""

    decay: tuple[float, ...]
    variance: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.decay) != len(self.variance):
            raise ValueError(
                f"decay has {len(self.decay)} entries, variance {len(self.variance)}; give one of each a source"
            )
        if any(not abs(a) < 1 for a in self.decay) or any(not v > 0 for v in self.variance):
            raise ValueError(f"decay={self.decay}, variance={self.variance}; need |decay| < 1 and variance > 0")

    @classmethod
    def ornstein_uhlenbeck(cls, theta: tuple[float, ...], sigma: float, step: float) -> AutoregressiveNormal:
        """dz = -theta z dt + sigma dB at times 0, step, 2 step, ..."""
        decay = tuple(math.exp(-one * step) for one in theta)
        return cls(decay, tuple(sigma**2 / (2 * one) for one in theta))

    def _laws(self, y: Rows) -> tuple[Sources, Sources]:
        a, v = np.asarray(self.decay), np.asarray(self.variance)
        if len(a) != y.shape[1]:
            raise ValueError(f"the prior has laws for {len(a)} sources, x has {y.shape[1]} columns; make them equal")
        return a, v * (1 - a**2)

    def terms(self, y: Rows) -> Float[np.ndarray, " n"]:
        """Gaussian log density of each row given the one before; the first row counts by its stationary law."""
        a, noise = self._laws(y)
        terms = -0.5 * (_residuals(y, a) ** 2 / noise + np.log(2 * np.pi * noise)).sum(axis=1)
        terms[0] += 0.5 * np.log(1 - a**2).sum()
        return terms

    def gradient(self, y: Rows) -> Rows:
        """Derivative through both frames of every residual."""
        a, noise = self._laws(y)
        pull = -_residuals(y, a) / noise
        out = pull.copy()
        out[0] *= np.sqrt(1 - a**2)
        out[:-1] -= a * pull[1:]
        return out / len(y)

    def curvature(self, y: Rows) -> Float[np.ndarray, "d d"]:
        """Mean square of y_j filtered as if it were source i, over the innovation variance of i."""
        a, noise = self._laws(y)
        filtered = [np.mean(_residuals(y, np.full(len(a), one)) ** 2, axis=0) for one in a]
        return np.stack(filtered) / noise[:, None]


def _residuals(y: Rows, a: Sources) -> Rows:
    """Innovations; the first row in units of the innovation too."""
    return np.vstack([y[:1] * np.sqrt(1 - a**2), y[1:] - a * y[:-1]])


@dataclass(frozen=True)
class EstimatedAutoregression:
    """Source i is a Gaussian autoregression of this order, at rest before the first row, fitted to y by least squares.

    The gradient holds the fitted laws fixed, which is exact (envelope theorem); the curvature too, which is not.
    """

    order: int = 1

    def __post_init__(self) -> None:
        if self.order < 1:
            raise ValueError(f"order={self.order}; an autoregression looks back at least one row")

    def coefficients(self, y: Rows) -> tuple[Float[np.ndarray, "d k"], Sources]:
        """Least-squares coefficients of the `order` rows before, and the innovation variance, for each source."""
        if len(y) <= 2 * self.order:
            raise ValueError(f"y has {len(y)} rows for order={self.order}; give more than twice as many rows")
        found, noise = np.empty((y.shape[1], self.order)), np.empty(y.shape[1])
        for i in range(y.shape[1]):
            lags = np.column_stack([_delayed(y[:, i], k) for k in range(1, self.order + 1)])
            found[i] = np.linalg.solve(lags.T @ lags, lags.T @ y[:, i])
            noise[i] = np.mean((y[:, i] - lags @ found[i]) ** 2)
        return found, noise

    def terms(self, y: Rows) -> Float[np.ndarray, " n"]:
        """Gaussian log density of each row given those before, under the laws fitted to y."""
        found, noise = self.coefficients(y)
        return -0.5 * (_innovations(y, found) ** 2 / noise + np.log(2 * np.pi * noise)).sum(axis=1)

    def gradient(self, y: Rows) -> Rows:
        """Derivative through every residual that a row enters."""
        found, noise = self.coefficients(y)
        pull = -_innovations(y, found) / noise
        out = pull.copy()
        for k in range(1, self.order + 1):
            out[:-k] -= found[:, k - 1] * pull[k:]
        return out / len(y)

    def curvature(self, y: Rows) -> Float[np.ndarray, "d d"]:
        """Mean square of y_j filtered as if it were source i, over the innovation variance of i."""
        found, noise = self.coefficients(y)
        d = y.shape[1]
        filtered = [np.mean(_innovations(y, np.tile(one, (d, 1))) ** 2, axis=0) for one in found]
        return np.stack(filtered) / noise[:, None]


def _delayed(y: Float[np.ndarray, "n *d"], rows: int) -> Float[np.ndarray, "n *d"]:
    return np.concatenate([np.zeros_like(y[:rows]), y[:-rows]])


def _innovations(y: Rows, coefficients: Float[np.ndarray, "d k"]) -> Rows:
    """Each row less its prediction from the rows before, zeros before the first."""
    out = y.copy()
    for k in range(1, coefficients.shape[1] + 1):
        out -= coefficients[:, k - 1] * _delayed(y, k)
    return out
