"""Componentwise maps z_hat_j = phi_j(z_pi(j)), phi_j strictly monotone.

pi maximises the sum of squared Spearman correlations on train rows. phi_j is an integrated-spline regression
[ramsay1988monotone]: a linear term plus ramps between quantile knots, all slopes of one sign (non-negative least
squares), so that it is monotone and grows linearly beyond the data; the number of knots is chosen on a fifth of the
train rows, which take no part in that choice's fit. Where even a coarse fit shows that no such map will do, it stays.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import linalg, stats
from scipy.optimize import linear_sum_assignment, nnls

COARSE, FINE = 4, 24
"""Candidate numbers of knots, half at quantiles and half evenly spaced (tails); a fine fit needs four rows a knot."""
HOPELESS = 0.5
"""Share below which coarse fits and squared rank correlations rule a componentwise map out: no finer fit is tried."""
MATCHING_ROWS = 20_000

_Column = tuple[np.ndarray, np.ndarray, float]
"""Knots, slopes (all of one sign) and intercept."""


class MonotoneMap(NamedTuple):
    """phi_j(z) = intercept_j + sign_j sum_k slope_jk clip(z_source(j), knot_jk, knot_jk+1)."""

    sources: Int[np.ndarray, " m"]
    knots: tuple[np.ndarray, ...]
    slopes: tuple[np.ndarray, ...]
    intercepts: Float[np.ndarray, " m"]
    parameters: float

    def __call__(self, z: Float[np.ndarray, "rows d"]) -> Float[np.ndarray, "rows m"]:
        """Apply the map."""
        columns = [
            intercept + ramps(z[:, source], knots) @ slopes
            for source, knots, slopes, intercept in zip(
                self.sources, self.knots, self.slopes, self.intercepts, strict=True
            )
        ]
        return np.stack(columns, axis=1)


def ramps(x: Float[np.ndarray, " rows"], knots: Float[np.ndarray, " k"]) -> Float[np.ndarray, "rows k1"]:
    """Return clip(x, left, right) for the k + 1 cells that k knots cut the line into; the outer two are unbounded."""
    out = np.empty((len(x), len(knots) + 1))
    out[:, 0] = np.minimum(x, knots[0])
    for k in range(len(knots) - 1):
        np.clip(x, knots[k], knots[k + 1], out=out[:, k + 1])
    out[:, -1] = np.maximum(x, knots[-1])
    return out


def _fit_one(x: np.ndarray, y: np.ndarray, count: int, sign: float) -> _Column:
    inner = np.linspace(0, 1, count // 2 + 2)[1:-1]
    even = x.min() + inner * np.ptp(x)
    knots = np.unique(np.concatenate([np.quantile(x, inner), even]))
    design = ramps(x, knots)
    mean = design.mean(axis=0)
    r = linalg.qr(np.column_stack([design - mean, y - y.mean()]), mode="r", check_finite=False)[0][: len(mean) + 1]
    slopes = sign * nnls(r[:, :-1], sign * r[:, -1])[0]
    return knots, slopes, float(y.mean() - mean @ slopes)


def _refined(x: np.ndarray, y: np.ndarray, sign: float, coarse: _Column) -> _Column:
    """Return the fit with many knots if held-out rows ask for it, else the coarse one."""
    cut = len(x) * 4 // 5
    if cut < 4 * FINE:
        return coarse
    errors = {}
    for count in (COARSE, FINE):
        knots, slopes, intercept = _fit_one(x[:cut], y[:cut], count, sign)
        errors[count] = float(np.mean((y[cut:] - intercept - ramps(x[cut:], knots) @ slopes) ** 2))
    return coarse if errors[COARSE] <= errors[FINE] else _fit_one(x, y, FINE, sign)


def _hopeless(spearman: np.ndarray, coarse: list[_Column], x: np.ndarray, y: np.ndarray) -> bool:
    """Whether neither ranks nor coarse fits (of columns y from columns x) explain half of the code."""
    if np.mean(spearman**2) > HOPELESS:
        return False
    left = [np.var(b - ramps(a, knots) @ slopes) for a, b, (knots, slopes, _) in zip(x.T, y.T, coarse, strict=True)]
    return float(np.sum(left)) > HOPELESS * float(np.sum(y.var(axis=0)))


def fit_monotone_map(true: Float[np.ndarray, "rows d"], recovered: Float[np.ndarray, "rows d"]) -> MonotoneMap:
    """Fit the componentwise map on train rows."""
    few = slice(None, None, -(-len(true) // MATCHING_ROWS))
    ranks_true, ranks_recovered = stats.rankdata(true[few], axis=0), stats.rankdata(recovered[few], axis=0)
    a, b = ranks_true - ranks_true.mean(axis=0), ranks_recovered - ranks_recovered.mean(axis=0)
    norms = np.sqrt(np.sum(a * a, axis=0))[:, None] * np.sqrt(np.sum(b * b, axis=0))
    spearman = np.where(norms > 0, (a.T @ b) / np.where(norms > 0, norms, 1.0), 0.0)
    factors, codes = linear_sum_assignment(-(spearman**2))
    sources = np.empty(len(codes), dtype=np.int64)
    sources[codes] = factors
    signs = np.where(spearman[sources, np.arange(len(codes))] < 0, -1.0, 1.0)
    x = true[:, sources]
    fits = [_fit_one(a, b, COARSE, sign) for a, b, sign in zip(x.T, recovered.T, signs, strict=True)]
    if not _hopeless(spearman[sources, np.arange(len(codes))], fits, x, recovered):
        columns = zip(x.T, recovered.T, signs, fits, strict=True)
        fits = [_refined(a, b, sign, coarse) for a, b, sign, coarse in columns]
    used = float(np.mean([np.count_nonzero(slopes) + 1 for _, slopes, _ in fits]))
    return MonotoneMap(
        sources, tuple(f[0] for f in fits), tuple(f[1] for f in fits), np.array([f[2] for f in fits]), used
    )
