"""Nonlinear regression of what an affine (or componentwise) map leaves over: ridge on several feature families.

Families: squares, products and single cubes of all inputs; random Fourier features of Gaussian kernels of three widths
[rahimi2008random]; and, in the few directions along which an output bends most (`projection_pursuit`), polynomials of
degree 5 with Fourier features. For each output the family and the ridge are chosen by generalised cross-validation
against leaving the residual alone, with the degrees of freedom (searched directions included) counted 1.4 times.

Honest about capacity: with n rows a bend is found if it is smooth on the scale of the kernels and strong enough, or
lives in few directions; a bend in all of 30 coordinates at n = 1,000 is not. Hence the planted bends of the verdict.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import linalg

from identify.ladder.projection_pursuit import pursued_directions

FOURIER = 240
WIDTHS = (0.4, 1.0, 2.5)
"""Kernel widths in units of the root mean square distance of whitened inputs."""
NARROW_WIDTHS = (0.25, 0.6)
MAX_PRODUCT_WIDTH = 40
RIDGES = np.logspace(-7, 2, 13)
"""Ridge in units of the mean feature eigenvalue."""
PRICE = 1.4
CLIP = 3.5
FAR = 1e6
"""Bound of inputs to the cosines, in standard deviations: n train rows lie within sqrt n, held-out rows anywhere."""
DEGREE = 5
REAL_TERMS, PLANTED_TERMS = 3, 2


class Family(NamedTuple):
    """Features of whitened (and projected) inputs: polynomials, cosines or both; `searched` parameters chose it."""

    mean: Float[np.ndarray, " d"]
    whiten: Float[np.ndarray, "d k"]
    exponents: Int[np.ndarray, "p k"] | None = None
    pairs: bool = False
    frequencies: Float[np.ndarray, "k f"] | None = None
    phases: Float[np.ndarray, " f"] | None = None
    searched: float = 0.0

    def __call__(self, x: Float[np.ndarray, "rows d"]) -> Float[np.ndarray, "rows features"]:
        """Evaluate the features."""
        w = (x - self.mean) @ self.whiten
        clipped = np.clip(w, -CLIP, CLIP)
        blocks = []
        if self.pairs:
            blocks += [clipped**3, clipped**2]
            if w.shape[1] <= MAX_PRODUCT_WIDTH:
                i, j = np.triu_indices(w.shape[1], 1)
                blocks.append(clipped[:, i] * clipped[:, j])
        if self.exponents is not None:
            bases = [hermite(column, int(self.exponents.max())) for column in clipped.T]
            terms = np.prod([b[:, e] for b, e in zip(bases, self.exponents.T, strict=True)], axis=0)
            blocks.append(terms / self.exponents.sum(axis=1))
        if self.frequencies is not None:
            blocks.append(_cosine(np.clip(w, -FAR, FAR) @ self.frequencies + self.phases))
        return np.concatenate(blocks, axis=1)


class RidgeFit(NamedTuple):
    """One family with the centred solution of the outputs it serves, and their cross-validation scores."""

    family: Family
    shift: Float[np.ndarray, " features"]
    weights: Float[np.ndarray, "features served"]
    outputs: Int[np.ndarray, " served"]
    scores: Float[np.ndarray, " served"]


class NonlinearFit(NamedTuple):
    """The chosen family of each output; outputs without one are predicted by 0.

    Predictions stay within the range of the train targets: a nearly exact fit may extrapolate wildly.
    """

    parts: tuple[RidgeFit, ...]
    low: Float[np.ndarray, " outputs"]
    high: Float[np.ndarray, " outputs"]

    def __call__(self, x: Float[np.ndarray, "rows d"]) -> Float[np.ndarray, "rows outputs"]:
        """Predict."""
        total = np.zeros((len(x), len(self.low)))
        for part in self.parts:
            total[:, part.outputs] = (part.family(x) - part.shift) @ part.weights
        return np.clip(total, self.low, self.high)


def _cosine(phase: Float[np.ndarray, "rows f"]) -> Float[np.ndarray, "rows f"]:
    # Features need no double precision, and single precision is several times faster.
    return np.cos(phase.astype(np.float32)).astype(np.float64)


def exponents_up_to(degree: int, k: int) -> Int[np.ndarray, "p k"]:
    """All multi-indices of total degree 2 to `degree`."""
    return np.array([e for e in product(range(degree + 1), repeat=k) if 1 < sum(e) <= degree])


def hermite(a: Float[np.ndarray, " rows"], degree: int) -> Float[np.ndarray, "rows degree1"]:
    """Hermite polynomials He_k(a) / sqrt(k!), k = 0 .. degree: orthonormal for a standard normal."""
    columns = [np.ones_like(a), a]
    for k in range(1, degree):
        columns.append((a * columns[k] - np.sqrt(k) * columns[k - 1]) / np.sqrt(k + 1))
    return np.stack(columns[: degree + 1], axis=1)


def whitener(x: Float[np.ndarray, "rows d"], keep: float = 1e-12) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and the symmetric map to unit covariance; null directions are mapped to 0."""
    mean = x.mean(axis=0)
    centred = x - mean
    scale = np.sqrt(np.mean(centred**2, axis=0))
    safe = np.where(scale > 1e-200, scale, np.inf)
    values, vectors = linalg.eigh((centred.T @ centred) / len(x) / safe[:, None] / safe)
    inverse = np.where(values > keep * max(values[-1], 1e-300), 1 / np.sqrt(np.maximum(values, 1e-300)), 0.0)
    return mean, (vectors * inverse) @ vectors.T / safe[:, None]


def _cosines(k: int, widths: tuple[float, ...], count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    scales = np.repeat(np.array(widths), -(-count // len(widths))) * np.sqrt(2 * k)
    return rng.standard_normal((k, len(scales))) / scales, rng.uniform(0, 2 * np.pi, len(scales))


def solve(
    family: Family, x: Float[np.ndarray, "rows d"], y: Float[np.ndarray, "rows outputs"], outputs: Int[np.ndarray, " s"]
) -> RidgeFit:
    """Ridge path of the given outputs by one eigendecomposition; each takes its own best ridge."""
    y = y[:, outputs]
    features = family(x)
    shift = features.mean(axis=0)
    features = features - shift
    n, primal = len(x), features.shape[1] < len(x)
    if primal:
        values, vectors = linalg.eigh(features.T @ features, check_finite=False)
        projected = vectors.T @ (features.T @ y)
        energy = projected**2 / np.maximum(values, 1e-12 * values[-1])[:, None]
    else:
        values, vectors = linalg.eigh(features @ features.T, check_finite=False)
        projected = vectors.T @ y
        energy = projected**2
    values = np.maximum(values, 0)
    ridges = RIDGES * values.mean() + 1e-12 * values[-1]
    shrink = values / (values + ridges[:, None])
    left = np.maximum(np.sum(y**2, axis=0) - (1 - (1 - shrink) ** 2) @ energy, 0)
    freedom = PRICE * (shrink.sum(axis=1) + family.searched)[:, None]
    scores = np.where(freedom < 0.9 * n, left / np.maximum(1 - freedom / n, 0.1) ** 2, np.inf)
    best = np.argmin(scores, axis=0)
    solution = vectors @ (projected / (values[:, None] + ridges[best]))
    weights = solution if primal else features.T @ solution
    return RidgeFit(family, shift, weights, outputs, scores[best, np.arange(len(outputs))])


def fit_nonlinear(
    x: Float[np.ndarray, "rows d"], y: Float[np.ndarray, "rows outputs"], rng: np.random.Generator, real: int
) -> NonlinearFit:
    """Fit residuals y from x.

    The first `real` outputs share the directions that the two most telling of them bend along; each later output (a
    planted bend) pursues its own, as it would if it were real.
    """
    mean, whiten = whitener(x)
    whiten = whiten[:, np.any(whiten != 0, axis=0)]
    y = y - y.mean(axis=0)
    total = np.sum(y**2, axis=0)
    if not whiten.size:
        return NonlinearFit((), y.min(axis=0), y.max(axis=0))  # x is constant: nothing to predict from
    k, count, everything = whiten.shape[1], min(FOURIER, max(2 * len(x), 60)), np.arange(y.shape[1])
    fits = [solve(Family(mean, whiten, pairs=True), x, y, everything)]
    for width in WIDTHS:
        frequencies, phases = _cosines(k, (width,), count, rng)
        fits.append(solve(Family(mean, whiten, frequencies=frequencies, phases=phases), x, y, everything))
    if k <= 3:
        fits.append(solve(Family(mean, whiten, exponents=exponents_up_to(DEGREE, k)), x, y, everything))
    share = np.min([fit.scores for fit in fits], axis=0) / np.maximum(total, 1e-300)
    if k > 2:
        telling = sorted({int(np.argmin(share[:real])), int(np.argmax(total[:real]))})
        wanted = [(t, np.arange(real), REAL_TERMS) for t in telling]
        wanted += [(t, np.array([t]), PLANTED_TERMS) for t in range(real, y.shape[1])]
        for target, outputs, terms in wanted:
            family = _in_few_directions(x, y[:, target], mean, whiten, terms, rng)
            fits.append(solve(family, x, y, outputs))
    return NonlinearFit(_best_of(fits, total), y.min(axis=0), y.max(axis=0))


def _in_few_directions(
    x: np.ndarray, y: np.ndarray, mean: np.ndarray, whiten: np.ndarray, terms: int, rng: np.random.Generator
) -> Family:
    directions = pursued_directions((x - mean) @ whiten, y, terms)
    k = directions.shape[1]
    frequencies, phases = _cosines(k, NARROW_WIDTHS, FOURIER // 2 if terms == REAL_TERMS else 60, rng)
    return Family(
        mean,
        whiten @ directions,
        exponents_up_to(DEGREE, k),
        frequencies=frequencies,
        phases=phases,
        searched=directions.size / 2,
    )


def _best_of(fits: list[RidgeFit], total: Float[np.ndarray, " outputs"]) -> tuple[RidgeFit, ...]:
    """Keep for each output the fit with the best score, if it is better than none."""
    best, choice = total.copy(), np.full(len(total), -1)
    for k, fit in enumerate(fits):
        better = fit.scores < best[fit.outputs]
        best[fit.outputs[better]], choice[fit.outputs[better]] = fit.scores[better], k
    parts = []
    for k, fit in enumerate(fits):
        mine = choice[fit.outputs] == k
        if mine.any():
            parts.append(fit._replace(weights=fit.weights[:, mine], outputs=fit.outputs[mine], scores=fit.scores[mine]))
    return tuple(parts)
