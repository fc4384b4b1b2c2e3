"""DCI: disentanglement, completeness, informativeness [eastwood2018framework], with regressors for continuous factors.

R_ji >= 0 is the importance of code j for factor i. With row shares P_j. = R_j. / sum_i R_ji:
  disentanglement = sum_j rho_j (1 - H_d(P_j.)), rho_j = sum_i R_ji / sum R;
  completeness    = mean_i (1 - H_m(P_.i)), P_.i = R_.i / sum_j R_ji;
  informativeness = held-out R2 of factor i from the whole code, mean over i.
Entropies are in base d and m. Importances: absolute coefficients of a lasso on standardised columns, or the held-out
R2 lost when code j is permuted, for a ridge on Fourier features (`nonlinear`). Invariant to permutation, scale and
offset of codes; depends on the regressor, and says nothing where informativeness is low.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from identify.metrics.affine import affine_fit
from identify.metrics.score import Score, r2_score
from identify.splits import Split

ROWS = 5_000


class DCI(NamedTuple):
    """The three scores and the importances [m d] behind the first two; informativeness has an interval."""

    disentanglement: float
    completeness: float
    informativeness: Score
    importance: Float[np.ndarray, "m d"]


def dci(
    true: Float[np.ndarray, "n d"],
    recovered: Float[np.ndarray, "n m"],
    split: Split,
    *,
    nonlinear: bool = False,
    penalty: float = 0.01,
) -> DCI:
    """DCI on at most 5,000 train rows.

    Args:
        true: factors.
        recovered: codes.
        split: train and held-out rows.
        nonlinear: ridge on Fourier features with permutation importances, instead of a lasso.
        penalty: lasso penalty on standardised columns.

    Raises:
        ValueError: a penalty that is not positive.
    """
    if penalty <= 0:
        raise ValueError(f"penalty={penalty} must be positive, for example 0.01")
    z, y = true[split.train[:ROWS]], recovered[split.train[:ROWS]]
    mean, scale = y.mean(axis=0), y.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    standard = (recovered - mean) / scale
    unit = (true - z.mean(axis=0)) / z.std(axis=0)
    fit = _by_permutation if nonlinear else _by_lasso
    importance, prediction = fit(unit, standard, split, penalty)
    informativeness = r2_score(lambda rows: unit[rows], lambda rows: prediction[rows], split)
    return DCI(
        disentanglement_of(importance), disentanglement_of(importance.T, weighted=False), informativeness, importance
    )


def disentanglement_of(importance: Float[np.ndarray, "m d"], weighted: bool = True) -> float:
    """One minus the entropy of each row's shares in base d, averaged by the rows' importance (or evenly)."""
    total = importance.sum(axis=1)
    live = total > 0
    if not live.any():
        return 0.0
    shares = importance[live] / total[live, None]
    with np.errstate(all="ignore"):
        terms = np.where(shares > 0, shares * np.log(shares), 0.0)
    width = importance.shape[1]
    values = np.zeros(len(importance))
    values[live] = 1 + terms.sum(axis=1) / np.log(width) if width > 1 else 1.0
    return float(np.average(values, weights=total if weighted else None))


def _by_lasso(unit: np.ndarray, standard: np.ndarray, split: Split, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    from sklearn.linear_model import Lasso

    rows = split.train[:ROWS]
    importance = np.empty((standard.shape[1], unit.shape[1]))
    for i in range(unit.shape[1]):
        model = Lasso(alpha=penalty, max_iter=10_000).fit(standard[rows], unit[rows, i])
        importance[:, i] = np.abs(model.coef_)
    slope, offset = affine_fit(standard[rows], unit[rows])
    return importance, standard @ slope + offset


def _by_permutation(
    unit: np.ndarray, standard: np.ndarray, split: Split, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    from identify.ladder.kernel_ridge import fit_nonlinear

    rng = np.random.default_rng([split.seed, 5])
    rows, held = split.train[:ROWS], split.held_out
    slope, offset = affine_fit(standard[rows], unit[rows])
    rest = unit[rows] - standard[rows] @ slope - offset
    bent = fit_nonlinear(standard[rows], rest, rng, real=unit.shape[1])

    def predict(code: np.ndarray) -> np.ndarray:
        return code @ slope + offset + bent(code)

    prediction = predict(standard)
    error = np.mean((unit[held] - prediction[held]) ** 2, axis=0)
    importance = np.empty((standard.shape[1], unit.shape[1]))
    for j in range(standard.shape[1]):
        shuffled = standard[held].copy()
        shuffled[:, j] = rng.permutation(shuffled[:, j])
        importance[j] = np.maximum(np.mean((unit[held] - predict(shuffled)) ** 2, axis=0) - error, 0)
    return importance, prediction
