"""Least-squares fits z_hat ~ z B + b in every linear class of the ladder, from train moments alone.

`identity`, `permutation_sign` and `orthogonal` have no offset and are fitted without centring. Permutations come from
linear assignment: on |E z_i z_hat_j| where all share one scale, on corr^2 where each coordinate has its own scale.
Rotations are Procrustes solutions. Each map knows its free parameters per output, which is what makes held-out losses
of different classes comparable: a fit with p parameters per output inflates its loss by p / n.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import linalg
from scipy.optimize import linear_sum_assignment

from identify.metrics.affine import affine_fit


class LinearMap(NamedTuple):
    """z_hat = z @ slope + offset, with `parameters` free parameters per output."""

    slope: Float[np.ndarray, "d m"]
    offset: Float[np.ndarray, " m"]
    parameters: float

    def __call__(self, z: Float[np.ndarray, "rows d"]) -> Float[np.ndarray, "rows m"]:
        """Apply the map; permutations (one factor a code) by picking columns."""
        sources = np.argmax(np.abs(self.slope), axis=0)
        if np.count_nonzero(self.slope) == len(sources):
            return z[:, sources] * self.slope[sources, np.arange(len(sources))] + self.offset
        return z @ self.slope + self.offset


class JointMoments(NamedTuple):
    """Means and centred second moments of both sides, from which every linear map's residual form follows."""

    true_mean: Float[np.ndarray, " d"]
    recovered_mean: Float[np.ndarray, " m"]
    true: Float[np.ndarray, "d d"]
    cross: Float[np.ndarray, "d m"]
    recovered: Float[np.ndarray, "m m"]

    @property
    def true_variance(self) -> Float[np.ndarray, " d"]:
        """Variance of each true latent."""
        return np.diag(self.true)

    @property
    def recovered_variance(self) -> Float[np.ndarray, " m"]:
        """Variance of each recovered latent."""
        return np.diag(self.recovered)

    def residual_form(self, fitted: LinearMap) -> Float[np.ndarray, "m m"]:
        """Mean outer product of z_hat - z @ slope - offset, to rounding of the code's own variance."""
        shift = self.recovered_mean - self.true_mean @ fitted.slope - fitted.offset
        mixed = fitted.slope.T @ self.cross
        form = self.recovered - mixed - mixed.T + fitted.slope.T @ self.true @ fitted.slope
        return form + np.outer(shift, shift)


def joint_moments(true: Float[np.ndarray, "rows d"], recovered: Float[np.ndarray, "rows m"]) -> JointMoments:
    """Compute them in three products of the rows."""
    a, b = true.mean(axis=0), recovered.mean(axis=0)
    zc, yc, n = true - a, recovered - b, len(true)
    return JointMoments(a, b, zc.T @ zc / n, zc.T @ yc / n, yc.T @ yc / n)


def _signed_permutation(weight: np.ndarray, signs_of: np.ndarray) -> np.ndarray:
    rows, columns = linear_sum_assignment(-weight)
    slope = np.zeros_like(weight)
    slope[rows, columns] = np.where(signs_of[rows, columns] < 0, -1.0, 1.0)
    return slope


def _polar(cross: np.ndarray) -> np.ndarray:
    u, _, vt = linalg.svd(cross)
    return u @ vt


def fit_linear_maps(
    true: Float[np.ndarray, "rows d"], recovered: Float[np.ndarray, "rows m"], known: JointMoments | None = None
) -> dict[str, LinearMap]:
    """Fit all linear classes that apply: every one where d = m, `affine` alone otherwise; `known`: their moments."""
    d, m = true.shape[1], recovered.shape[1]
    slope, offset = affine_fit(true, recovered)
    maps = {"affine": LinearMap(slope, offset, d + 1.0)}
    if d != m:
        return maps
    known = joint_moments(true, recovered) if known is None else known
    power = known.true + np.outer(known.true_mean, known.true_mean)
    cross = known.cross + np.outer(known.true_mean, known.recovered_mean)
    unit = np.sqrt(np.maximum(known.recovered_variance + known.recovered_mean**2, 1e-300))
    no_offset = np.zeros(d)
    maps["identity"] = LinearMap(np.eye(d), no_offset, 0.0)
    squared = np.diag(power)[:, None] - 2 * np.abs(cross)
    maps["permutation_sign"] = LinearMap(_signed_permutation(-squared / unit**2, cross), no_offset, 0.0)
    maps["orthogonal"] = LinearMap(_polar(cross), no_offset, (d - 1) / 2)
    maps.update(_centred_maps(known, d))
    return maps


def _centred_maps(known: JointMoments, d: int) -> dict[str, LinearMap]:
    total = float(np.trace(known.true))
    variance = np.maximum(known.true_variance, 1e-300)

    def with_offset(slope: np.ndarray, parameters: float) -> LinearMap:
        return LinearMap(slope, known.recovered_mean - known.true_mean @ slope, parameters)

    plain = _signed_permutation(np.abs(known.cross), known.cross)
    plain_factor = float(np.sum(plain * known.cross)) / total
    explained = known.cross**2 / variance[:, None] / np.maximum(known.recovered_variance, 1e-300)
    scaled = _signed_permutation(explained, known.cross)
    rotation = _polar(known.cross)
    factor = float(np.sum(rotation * known.cross)) / total
    return {
        "permutation_similarity": with_offset(plain_factor * plain, 1 + 1 / d),
        "permutation_scale": with_offset(np.abs(scaled) * known.cross / variance[:, None], 2.0),
        "similarity": with_offset(factor * rotation, (d - 1) / 2 + 1 + 1 / d),
    }
