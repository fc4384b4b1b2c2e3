"""Intervals over seeds: the mean of independent runs with a Student t interval, and the worst run."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats


def over_seeds(values: Sequence[float], upper: float = math.inf) -> dict[str, float]:
    """Mean, 95 % interval (Student t, as if runs were normal; cut at `upper`, the score's maximum) and minimum.

    A single run has no interval over seeds: its ends are NaN.
    """
    scores = np.asarray(values, dtype=float)
    mean = float(scores.mean())
    half = math.nan
    if len(scores) > 1:
        half = float(stats.t.ppf(0.975, len(scores) - 1) * scores.std(ddof=1) / math.sqrt(len(scores)))
    return {"estimate": mean, "low": mean - half, "high": min(mean + half, upper), "worst": float(scores.min())}
