"""Rules for categorical LDM on digits, fixed on pilot seeds that no claim uses.

A run counts as at its optimum within `NEAR` nats of the closed-form maximum on training pairs (`categorical_cell`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports.claim import Judgement, Measured, Outcome, Rule
from reports.decision_rules import weakest
from reports.over_seeds import over_seeds

Summaries = Mapping[str, Mapping[str, Any]]

FOUND = 0.95
MERGED = 0.9
"""Two digits in one category leave at most .9 of equally frequent digits right."""
SAME = 0.02
CALIBRATED = 0.03
CERTAIN = 0.95
APART = 0.1


def finds_the_digits() -> Rule:
    """SUPPORTED iff every run is at its optimum and right on at least FOUND of the held-out images."""

    def rule(summaries: Summaries) -> Judgement:
        runs = _runs(summaries)
        reached = [run for run in runs if run["optimum"]["reached"]]
        lowest = min(run["accuracy"] for run in runs)
        reason = f"lowest accuracy {lowest:.3f}, {len(reached)} of {len(runs)} runs at the optimum"
        if any(run["accuracy"] < MERGED for run in reached):
            outcome = Outcome.REFUTED
        else:
            supported = len(reached) == len(runs) and lowest >= FOUND
            outcome = Outcome.SUPPORTED if supported else Outcome.INCONCLUSIVE
        return Judgement(outcome, weakest(summaries, "accuracy"), reason)

    return rule


def stops_short() -> Rule:
    """SUPPORTED iff every run merged digits and ended off the optimum."""

    def rule(summaries: Summaries) -> Judgement:
        runs = _runs(summaries)
        merged = [run for run in runs if run["accuracy"] < MERGED]
        optimal = [run for run in merged if run["optimum"]["reached"]]
        short = min(run["optimum"]["oracle"] - run["optimum"]["objective"] for run in runs)
        reason = f"{len(merged)} of {len(runs)} runs merge digits, {short:.2f} nats or more below the optimum"
        if optimal:
            outcome = Outcome.REFUTED
        else:
            outcome = Outcome.SUPPORTED if len(merged) == len(runs) else Outcome.INCONCLUSIVE
        return Judgement(outcome, weakest(summaries, "accuracy"), reason)

    return rule


def forms_agree(first: str, second: str) -> Rule:
    """SUPPORTED iff the 95 % interval of the paired difference of accuracies lies within SAME of 0."""

    def rule(summaries: Summaries) -> Judgement:
        pairs = zip(summaries[first]["runs"], summaries[second]["runs"], strict=True)
        row = over_seeds([one["accuracy"] - other["accuracy"] for one, other in pairs])
        measured = Measured(row["estimate"], row["low"], row["high"])
        reached = sum(run["optimum"]["reached"] for run in _runs(summaries))
        reason = (
            f"accuracies differ by {row['estimate']:+.3f}; {reached} of {len(_runs(summaries))} runs at the optimum"
        )
        if reached < len(_runs(summaries)):
            return Judgement(Outcome.INCONCLUSIVE, measured, reason)
        if row["low"] >= -SAME and row["high"] <= SAME:
            return Judgement(Outcome.SUPPORTED, measured, reason)
        beyond = row["low"] > SAME or row["high"] < -SAME
        return Judgement(Outcome.REFUTED if beyond else Outcome.INCONCLUSIVE, measured, reason)

    return rule


def shares_categories_as_modelled() -> Rule:
    """SUPPORTED iff LDM codes share a category with p_theta within CALIBRATED, MI codes with CERTAIN or more."""

    def rule(summaries: Summaries) -> Judgement:
        judged = [(summary, run) for summary in summaries.values() for run in summary["runs"]]
        off = max(abs(run["match"] - one["match"]) for one, run in judged if one["form"] == "LDM")
        least = min(run["match"] for one, run in judged if one["form"] == "MI")
        reached = sum(run["optimum"]["reached"] for _, run in judged)
        reason = (
            f"LDM codes share a category with p_theta within {off:.3f}, MI codes with {least:.3f} or more; "
            f"{reached} of {len(judged)} runs at the optimum"
        )
        if off <= CALIBRATED and least >= CERTAIN:
            outcome = Outcome.SUPPORTED if reached == len(judged) else Outcome.INCONCLUSIVE
        else:
            outcome = Outcome.REFUTED if reached == len(judged) else Outcome.INCONCLUSIVE
        return Judgement(outcome, weakest(summaries, "match"), reason)

    return rule


def parts_where_few_matches_are_expected() -> Rule:
    """SUPPORTED iff in each form the least p_theta is more accurate than the largest by APART, interval against it."""

    def rule(summaries: Summaries) -> Judgement:
        gaps, text = [], []
        for form in ("LDM", "MI"):
            cells = sorted((one for one in summaries.values() if one["form"] == form), key=lambda one: one["match"])
            rows = [one["over_seeds"]["accuracy"] for one in cells]
            gaps.append(rows[0]["low"] - rows[-1]["high"])
            text.append(
                f"{form}: "
                + ", ".join(f"{row['estimate']:.2f} at {one['match']:g}" for one, row in zip(cells, rows, strict=True))
            )
        supported = min(gaps) > APART
        return Judgement(
            Outcome.SUPPORTED if supported else Outcome.INCONCLUSIVE, weakest(summaries, "accuracy"), "; ".join(text)
        )

    return rule


def _runs(summaries: Summaries) -> list[Mapping[str, Any]]:
    return [run for summary in summaries.values() for run in summary["runs"]]
