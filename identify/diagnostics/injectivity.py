r"""Injectivity: the code (or observation) determines z (LDM Theorem 1 needs an injective mixing and encoder).

Both are whitened. A pair is a row and its nearest neighbour in the code, of another sequence. Lost share, along a
direction v of z: half the mean squared difference of v . z over pairs; for many rows it tends to E Var(v . z | code), 0
for an injective code and about 1 for a coordinate folded in the middle. v is the worst direction of half the
sequences; share and interval come from the other half (Student over sequences). A large share has other readings, which
are taken out:
- a steep inverse: the code hardly moves between the two latents. Only fold pairs count, between whose latents the code
  goes away and comes back: at the row m nearest to their midpoint it is further from both than STRETCH times what the
  distance of m from the midpoint and the distance of the pair explain, at the typical slope of the code;
- neighbours that are not near: then the share falls as rows are added. It has to stay, within STAYS, from a quarter
  of the rows to all;
- noise or nuisance in the code: neighbours in z have different codes (`NOISY`, the same share the other way round).
Where the last two fail the share cannot tell and there is no p-value (NaN).
Violated if the share of fold pairs exceeds LOST at level alpha, or if codes of distinct latents are equal at float
resolution. Supported if z is a function of the code on held-out sequences: the upper bound of the lost share, or of
what a nonlinear regression leaves over in the worst direction, is below LOST. Arms of a curled manifold that are closer
than the distance of neighbours count as collisions; folds that hide less than LOST stay unseen.

Without z nothing can be said: a fold before the mixing leaves observations that an injective mixing of other latents
could have made.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import stats
from scipy.spatial import cKDTree

from identify.diagnostics.diagnosis import POWER, Decision, Diagnosis, check_alpha
from identify.diagnostics.neighbours import nearest_of_others
from identify.diagnostics.residuals import FIT_ROWS, whitened
from identify.diagnostics.sequence_check import as_companion
from identify.ladder.kernel_ridge import fit_nonlinear
from identify.ladder.lost_information import shared_codes
from identify.metrics.affine import affine_fit

LOST = 0.03
"""Share of variance, in the worst direction, that collisions must hide to count."""
NOISY = 0.1
STRETCH = 3.0
STAYS = 0.85
MAX_ROWS = 5_000


class Share(NamedTuple):
    """A mean share over sequences with its standard error, and the number of sequences behind it."""

    mean: float
    error: float
    n: int

    def above(self, level: float) -> float:
        """p-value of "at most `level`"."""
        return float(stats.t.sf((self.mean - level) / self.error, self.n - 1))

    def high(self, alpha: float) -> float:
        """Upper bound."""
        return self.mean + self.error * float(stats.t.isf(alpha, self.n - 1))


def injectivity(
    z: Float[np.ndarray, "n t d"], code: Any, *, alpha: float = 0.01, rng: np.random.Generator
) -> Diagnosis:
    """Look for codes that distinct latents share.

    Args:
        z: latents, true or taken as such.
        code: [n t m], recovered latents or observations of the same steps; None if there are none.
        alpha: false-alarm rate.
        rng: picks rows and directions.

    Raises:
        ValueError: a code of other sequences or steps than z.
    """
    check_alpha(alpha)
    if code is None:
        return _diagnosis("undecided", Share(float("nan"), float("nan"), len(z)), float("nan"), alpha, _UNKNOWABLE)
    white, _ = whitened(z)
    seen, _ = whitened(as_companion(code, "code", z, z.shape[1]))
    rows = _rows(z.shape[0], z.shape[1], rng)
    sequence = rows // z.shape[1]
    a, b = white.reshape(-1, white.shape[2])[rows], seen.reshape(-1, seen.shape[2])[rows]
    pairs = _pairs(a, b, sequence)
    lost, folded, stays = _lost_shares(pairs, a, b, sequence, rng)
    near, _ = nearest_of_others(a, sequence)
    noise = float(np.mean(np.sum((b - b[near]) ** 2, axis=1)) / 2 / b.shape[1])
    p_value = folded.above(LOST) if noise < NOISY and stays > STAYS else float("nan")
    equal = shared_codes(a, b)
    if equal.shown:
        return _diagnosis("violated", lost, 0.0, alpha, (f"{equal.rows} rows share their code with other latents",))
    if p_value <= alpha:
        return _diagnosis("violated", folded, p_value, alpha, (f"share with all rows over a quarter: {stays:.2f}",))
    left = _unexplained(a, b, sequence, rng)
    if min(lost.high(alpha), left.high(alpha)) < LOST:
        return _diagnosis("supported", min(lost, left), p_value, alpha, ())
    return _diagnosis("undecided", lost, p_value, alpha, _reasons(noise, lost.mean - folded.mean, stays))


_UNKNOWABLE = (
    "with one array alone injectivity cannot be tested: a fold before the mixing gives the observations of another "
    "world without a fold; give the latents and the code",
)


def _reasons(noise: float, steep: float, stays: float) -> tuple[str, ...]:
    said = []
    if noise >= NOISY:
        said.append(f"neighbours in z differ by {noise:.2g} of its variance in the code: noise, or they are not near")
    if steep > LOST / 2:
        said.append(f"a share of {steep:.2g} comes from a steep inverse or neighbours that are not near")
    if stays <= STAYS:
        said.append("the share falls as rows are added: give more rows")
    return tuple(said)


def _diagnosis(decision: Decision, lost: Share, p_value: float, alpha: float, findings: tuple[str, ...]) -> Diagnosis:
    quantile = float(stats.t.isf(alpha / 2, lost.n - 1))
    visible = LOST + lost.error * float(stats.t.isf(alpha, lost.n - 1) + stats.norm.ppf(POWER))
    known = bool(np.isfinite(visible))
    return Diagnosis(
        "injectivity",
        decision,
        "share of variance of z, in the worst direction, that the code leaves open",
        lost.mean,
        p_value,
        lost.mean - quantile * lost.error,
        lost.mean + quantile * lost.error,
        "share of variance hidden by collisions",
        visible if known else float("inf"),
        POWER if known else 0.0,
        alpha,
        findings,
    )


def _rows(n: int, t: int, rng: np.random.Generator) -> Int[np.ndarray, " rows"]:
    return np.sort(rng.permutation(n * t)[:MAX_ROWS])


class Pairs(NamedTuple):
    """Rows with a nearest neighbour in the code of another sequence, that neighbour, and which pairs are fold pairs."""

    rows: Int[np.ndarray, " pairs"]
    partner: Int[np.ndarray, " n"]
    fold: Bool[np.ndarray, " pairs"]


def _pairs(z: np.ndarray, code: np.ndarray, sequence: np.ndarray) -> Pairs:
    partner, has = nearest_of_others(code, sequence)
    rows = np.flatnonzero(has)
    i, j = rows, partner[rows]
    middle = (z[i] + z[j]) / 2
    off, m = cKDTree(z).query(middle)
    apart = np.linalg.norm(z[i] - z[j], axis=1)
    near_in_z, found = nearest_of_others(z, sequence)
    step = np.linalg.norm(z - z[near_in_z], axis=1)[found]
    slope = np.median(np.linalg.norm(code - code[near_in_z], axis=1)[found] / np.maximum(step, 1e-300))
    away = np.minimum(np.linalg.norm(code[m] - code[i], axis=1), np.linalg.norm(code[m] - code[j], axis=1))
    explained = slope * off + np.linalg.norm(code[i] - code[j], axis=1)
    return Pairs(rows, partner, (away > STRETCH * explained) & (off < apart / 4))


def _lost_shares(
    pairs: Pairs, z: np.ndarray, code: np.ndarray, sequence: np.ndarray, rng: np.random.Generator
) -> tuple[Share, Share, float]:
    """Lost share in the worst direction, its part in fold pairs, and all of it over what a quarter of rows give."""
    gap = z[pairs.rows] - z[pairs.partner[pairs.rows]]
    names = np.unique(sequence)
    first = np.isin(sequence[pairs.rows], rng.permutation(names)[: len(names) // 2])
    direction = _worst(gap[first])
    squares = (gap @ direction) ** 2 / 2
    lost = _share(squares, sequence[pairs.rows], ~first)
    folded = _share(squares * pairs.fold, sequence[pairs.rows], ~first)
    quarter = np.sort(rng.permutation(len(z))[: len(z) // 4])
    partner, has = nearest_of_others(code[quarter], sequence[quarter])
    fewer = (z[quarter] - z[quarter][partner])[has]
    return lost, folded, lost.mean / max(float(np.mean((fewer @ direction) ** 2) / 2), 1e-12)


def _worst(differences: np.ndarray) -> np.ndarray:
    _, vectors = np.linalg.eigh(differences.T @ differences)
    return vectors[:, -1]


def _share(values: np.ndarray, sequence: np.ndarray, used: np.ndarray) -> Share:
    _, label = np.unique(sequence[used], return_inverse=True)
    by_sequence = np.bincount(label, values[used]) / np.bincount(label)
    n = len(by_sequence)
    return Share(float(by_sequence.mean()), max(float(by_sequence.std(ddof=1) / np.sqrt(n)), 1e-12), n)


def _unexplained(z: np.ndarray, code: np.ndarray, sequence: np.ndarray, rng: np.random.Generator) -> Share:
    """What regression on the code leaves of z in the worst direction, found on train rows, on held-out sequences."""
    names = np.unique(sequence)
    train = np.isin(sequence, rng.permutation(names)[: len(names) // 2])
    x, y = code[train], z[train]
    slope, offset = affine_fit(x, y)
    rest = y - x @ slope - offset
    scale = np.maximum(rest.std(axis=0), 1e-12)
    curve = fit_nonlinear(x[:FIT_ROWS], rest[:FIT_ROWS] / scale, rng, real=z.shape[1])
    error = z - code @ slope - offset - curve(code) * scale
    direction = _worst(error[train])
    return _share((error @ direction) ** 2, sequence, ~train)
