r"""Stationarity: the law of z_t, and of (z_t, z_{t+1}), is the same at every t. Theorem 1 does not ask for it.

Scores of a sequence: a bounded statistic's mean over the second half less that over the first half, and its value at
the last step less that at the first; statistics c(z_i), c(z_i) c(z_j) and c(z_i(t)) c(z_j(t+1)), c the clip at 3 of
whitened z. Zero in the mean under stationarity, whatever the dependence over time. Not seen: changes that leave these
moments alone at halves and ends.

Defect planted: all latents of the second half shifted by s standard deviations in one direction, drawn once.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from identify.diagnostics.diagnosis import Diagnosis, check_alpha, decide
from identify.diagnostics.residuals import whitened
from identify.diagnostics.score_test import score_test, smallest_seen

CLIP = 3.0
SHIFTS = (0.03, 0.06, 0.12, 0.25, 0.5, 1.0)
MATTERS = 0.25


def stationarity(z: Float[np.ndarray, "n t d"], *, alpha: float = 0.01, rng: np.random.Generator) -> Diagnosis:
    """Test that means, covariances and one-step covariances do not change over time."""
    check_alpha(alpha)
    white, _ = whitened(z)
    test = score_test(_scores(white))
    direction = rng.standard_normal(white.shape[2])
    step = direction / np.linalg.norm(direction)

    def plant(shift: float, rng: np.random.Generator) -> np.ndarray:
        moved = white.copy()
        moved[:, -(white.shape[1] // 2) :] += shift * step
        return _scores(moved)

    size, power = smallest_seen(plant, SHIFTS, alpha, rng)
    return Diagnosis(
        "stationarity",
        decide(test.p_value, alpha, size, MATTERS),
        "largest t of a change of a first or second moment over time",
        test.largest,
        test.p_value,
        float("nan"),
        float("nan"),
        "shift of the mean in standard deviations",
        size,
        power,
        alpha,
    )


def _scores(white: np.ndarray) -> np.ndarray:
    c = np.clip(white, -CLIP, CLIP)
    i, j = np.triu_indices(c.shape[2])
    moments = np.concatenate([c, c[..., i] * c[..., j]], axis=2)
    contrasts = [_contrasts(moments)]
    if c.shape[1] > 3:
        steps = (c[:, :-1, :, None] * c[:, 1:, None, :]).reshape(len(c), c.shape[1] - 1, -1)
        contrasts.append(_contrasts(steps))
    return np.concatenate(contrasts, axis=1)


def _contrasts(values: np.ndarray) -> np.ndarray:
    half = values.shape[1] // 2
    halves = values[:, -half:].mean(axis=1) - values[:, :half].mean(axis=1)
    return np.concatenate([halves, values[:, -1] - values[:, 0]], axis=1)
