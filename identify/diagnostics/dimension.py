r"""Equal dimension: the data fill a manifold as wide as the code.

Two nearest neighbours: r1 <= r2 the distances to the nearest rows of other sequences, log(r2 / r1) is exponential with
rate D on a D-dimensional manifold of any density, so D = 1 / mean log(r2 / r1). It is too small in many dimensions at
any affordable n. So it is held against standard normal samples of as many rows in k = 1, 2, .. dimensions, D_k, which
have the same error: a dimension k is possible where D lies within sampling error of the interval that ends halfway to
D_(k-1) and D_(k+1). Standard errors are over sequences for the data, over all log ratios for the references. Violated
if the width is not possible at level alpha, supported if nothing else is.

A direction thinner than the distance of neighbours is not seen, but then the estimate grows with the number of rows.
Too few dimensions k are a violation only if it exceeds the estimate from parts of the rows by less than GROWTH, and if
rows^(1/k) >= RESOLVED; else the p-value is NaN. It is the width's own where that is possible or next to what is, and
an upper bound beyond. The level holds for latents of comparable spread; for a strongly bent code, with directions that
are thin in some places only, the growth is a judgement without one.

Sees codes that are curves or surfaces, copies, and observation noise (which fills all dimensions). `dimension`
whitens, so hand observations to `intrinsic_dimension`, which takes them as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from identify.diagnostics.diagnosis import POWER, Decision, Diagnosis, check_alpha
from identify.diagnostics.neighbours import two_nearest_distances
from identify.diagnostics.residuals import whitened

MAX_ROWS = 3_000
REFERENCES = 3
PARTS = 8
GROWTH = 1.06
RESOLVED = 4.0
MOST = 60
"""Largest dimension that references are drawn for."""


class Dimension(NamedTuple):
    """Estimate 1 / mean log ratio with its standard error, and the dimensions possible at the level asked for.

    `growth` is the estimate over that of an eighth of the rows; `references` holds D_k of normal samples.
    """

    estimate: float
    error: float
    lowest: int
    highest: int
    growth: float
    references: dict[int, float]
    n: int


def intrinsic_dimension(x: Float[np.ndarray, "n t p"], *, alpha: float = 0.01, rng: np.random.Generator) -> Dimension:
    """Estimate the dimension of what the rows fill; `lowest` and `highest` bound it at level 1 - alpha.

    Raises:
        ValueError: rows that repeat, so that no distances are left.
    """
    check_alpha(alpha)
    n, t, p = x.shape
    chosen = np.sort(rng.permutation(n * t)[:MAX_ROWS])
    rows, sequence = x.reshape(-1, p)[chosen], chosen // t
    ratios, label = _log_ratios(rows, sequence)
    if len(ratios) < len(rows) / 2:
        raise ValueError(f"x repeats: {len(rows) - len(ratios)} of {len(rows)} rows have a twin, drop the duplicates")
    mean, error, units = _mean_by_sequence(ratios, label)
    estimate, relative = 1 / mean, error / mean
    references: dict[int, float] = {}

    def reference(k: int) -> float:
        if k not in references:
            normal = (rng.standard_normal((len(rows), k)) for _ in range(REFERENCES if k else 0))
            drawn = [_log_ratios(one, np.arange(len(rows)))[0] for one in normal]
            references[k] = float(1 / np.mean(np.concatenate(drawn))) if k else 0.0
        return references[k]

    nearest = 1
    while nearest < MOST and estimate > _halfway(reference, nearest, 1):
        nearest += 1
    spread = estimate * np.sqrt(relative**2 + 1 / (REFERENCES * len(rows)))
    margin = float(stats.t.isf(alpha / 2, units - 1)) * spread
    lowest = highest = nearest
    while lowest > 1 and estimate - margin < _halfway(reference, lowest, -1):
        lowest -= 1
    while highest < MOST and estimate + margin > _halfway(reference, highest, 1):
        highest += 1
    part = rng.integers(0, PARTS, len(rows))
    small = np.concatenate([_log_ratios(rows[part == k], sequence[part == k])[0] for k in range(PARTS)])
    growth = float(estimate * small.mean())
    return Dimension(float(estimate), float(spread), lowest, highest, growth, references, units)


def dimension(x: Float[np.ndarray, "n t p"], width: int, *, alpha: float = 0.01, rng: np.random.Generator) -> Diagnosis:
    """Hold the intrinsic dimension of x against the width of the code.

    Raises:
        ValueError: a width below 1 or above MOST.
    """
    if not 1 <= width <= MOST:
        raise ValueError(f"width={width} cannot be judged: take a code width from 1 to {MOST}")
    found = intrinsic_dimension(whitened(x)[0], alpha=alpha, rng=rng)
    p_value = _p_of(found, width)
    coarse = min(x.shape[0] * x.shape[1], MAX_ROWS) ** (1 / found.highest) < RESOLVED
    if found.highest < width and (found.growth > GROWTH or coarse):
        p_value = float("nan")
    alone = found.lowest == found.highest == width
    decision: Decision = "violated" if p_value <= alpha else "supported" if alone else "undecided"
    quantile = float(stats.t.isf(alpha / 2, found.n - 1))
    here = found.references.get(width, float(width))
    step = here - found.references.get(width - 1, here * (width - 1) / width)
    power = float(stats.norm.cdf(step / 2 / found.error - quantile))
    return Diagnosis(
        "dimension",
        decision,
        "intrinsic dimension by two nearest neighbours (uncorrected, the interval as well)",
        found.estimate,
        p_value,
        found.estimate - quantile * found.error,
        found.estimate + quantile * found.error,
        "dimensions too few",
        1.0 if power >= POWER else float("inf"),
        power,
        alpha,
        (f"dimensions {found.lowest} to {found.highest} possible, the code has {width}; growth {found.growth:.2f}",),
    )


def _p_of(found: Dimension, width: int) -> float:
    """p-value of `width` dimensions, or of the one next to those possible: the estimate beyond either halfway point."""
    k, known = min(max(width, found.lowest - 1), found.highest + 1), found.references
    beyond = [
        side * (found.estimate - (known[k] + known[k + side]) / 2)
        for side in (-1, 1)
        if k in known and k + side in known
    ]
    return min(1.0, 2 * float(stats.t.sf(max(beyond) / found.error, found.n - 1)))


def _halfway(reference: Callable[[int], float], k: int, step: int) -> float:
    return float((reference(k) + reference(k + step)) / 2)


def _log_ratios(rows: np.ndarray, sequence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    near = two_nearest_distances(rows, sequence)
    live = (near[:, 0] > 1e-12 * near[:, 1]) & np.isfinite(near[:, 1])
    return np.log(near[live, 1] / near[live, 0]), sequence[live]


def _mean_by_sequence(values: np.ndarray, label: np.ndarray) -> tuple[float, float, int]:
    """Ratio estimate of the mean with its standard error over sequences."""
    _, label = np.unique(label, return_inverse=True)
    count = np.bincount(label)
    mean, n = float(values.mean()), len(count)
    left = np.bincount(label, values) - mean * count
    return mean, float(np.sqrt(n / (n - 1) * np.sum(left**2)) / len(values)), n
