"""`measure`: every score, the ladder and the verdict for one pair of arrays, as one pure function.

Scores are fitted on train rows and scored on held-out rows; their chance level is the same score after the recovered
rows are shuffled (whole blocks where rows depend on each other), on at most 20,000 rows. Nonlinear scores, the ladder
and the verdict use at most 50,000 rows (a random subsample, stated here).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Shaped

from identify.array_check import check_pair
from identify.blas_threads import threads_for
from identify.intervals import Interval
from identify.ladder.classes import CLASSES
from identify.ladder.regressions import HalfFit
from identify.ladder.residuals import displayed_loss
from identify.metrics.affine import affine_r2
from identify.metrics.canonical import mean_cca, pwcca, svcca
from identify.metrics.matching import mcc, weak_mcc
from identify.metrics.nonlinear import nonlinear_r2
from identify.metrics.procrustes import procrustes_r2
from identify.metrics.score import Score, moments_remembered
from identify.splits import Split, make_split
from identify.verdict import MAX_ROWS, Judgement, Verdict, judge

CHANCE_ROWS = 20_000

_Array = np.ndarray
SCORES: dict[str, Callable[[_Array, _Array, Split], Score]] = {
    "r2_affine": lambda z, y, s: affine_r2(z, y, s),
    "r2_affine_reverse": lambda z, y, s: affine_r2(y, z, s),
    "r2_nonlinear": lambda z, y, s: nonlinear_r2(z, y, s),
    "mcc_pearson": lambda z, y, s: mcc(z, y, s, "pearson"),
    "mcc_spearman": lambda z, y, s: mcc(z, y, s, "spearman"),
    "mcc_affine": lambda z, y, s: weak_mcc(z, y, s),
    "cca_mean": lambda z, y, s: mean_cca(z, y, s),
    "svcca": lambda z, y, s: svcca(z, y, s),
    "pwcca": lambda z, y, s: pwcca(z, y, s),
    "procrustes_r2": lambda z, y, s: procrustes_r2(z, y, s),
}
"""Name and function of every score, (true, recovered, split) -> Score."""
_NEEDS_EQUAL_WIDTH = ("procrustes_r2",)
_NEEDS_SUBSAMPLE = ("r2_nonlinear",)


class LadderEntry(NamedTuple):
    """One class: its held-out loss (None where it does not apply or was not needed) and whether it holds."""

    name: str
    loss: Interval | None
    holds: bool | None

    def to_json(self) -> dict[str, Any]:
        """Return the stable keys."""
        loss = None if self.loss is None else self.loss._asdict()
        return {"class": self.name, "loss": loss, "holds": self.holds}


class Measurement(NamedTuple):
    """What `identify measure` prints."""

    n: int
    d: int
    m: int
    split: Split
    margin: float
    scores: dict[str, Score]
    ladder: tuple[LadderEntry, ...]
    verdict: Verdict
    findings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the stable JSON of `identify measure`."""
        return {
            "schema": 1,
            "n": self.n,
            "d": self.d,
            "m": self.m,
            "split": self.split.to_json(),
            "margin": self.margin,
            "scores": {name: score.to_json() for name, score in self.scores.items()},
            "ladder": [entry.to_json() for entry in self.ladder],
            "verdict": self.verdict.to_json(),
            "findings": list(self.findings),
        }


def measure(
    true: Any,
    recovered: Any,
    *,
    groups: Shaped[np.ndarray, " n"] | None = None,
    sequence_length: int | None = None,
    seed: int = 0,
    scores: Sequence[str] | None = None,
    tau: float = 0.5,
    eps: float = 0.01,
) -> Measurement:
    """Measure recovered latents against true ones.

    Args:
        true: [n d], or [n t d] for n sequences of t steps; numpy or torch.
        recovered: [n m] or [n t m].
        groups: label of the sequence of each row; or give `sequence_length` for sequences of one length.
        sequence_length: rows of one sequence.
        seed: of the split and of everything random.
        scores: names out of `SCORES`; None for all that apply.
        tau: gate 1, least two-way R2 in the worst direction.
        eps: gate 2, margin of excess loss.

    Raises:
        ValueError: shapes, values or options that cannot be measured.
    """
    z, y, groups = check_pair(true, recovered, groups, sequence_length)
    split = make_split(
        len(z), groups=groups, sequence_length=None if groups is not None else sequence_length, seed=seed
    )
    _enough_rows(split, z.shape[1], y.shape[1])
    with threads_for(z.size + y.size):
        judgement = judge_rows(z, y, groups, sequence_length, split, tau=tau, eps=eps)
        all_scores = _all_scores(z, y, split, scores)
    return Measurement(
        n=len(z),
        d=z.shape[1],
        m=y.shape[1],
        split=split,
        margin=eps,
        scores=all_scores,
        ladder=_ladder(judgement),
        verdict=judgement.verdict,
        findings=_findings(y),
    )


def verdict_of(
    true: Any,
    recovered: Any,
    *,
    groups: Shaped[np.ndarray, " n"] | None = None,
    sequence_length: int | None = None,
    seed: int = 0,
    tau: float = 0.5,
    eps: float = 0.01,
) -> Verdict:
    """Return the verdict alone; arguments as for `measure`."""
    z, y, groups = check_pair(true, recovered, groups, sequence_length)
    split = make_split(
        len(z), groups=groups, sequence_length=None if groups is not None else sequence_length, seed=seed
    )
    _enough_rows(split, z.shape[1], y.shape[1])
    with threads_for(z.size + y.size):
        return judge_rows(z, y, groups, sequence_length, split, tau=tau, eps=eps).verdict


def judge_rows(
    z: Float[np.ndarray, "n d"],
    y: Float[np.ndarray, "n m"],
    groups: Shaped[np.ndarray, " n"] | None,
    sequence_length: int | None,
    split: Split,
    *,
    tau: float,
    eps: float,
) -> Judgement:
    """Judge on at most MAX_ROWS rows of the split."""
    return judge(z, y, _thinned(split, MAX_ROWS), tau=tau, eps=eps)


def _thinned(split: Split, rows: int) -> Split:
    """Keep a random subset of rows (in order, so that blocks stay together), half of them on each side."""
    rng = np.random.default_rng([split.seed, 2])

    def chosen(count: int) -> np.ndarray:
        return np.sort(rng.permutation(count)[: rows // 2])

    if len(split.train) + len(split.held_out) <= rows:
        return split
    a, b = chosen(len(split.train)), chosen(len(split.held_out))
    return split._replace(
        train=split.train[a], train_blocks=split.train_blocks[a], held_out=split.held_out[b], blocks=split.blocks[b]
    )


def _enough_rows(split: Split, d: int, m: int) -> None:
    rows, needed = min(len(split.train), len(split.held_out)), d + 3
    if rows < needed:
        raise ValueError(
            f"{rows} rows in the smaller half of the split are too few for d={d} true latents: "
            f"give at least {2 * needed} rows"
        )


def _all_scores(z: _Array, y: _Array, split: Split, names: Sequence[str] | None) -> dict[str, Score]:
    equal = z.shape[1] == y.shape[1]
    if names is None:
        names = [name for name in SCORES if equal or name not in _NEEDS_EQUAL_WIDTH]
    for name in names:
        if name not in SCORES:
            raise ValueError(f"scores={name!r} is not known: choose from {', '.join(SCORES)}")
        if name in _NEEDS_EQUAL_WIDTH and not equal:
            raise ValueError(f"scores={name!r} needs equal widths, got d={z.shape[1]} and m={y.shape[1]}: leave it out")
    out = {}
    shuffled = _shuffled(z, y, split)
    few = _thinned(split, MAX_ROWS)
    with moments_remembered():
        for name in names:
            used = few if name in _NEEDS_SUBSAMPLE else split
            out[name] = SCORES[name](z, y, used)._replace(chance=SCORES[name](*shuffled).estimate)
    return out


def _shuffled(z: _Array, y: _Array, split: Split) -> tuple[_Array, _Array, Split]:
    """Rows for the chance level: the recovered rows of each side shuffled (turned by half where they are a series)."""
    small = _thinned(split, CHANCE_ROWS)
    rng = np.random.default_rng([split.seed, 3])

    def shuffled(rows: _Array) -> _Array:
        if split.kind == "rows":
            return rng.permutation(rows)
        return np.roll(rows, len(rows) // 2)

    a, b = (
        z[np.concatenate([small.train, small.held_out])],
        y[np.concatenate([shuffled(small.train), shuffled(small.held_out)])],
    )
    cut = len(small.train)
    return a, b, small._replace(train=np.arange(cut), held_out=np.arange(cut, len(a)))


def _ladder(judgement: Judgement) -> tuple[LadderEntry, ...]:
    half: HalfFit = judgement.halves[0]
    entries = []
    for name in CLASSES:
        loss = None
        if name in half.train:
            loss = displayed_loss(half.train[name], half.fold.residuals[name], half.fold.blocks)
        entries.append(LadderEntry(name, loss, judgement.verdict.holds[name]))
    return tuple(entries)


def _findings(y: _Array) -> tuple[str, ...]:
    constant = np.flatnonzero(np.ptp(y, axis=0) == 0)
    if not len(constant):
        return ()
    shown = ", ".join(map(str, constant[:10])) + ("" if len(constant) <= 10 else ", ...")
    return (f"collapse: recovered column{'s' * (len(constant) > 1)} {shown} constant",)
