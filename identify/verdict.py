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
from identify.ladder.lost_information import DOUBTFUL_SHARE
from identify.ladder.read_out import (
    ReadOut,
    Setting,
    codes_in_common,
    evidence_of_loss,
    fewer_dimensions,
    forward_bound,
    read_out,
    recovered_subspace,
)
from identify.ladder.regressions import (
    HalfFit,
    add_componentwise,
    add_nonlinear,
    enough_for_nonlinear,
    fit_linear_half,
)
from identify.ladder.residuals import Fold, excess_bounds
from identify.splits import Split

ERROR_RATE = 0.01
COMPARISONS = 24
MAX_ROWS = 50_000
"""Rows a verdict uses at most (a stated random subsample beyond)."""
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
    here = Setting(true, recovered, (split, split.swapped()), rng, tau, eps, ERROR_RATE / COMPARISONS)
    halves = tuple(fit_linear_half(true, recovered, s) for s in here.splits)
    too_narrow = fewer_dimensions(here)
    if too_narrow:
        found = read_out(here) if np.ptp(recovered, axis=0).any() else None
        return Judgement(_nothing(here, halves, found, too_narrow), halves)
    bends_would_show = _fit_beyond_affine(here, halves)
    folds = tuple(half.fold for half in halves)
    richest = _richest(folds)
    forward = forward_bound(here, folds, richest)
    found = read_out(here)
    if not found.complete or forward >= 1 - tau:
        return Judgement(_not_back(here, halves, found, richest, forward), halves)
    gate = decide(folds, eps, here.alpha, bends_would_show)
    holds = {**dict.fromkeys(CLASSES), **gate.holds, "nonlinear": True, "none": False}
    return Judgement(_name_it(here, folds, holds, richest, bends_would_show), halves)


def _fit_beyond_affine(here: Setting, halves: tuple[HalfFit, ...]) -> bool:
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
    if not all(enough_for_nonlinear(len(split.train), here.true.shape[1]) for split in here.splits):
        return False
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


def _nothing(here: Setting, halves: tuple[HalfFit, ...], found: ReadOut | None, why: str) -> Verdict:
    if found is None:
        subspace = np.zeros((here.true.shape[1], 0))
    else:
        subspace, _ = recovered_subspace(here, found.folds)
    d = here.true.shape[1]
    part = f"; {subspace.shape[1]} of {d} directions of the true latents can be read from it"
    holds: dict[str, bool | None] = {**dict.fromkeys(CLASSES, False), "none": True}
    if here.recovered.shape[1] != d:
        holds.update(dict.fromkeys(NEEDS_EQUAL_WIDTH))
    noise = float(np.mean(halves[0].fold.residuals["affine"] ** 2))
    return Verdict("none", (), "SUPPORTED", why + part, holds, noise, subspace)


def _not_back(here: Setting, halves: tuple[HalfFit, ...], found: ReadOut, richest: str, forward: float) -> Verdict:
    """Look for evidence that the worst direction is lost; without it nothing is said."""
    evidence = evidence_of_loss(here, found, forward)
    if evidence:
        return _nothing(here, halves, found, f"information is lost: {evidence}")
    subspace, losses = recovered_subspace(here, found.folds)
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


def _name_it(
    here: Setting, folds: tuple[Fold, ...], holds: dict[str, bool | None], richest: str, bends_would_show: bool
) -> Verdict:
    noise = excess_bounds(folds, richest, None, here.alpha)
    level = max(0.0, (noise.lower + noise.upper) / 2)
    d, m = here.true.shape[1], here.recovered.shape[1]
    decided = {name: value for name, value in holds.items() if name in folds[0].residuals or name == "nonlinear"}
    if "componentwise" not in decided and holds["affine"] is not True and d == m:
        decided["componentwise"] = None
    found = first_class(decided)
    if found in ("componentwise", "nonlinear"):
        shared = codes_in_common(here)
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
