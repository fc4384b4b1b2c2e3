"""Residuals at the nearest past of another sequence: what removes the error of a fitted mean, at the price of noise.

Two residuals at nearly the same past carry the same error delta(past) of the predictor and independent noise. So
e e^T - e e'^T has the mean Sigma and (e - e') / sqrt 2 has the law of e where that is Gaussian, whatever delta; in many
dimensions neighbours are not near and delta is removed in part only. Partners are shared between sequences: a value
may be counted twice, which inflates t by sqrt 2 at most for mutual neighbours; SHARED allows for some more.

Rule of the residual tests: where the mean was fitted, a rejection counts only if this second test rejects too, else the
assumption is undecided. The second test cannot add rejections, so levels are at most those of the first.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from identify.diagnostics.diagnosis import Decision
from identify.diagnostics.neighbours import nearest_of_others
from identify.diagnostics.residuals import Residuals
from identify.diagnostics.score_test import Scores, corrected_t, p_of

SHARED = 1.5


def at_near_pasts(found: Residuals) -> Float[np.ndarray, "n u r"]:
    """White residual of the row with the nearest past among other sequences."""
    n, u, k = found.past.shape
    partner, _ = nearest_of_others(found.past.reshape(-1, k), np.repeat(np.arange(n), u))
    return found.white.reshape(n * u, -1)[partner].reshape(found.white.shape)


def without_error_of_mean(scores: Scores, alpha: float) -> tuple[Decision, tuple[str, ...]]:
    """Decision, and what to say, for scores that are free of the error of the mean."""
    left = p_of(float(np.abs(corrected_t(scores)).max()) / SHARED, scores.shape[1], len(scores))
    if left <= alpha:
        return "violated", ()
    return "undecided", (f"an error of the fitted mean could explain it (p = {left:.2g} with neighbours subtracted)",)
