"""Rules for claims of the form "recovered this well within this much CPU time", and for a sweep that must peak.

A miss by the learner says nothing about a theorem: it is INCONCLUSIVE unless the run provably reached its optimum.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import stats

from reports.claim import Judgement, Measured, Outcome, Rule
from reports.decision_rules import REFUTING_LOSS, weakest

_LEVEL = 0.05
_LEAST_LEFT = 1e-7  # float32 codes resolve no more


def within_budget(threshold: float, seconds: float) -> Rule:
    """SUPPORTED iff every seed's affine R2 is at least `threshold` after at most that much CPU time, without alarm."""

    def rule(summaries: Mapping[str, Mapping[str, Any]]) -> Judgement:
        runs = [run for summary in summaries.values() for run in summary["runs"]]
        scores = [run["scores"]["r2_affine"]["estimate"] for run in runs]
        longest, alarms = max(run["cpu_seconds"] for run in runs), sum(bool(run.get("alarm")) for run in runs)
        reason = f"lowest affine R2 {min(scores):.5f}, at most {longest:.1f} CPU-seconds a seed, {len(runs)} runs"
        measured = weakest(summaries, "r2_affine")
        lost = [run for run, score in zip(runs, scores, strict=True) if score < 1 - REFUTING_LOSS]
        refuting = sum(run.get("optimum", {}).get("reached", False) for run in lost)
        if refuting:
            return Judgement(Outcome.REFUTED, measured, f"{reason}; {refuting} of the low ones reached the optimum")
        if alarms:
            return Judgement(Outcome.INCONCLUSIVE, measured, f"{reason}; {alarms} overfitted")
        held = min(scores) >= threshold and longest <= seconds
        return Judgement(Outcome.SUPPORTED if held else Outcome.INCONCLUSIVE, measured, reason)

    return rule


def within_budget_text(threshold: float, seconds: float) -> str:
    """The rule of `within_budget` in words."""
    return (
        f"SUPPORTED: for every seed the held-out affine R² is at least {threshold:g} and training took at most "
        f"{seconds:g} CPU-seconds on one thread. REFUTED: a run within 3 standard errors of the oracle objective has "
        f"an affine R² below {1 - REFUTING_LOSS:g}. INCONCLUSIVE: anything else."
    )


def carries_at_most(scores: tuple[str, ...], bound: float) -> Rule:
    """SUPPORTED iff none of these scores exceeds `bound` in any run; REFUTED by a run at its optimum that does."""

    def rule(summaries: Mapping[str, Mapping[str, Any]]) -> Judgement:
        runs = [run for summary in summaries.values() for run in summary["runs"]]
        highest = [max(run["nuisance"][name] for name in scores) for run in runs]
        rows = [summary["over_seeds"][name] for summary in summaries.values() for name in scores]
        row = max(rows, key=lambda one: one["estimate"])
        measured = Measured(row["estimate"], row["low"], row["high"])
        reason = f"highest {max(highest):.4f} over {len(runs)} runs"
        over = [run for run, one in zip(runs, highest, strict=True) if one > bound]
        if not over:
            return Judgement(Outcome.SUPPORTED, measured, reason)
        reached = any(run["optimum"]["reached"] for run in over)
        return Judgement(Outcome.REFUTED if reached else Outcome.INCONCLUSIVE, measured, reason)

    return rule


def peaks_at(shape: float) -> Rule:
    """SUPPORTED iff less is left unexplained at `shape` than at every other shape, paired over seeds.

    One-sided t tests on log10(1 - R2), the scale on which seeds scatter evenly, at .05 over the number of other shapes.
    REFUTED: at some other shape less is left, by the same test.
    """

    def rule(summaries: Mapping[str, Mapping[str, Any]]) -> Judgement:
        (summary,) = summaries.values()
        shapes = summary["shapes"]
        scores = np.array([run["by_shape"] for run in summary["runs"]])
        here = shapes.index(shape)
        left = np.log10(np.maximum(1 - scores, _LEAST_LEFT))
        gains = np.delete(left - left[:, [here]], here, axis=1)
        others = [one for one in shapes if one != shape]
        mean, error = gains.mean(0), gains.std(0, ddof=1) / np.sqrt(len(gains))
        reach = float(stats.t.ppf(1 - _LEVEL / len(others), len(gains) - 1)) * error
        nearest = int(np.argmin(mean - reach))
        times, least = 10 ** mean[nearest], 10 ** (mean[nearest] - reach[nearest])
        reason = (
            f"mean affine R2 {scores[:, here].mean():.4f} at shape {shape:g}; nearest is shape {others[nearest]:g}, "
            f"which leaves {times:.2g} times as much (at least {least:.2g})"
        )
        measured = weakest(summaries, "r2_affine")
        if (mean + reach < 0).any():
            return Judgement(Outcome.REFUTED, measured, reason)
        held = bool((mean - reach > 0).all())
        return Judgement(Outcome.SUPPORTED if held else Outcome.INCONCLUSIVE, measured, reason)

    return rule
