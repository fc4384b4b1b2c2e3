"""The verdict: the smallest class of maps that relates recovered to true latents, or INCONCLUSIVE.

Gate 1, something came back: the unexplained share in the worst direction is below 1 - tau both ways (recovered given
true, true given recovered), affinely or by the nonlinear learner. Otherwise `none`, which needs evidence of its own
(fewer dimensions than the truth, independence with stated power, collisions), or INCONCLUSIVE.
Gate 2, which class: see `ladder.gates`. Noise in the code does not change its class, which is that of E[z_hat given z].

All one-sided bounds of one verdict are wrong with probability .01 together (Bonferroni), at Student quantiles over
blocks of rows. Wrong-class and INCONCLUSIVE rates are measured by `identify calibrate`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from identify.ladder.classes import CLASSES, NEEDS_EQUAL_WIDTH
from identify.ladder.gates import also_minimal, decide, first_class
from identify.ladder.kernel_ridge import whitener
from identify.ladder.lost_information import (
    DOUBTFUL_SHARE,
    SharedCodes,
    colliding_share,
    independence,
    shared_codes,
)
from identify.ladder.regressions import (
    HalfFit,
    add_componentwise,
    add_nonlinear,
    backward_residuals,
    fit_linear_half,
)
from identify.ladder.residuals import Fold, excess_bounds, second_moment, top_direction
from identify.splits import Split

ERROR_RATE = 0.01
COMPARISONS = 24
MAX_ROWS = 50_000
"""Rows a verdict uses at most (a stated random subsample beyond)."""
COLLISION_ROWS = 20_000
PLANTED_SHARE = 0.8
"""Share of planted bends that have to be found before `no bend found` counts."""


class Verdict(NamedTuple):
    """Class found (None when INCONCLUSIVE), what else holds, and why.

    `holds` has every class of the ladder; `noise` is the unexplained share of the code in its worst direction;
    `subspace` (columns: directions of the true latents that came back) where only part did.
    """

    found: str | None
    also: tuple[str, ...]
    outcome: str
    reason: str
    holds: dict[str, bool | None]
    noise: float
    subspace: Float[np.ndarray, "d k"] | None

    def to_json(self) -> dict[str, Any]:
        """Return the stable keys, and noise and subspace where they say something."""
        out: dict[str, Any] = {
            "class": self.found,
            "also": list(self.also),
            "outcome": self.outcome,
            "reason": self.reason,
            "noise": self.noise,
        }
        if self.subspace is not None:
            out["subspace"] = {"dimension": self.subspace.shape[1], "directions": self.subspace.T.tolist()}
        return out


class Judgement(NamedTuple):
    """The verdict with the fits behind it, for the ladder's display."""

    verdict: Verdict
    halves: tuple[HalfFit, ...]


class _Context(NamedTuple):
    true: np.ndarray
    recovered: np.ndarray
    splits: tuple[Split, Split]
    rng: np.random.Generator
    tau: float
    eps: float
    alpha: float


def judge(
    true: Float[np.ndarray, "n d"],
    recovered: Float[np.ndarray, "n m"],
    split: Split,
    *,
    tau: float = 0.5,
    eps: float = 0.01,
) -> Judgement:
    """Fit the ladder on both halves of `split` and decide.

    Raises:
        ValueError: tau or eps outside (0, 1).
    """
    for name, value in (("tau", tau), ("eps", eps)):
        if not 0 < value < 1:
            raise ValueError(f"{name}={value} must lie strictly between 0 and 1")
    rng = np.random.default_rng([split.seed, 1])
    here = _Context(true, recovered, (split, split.swapped()), rng, tau, eps, ERROR_RATE / COMPARISONS)
    halves = tuple(fit_linear_half(true, recovered, s) for s in here.splits)
    too_narrow = _fewer_dimensions(here)
    if too_narrow:
        read_out = _read_out(here) if np.ptp(recovered, axis=0).any() else None
        return Judgement(_nothing(here, halves, read_out, too_narrow), halves)
    bends_would_show = _fit_beyond_affine(here, halves)
    folds = tuple(half.fold for half in halves)
    richest = _richest(folds)
    forward = _forward_bounds(here, folds, richest)
    read_out = _read_out(here)
    if not read_out.complete or forward >= 1 - tau:
        return Judgement(_not_back(here, halves, read_out, richest, forward), halves)
    gate = decide(folds, eps, here.alpha, bends_would_show)
    holds = {**dict.fromkeys(CLASSES), **gate.holds, "nonlinear": True, "none": False}
    return Judgement(_name_it(here, folds, holds, richest, bends_would_show), halves)


def _fit_beyond_affine(here: _Context, halves: tuple[HalfFit, ...]) -> bool:
    """Fit what lies beyond affine where the affine residual leaves room; say whether planted bends were found."""
    folds = tuple(half.fold for half in halves)
    if excess_bounds(folds, "affine", None, here.alpha).upper < here.eps:
        return True
    same_width = here.true.shape[1] == here.recovered.shape[1]
    if same_width:
        for half, split in zip(halves, here.splits, strict=True):
            add_componentwise(half, here.true, here.recovered, split)
        if excess_bounds(folds, "componentwise", None, here.alpha).upper < here.eps:
            return True
    base = min(
        (name for name in ("affine", "componentwise") if name in folds[0].residuals),
        key=lambda name: sum(float(np.sum(fold.residuals[name] ** 2)) for fold in folds),
    )
    gains = [
        add_nonlinear(half, base, here.true, split, here.rng, 2 * here.eps).gains
        for half, split in zip(halves, here.splits, strict=True)
    ]
    return float(np.mean(np.concatenate(gains) > here.eps)) >= PLANTED_SHARE


def _richest(folds: tuple[Fold, ...]) -> str:
    return min(
        folds[0].residuals,
        key=lambda name: sum(fold.discounts[name] * float(np.mean(fold.residuals[name] ** 2)) for fold in folds),
    )


def _forward_bounds(here: _Context, folds: tuple[Fold, ...], name: str) -> float:
    """Upper bound of the code's unexplained share; a wider code is judged in the d directions best explained."""
    d, m = here.true.shape[1], here.recovered.shape[1]
    if m > d:
        pooled = sum(second_moment(fold.residuals[name]) for fold in folds) / len(folds)
        keep = np.linalg.eigh(pooled)[1]
        live = _code_directions(here)
        keep = np.linalg.eigh(live @ pooled @ live + 2 * (np.eye(m) - live))[1][:, :d] if live is not None else keep
        folds = tuple(Fold({name: fold.residuals[name] @ keep}, fold.discounts, fold.blocks) for fold in folds)
    return excess_bounds(folds, name, None, here.alpha).upper


def _code_directions(here: _Context) -> np.ndarray:
    """Projection onto the directions in which the whitened code varies at all."""
    mean, white = whitener(here.recovered[here.splits[0].train])
    values, vectors = np.linalg.eigh(second_moment((here.recovered[here.splits[0].train] - mean) @ white))
    kept = vectors[:, values > 0.5]
    return kept @ kept.T


class _ReadOut(NamedTuple):
    """True from recovered: whether every direction is read above tau, and the residuals of the better learner."""

    complete: bool
    folds: tuple[Fold, ...]


def _read_out(here: _Context) -> _ReadOut:
    """Read the true latents affinely, and nonlinearly where that leaves a direction unread."""
    tried = []
    for rng in (None, here.rng):
        folds = tuple(backward_residuals(here.true, here.recovered, split, rng) for split in here.splits)
        if excess_bounds(folds, "best", None, here.alpha).upper < 1 - here.tau:
            return _ReadOut(True, folds)
        tried.append(folds)
    return _ReadOut(False, min(tried, key=lambda f: sum(float(np.sum(fold.residuals["best"] ** 2)) for fold in f)))


def _fewer_dimensions(here: _Context) -> str:
    """Say it when the code has fewer dimensions than the truth."""
    d, m = here.true.shape[1], here.recovered.shape[1]
    rank = round(float(np.trace(_code_directions(here))))
    if rank == 0:
        return "the recovered code is constant: it collapsed"
    if rank < d:
        what = f"has {m} columns" if rank == m else f"spans only {rank} dimensions (collapse)"
        return f"the recovered code {what}, too few for {d} true latents"
    return ""


def _recovered_subspace(
    here: _Context, folds: tuple[Fold, ...]
) -> tuple[Float[np.ndarray, "d k"], Float[np.ndarray, " d"]]:
    """Directions of the true latents with held-out unexplained share below 1 - tau, and the shares of all."""
    form = sum(second_moment(fold.residuals["best"]) for fold in folds) / len(folds)
    losses, vectors = np.linalg.eigh(form)
    _, white = whitener(here.true)
    directions = white @ vectors[:, losses < 1 - here.tau]
    if directions.shape[1]:
        directions = np.linalg.qr(directions)[0]
    return directions, losses


def _nothing(here: _Context, halves: tuple[HalfFit, ...], read_out: _ReadOut | None, why: str) -> Verdict:
    if read_out is None:
        subspace = np.zeros((here.true.shape[1], 0))
    else:
        subspace, _ = _recovered_subspace(here, read_out.folds)
    d = here.true.shape[1]
    part = f"; {subspace.shape[1]} of {d} directions of the true latents can be read from it"
    holds: dict[str, bool | None] = {**dict.fromkeys(CLASSES, False), "none": True}
    if here.recovered.shape[1] != d:
        holds.update(dict.fromkeys(NEEDS_EQUAL_WIDTH))
    noise = float(np.mean(halves[0].fold.residuals["affine"] ** 2))
    return Verdict("none", (), "SUPPORTED", why + part, holds, noise, subspace)


def _not_back(here: _Context, halves: tuple[HalfFit, ...], read_out: _ReadOut, richest: str, forward: float) -> Verdict:
    """Look for evidence that the worst direction is lost; without it nothing is said."""
    folds = read_out.folds
    subspace, losses = _recovered_subspace(here, folds)
    form = second_moment(folds[0].residuals["best"])
    lost = top_direction(form)
    mean, white = whitener(here.true)
    code_mean, code_white = whitener(here.recovered)
    rows = here.splits[1].held_out
    direction = ((here.true - mean) @ white @ lost)[rows]
    code = ((here.recovered - code_mean) @ code_white)[rows]
    unread = excess_bounds(folds, "best", None, here.alpha).lower
    if unread > 1 - here.tau:
        found = independence(direction, code, here.rng)
        if found.shown:
            return _nothing(
                here,
                halves,
                read_out,
                f"information is lost: the worst direction is independent of the code (p = {found.p_value:.2f}, "
                "a planted dependence of a quarter of its variance would have shown)",
            )
        share, rows_near = colliding_share(direction, code)
        if forward < 0.2 and share > 1 - here.tau:
            return _nothing(
                here,
                halves,
                read_out,
                f"information is lost: {rows_near} rows have neighbours with the same code that differ in the worst "
                f"direction by at least {share:.0%} of what strangers do (a fold, or a dropped direction)",
            )
    noise = float(np.mean(halves[0].fold.residuals[richest] ** 2))
    reason = (
        f"no learner read the worst direction of the true latents above tau = {here.tau:g} with certainty "
        f"(unexplained share {losses[-1]:.2f}), and neither independence nor collisions show that it is lost"
        if losses[-1] > 1 - here.tau
        else f"the code's worst direction is not certainly explained above tau = {here.tau:g}: noise, or too few rows"
    )
    partial = subspace if 0 < subspace.shape[1] < here.true.shape[1] else None
    return Verdict(None, (), "INCONCLUSIVE", reason, dict.fromkeys(CLASSES), noise, partial)


_MEANING = {
    "identity": "the code is the true latents themselves",
    "permutation_sign": "the code is the true latents up to order and signs",
    "orthogonal": "the code is a rotation of the true latents, without offset or scale",
    "permutation_similarity": "the code is the true latents up to order, signs, one scale and offsets",
    "permutation_scale": "the code is the true latents up to order, a scale for each and offsets",
    "similarity": "the code is a rotation of the true latents with one scale and offsets",
    "affine": "the code is an invertible affine map of the true latents",
    "componentwise": "each code coordinate is a monotone function of one true latent",
    "nonlinear": "information is kept but bent: the map is invertible, and neither affine nor componentwise",
}


def _shared_codes(here: _Context) -> SharedCodes:
    """Collisions among at most COLLISION_ROWS rows, latents and codes whitened."""
    rows = np.sort(np.concatenate([here.splits[0].train, here.splits[0].held_out]))
    if len(rows) > COLLISION_ROWS:
        rows = np.sort(here.rng.permutation(rows)[:COLLISION_ROWS])
    true, code = here.true[rows], here.recovered[rows]
    (mean, white), (code_mean, code_white) = whitener(true), whitener(code)
    return shared_codes((true - mean) @ white, (code - code_mean) @ code_white)


def _name_it(
    here: _Context, folds: tuple[Fold, ...], holds: dict[str, bool | None], richest: str, bends_would_show: bool
) -> Verdict:
    noise = excess_bounds(folds, richest, None, here.alpha)
    level = max(0.0, (noise.lower + noise.upper) / 2)
    d, m = here.true.shape[1], here.recovered.shape[1]
    decided = {name: value for name, value in holds.items() if name in folds[0].residuals or name == "nonlinear"}
    if "componentwise" not in decided and holds["affine"] is not True and d == m:
        decided["componentwise"] = None
    found = first_class(decided)
    if found in ("componentwise", "nonlinear"):
        shared = _shared_codes(here)
        share = f"{shared.rows} rows ({shared.share:.1%}) share their code with rows of other latents"
        if shared.shown and shared.share > here.eps:
            lost = {name: False if value is not None else None for name, value in holds.items()} | {"none": True}
            why = f"the map is not invertible: {share}, although nonlinear maps read most of the latents from the code"
            return Verdict("none", (), "SUPPORTED", why, lost, level, np.eye(d))
        if found == "nonlinear" and shared.doubtful > DOUBTFUL_SHARE:
            why = f"the code is bent and may fold: {shared.doubtful:.0%} of its closest pairs have distant latents"
            return Verdict(None, (), "INCONCLUSIVE", why, holds | {"nonlinear": None, "none": None}, level, None)
    if found is None:
        open_classes = [name for name, value in decided.items() if value is None]
        why = f"n = {len(here.true)} rows cannot decide {', '.join(open_classes)} at eps = {here.eps:g}"
        if not bends_would_show:
            why += "; planted bends of twice that size were not found reliably, so more rows or less noise are needed"
        return Verdict(None, (), "INCONCLUSIVE", why, holds, level, None)
    reason = _MEANING[found]
    if d == 1:
        reason += " (d = 1: the first of the names that coincide)"
    if level > here.eps:
        reason += f"; noise or unexplained variation of {level:.1%} in the worst direction"
    return Verdict(found, also_minimal(found, decided), "SUPPORTED", reason, holds, level, None)
