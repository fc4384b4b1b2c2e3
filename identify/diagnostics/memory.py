r"""Residuals independent over time: the conditional given z_{t-1} is the same at every step and nothing older counts.

Scores sum_t e_a(t) m_l(t), m what should not matter: e(t-1), e(t-2), bounded functions of z(t-2), time, and time times
z(t-1), each with its regression on functions of z(t-1) taken out (an error of the predictor, a function of z(t-1), then
enters at second order); and products of e(t) with time, and |e(t)|^2 |e(t-1)|^2 (volatility). Residuals are zero in the
mean given all of these if the process is Markov and homogeneous. Sequences of two steps have no older past:
undecided.

Theorem 1 allows predictors that see more of the past than z_{t-1}. Memory says only that this one is short.
Defect planted: one residual becomes sqrt(1 - r^2) e(t) + r m, m the first coordinate of z(t-2), regression taken out.
Where the mean was fitted the p-value is the larger of this test's and that of residuals with a neighbour's subtracted
(`near_pasts`).
"""

from __future__ import annotations

import numpy as np

from identify.diagnostics.diagnosis import Diagnosis, check_alpha
from identify.diagnostics.near_pasts import Near, confirmed
from identify.diagnostics.past_features import past_features, standardised
from identify.diagnostics.residuals import Residuals
from identify.diagnostics.score_test import smallest_of, smallest_seen

CORRELATIONS = (0.02, 0.05, 0.1, 0.2, 0.4, 0.7)
MATTERS = 0.2
CLIP = 4.0


def memory(
    found: Residuals, *, alpha: float = 0.01, context_dependent: bool = False, rng: np.random.Generator
) -> Diagnosis:
    """Test that residuals depend neither on what lies before the last latent, nor on time.

    Args:
        found: residuals.
        alpha: false-alarm rate.
        context_dependent: whether the covariance was found to depend on the past; then only residuals themselves are
            tested, not their products, which follow the contexts.
        rng: draws functions of the past and the planted defect.
    """
    check_alpha(alpha)
    if found.white.shape[1] < 2:
        return _untested(alpha)
    rest = _instruments(found, rng)
    groups = 1 if context_dependent else 2
    largest, first = smallest_of(_scores(found.white, rest)[:groups])
    older = rest[..., found.white.shape[2]]

    def plant(r: float, rng: np.random.Generator) -> np.ndarray:
        mixed = found.white[rng.permutation(len(found.white))].copy()
        mixed[:, 1:, 0] = np.sqrt(1 - r**2) * mixed[:, 1:, 0] + r * older
        return _scores(mixed, rest)[0]

    size, power = smallest_seen(plant, CORRELATIONS, alpha / groups, rng)

    def without_error_of_mean(near: Near) -> list[np.ndarray]:
        return _scores((found.white - near.white) / np.sqrt(2), rest)[:groups]

    p_value, decision, findings = confirmed(
        first, found, without_error_of_mean, alpha=alpha, smallest_seen=size, matters=MATTERS
    )
    return Diagnosis(
        "memory",
        decision,
        "largest t of a residual times something older than the last latent",
        largest,
        p_value,
        float("nan"),
        float("nan"),
        "correlation of a residual with what is new in the latent two steps back",
        size,
        power,
        alpha,
        findings,
    )


def _untested(alpha: float) -> Diagnosis:
    nan = float("nan")
    return Diagnosis(
        "memory",
        "undecided",
        "nothing: sequences of two steps have no older past",
        nan,
        nan,
        nan,
        nan,
        "correlation of a residual with what is new in the latent two steps back",
        float("inf"),
        0.0,
        alpha,
        ("give sequences of at least 3 steps",),
    )


def _lagged(values: np.ndarray, lag: int) -> np.ndarray:
    return np.concatenate([np.zeros_like(values[:, :lag]), values[:, :-lag]], axis=1)


def _instruments(found: Residuals, rng: np.random.Generator) -> np.ndarray:
    """What should not matter, less its regression on functions of z_{t-1}; the first step has none of it."""
    n, u, _ = found.past.shape
    known = np.concatenate([found.past, past_features(found.past, rng), np.ones((n, u, 1))], axis=2)
    time = np.broadcast_to(np.linspace(-1.7, 1.7, u)[None, :, None], (n, u, 1))
    older = past_features(found.past, rng)
    blocks = [_lagged(np.clip(found.white, -CLIP, CLIP), 1), _lagged(older, 1), time, time * found.past]
    if u > 2:
        blocks.append(_lagged(np.clip(found.white, -CLIP, CLIP), 2))
    wanted = np.concatenate(blocks, axis=2)[:, 1:].reshape(n * (u - 1), -1)
    given = known[:, 1:].reshape(n * (u - 1), -1)
    gram = given.T @ given
    gram[np.diag_indices_from(gram)] += 1e-9 * np.trace(gram) / len(gram)
    wanted = wanted - given @ np.linalg.solve(gram, given.T @ wanted)
    return standardised(wanted.reshape(n, u - 1, -1))


def _scores(white: np.ndarray, rest: np.ndarray) -> list[np.ndarray]:
    """Residuals times what should not matter; their products with time, and volatility."""
    e = np.clip(white, -CLIP, CLIP)
    n, u, _ = e.shape
    first = np.matmul(e[:, 1:].transpose(0, 2, 1), rest).reshape(n, -1)
    a, b = np.triu_indices(e.shape[2])
    products = e[..., a] * e[..., b]
    products = products - products.mean(axis=(0, 1))
    length = np.mean(e**2, axis=2)
    length = length - length.mean()
    volatility = np.sum(length[:, 1:] * length[:, :-1], axis=1)
    second = np.concatenate([np.einsum("nuq,u->nq", products, np.linspace(-1.7, 1.7, u)), volatility[:, None]], axis=1)
    return [first, second]
