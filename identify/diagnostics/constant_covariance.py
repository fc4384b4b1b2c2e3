r"""Constant covariance: Cov[e_t | past] = Sigma for every past (Theorem 1 is false without it: its counterexamples turn
the latents by an angle that the residual correlations give away).

Scores: products of white residuals times functions of the past,
  sum_t (c(e_a) c(e_b) - mean) f_l(past_t),   a <= b,   c the clip at 4,   f_l of mean zero,
so any dependence of variances or correlations on a coordinate, a product, the length or a wave of the past is seen.
Zero in the mean for any law of e that is independent of the past, Gaussian or not. Not seen: changes finer than waves.

A fitted mean that is wrong by delta(past) adds delta delta^T: then the p-value is the larger of this test's and that
of e_a e_b - e_a e_b', e' the residual at a neighbouring past (`near_pasts`). Where only the first rejects: undecided,
give the predicted means, or more data.

Defect planted: log variance of all coordinates s times one coordinate of the past (of variance one, drawn once), on
residuals of other sequences. The power is that of the first test.
"""

from __future__ import annotations

import numpy as np

from identify.diagnostics.diagnosis import Diagnosis, check_alpha
from identify.diagnostics.near_pasts import Near, confirmed
from identify.diagnostics.past_features import past_features
from identify.diagnostics.residuals import Residuals
from identify.diagnostics.score_test import score_test, smallest_seen

CLIP = 4.0
SPREADS = (0.03, 0.06, 0.12, 0.25, 0.5, 1.0)
MATTERS = 0.25
"""Standard deviation of the log variance over contexts."""


def constant_covariance(found: Residuals, *, alpha: float = 0.01, rng: np.random.Generator) -> Diagnosis:
    """Test that the residual covariance is the same in every context."""
    check_alpha(alpha)
    features = past_features(found.past, rng)
    test = score_test(_scores(found.white, features))
    direction = rng.standard_normal(found.past.shape[2])
    context = found.past @ (direction / np.linalg.norm(direction))

    def plant(spread: float, rng: np.random.Generator) -> np.ndarray:
        shuffled = found.white[rng.permutation(len(found.white))]
        return _scores(shuffled * np.exp(spread / 2 * context)[..., None], features)

    size, power = smallest_seen(plant, SPREADS, alpha, rng)

    def without_error_of_mean(near: Near) -> list[np.ndarray]:
        return [_scores(found.white, features, near.white)]

    p_value, decision, findings = confirmed(
        test.p_value, found, without_error_of_mean, alpha=alpha, smallest_seen=size, matters=MATTERS
    )
    return Diagnosis(
        "constant_covariance",
        decision,
        "largest t of a product of residuals times a function of the past",
        test.largest,
        p_value,
        float("nan"),
        float("nan"),
        "standard deviation over contexts of the log variance",
        size,
        power,
        alpha,
        findings,
    )


def _scores(white: np.ndarray, features: np.ndarray, partner: np.ndarray | None = None) -> np.ndarray:
    e = np.clip(white, -CLIP, CLIP)
    a, b = np.triu_indices(e.shape[2])
    products = e[..., a] * e[..., b]
    if partner is not None:
        other = np.clip(partner, -CLIP, CLIP)
        products = products - (e[..., a] * other[..., b] + e[..., b] * other[..., a]) / 2
    products = products - products.mean(axis=(0, 1))
    return np.matmul(products.transpose(0, 2, 1), features).reshape(len(e), -1)
