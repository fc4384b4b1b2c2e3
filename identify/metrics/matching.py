"""MCC, the mean correlation coefficient: (1/d) sum_i corr(z_i, s_i z_hat_pi(i)), matching pi and signs s on train rows.

pi maximises sum_i |corr| by linear assignment (argmax per factor would use a code twice); the score is the *signed*
correlation on held-out rows, so that chance is 0 and not the mean of the largest of d absolute values. A true factor
without partner (m < d) counts 0. Invariant to permutation and to scale and offset of each coordinate; Spearman also to
monotone maps. Not invariant to rotations: a perfectly identified but rotated code scores about .49 at d = 20, while one
coordinate of strongly correlated latents scores .92: MCC names no class. The weak form aligns affinely on train rows
first, and then measures the same as affine R2 (its square) [kivva2022identifiability].
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import stats
from scipy.optimize import linear_sum_assignment

from identify.metrics.affine import affine_fit
from identify.metrics.score import Score, mean_correlation
from identify.splits import Split

MATCHING_ROWS = 100_000
"""Ranks for the matching are taken on at most this many train rows; the score itself uses every held-out row."""


class Matching(NamedTuple):
    """True factor `factors[k]` is matched to code `codes[k]` with sign `signs[k]`."""

    factors: Int[np.ndarray, " k"]
    codes: Int[np.ndarray, " k"]
    signs: Float[np.ndarray, " k"]


def cross_correlation(
    true: Float[np.ndarray, "rows d"], recovered: Float[np.ndarray, "rows m"]
) -> Float[np.ndarray, "d m"]:
    """Pearson correlations of all pairs; 0 where a column is constant."""
    a, b = true - true.mean(axis=0), recovered - recovered.mean(axis=0)
    norms = np.sqrt(np.sum(a * a, axis=0))[:, None] * np.sqrt(np.sum(b * b, axis=0))
    return np.where(norms > 0, (a.T @ b) / np.where(norms > 0, norms, 1.0), 0.0)


def match(correlation: Float[np.ndarray, "d m"]) -> Matching:
    """Assign codes to factors so that the sum of absolute correlations is greatest."""
    factors, codes = linear_sum_assignment(-np.abs(correlation))
    signs = np.where(correlation[factors, codes] < 0, -1.0, 1.0)
    return Matching(factors, codes, signs)


def mcc(
    true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"], split: Split, kind: str = "pearson"
) -> Score:
    """Strong MCC, `kind` pearson or spearman; parts are the factors' held-out correlations.

    Raises:
        ValueError: another kind.
    """
    if kind not in ("pearson", "spearman"):
        raise ValueError(f"kind={kind!r} is not known: use 'pearson' or 'spearman'")
    train = split.train if kind == "pearson" else split.train[:MATCHING_ROWS]
    a, b = true[train], recovered[train]
    if kind == "spearman":
        a, b = stats.rankdata(a, axis=0), stats.rankdata(b, axis=0)
    found = match(cross_correlation(a, b))
    return _matched_score(true[split.held_out], recovered[split.held_out], found, split, kind)


def weak_mcc(true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"], split: Split) -> Score:
    """MCC after the affine map of recovered to true fitted on train rows."""
    slope, offset = affine_fit(recovered[split.train], true[split.train])
    aligned = recovered @ slope + offset
    found = match(cross_correlation(true[split.train], aligned[split.train]))
    return _matched_score(true[split.held_out], aligned[split.held_out], found, split, "pearson")


def _matched_score(true: np.ndarray, recovered: np.ndarray, found: Matching, split: Split, kind: str) -> Score:
    a, b = true[:, found.factors], recovered[:, found.codes] * found.signs
    if kind == "spearman":
        a, b = stats.rankdata(a, axis=0), stats.rankdata(b, axis=0)
    d = true.shape[1]
    score = mean_correlation(a, b, split.blocks, np.full(a.shape[1], 1 / d))
    parts = np.zeros(d)
    parts[found.factors] = score.parts
    return score._replace(parts=parts)
