"""Canonical correlations: directions (a_k, b_k) with corr(z a_k, z_hat b_k) = rho_k, by QR and SVD [bjorck1973angles].

Directions come from train rows; the score is the mean of the signed correlations of their variates on held-out rows,
over k <= min(d, m). Invariant to invertible affine maps of either side, and to nothing else. In-sample rho of pure
noise is far above 0 once d / n is not small. SVCCA keeps the principal components with 99 % of the variance of each
side first [raghu2017svcca], so it forgives a lost direction of small variance and depends on units. PWCCA weights rho_k
by how much of the true latents it carries, w_k ~ sum_i |<z_i, z a_k>| [morcos2018insights].
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import linalg

from identify.metrics.score import Score, mean_correlation, moments
from identify.splits import Split

_TOLERANCE = 1e-10
MANY = 5_000_000
"""Entries above which well-conditioned directions come from moments instead of QR."""


class CanonicalDirections(NamedTuple):
    """Columns are directions: variates are (true - true_mean) @ true, (recovered - recovered_mean) @ recovered."""

    true: Float[np.ndarray, "d k"]
    recovered: Float[np.ndarray, "m k"]
    true_mean: Float[np.ndarray, " d"]
    recovered_mean: Float[np.ndarray, " m"]
    correlations: Float[np.ndarray, " k"]


def _orthonormal(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return an orthonormal basis of the columns and the map from columns to it, dropping null directions."""
    scale = np.sqrt(np.mean(values**2, axis=0))
    scale[scale <= 1e-200] = np.inf
    q, r, pivots = linalg.qr(values / scale, mode="economic", pivoting=True, check_finite=False)
    diagonal = np.abs(np.diag(r))
    rank = int(np.sum(diagonal > _TOLERANCE * diagonal[0])) if len(diagonal) and diagonal[0] > 0 else 0
    to_basis = np.zeros((values.shape[1], rank))
    to_basis[pivots[:rank]] = linalg.solve_triangular(r[:rank, :rank], np.eye(rank))
    return q[:, :rank], to_basis / np.where(np.isinf(scale), 1.0, scale)[:, None]


def canonical_directions(
    true: Float[np.ndarray, "rows d"], recovered: Float[np.ndarray, "rows m"]
) -> CanonicalDirections:
    """Fit the canonical directions of two blocks of columns by QR and SVD, greatest correlation first."""
    true_mean, recovered_mean = true.mean(axis=0), recovered.mean(axis=0)
    q_true, map_true = _orthonormal(true - true_mean)
    q_recovered, map_recovered = _orthonormal(recovered - recovered_mean)
    u, rho, vt = linalg.svd(q_true.T @ q_recovered, full_matrices=False)
    return CanonicalDirections(map_true @ u, map_recovered @ vt.T, true_mean, recovered_mean, np.clip(rho, 0, 1))


def _directions_of_rows(true: np.ndarray, recovered: np.ndarray, rows: np.ndarray) -> CanonicalDirections:
    """`canonical_directions`, from moments where there are many rows and they are well conditioned."""
    if rows.size * (true.shape[1] + recovered.shape[1]) > MANY:
        known = moments(true, recovered, rows)
        maps = [_whitening(gram) for gram in (known.first, known.second)]
        if maps[0] is not None and maps[1] is not None:
            u, rho, vt = linalg.svd(maps[0].T @ known.cross @ maps[1], full_matrices=False)
            return CanonicalDirections(
                maps[0] @ u, maps[1] @ vt.T, known.first_mean, known.second_mean, np.clip(rho, 0, 1)
            )
    return canonical_directions(true[rows], recovered[rows])


def _whitening(gram: np.ndarray) -> np.ndarray | None:
    scale = np.sqrt(np.diag(gram))
    if not scale.all():
        return None
    values, vectors = linalg.eigh(gram / scale[:, None] / scale)
    return vectors / np.sqrt(values) / scale[:, None] if values[0] > 1e-6 * values[-1] else None


def _held_out(
    true: np.ndarray, recovered: np.ndarray, split: Split, found: CanonicalDirections, weights: np.ndarray
) -> Score:
    return mean_correlation(
        lambda rows: (true[rows] - found.true_mean) @ found.true,
        lambda rows: (recovered[rows] - found.recovered_mean) @ found.recovered,
        split,
        weights,
    )


def _empty(width: int) -> Score:
    return Score(0.0, 0.0, 0.0, float("nan"), np.zeros(width))


def mean_cca(true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"], split: Split) -> Score:
    """Mean canonical correlation over min(d, m) pairs; a collapsed recovered direction counts 0."""
    found = _directions_of_rows(true, recovered, split.train)
    pairs = min(true.shape[1], recovered.shape[1])
    if not len(found.correlations):
        return _empty(pairs)
    return _held_out(true, recovered, split, found, np.full(len(found.correlations), 1 / pairs))


def _principal(gram: np.ndarray, kept: float) -> np.ndarray:
    variances, vectors = linalg.eigh(gram)
    variances, vectors = np.maximum(variances[::-1], 0), vectors[:, ::-1]
    if variances.sum() == 0:
        return vectors[:, :0]
    share = np.cumsum(variances) / variances.sum()
    return vectors[:, : int(np.searchsorted(share, kept - 1e-12)) + 1]


def svcca(
    true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"], split: Split, kept: float = 0.99
) -> Score:
    """Mean CCA between the principal components that hold the share `kept` of each side's variance on train rows.

    Raises:
        ValueError: a share outside (0, 1].
    """
    if not 0 < kept <= 1:
        raise ValueError(f"kept={kept} must lie in (0, 1]: it is a share of variance, for example 0.99")
    known = moments(true, recovered, split.train)
    left, right = _principal(known.first, kept), _principal(known.second, kept)
    if right.shape[1] == 0:
        return _empty(left.shape[1])
    # the train moments of the components follow from those of the columns
    maps = [left / np.sqrt(np.sum(left * (known.first @ left), axis=0))]
    maps.append(right / np.sqrt(np.sum(right * (known.second @ right), axis=0)))
    u, rho, vt = linalg.svd(maps[0].T @ known.cross @ maps[1], full_matrices=False)
    found = CanonicalDirections(maps[0] @ u, maps[1] @ vt.T, known.first_mean, known.second_mean, np.clip(rho, 0, 1))
    return _held_out(true, recovered, split, found, np.full(len(rho), 1 / len(rho)))


def pwcca(true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"], split: Split) -> Score:
    """Projection-weighted CCA, weights from the true latents on train rows."""
    found = _directions_of_rows(true, recovered, split.train)
    if not len(found.correlations):
        return _empty(min(true.shape[1], recovered.shape[1]))
    gram = moments(true, recovered[:, :1], split.train).first
    weights = np.abs(found.true.T @ gram).sum(axis=1)
    return _held_out(true, recovered, split, found, weights / weights.sum())
