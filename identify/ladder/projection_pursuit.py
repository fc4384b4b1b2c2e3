"""Few directions along which a scalar bends: y ~ sum_k g_k(v_k . w), |v_k| = 1 [friedman1981projection].

Starts come from moments of whitened inputs w: top eigenvectors of E y (w w^T - 1) (principal Hessian directions
[li1992hessian], for even bends) and E y (|w|^2 - d - 2) w (for odd ones). Each direction is refined by Gauss-Newton
steps on v with g a polynomial of degree 5, and the term is taken out before the next is sought. The directions then
carry a regression of their own, so that functions that are no sum of ridges are fitted too.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from numpy.polynomial import polynomial
from scipy import linalg

DEGREE = 5
STEPS = 6
CLIP = 3.5
START_ROWS = 1_500
"""Rows on which the starts of one direction are compared."""


def _profile(a: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Polynomial fit of y on a: fitted values, derivative and residual power."""
    powers = np.vander(np.clip(a, -CLIP, CLIP), DEGREE + 1, increasing=True)
    gram = powers.T @ powers
    gram.flat[:: DEGREE + 2] += 1e-9 * np.diag(gram)
    coefficients = linalg.solve(gram, powers.T @ y, assume_a="pos", check_finite=False)
    values = powers @ coefficients
    slope = powers[:, :-1] @ polynomial.polyder(coefficients)
    return values, slope, float(np.sum((y - values) ** 2))


def _refine(w: np.ndarray, y: np.ndarray, v: np.ndarray, steps: int) -> tuple[np.ndarray, float]:
    """Gauss-Newton on the direction, halving steps that do not lower the residual."""
    values, slope, power = _profile(w @ v, y)
    for _ in range(steps):
        design = w * slope[:, None]
        gram = design.T @ design
        gram.flat[:: len(v) + 1] += 1e-6 * np.trace(gram) / len(v) + 1e-300
        step = linalg.solve(gram, design.T @ (y - values), assume_a="pos", check_finite=False)
        for shrink in (1.0, 0.3):
            tried = v + shrink * step
            tried /= linalg.norm(tried)
            candidate = _profile(w @ tried, y)
            if candidate[2] < power:
                break
        else:
            break
        gain = power - candidate[2]
        v, (values, slope, power) = tried, candidate
        if gain < 1e-4 * power:
            break
    return v, power


def _starts(w: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    d = w.shape[1]
    clipped = np.clip(w, -CLIP, CLIP)
    vectors = linalg.eigh((clipped * y[:, None]).T @ clipped / len(y))
    order = np.argsort(-np.abs(vectors[0]))[:2]
    odd = clipped.T @ (y * (np.sum(clipped**2, axis=1) - d - 2))
    third = linalg.eigh((clipped * (y * (clipped @ odd))[:, None]).T @ clipped)
    starts = [vectors[1][:, k] for k in order] + [odd, third[1][:, np.argmax(np.abs(third[0]))]]
    return [v / linalg.norm(v) for v in starts if linalg.norm(v) > 0]


def pursued_directions(
    w: Float[np.ndarray, "rows d"], y: Float[np.ndarray, " rows"], terms: int
) -> Float[np.ndarray, "d k"]:
    """Return an orthonormal basis of at most `terms` directions; rows beyond 20 standard deviations are clipped."""
    rest = np.clip(y - y.mean(), -20 * y.std(), 20 * y.std())
    found: list[np.ndarray] = []
    for _ in range(min(terms, w.shape[1])):
        few = slice(None, None, max(1, len(w) // max(START_ROWS, 10 * w.shape[1])))
        tried = [_refine(w[few], rest[few], v, 1) for v in _starts(w, rest)]
        if not tried:
            break
        best = min(tried, key=lambda pair: pair[1])[0]
        best, _ = _refine(w, rest, best, STEPS)
        found.append(best)
        rest = rest - _profile(w @ best, rest)[0]
    return linalg.orth(np.stack(found, axis=1), rcond=1e-3) if found else np.zeros((w.shape[1], 0))
