"""Rules for claims about the two forms of one objective, F_MI and F_LDM, fixed before anything runs.

Runs of both forms share worlds, data and initial networks, seed by seed, so that R2 is compared within seeds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from reports.claim import Judgement, Measured, Outcome, Rule

MARGIN = 0.02
"""Differences of affine R2 within it do not matter."""
LEVEL = 0.05
Summaries = Mapping[str, Mapping[str, Any]]


class Difference(NamedTuple):
    """R2 of F_MI less that of F_LDM: mean over seeds and a simultaneous 95 % interval."""

    estimator: str
    mean: float
    low: float
    high: float


def differences(summaries: Summaries) -> list[Difference]:
    """One for every estimator that has both forms; Student t intervals, at .05 over the number of estimators."""
    pairs = [
        (mi, ldm)
        for mi in summaries.values()
        for ldm in summaries.values()
        if (mi["form"], ldm["form"]) == ("MI", "LDM") and mi["estimator"] == ldm["estimator"]
    ]
    if not pairs:
        raise ValueError("no estimator has cells of both forms: give the claim pairs of cells")
    return [
        _difference(mi["estimator"], np.subtract(_affine(mi), _affine(ldm)), LEVEL / len(pairs)) for mi, ldm in pairs
    ]


def _affine(summary: Mapping[str, Any]) -> list[float]:
    """R2 by seed; below 0 counts as 0, as a code that carries nothing."""
    return [max(0.0, run["scores"]["r2_affine"]["estimate"]) for run in summary["runs"]]


def _difference(estimator: str, values: np.ndarray, level: float) -> Difference:
    n = len(values)
    half = float(stats.t.ppf(1 - level / 2, n - 1) * values.std(ddof=1) / math.sqrt(n)) if n > 1 else math.inf
    mean = float(values.mean())
    return Difference(estimator, mean, mean - half, mean + half)


def _measured(found: Sequence[Difference]) -> Measured:
    largest = max(found, key=lambda one: abs(one.mean))
    return Measured(largest.mean, largest.low, largest.high)


def _listed(found: Sequence[Difference]) -> str:
    return ", ".join(f"{one.estimator} {one.mean:+.3f} [{one.low:+.3f}, {one.high:+.3f}]" for one in found)


def forms_agree() -> Rule:
    """SUPPORTED iff for every estimator the whole interval lies within the margin."""

    def rule(summaries: Summaries) -> Judgement:
        found = differences(summaries)
        reason = f"R² with F_MI less R² with F_LDM: {_listed(found)}"
        if all(one.low > -MARGIN and one.high < MARGIN for one in found):
            return Judgement(Outcome.SUPPORTED, _measured(found), reason)
        apart = any(one.low > MARGIN or one.high < -MARGIN for one in found)
        return Judgement(Outcome.REFUTED if apart else Outcome.INCONCLUSIVE, _measured(found), reason)

    return rule


def mutual_information_matters() -> Rule:
    """SUPPORTED iff for every estimator F_MI is better by more than the margin."""

    def rule(summaries: Summaries) -> Judgement:
        found = differences(summaries)
        above, judged = above_truth(summaries)
        reason = (
            f"R² with F_MI less R² with F_LDM: {_listed(found)}; {above} of {judged} codes of F_LDM have a held-out F "
            "above that of the true latents by more than three standard errors"
        )
        if all(one.low > MARGIN for one in found):
            return Judgement(Outcome.SUPPORTED, _measured(found), reason)
        equal = all(one.low > -MARGIN and one.high < MARGIN for one in found)
        return Judgement(Outcome.REFUTED if equal else Outcome.INCONCLUSIVE, _measured(found), reason)

    return rule


def above_truth(summaries: Summaries) -> tuple[int, int]:
    """How many runs of F_LDM score above the true latents beyond three standard errors, of those with an oracle."""
    shown = [
        run["optimum"]
        for summary in summaries.values()
        for run in summary["runs"]
        if summary["form"] == "LDM" and run["optimum"]
    ]
    return sum(one["exceeds"] for one in shown), len(shown)


def _at_optimum(run: Mapping[str, Any]) -> bool:
    evidence = run["optimum"]
    return bool(evidence and evidence["reached"] and not evidence["exceeds"])


def all_recover(score: str, threshold: float) -> Rule:
    """SUPPORTED iff every run of every cell scores the threshold; REFUTED where one at the optimum does not.

    A run whose F lies above that of the true latents beyond three standard errors found a bias of the estimator, not
    the optimum of the objective.
    """

    def rule(summaries: Summaries) -> Judgement:
        scored = [(run["scores"][score]["estimate"], run) for summary in summaries.values() for run in summary["runs"]]
        row = min((summary["over_seeds"][score] for summary in summaries.values()), key=lambda one: one["estimate"])
        measured = Measured(row["estimate"], row["low"], row["high"])
        short = [(value, run) for value, run in scored if not value >= threshold]
        reached = sum(_at_optimum(run) for _, run in scored)
        reason = (
            f"{len(scored) - len(short)} of {len(scored)} runs score {threshold:g} or more, the lowest "
            f"{min(value for value, _ in scored):.3f}; {reached} reached the optimum"
        )
        if not short:
            return Judgement(Outcome.SUPPORTED, measured, reason)
        refuted = any(_at_optimum(run) for _, run in short)
        return Judgement(Outcome.REFUTED if refuted else Outcome.INCONCLUSIVE, measured, reason)

    return rule


def scale_is(true: float, tolerance: float) -> Rule:
    """SUPPORTED iff the learned scale of every run is within that share of the true one."""

    def rule(summaries: Summaries) -> Judgement:
        scales = [run["scale"] for summary in summaries.values() for run in summary["runs"]]
        row = max(
            (summary["over_seeds"]["scale"] for summary in summaries.values()),
            key=lambda one: abs(one["estimate"] - true),
        )
        measured = Measured(row["estimate"], row["low"], row["high"])
        close = [abs(one / true - 1) <= tolerance for one in scales]
        reason = f"{sum(close)} of {len(scales)} learned scales within {tolerance:.0%} of {true:g}"
        return Judgement(Outcome.SUPPORTED if all(close) else Outcome.INCONCLUSIVE, measured, reason)

    return rule


def cosine_rises(level: float) -> Rule:
    """SUPPORTED iff cosines rise (paired t, one-sided .05 over the cells) and end above `level` on average."""

    def rule(summaries: Summaries) -> Judgement:
        early, late = (np.array([one["cosines"][when] for one in summaries.values()]) for when in ("early", "late"))
        p = [float(stats.ttest_rel(b, a, alternative="greater").pvalue) for a, b in zip(early, late, strict=True)]
        ends = late.mean(1)
        lowest = int(ends.argmin())
        spread = stats.t.ppf(0.975, late.shape[1] - 1) * late[lowest].std(ddof=1) / math.sqrt(late.shape[1])
        measured = Measured(float(ends[lowest]), float(ends[lowest] - spread), float(ends[lowest] + spread))
        reason = f"from {early.mean():.2f} in the first tenth of training to {late.mean():.2f} in the last quarter"
        if all(one < LEVEL / len(p) for one in p) and measured.estimate >= level:
            return Judgement(Outcome.SUPPORTED, measured, reason)
        falls = any(one > 1 - LEVEL / len(p) for one in p)
        return Judgement(Outcome.REFUTED if falls else Outcome.INCONCLUSIVE, measured, reason)

    return rule
