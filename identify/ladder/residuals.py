"""Held-out residuals of every class in the train-whitened recovered space, and bounds of their excess losses.

loss(C) = max_u E (u . W (z_hat - h_C(z)))^2 with |u| = 1 and W the whitening of z_hat on train rows: the unexplained
share of variance in the worst direction. Pooled R2 hides one damaged coordinate among many; this does not.
Excess of C over a larger class B = max_u of the *difference* of the two quadratic forms, so that a noisy direction
cannot hide a misfit in a clean one.

Decisions use both halves, each fitted on the other (cross-fitting), and take out what fitting costs: p free parameters
per output inflate a held-out loss by (n - 1)/(n - p - 1) for Gaussian designs, so losses are multiplied by the inverse.
Upper bounds take the worst direction on the very rows that are scored (biased upwards: conservative); lower bounds take
the direction from the other half (unbiased below the maximum). Displayed losses take the direction from the train rows
and are plain held-out means: their estimand is the loss of this map in this direction on fresh rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import linalg
from scipy.sparse.linalg import eigsh

from identify.intervals import Interval, mean_bounds, positive_mean_interval

WIDE = 200
"""Width from which one eigenvector is cheaper by Lanczos steps."""


class Fold(NamedTuple):
    """One half's held-out residuals [rows m] by class, with the discount for fitted parameters."""

    residuals: dict[str, Float[np.ndarray, "rows m"]]
    discounts: dict[str, float]
    blocks: Int[np.ndarray, " rows"]

    def form(self, name: str) -> Float[np.ndarray, "m m"]:
        """Discounted second moment of one class's residuals."""
        return self.discounts[name] * second_moment(self.residuals[name])


class Bounds(NamedTuple):
    """One-sided lower and upper bound of a worst-direction quantity."""

    lower: float
    upper: float


def discount(parameters: float, rows: int) -> float:
    """(n - p - 1)/(n - 1): takes the cost of fitting out of a held-out loss; 0 where there are too few rows."""
    return max((rows - parameters - 1) / (rows - 1), 0.0)


def second_moment(values: Float[np.ndarray, "rows m"]) -> Float[np.ndarray, "m m"]:
    """Mean of outer products."""
    return values.T @ values / len(values)


def top_direction(matrix: Float[np.ndarray, "m m"]) -> Float[np.ndarray, " m"]:
    """Eigenvector of the largest eigenvalue; of wide matrices by Lanczos steps, to 1e-6 of that eigenvalue."""
    m = len(matrix)
    if m >= WIDE and matrix.any():
        start = np.random.default_rng(0).standard_normal(m)
        return eigsh(matrix, k=1, which="LA", v0=start, tol=1e-6, maxiter=100 * m)[1][:, 0]
    return linalg.eigh(matrix, subset_by_index=[m - 1, m - 1], check_finite=False)[1][:, 0]


def _values(fold: Fold, inner: str, outer: str | None, u: Float[np.ndarray, " m"]) -> Float[np.ndarray, " rows"]:
    values = fold.discounts[inner] * (fold.residuals[inner] @ u) ** 2
    if outer is not None:
        values = values - fold.discounts[outer] * (fold.residuals[outer] @ u) ** 2
    return values


def forms_of(folds: tuple[Fold, ...]) -> tuple[dict[str, Float[np.ndarray, "m m"]], ...]:
    """Compute the forms of every class once, for many comparisons."""
    return tuple({name: fold.form(name) for name in fold.residuals} for fold in folds)


def excess_bounds(
    folds: tuple[Fold, ...],
    inner: str,
    outer: str | None,
    alpha: float,
    known: tuple[dict[str, Float[np.ndarray, "m m"]], ...] | None = None,
) -> Bounds:
    """Bound the excess loss of class `inner` over `outer` (None: the loss itself), each side wrong with rate alpha."""
    if known is None:
        known = tuple({name: fold.form(name) for name in (inner, outer) if name is not None} for fold in folds)
    forms = [of[inner] if outer is None else of[inner] - of[outer] for of in known]
    blocks = _joint_blocks(folds)
    common = top_direction(sum(forms[1:], forms[0]))
    values = np.concatenate([_values(fold, inner, outer, common) for fold in folds])
    upper = mean_bounds(values, blocks, alpha)[2]
    others = [top_direction(form) for form in reversed(forms)]
    values = np.concatenate([_values(fold, inner, outer, u) for fold, u in zip(folds, others, strict=True)])
    lower = mean_bounds(values, blocks, alpha)[1]
    return Bounds(min(lower, upper), upper)


def _joint_blocks(folds: tuple[Fold, ...]) -> Int[np.ndarray, " rows"]:
    shift, labels = 0, []
    for fold in folds:
        labels.append(fold.blocks + shift)
        shift += int(fold.blocks.max()) + 1
    return np.concatenate(labels)


def displayed_loss(
    train: Float[np.ndarray, "m m"], held_out: Float[np.ndarray, "held m"], blocks: Int[np.ndarray, " held"]
) -> Interval:
    """Held-out loss with its 95 % interval, in the direction that is worst in the train rows' second moment."""
    u = top_direction(train)
    return positive_mean_interval((held_out @ u) ** 2, blocks)
