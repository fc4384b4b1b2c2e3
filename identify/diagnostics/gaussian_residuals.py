r"""Gaussian residuals: e_t given its past is N(0, Sigma) (LDM Theorem 1, assumption (i)).

Every direction u = v . e of the white residuals must be N(0, 1) (Cramer and Wold), whatever the past. Scores are
empirical characteristic functions on slices, made orthogonal to the estimation of mean and variance:
  cos(a u) - exp(-a^2/2) (1 - a^2 (u^2 - 1) / 2),   sin(a u) - a exp(-a^2/2) u,   a in FREQUENCIES,
so their Hermite expansion starts at degree 4 and 3, and an error delta of the predictor enters as delta^2. Slices: the
columns, random directions, and the eigenvectors of E|e|^2 e e^T of the other sequences. Two groups: the scores alone,
and times bounded functions of the past (a law that is Gaussian on average only).

Where the covariance depends on the past (`context_dependent`), residuals of one context are Gaussian and all of them
together are not. Then only odd scores times functions of the past decide, which vanish for any Gaussian about its mean;
the error of a fitted predictor enters them at first order, which is allowed for by halving t. No finding there means
undecided. Elsewhere, where the mean was fitted, the p-value is the larger of this test's and that of differences of
neighbours (`near_pasts`).

Defect planted: Student noise of the stated excess kurtosis, one factor for all coordinates of a step.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from identify.diagnostics.diagnosis import Diagnosis, check_alpha
from identify.diagnostics.near_pasts import Near, confirmed
from identify.diagnostics.past_features import past_features, standardised
from identify.diagnostics.residuals import FOLDS, Residuals
from identify.diagnostics.score_test import careful_t, p_of, smallest_of, smallest_seen

FREQUENCIES = (0.7, 1.4, 2.2)
RANDOM_SLICES = 16
FEATURES = 24
KURTOSES = (0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
MATTERS = 1.0
"""Excess kurtosis (Laplace 3, logistic 1.2)."""
CAP = 20.0

Slices = list[Float[np.ndarray, "r k"]]


def gaussian_residuals(
    found: Residuals, *, alpha: float = 0.01, context_dependent: bool = False, rng: np.random.Generator
) -> Diagnosis:
    """Test that white residuals are Gaussian, whatever the past.

    Args:
        found: residuals.
        alpha: false-alarm rate.
        context_dependent: whether the covariance was found to depend on the past.
        rng: draws slices, functions of the past and planted noise.
    """
    check_alpha(alpha)
    features = past_features(found.past, rng)
    features = features[..., np.sort(rng.permutation(features.shape[2])[:FEATURES])]
    slices = _slices(found.white, found.fold, rng)
    if context_dependent:
        return _among_contexts(found, features, slices, alpha)
    largest, first = smallest_of(_scores(found.white, slices, found.fold, features))

    def plant(kurtosis: float, rng: np.random.Generator) -> np.ndarray:
        freedom = 4 + 6 / kurtosis
        chi = rng.chisquare(freedom, (*found.white.shape[:2], 1))
        heavy = found.white * np.sqrt((freedom - 2) / chi)
        return _values(_projected(heavy, slices, found.fold)).sum(axis=1)

    size, power = smallest_seen(plant, KURTOSES, alpha / 2, rng)

    def without_error_of_mean(near: Near) -> list[np.ndarray]:
        return _scores((found.white - near.white) / np.sqrt(2), slices, found.fold, features, near.once)

    p_value, decision, findings = confirmed(
        first, found, without_error_of_mean, alpha=alpha, smallest_seen=size, matters=MATTERS
    )
    return Diagnosis(
        "gaussian_residuals",
        decision,
        "largest t of a slice's characteristic function",
        largest,
        p_value,
        float("nan"),
        float("nan"),
        "excess kurtosis of Student residuals",
        size,
        power,
        alpha,
        findings,
    )


def _among_contexts(found: Residuals, features: np.ndarray, slices: Slices, alpha: float) -> Diagnosis:
    scores = _with_features(_odd(_projected(found.white, slices, found.fold)), features)
    doubled = 1.0 if found.predictor == "given" else 2.0
    largest = float(np.abs(careful_t(scores)).max()) / doubled
    p_value = p_of(largest, scores.shape[1], len(scores))
    return Diagnosis(
        "gaussian_residuals",
        "violated" if p_value <= alpha else "undecided",
        "largest t of an odd slice times a function of the past (halved for a fitted mean)",
        largest,
        p_value,
        float("nan"),
        float("nan"),
        "excess kurtosis of Student residuals",
        float("inf"),
        0.0,
        alpha,
        ("the covariance depends on the past: residuals that are symmetric in every context cannot be told from it",),
    )


def _slices(white: np.ndarray, fold: np.ndarray, rng: np.random.Generator) -> Slices:
    """Directions for each fold: columns, random ones, and those along which |e|^2 varies most in the other folds."""
    r = white.shape[2]
    drawn = rng.standard_normal((r, RANDOM_SLICES if r > 1 else 0))
    shared = np.concatenate([np.eye(r), drawn / np.linalg.norm(drawn, axis=0)], axis=1)
    out = []
    for k in range(FOLDS):
        e = white[fold != k].reshape(-1, r)
        weight = np.minimum(np.sum(e**2, axis=1), CAP * r)
        _, vectors = np.linalg.eigh((e * weight[:, None]).T @ e / len(e))
        out.append(np.concatenate([shared, vectors], axis=1) if r > 1 else shared)
    return out


def _projected(white: np.ndarray, slices: Slices, fold: np.ndarray) -> np.ndarray:
    """Values along the slices, each centred and scaled to variance one."""
    u = np.empty((*white.shape[:2], slices[0].shape[1]))
    for k, directions in enumerate(slices):
        u[fold == k] = white[fold == k] @ directions
    return standardised(u)


def _odd(u: np.ndarray) -> np.ndarray:
    return np.concatenate([np.sin(a * u) - a * np.exp(-(a**2) / 2) * u for a in FREQUENCIES], axis=2)


def _even(u: np.ndarray) -> np.ndarray:
    square = u**2 - 1
    return np.concatenate([np.cos(a * u) - np.exp(-(a**2) / 2) * (1 - a**2 / 2 * square) for a in FREQUENCIES], axis=2)


def _values(u: np.ndarray) -> np.ndarray:
    return np.concatenate([_odd(u), _even(u)], axis=2)


def _with_features(values: np.ndarray, features: np.ndarray) -> np.ndarray:
    return np.matmul(values.transpose(0, 2, 1), features).reshape(len(values), -1)


def _scores(
    white: np.ndarray, slices: Slices, fold: np.ndarray, features: np.ndarray, weight: np.ndarray | float = 1.0
) -> list[np.ndarray]:
    values = _values(_projected(white, slices, fold)) * weight
    return [values.sum(axis=1), _with_features(values, features)]
