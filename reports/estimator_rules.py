"""Rules that choose the default estimator, and that judge the detector of failed runs; fixed before the seeds ran.

Pilot runs on seeds 100 to 107 chose training lengths, bandwidth and the detector's two numbers; the claims use others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import stats

from identify import failed_runs
from reports.claim import Judgement, Measured, Outcome, Rule
from reports.decision_rules import weakest
from reports.estimator_cell import FAILED, GOOD, held_out

TOLERATED = 0.05
"""Share of runs that may fail, of failures that may be missed, of good runs that may be flagged."""
_LEAST_LEFT = 1e-7

Summaries = Mapping[str, Mapping[str, Any]]


def r2_of(run: Mapping[str, Any]) -> float:
    """Affine R2 of a stored run, -infinity where there is none."""
    value = run["scores"]["r2_affine"]["estimate"]
    return -np.inf if value is None else float(value)


def share(count: int, of: int) -> str:
    """A share of runs with its Clopper-Pearson interval, in words."""
    low, high = stats.binomtest(count, of).proportion_ci(0.95, "exact") if of else (0.0, 1.0)
    return f"{count} of {of} ({low:.3f} to {high:.3f})"


def reliable(summaries: Summaries) -> Judgement:
    """SUPPORTED iff at most 1 run in 20 failed; REFUTED iff the interval excludes that rate."""
    runs = [run for summary in summaries.values() for run in summary["runs"]]
    failures = sum(not r2_of(run) >= FAILED for run in runs)
    reason = f"{share(failures, len(runs))} below an affine R2 of {FAILED:g}"
    measured = weakest(summaries, "r2_affine")
    if failures <= TOLERATED * len(runs):
        return Judgement(Outcome.SUPPORTED, measured, reason)
    low = stats.binomtest(failures, len(runs)).proportion_ci(0.95, "exact").low
    return Judgement(Outcome.REFUTED if low > TOLERATED else Outcome.INCONCLUSIVE, measured, reason)


class Standing(NamedTuple):
    """An estimator over all worlds: failed runs, and the geometric mean of what is left unexplained."""

    failures: int
    runs: int
    left: float


def standings(summaries: Summaries) -> dict[str, Standing]:
    """Every estimator that was tried on every world; what is left counts the same in each world."""
    by_estimator: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for summary in summaries.values():
        by_estimator[summary["method"]].append(summary)
    found = {}
    for name, cells in by_estimator.items():
        scores = [[r2_of(run) for run in cell["runs"]] for cell in cells]
        left = np.mean([np.mean(np.log10(np.clip(1 - np.array(one), _LEAST_LEFT, 1.0))) for one in scores])
        failures = sum(not score >= FAILED for one in scores for score in one)
        found[name] = Standing(failures, sum(map(len, scores)), float(10**left))
    return found


def is_best(default: str) -> Rule:
    """SUPPORTED iff no estimator has fewer failed runs, and none of those with as few leaves less unexplained."""

    def rule(summaries: Summaries) -> Judgement:
        found = standings(summaries)
        order = sorted(found, key=lambda name: (found[name].failures, found[name].left))
        reason = "; ".join(
            f"{name}: {found[name].failures} of {found[name].runs} failed, {found[name].left:.2g} left"
            for name in order
        )
        measured = weakest({k: one for k, one in summaries.items() if one["method"] == default}, "r2_affine")
        return Judgement(Outcome.SUPPORTED if order[0] == default else Outcome.REFUTED, measured, reason)

    return rule


class Detection(NamedTuple):
    """How flags and outcomes go together: failed runs (below .95), good ones (.99 and more), and those between."""

    failed_flagged: int
    failed: int
    good_flagged: int
    good: int
    between_flagged: int
    between: int


def detection(summaries: Summaries, together: bool) -> Detection:
    """Flags from held-out objectives of the runs of one cell, or of all cells of one world under one judge."""
    groups: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for key, summary in summaries.items():
        groups[summary["world"] if together else key] += summary["runs"]
    marks = [mark for runs in groups.values() for mark in _marks(runs, "judged" if together else "held_out")]
    counts = []
    for kind in ("failed", "good", "between"):
        flags = [flagged for flagged, found in marks if found == kind]
        counts += [sum(flags), len(flags)]
    return Detection(*counts)


def _marks(runs: Sequence[Mapping[str, Any]], kind: str) -> list[tuple[bool, str]]:
    flags = failed_runs([held_out(dict(run), kind) for run in runs]).failed
    found = ["good" if r2_of(run) >= GOOD else "between" if r2_of(run) >= FAILED else "failed" for run in runs]
    return list(zip(flags, found, strict=True))


def detects(together: bool) -> Rule:
    """SUPPORTED iff at most 1 failed run in 20 is missed and at most 1 good run in 20 is flagged."""

    def rule(summaries: Summaries) -> Judgement:
        found = detection(summaries, together)
        missed, false = found.failed - found.failed_flagged, found.good_flagged
        reason = (
            f"flagged {share(found.failed_flagged, found.failed)} of the failed runs, "
            f"{share(found.good_flagged, found.good)} of the good ones, and {found.between_flagged} of "
            f"{found.between} between"
        )
        low, high = stats.binomtest(found.failed_flagged, found.failed).proportion_ci(0.95, "exact")
        measured = Measured(found.failed_flagged / found.failed, float(low), float(high))
        if missed <= TOLERATED * found.failed and false <= TOLERATED * found.good:
            return Judgement(Outcome.SUPPORTED, measured, reason)
        sure = (
            stats.binomtest(missed, found.failed).proportion_ci(0.95, "exact").low,
            stats.binomtest(false, found.good).proportion_ci(0.95, "exact").low,
        )
        return Judgement(Outcome.REFUTED if max(sure) > TOLERATED else Outcome.INCONCLUSIVE, measured, reason)

    return rule


LESS_BIAS = 0.01
"""Nats a dimension within which two biases count as equal."""


def less_biased(better: str, worse: str) -> Rule:
    """SUPPORTED iff in no case one estimator's bias exceeds the other's by more than LESS_BIAS a dimension."""

    def rule(summaries: Summaries) -> Judgement:
        gains = []
        for summary in summaries.values():
            found = {(row["estimator"], row["d"], row["n"]): abs(row["bias"]) for row in summary["cases"]}
            gains += [(found[worse, d, n] - found[better, d, n]) / d for name, d, n in found if name == better]
        measured = Measured(float(np.mean(gains)), float(min(gains)), float(max(gains)))
        reason = (
            f"over {len(gains)} cases the bias is smaller by {np.mean(gains):.3f} nats a dimension on average, "
            f"from {min(gains):.3f} to {max(gains):.3f}"
        )
        held = min(gains) >= -LESS_BIAS
        return Judgement(Outcome.SUPPORTED if held else Outcome.REFUTED, measured, reason)

    return rule


def unbiased_on(estimator: str, law: str, most_dimensions: int) -> Rule:
    """SUPPORTED iff with the most samples the bias is within LESS_BIAS a dimension in this many dimensions or fewer."""

    def rule(summaries: Summaries) -> Judgement:
        rows = [row for one in summaries.values() if one["law"] == law for row in one["cases"]]
        most = max(row["n"] for row in rows)
        shown = [
            row for row in rows if row["n"] == most and row["estimator"] == estimator and row["d"] <= most_dimensions
        ]
        row = max(shown, key=lambda one: abs(one["bias"]) / one["d"])
        reason = "; ".join(f"d = {one['d']}: {one['bias']:+.4f}" for one in shown) + f" nats at n = {most}"
        held = abs(row["bias"]) <= LESS_BIAS * row["d"]
        measured = Measured(row["bias"], row["low"], row["high"])
        return Judgement(Outcome.SUPPORTED if held else Outcome.REFUTED, measured, reason)

    return rule
