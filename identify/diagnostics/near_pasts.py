"""Residuals at the nearest past of another sequence: what removes the error of a fitted mean, at the price of noise.

Two residuals at nearly the same past carry the same error delta(past) of the predictor and independent noise. So
e e^T - e e'^T has the mean Sigma and (e - e') / sqrt 2 has the law of e where that is Gaussian, whatever delta; in many
dimensions neighbours are not near and delta is removed in part only. Partners are shared between sequences, so scores
of different sequences are correlated, which inflates t: SHARED allows for that. A pair of mutual neighbours has one
difference, not two: symmetric functions of it are counted `once`.

Rule of the residual tests: where the mean was fitted, the p-value is the larger of that of the first test and that of
the second, on such differences; a first one above every admissible alpha stands alone. So the second test cannot add
rejections, and the level is at most that of either. What the first rejects and the second does not is undecided.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from identify.diagnostics.diagnosis import HIGHEST_ALPHA, Decision, decide
from identify.diagnostics.neighbours import nearest_of_others
from identify.diagnostics.residuals import Residuals
from identify.diagnostics.score_test import Scores, careful_t, p_of

SHARED = 1.25
"""Factor by which partners in common may inflate t."""


class Near(NamedTuple):
    """White residual at the nearest past of another sequence; 0 for one row of each mutual pair, else 1."""

    white: Float[np.ndarray, "n u r"]
    once: Float[np.ndarray, "n u one"]


def at_near_pasts(found: Residuals) -> Near:
    """Find the partners."""
    n, u, k = found.past.shape
    partner, _ = nearest_of_others(found.past.reshape(-1, k), np.repeat(np.arange(n), u))
    row = np.arange(n * u)
    repeated = (partner[partner] == row) & (partner < row)
    white = found.white.reshape(n * u, -1)[partner].reshape(found.white.shape)
    return Near(white, 1.0 - repeated.reshape(n, u, 1))


class Confirmed(NamedTuple):
    """The p-value that decides, the decision, and what to say where only the first test rejects."""

    p_value: float
    decision: Decision
    findings: tuple[str, ...]


def confirmed(
    first: float,
    found: Residuals,
    scores: Callable[[Near], Sequence[Scores]],
    *,
    alpha: float,
    smallest_seen: float,
    matters: float,
) -> Confirmed:
    """Confirm a first p-value by groups of scores of residuals and their partners, which are handed to `scores`."""
    if found.predictor == "given" or first > HIGHEST_ALPHA:
        return Confirmed(first, decide(first, alpha, smallest_seen, matters), ())
    groups = scores(at_near_pasts(found))
    each = [p_of(float(np.abs(careful_t(left)).max()) / SHARED, left.shape[1], len(left)) for left in groups]
    second = min(1.0, len(each) * min(each))
    if first <= alpha < second:
        said = f"an error of the fitted mean could explain p = {first:.2g}, which is p = {second:.2g} with neighbours"
        return Confirmed(second, "undecided", (f"{said} subtracted",))
    p_value = max(first, second)
    return Confirmed(p_value, decide(p_value, alpha, smallest_seen, matters), ())
