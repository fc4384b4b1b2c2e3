r"""Coverage: the predicted means p(past) span the latent space affinely (LDM Theorem 1, assumption (iii), repaired).

The theorem holds as soon as predicted means at d + 1 pasts are affinely independent. Deficiency d - rank of one is
harmless for an invertible continuous code (monotone transport of what is left); of two and more it is not.

In whitened z, along direction v: share(v) = E[(v . z_t)(v . p)] = Var(v . p), the share of variance that is predicted,
a squared canonical correlation. Directions are the principal ones of the out-of-fold predictions of each fold's own
predictor, so E[(v . z_t)(v . p_hat)] has the mean zero where v is not predictable, however p_hat was fitted. Rank: at
least the number of shares above 0 (Student over sequences, alpha / d each, counted from the largest until the first
that fails); at most the number whose upper bound exceeds FLOOR. Decision: violated if the share of the second smallest
is below FLOOR at level alpha (deficiency two or more), supported if the rank is at least d - 1, which settles the
matter however small the share: then the p-value is 1.

Relative to the predictor: a fitted one that is too weak understates the span, and shares above 0 are safe even then.
Invariant to invertible affine maps of z. Defect: a true share of FLOOR or less; `smallest_seen` is the largest share
that would be called missing with probability POWER (0 with power 0 if none would), closed form: at share s the
standard error is at most sqrt(s (1 - s) / rows + 2 s^2 / n), noise of all rows and fluctuation of p over sequences.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats

from identify.diagnostics.diagnosis import POWER, Decision, Diagnosis, check_alpha
from identify.diagnostics.residuals import FOLDS, Residuals

FLOOR = 0.01
"""Share of variance below which a direction counts as not predicted."""


class Span(NamedTuple):
    """Shares of the principal directions (descending), their standard errors, and the interval of the rank."""

    shares: Float[np.ndarray, " k"]
    errors: Float[np.ndarray, " k"]
    lowest_rank: int
    highest_rank: int

    @property
    def singular_values(self) -> Float[np.ndarray, " k"]:
        """Standard deviations of the predicted means in whitened z."""
        return np.sqrt(np.maximum(self.shares, 0))

    @property
    def condition(self) -> float:
        """Largest over smallest singular value."""
        values = self.singular_values
        return float(values[0] / values[-1]) if values[-1] > 0 else float("inf")


def span_of_means(found: Residuals, alpha: float = 0.01) -> Span:
    """Predicted shares along the principal directions of the predicted means, and the rank with its interval."""
    check_alpha(alpha)
    n, _, k = found.means.shape
    scores = np.empty((n, k))
    centre = found.present.mean(axis=(0, 1))
    for fold in range(FOLDS):
        rows = found.fold == fold
        means = found.means[rows] - found.means[rows].mean(axis=(0, 1))
        flat = means.reshape(-1, k)
        _, vectors = np.linalg.eigh(flat.T @ flat)
        v = vectors[:, ::-1]
        scores[rows] = np.mean(((found.present[rows] - centre) @ v) * (means @ v), axis=1)
    shares, errors = scores.mean(axis=0), np.maximum(scores.std(axis=0, ddof=1) / np.sqrt(n), 1e-12)
    seen = shares / errors > stats.t.isf(alpha / k, n - 1)
    lowest = int(np.argmin(seen)) if not seen.all() else k
    possible = shares + errors * stats.t.isf(alpha / k, n - 1) > FLOOR
    return Span(shares, errors, lowest, max(lowest, int(possible.sum())))


def coverage(found: Residuals, *, alpha: float = 0.01) -> Diagnosis:
    """Test that the predicted means leave at most one direction uncovered."""
    span = span_of_means(found, alpha)
    n, k = len(found.means), len(span.shares)
    if k == 1:
        share, error, below = float(span.shares[0]), float(span.errors[0]), 1.0
    else:
        second = int(np.argsort(span.shares)[1])
        share, error = float(span.shares[second]), float(span.errors[second])
        below = float(stats.t.cdf((share - FLOOR) / error, n - 1))
    enough = span.lowest_rank >= k - 1
    p_value = 1.0 if enough else below
    decision: Decision = "supported" if enough else "violated" if p_value <= alpha else "undecided"
    rows = n * found.means.shape[1]
    error_there = np.sqrt(FLOOR * (1 - FLOOR) / rows + 2 * FLOOR**2 / n)
    visible = FLOOR - error_there * float(stats.t.isf(alpha, n - 1) + stats.norm.ppf(POWER))
    half = error * stats.t.isf(alpha / 2, n - 1)
    return Diagnosis(
        "coverage",
        decision,
        "share of variance predicted along the second least predicted direction",
        share,
        p_value,
        share - half,
        share + half,
        "largest predicted share that is called missing",
        max(visible, 0.0),
        POWER if visible > 0 else 0.0,
        alpha,
        _findings(span, k),
    )


def _findings(span: Span, k: int) -> tuple[str, ...]:
    low, high = span.lowest_rank, span.highest_rank
    rank = f"{low}" if low == high else f"{low} to {high}"
    values = ", ".join(f"{value:.3g}" for value in span.singular_values)
    said = [f"rank {rank} of {k}, singular values {values}, condition number {span.condition:.3g}"]
    if low == high == k - 1:
        said.append("deficiency one: harmless for an invertible, continuous code")
    return tuple(said)
