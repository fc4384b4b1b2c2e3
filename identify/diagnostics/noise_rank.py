r"""Nonsingular residual covariance: every direction of z_t has noise of its own (LDM Theorem 1, assumption (i)).

Statistic: the smallest eigenvalue of Sigma in units of Cov z, the share of variance that the past leaves open in the
most predictable direction. Where it is zero any monotone function of that direction is predicted as well as itself.
Invariant to invertible affine maps of z. The interval is Student's over sequences, along the direction found (so the
lower end is slightly optimistic). Violated if the upper end is below SINGULAR (the p-value of a share of at least
SINGULAR, doubled for the two ends); supported if the lower end is above CLEAR; between them the noise is thin, and an
error of the predictor can hide in it: undecided. A deterministic but nonlinear copy leaves the error of a fitted
predictor, so it shows as thin noise at best.
"""

from __future__ import annotations

import numpy as np
from scipy import stats

from identify.diagnostics.diagnosis import POWER, Decision, Diagnosis, check_alpha
from identify.diagnostics.residuals import Residuals

SINGULAR = 1e-6
CLEAR = 1e-3
SMALL = 1e-6
"""Standard errors below this share of SINGULAR are rounding."""


def noise_rank(found: Residuals, *, alpha: float = 0.01) -> Diagnosis:
    """Judge whether the residual covariance is invertible."""
    check_alpha(alpha)
    n, _, k = found.present.shape
    error = found.present - found.means
    error = error - error.mean(axis=(0, 1))
    flat = error.reshape(-1, k)
    _, vectors = np.linalg.eigh(flat.T @ flat)
    along = np.mean((error @ vectors[:, 0]) ** 2, axis=1)
    share = float(along.mean())
    standard_error = max(float(along.std(ddof=1) / np.sqrt(n)), SMALL * SINGULAR)
    half = float(stats.t.isf(alpha / 2, n - 1)) * standard_error
    low, high = max(share - half, 0.0), share + half
    p_value = min(1.0, 2 * float(stats.t.sf((SINGULAR - share) / standard_error, n - 1)))
    decision: Decision = "violated" if p_value <= alpha else "supported" if low > CLEAR else "undecided"
    missing = int(np.sum(found.noise_shares < SINGULAR))
    return Diagnosis(
        "noise_rank",
        decision,
        "share of variance left open by the past in the most predictable direction",
        share,
        p_value,
        low,
        high,
        "largest share of noise that is called singular",
        SINGULAR,
        POWER,
        alpha,
        (f"{missing} of {k} directions have no noise",) if missing else (),
    )
