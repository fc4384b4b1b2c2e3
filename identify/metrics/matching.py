"""MCC, the mean correlation coefficient: (1/d) sum_i corr(z_i, s_i z_hat_pi(i)), matching pi and signs s on train rows.

pi maximises sum_i |corr| by linear assignment (argmax per factor would use a code twice); the score is the *signed*
correlation on held-out rows, so that chance is 0 and not the mean of the largest of d absolute values. A true factor
without partner (m < d) counts 0. Invariant to permutation and to scale and offset of each coordinate; Spearman also to
monotone maps. Not invariant to rotations: a perfectly identified but rotated code scores about .49 at d = 20, while one
coordinate of strongly correlated latents scores .92: MCC names no class. The weak form aligns affinely on train rows
first, and then measures the same as affine R2 (its square) [kivva2022identifiability].
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from scipy import stats
from scipy.optimize import linear_sum_assignment

from identify.metrics.affine import affine_fit_of_rows
from identify.metrics.score import Columns, Score, mean_correlation, moments
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


def ranks(values: Float[np.ndarray, "rows k"]) -> Float[np.ndarray, "rows k"]:
    """Ranks of each column (ties share their mean rank), columns in parallel."""
    out = np.empty(values.shape)

    def fill(k: int) -> None:
        column = values[:, k]
        order = np.argsort(column)
        ordered = column[order]
        if np.any(ordered[1:] == ordered[:-1]):
            out[:, k] = stats.rankdata(column)
        else:
            out[order, k] = np.arange(1.0, len(column) + 1)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(fill, range(values.shape[1])))
    return out


def mcc(
    true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"], split: Split, kind: str = "pearson"
) -> Score:
    """Strong MCC, `kind` pearson or spearman; parts are the factors' held-out correlations.

    Raises:
        ValueError: another kind.
    """
    if kind == "pearson":
        found = match(_correlation_of_rows(true, recovered, split.train))
        return _matched_score(lambda rows: true[rows], lambda rows: recovered[rows], found, true.shape[1], split)
    if kind != "spearman":
        raise ValueError(f"kind={kind!r} is not known: use 'pearson' or 'spearman'")
    few = split.train[:MATCHING_ROWS]
    found = match(cross_correlation(ranks(true[few]), ranks(recovered[few])))
    place = np.zeros(len(true), dtype=np.int64)
    place[split.held_out] = np.arange(len(split.held_out))
    of_true, of_recovered = ranks(true[split.held_out]), ranks(recovered[split.held_out])
    return _matched_score(
        lambda rows: of_true[place[rows]], lambda rows: of_recovered[place[rows]], found, true.shape[1], split
    )


def weak_mcc(true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"], split: Split) -> Score:
    """MCC after the affine map of recovered to true fitted on train rows."""
    slope, offset = affine_fit_of_rows(recovered, true, split.train)
    known = moments(true, recovered, split.train)
    spread = np.sqrt(np.maximum(np.diag(slope.T @ known.second @ slope), 0))
    norms = np.sqrt(np.diag(known.first))[:, None] * spread
    cross = known.cross @ slope
    found = match(np.where(norms > 0, cross / np.where(norms > 0, norms, 1.0), 0.0))
    return _matched_score(
        lambda rows: true[rows], lambda rows: recovered[rows] @ slope + offset, found, true.shape[1], split
    )


def _correlation_of_rows(true: np.ndarray, recovered: np.ndarray, rows: np.ndarray) -> np.ndarray:
    known = moments(true, recovered, rows)
    norms = np.sqrt(np.diag(known.first))[:, None] * np.sqrt(np.diag(known.second))
    return np.where(norms > 0, known.cross / np.where(norms > 0, norms, 1.0), 0.0)


def _matched_score(true: Columns, recovered: Columns, found: Matching, d: int, split: Split) -> Score:
    score = mean_correlation(
        lambda rows: true(rows)[:, found.factors],
        lambda rows: recovered(rows)[:, found.codes] * found.signs,
        split,
        np.full(len(found.factors), 1 / d),
    )
    parts = np.zeros(d)
    parts[found.factors] = score.parts
    return score._replace(parts=parts)
