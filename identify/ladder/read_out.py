"""Gate 1: did something come back, and if not, what shows that it is lost?

The unexplained share in the worst direction has to be below 1 - tau both ways (recovered given true, true given
recovered), affinely or by the nonlinear learner. That a learner fails shows no loss: see `lost_information`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from identify.ladder.kernel_ridge import whitener
from identify.ladder.lost_information import SharedCodes, colliding_share, independence, shared_codes
from identify.ladder.regressions import backward_residuals
from identify.ladder.residuals import Fold, excess_bounds, second_moment, top_direction
from identify.splits import Split

COLLISION_ROWS = 20_000


class Setting(NamedTuple):
    """What one verdict is about: rows, the split both ways, randomness, thresholds, the level of each bound."""

    true: np.ndarray
    recovered: np.ndarray
    splits: tuple[Split, Split]
    rng: np.random.Generator
    tau: float
    eps: float
    alpha: float


def forward_bound(here: Setting, folds: tuple[Fold, ...], name: str) -> float:
    """Upper bound of the code's unexplained share; a wider code is judged in the d directions best explained."""
    d, m = here.true.shape[1], here.recovered.shape[1]
    if m > d:
        pooled = sum(second_moment(fold.residuals[name]) for fold in folds) / len(folds)
        live = _code_directions(here)
        keep = np.linalg.eigh(live @ pooled @ live + 2 * (np.eye(m) - live))[1][:, :d]
        folds = tuple(Fold({name: fold.residuals[name] @ keep}, fold.discounts, fold.blocks) for fold in folds)
    return excess_bounds(folds, name, None, here.alpha).upper


def _code_directions(here: Setting) -> np.ndarray:
    """Projection onto the directions in which the whitened code varies at all."""
    mean, white = whitener(here.recovered[here.splits[0].train])
    values, vectors = np.linalg.eigh(second_moment((here.recovered[here.splits[0].train] - mean) @ white))
    kept = vectors[:, values > 0.5]
    return kept @ kept.T


class ReadOut(NamedTuple):
    """True from recovered: whether every direction is read above tau, and the residuals of the better learner."""

    complete: bool
    folds: tuple[Fold, ...]


def read_out(here: Setting) -> ReadOut:
    """Read the true latents affinely, and nonlinearly where that leaves a direction unread."""
    tried = []
    for rng in (None, here.rng):
        folds = tuple(backward_residuals(here.true, here.recovered, split, rng) for split in here.splits)
        if excess_bounds(folds, "best", None, here.alpha).upper < 1 - here.tau:
            return ReadOut(True, folds)
        tried.append(folds)
    return ReadOut(False, min(tried, key=lambda f: sum(float(np.sum(fold.residuals["best"] ** 2)) for fold in f)))


def fewer_dimensions(here: Setting) -> str:
    """Say it when the code has fewer dimensions than the truth."""
    d, m = here.true.shape[1], here.recovered.shape[1]
    rank = round(float(np.trace(_code_directions(here))))
    if rank == 0:
        return "the recovered code is constant: it collapsed"
    if rank < d:
        what = f"has {m} columns" if rank == m else f"spans only {rank} dimensions (collapse)"
        return f"the recovered code {what}, too few for {d} true latents"
    return ""


def recovered_subspace(
    here: Setting, folds: tuple[Fold, ...]
) -> tuple[Float[np.ndarray, "d k"], Float[np.ndarray, " d"]]:
    """Directions of the true latents with held-out unexplained share below 1 - tau, and the shares of all."""
    form = sum(second_moment(fold.residuals["best"]) for fold in folds) / len(folds)
    losses, vectors = np.linalg.eigh(form)
    _, white = whitener(here.true)
    directions = white @ vectors[:, losses < 1 - here.tau]
    if directions.shape[1]:
        directions = np.linalg.qr(directions)[0]
    return directions, losses


def evidence_of_loss(here: Setting, found: ReadOut, forward: float) -> str:
    """Say what shows that the worst direction of the true latents is lost; empty where nothing does."""
    folds = found.folds
    lost = top_direction(second_moment(folds[0].residuals["best"]))
    if excess_bounds(folds, "best", None, here.alpha).lower <= 1 - here.tau:
        return ""
    mean, white = whitener(here.true)
    code_mean, code_white = whitener(here.recovered)
    rows = here.splits[1].held_out
    direction = ((here.true - mean) @ white @ lost)[rows]
    code = ((here.recovered - code_mean) @ code_white)[rows]
    test = independence(direction, code, here.rng)
    if test.shown:
        return (
            f"the worst direction is independent of the code (p = {test.p_value:.2f}, "
            "a planted dependence of a quarter of its variance would have shown)"
        )
    share, rows_near = colliding_share(direction, code)
    if forward < 0.2 and share > 1 - here.tau:
        return (
            f"{rows_near} rows have neighbours with the same code that differ in the worst "
            f"direction by at least {share:.0%} of what strangers do (a fold, or a dropped direction)"
        )
    return ""


def codes_in_common(here: Setting) -> SharedCodes:
    """Collisions among at most COLLISION_ROWS rows, latents and codes whitened."""
    rows = np.sort(np.concatenate([here.splits[0].train, here.splits[0].held_out]))
    if len(rows) > COLLISION_ROWS:
        rows = np.sort(here.rng.permutation(rows)[:COLLISION_ROWS])
    true, code = here.true[rows], here.recovered[rows]
    (mean, white), (code_mean, code_white) = whitener(true), whitener(code)
    return shared_codes((true - mean) @ white, (code - code_mean) @ code_white)
