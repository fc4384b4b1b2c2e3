"""Hypothesis strategies for the objects that identifiability is about, to property-test assumptions of your own.

=============================  =============================================================================
`spd_matrices(n)`              symmetric positive definite [n n], condition number bounded
`rotations(n)`                 orthogonal [n n] of determinant 1, products of plane rotations
`affine_maps(n)`               z -> A z + b with bounded condition number, and its inverse
`injective_maps(n)`            smooth bijections that are not affine, with inverse and log |det J|
`folded_maps(n)`               two-to-one maps, with the mirror that returns the other preimage
`discrete_joints(*shape)`      joint laws of finite variables as probability tables
`gaussian_processes(n, t)`     Gaussian sequences z_1..z_t in n dimensions: mean, covariance, predictions
=============================  =============================================================================

All arrays are float64; maps take and return rows, [samples n]. Draws shrink towards the simplest case: unit matrices,
rotations by 0, point masses, white noise. Example: whitening turns any covariance into the unit matrix.

    >>> import numpy as np
    >>> from hypothesis import given, settings
    >>> from proofs_checks.strategies import spd_matrices
    >>> @settings(derandomize=True, database=None)
    ... @given(spd_matrices(3))
    ... def whitening(covariance):
    ...     root = np.linalg.cholesky(covariance)
    ...     white = np.linalg.solve(root, np.linalg.solve(root, covariance).T)
    ...     assert np.allclose(white, np.eye(3), atol=1e-9)
    >>> whitening()

Every strategy raises `ValueError` for sizes below 1 (2 for `rotations` and `injective_maps`) and condition numbers
below 1.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import hypothesis.strategies as st
import numpy as np
from jaxtyping import Float

Matrix = Float[np.ndarray, "n n"]
Vector = Float[np.ndarray, " n"]
Rows = Float[np.ndarray, "samples n"]


class AffineMap(NamedTuple):
    """z -> A z + b on rows: slope A [n n] invertible, offset b [n]."""

    slope: Matrix
    offset: Vector

    def __call__(self, z: Rows) -> Rows:
        """A z + b for every row z."""
        return z @ self.slope.T + self.offset

    def inverse(self, y: Rows) -> Rows:
        """The z with A z + b = y."""
        return np.linalg.solve(self.slope, (y - self.offset).T).T


class Layer(NamedTuple):
    """Rotate by Q, move coordinate i by amplitude_i sin(sum of the earlier ones), stretch it by z -> z + s_i tanh z.

    Earlier coordinates are read before they are moved; |s| < 1 keeps every stretch increasing.
    """

    rotation: Matrix
    amplitudes: Vector
    stretches: Vector

    def forward(self, z: Rows) -> tuple[Rows, Float[np.ndarray, " samples"]]:
        """Image of every row and log |det J| there."""
        turned = z @ self.rotation.T
        moved = turned + self.amplitudes * np.sin(_sums_of_earlier(turned))
        log_det = np.log1p(self.stretches / np.cosh(moved) ** 2).sum(axis=1)
        return moved + self.stretches * np.tanh(moved), log_det

    def backward(self, y: Rows) -> Rows:
        """The preimage of every row, to rounding: bisection for the stretch, substitution for the moves."""
        moved = _unstretch(y, self.stretches)
        turned = np.zeros_like(moved)
        for i in range(moved.shape[1]):
            turned[:, i] = moved[:, i] - self.amplitudes[i] * np.sin(turned[:, :i].sum(axis=1))
        return turned @ self.rotation


class InjectiveMap(NamedTuple):
    """A smooth bijection of R^n, composed of layers."""

    layers: tuple[Layer, ...]

    def __call__(self, z: Rows) -> Rows:
        """Image of every row."""
        for layer in self.layers:
            z = layer.forward(z)[0]
        return z

    def log_abs_det(self, z: Rows) -> Float[np.ndarray, " samples"]:
        """log |det J| at every row."""
        total = np.zeros(len(z))
        for layer in self.layers:
            z, log_det = layer.forward(z)
            total = total + log_det
        return total

    def inverse(self, y: Rows) -> Rows:
        """The preimage of every row, to rounding."""
        for layer in reversed(self.layers):
            y = layer.backward(y)
        return y


class FoldedMap(NamedTuple):
    """z -> outer(z with u.z replaced by |u.z - crease|): two-to-one off the plane u.z = crease, |u| = 1."""

    outer: InjectiveMap | AffineMap
    direction: Vector
    crease: float

    def __call__(self, z: Rows) -> Rows:
        """Image of every row."""
        height = z @ self.direction
        return self.outer(z + np.outer(np.abs(height - self.crease) - height, self.direction))

    def mirror(self, z: Rows) -> Rows:
        """The other point with the same image; the row itself on the crease."""
        return z + np.outer(2 * (self.crease - z @ self.direction), self.direction)


class GaussianProcess(NamedTuple):
    """A Gaussian sequence of t steps in n dimensions: mean [t n], covariance [t*n t*n], time-major."""

    mean: Float[np.ndarray, "t n"]
    covariance: Float[np.ndarray, "tn tn"]

    def predict(self, step: int) -> tuple[Float[np.ndarray, "n past"], Matrix]:
        """Weights of the centred past (z_1 .. z_step, flattened) in the mean of z_{step + 1}, and its covariance.

        Raises `ValueError` unless 0 <= step < t.
        """
        t, n = self.mean.shape
        if not 0 <= step < t:
            raise ValueError(f"step={step}: give the number of past steps, 0 to {t - 1}")
        past, now = slice(0, step * n), slice(step * n, (step + 1) * n)
        weights = np.linalg.solve(self.covariance[past, past], self.covariance[past, now]).T
        return weights, self.covariance[now, now] - weights @ self.covariance[past, now]


def rotations(n: int) -> st.SearchStrategy[Matrix]:
    """Orthogonal matrices of determinant 1: one rotation for every coordinate plane, angles in [-pi, pi]."""
    _at_least("n", n, 2)
    return _vectors(n * (n - 1) // 2, -np.pi, np.pi).map(lambda angles: _product_of_turns(n, angles))


def spd_matrices(n: int, condition: float = 100.0) -> st.SearchStrategy[Matrix]:
    """Q diag(eigenvalues) Q^T with eigenvalues in [condition^(-1/2), condition^(1/2)]."""
    _at_least("n", n, 1)
    _at_least("condition", condition, 1)
    half = np.log(condition) / 2

    def assemble(parts: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        turn, logs = parts
        matrix = (turn * np.exp(logs)) @ turn.T
        return (matrix + matrix.T) / 2

    return st.tuples(_turns(n), _vectors(n, -half, half)).map(assemble)


def affine_maps(n: int, condition: float = 100.0) -> st.SearchStrategy[AffineMap]:
    """A = U diag(s) V^T with s in [condition^(-1/2), condition^(1/2)]^n and either sign of det A; b in [-3, 3]^n."""
    _at_least("n", n, 1)
    _at_least("condition", condition, 1)
    half = np.log(condition) / 2
    parts = st.tuples(_turns(n), _vectors(n, -half, half), _turns(n), st.booleans(), _vectors(n, -3.0, 3.0))

    def assemble(drawn: tuple[np.ndarray, np.ndarray, np.ndarray, bool, np.ndarray]) -> AffineMap:
        left, logs, right, reflected, offset = drawn
        values = np.exp(logs) * np.where(np.arange(n) == 0, -1.0 if reflected else 1.0, 1.0)
        return AffineMap((left * values) @ right, offset)

    return parts.map(assemble)


def injective_maps(n: int, layers: int = 2) -> st.SearchStrategy[InjectiveMap]:
    """Bijections of `layers` layers; the first stretch of each is at least .2, so that the map is never affine.

    (If the last layer made the whole affine, the map before it would contain the inverse of a stretch, which has branch
    points in the complex plane; compositions of sin and tanh have none.)
    """
    _at_least("n", n, 2)
    _at_least("layers", layers, 1)

    def assemble(drawn: tuple[np.ndarray, np.ndarray, float, np.ndarray]) -> Layer:
        turn, amplitudes, first, others = drawn
        return Layer(turn, amplitudes, np.append(first, others))

    parts = st.tuples(rotations(n), _vectors(n, -1.0, 1.0), _numbers(0.2, 0.9), _vectors(n - 1, -0.5, 0.9))
    return st.tuples(*[parts.map(assemble)] * layers).map(InjectiveMap)


def folded_maps(n: int) -> st.SearchStrategy[FoldedMap]:
    """A fold along a random plane at distance at most 1 from the origin, then a bijection."""
    _at_least("n", n, 1)
    outer: st.SearchStrategy[InjectiveMap | AffineMap] = injective_maps(n) if n > 1 else affine_maps(n)
    direction = _turns(n).map(lambda turn: turn[:, 0].copy())
    return st.builds(FoldedMap, outer, direction, _numbers(-1.0, 1.0))


def discrete_joints(*shape: int, positive: bool = False) -> st.SearchStrategy[np.ndarray]:
    """Probability tables of this shape with masses k / total, k from 0 (1 if positive) to 20, not all zero."""
    if not shape:
        raise ValueError("shape=(): give the number of states of every variable, as in discrete_joints(2, 3)")
    for size in shape:
        _at_least("shape", size, 1)
    cells = int(np.prod(shape))
    masses = st.lists(st.integers(1 if positive else 0, 20), min_size=cells, max_size=cells).filter(any)
    return masses.map(lambda counts: np.reshape(counts, shape) / sum(counts))


def gaussian_processes(n: int, t: int, condition: float = 20.0) -> st.SearchStrategy[GaussianProcess]:
    """z_s = A_s z_{s-1} + b_s + e_s with slopes of spectral norm at most 1 and SPD innovations, drawn per step."""
    _at_least("n", n, 1)
    _at_least("t", t, 1)
    steps = [st.tuples(_slopes(n), _vectors(n, -1.0, 1.0), spd_matrices(n, condition))] * t

    def assemble(drawn: tuple) -> GaussianProcess:
        mean, covariance = np.zeros((t, n)), np.zeros((t * n, t * n))
        for s, (slope, offset, innovation) in enumerate(drawn):
            here, before, past = slice(s * n, (s + 1) * n), slice((s - 1) * n, s * n), slice(0, s * n)
            mean[s] = offset
            covariance[here, here] = innovation
            if s:
                mean[s] += slope @ mean[s - 1]
                covariance[here, past] = slope @ covariance[before, past]
                covariance[past, here] = covariance[here, past].T
                covariance[here, here] += slope @ covariance[before, before] @ slope.T
        return GaussianProcess(mean, covariance)

    return st.tuples(*steps).map(assemble)


def _slopes(n: int) -> st.SearchStrategy[np.ndarray]:
    parts = st.tuples(_turns(n), _vectors(n, -1.0, 1.0), _turns(n))
    return parts.map(lambda drawn: (drawn[0] * drawn[1]) @ drawn[2])


def _turns(n: int) -> st.SearchStrategy[np.ndarray]:
    return rotations(n) if n > 1 else st.just(np.eye(1))


def _numbers(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high, allow_nan=False, allow_subnormal=False)


def _vectors(size: int, low: float, high: float) -> st.SearchStrategy[np.ndarray]:
    return st.lists(_numbers(low, high), min_size=size, max_size=size).map(lambda values: np.array(values, dtype=float))


def _product_of_turns(n: int, angles: np.ndarray) -> np.ndarray:
    product = np.eye(n)
    for (i, j), angle in zip(itertools.combinations(range(n), 2), angles, strict=True):
        turn = np.eye(n)
        turn[[i, j], [i, j]] = np.cos(angle)
        turn[i, j], turn[j, i] = -np.sin(angle), np.sin(angle)
        product = product @ turn
    return product


def _sums_of_earlier(z: np.ndarray) -> np.ndarray:
    return np.cumsum(z, axis=1) - z


def _unstretch(y: np.ndarray, stretches: np.ndarray) -> np.ndarray:
    """Solve z + s tanh z = y, increasing in z, by bisection on [y - 1, y + 1] since |s tanh z| < 1."""
    low, high = y - 1.0, y + 1.0
    for _ in range(60):
        middle = (low + high) / 2
        above = middle + stretches * np.tanh(middle) > y
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return (low + high) / 2


def _at_least(name: str, value: int | float, least: int) -> None:
    if not value >= least:
        raise ValueError(f"{name}={value}: give {least} or more")
