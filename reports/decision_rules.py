"""Rules that turn the summaries of a claim's cells into an outcome; all are fixed before anything runs.

A theorem is only REFUTED by a run that provably reached the optimum; a run that did not says nothing (INCONCLUSIVE).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from identify import is_contained
from reports.claim import Judgement, Measured, Outcome, Rule

REFUTING_LOSS = 0.05
"""Least loss of the conclusion's class in a run that refutes it.

The optimum counts as reached within three standard errors, about .1 nats in our cells. Where noise is a tenth of the
variance, a distortion of 1 % of the variance costs less than that, and may be no more than imperfect training; one of
5 % costs .2 nats.
"""
CEILING_MARGIN = 0.1
"""How far below its world's ceiling a mean score may lie before training, not the world, explains it."""


def recovered_up_to(conclusion: str, score: str, threshold: float) -> Rule:
    """SUPPORTED iff `conclusion` is certified to hold for every seed and its score is at least `threshold`."""

    def rule(summaries: Mapping[str, Mapping[str, Any]]) -> Judgement:
        runs = [run for summary in summaries.values() for run in summary["runs"]]
        measured = weakest(summaries, score)
        inside = [run for run in runs if is_inside(run, conclusion)]
        scores = [run["scores"][score]["estimate"] for run in runs]
        refuting = [run for run in runs if refutes(run, conclusion)]
        if refuting:
            found = ", ".join(sorted({run["verdict"]["class"] for run in refuting}))
            return Judgement(
                Outcome.REFUTED, measured, f"{len(refuting)} of {len(runs)} runs reached the optimum at: {found}"
            )
        if len(inside) == len(runs) and all(score >= threshold for score in scores):
            reason = f"all {len(runs)} runs are {conclusion} or smaller, and score {min(scores):.4f} or more"
            return Judgement(Outcome.SUPPORTED, measured, reason)
        reached = sum(run["optimum"]["reached"] for run in runs)
        reason = (
            f"{len(inside)} of {len(runs)} verdicts inside {conclusion}, lowest score {min(scores):.4f}; "
            f"{reached} of {len(runs)} runs reached the optimum"
        )
        return Judgement(Outcome.INCONCLUSIVE, measured, reason)

    return rule


def at_most_ceiling(score: str) -> Rule:
    """SUPPORTED iff no run lies above its world's ceiling, and every cell's mean comes within CEILING_MARGIN of it."""

    def rule(summaries: Mapping[str, Mapping[str, Any]]) -> Judgement:
        measured = weakest(summaries, score)
        scores = [
            (summary["ceiling"], run["scores"][score]) for summary in summaries.values() for run in summary["runs"]
        ]
        above = sum(one["low"] > ceiling["high"] for ceiling, one in scores)
        if above:
            return Judgement(
                Outcome.REFUTED, measured, f"{above} of {len(scores)} runs lie above their world's ceiling"
            )
        short = max(one["ceiling"]["r2"] - one["over_seeds"][score]["estimate"] for one in summaries.values())
        sentence = (
            f"all {len(scores)} runs stay below their world's ceiling, {short:.3f} short of it at most on average"
        )
        if not short <= CEILING_MARGIN:
            return Judgement(Outcome.INCONCLUSIVE, measured, sentence)
        for protocol in (summary["single_sequence"] for summary in summaries.values() if "single_sequence" in summary):
            sentence += (
                f"; scored on a single test sequence, as published, R2 ranges from {protocol['low']:.2f} to "
                f"{protocol['high']:.2f} (5 % to 95 %), and {protocol['share_at_least_published']:.0%} of sequences "
                f"reach {protocol['published']:g}"
            )
        return Judgement(Outcome.SUPPORTED, measured, sentence)

    return rule


def matched_correlation(threshold: float) -> Rule:
    """SUPPORTED iff every source of every seed is matched with at least this absolute correlation."""

    def rule(summaries: Mapping[str, Mapping[str, Any]]) -> Judgement:
        runs = [run for summary in summaries.values() for run in summary["runs"]]
        correlations = [one for run in runs for one in run["correlations"]]
        worst = min(correlations)
        measured = weakest(summaries, "correlation")
        failed = [run for run in runs if not all(one >= threshold for one in run["correlations"])]
        reason = f"lowest matched correlation {worst:.4f} over {len(runs)} runs"
        if not failed:
            return Judgement(Outcome.SUPPORTED, measured, reason)
        reached = any(run["optimum"]["reached"] for run in failed)
        return Judgement(Outcome.REFUTED if reached else Outcome.INCONCLUSIVE, measured, reason)

    return rule


def is_inside(run: Mapping[str, Any], conclusion: str) -> bool:
    """The conclusion's class is certified to hold; a smaller one may hold too, or be undecided."""
    return next(entry["holds"] for entry in run["ladder"] if entry["class"] == conclusion) is True


def refutes(run: Mapping[str, Any], conclusion: str) -> bool:
    """At the optimum, certified outside the conclusion, further than imperfect training explains (`none` always).

    A run beyond the optimum found a bias of the entropy estimator and refutes nothing.
    """
    verdict = run["verdict"]
    outside = verdict["outcome"] == "SUPPORTED" and not is_contained(verdict["class"], conclusion)
    if not (outside and run["optimum"]["reached"]) or run["optimum"].get("exceeds", False):
        return False
    if verdict["class"] == "none":
        return True
    loss = next(entry["loss"] for entry in run["ladder"] if entry["class"] == conclusion)
    return loss is not None and loss["low"] > REFUTING_LOSS


def weakest(summaries: Mapping[str, Mapping[str, Any]], score: str) -> Measured:
    """The cell with the lowest mean over seeds, with its interval."""
    rows = [summary["over_seeds"][score] for summary in summaries.values()]
    row = min(rows, key=lambda one: one["estimate"] if math.isfinite(one["estimate"]) else -math.inf)
    return Measured(row["estimate"], row["low"], row["high"])
