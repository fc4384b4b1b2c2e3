"""Rules for the Kalman cells, fixed on pilot runs of seeds 0 and 1, which no claim uses.

A filter that falls short says nothing about the theorem, since no run proves that it reached the optimum: INCONCLUSIVE.
REFUTED is a filter above its ceiling, or one that is beaten by what it is claimed to beat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports.claim import Judgement, Measured, Outcome, Rule
from reports.decision_rules import weakest

Summaries = Mapping[str, Mapping[str, Any]]
COVERS = (0.93, 0.97)
LASTS = 0.005
"""R2 that longer training may lose."""


def near_ceiling(margin: float) -> Rule:
    """SUPPORTED iff every run's filter comes within `margin` of its world's ceiling."""

    def rule(summaries: Summaries) -> Judgement:
        rows = [(one["ceiling"], run["scores"]["r2_affine"]) for one in summaries.values() for run in one["runs"]]
        short = max(ceiling["r2"] - score["estimate"] for ceiling, score in rows)
        above = sum(score["low"] > ceiling["high"] for ceiling, score in rows)
        reason = f"at most {short:.4f} short of the ceiling {rows[0][0]['r2']:.4f}, {len(rows)} runs"
        measured = weakest(summaries, "r2_affine")
        if above:
            return Judgement(Outcome.REFUTED, measured, f"{above} of {len(rows)} runs lie above the ceiling")
        held = all(ceiling["r2"] - score["estimate"] <= margin for ceiling, score in rows)
        return Judgement(Outcome.SUPPORTED if held else Outcome.INCONCLUSIVE, measured, reason)

    return rule


def at_least(name: str, threshold: float) -> Rule:
    """SUPPORTED iff this value of every run is at least `threshold`."""

    def rule(summaries: Summaries) -> Judgement:
        values = _values(summaries, name)
        reason = f"lowest {min(values):.4f} over {len(values)} runs"
        held = all(value >= threshold for value in values)
        return Judgement(Outcome.SUPPORTED if held else Outcome.INCONCLUSIVE, weakest(summaries, name), reason)

    return rule


def lasting(short: str, long: str, threshold: float) -> Rule:
    """SUPPORTED iff, seed by seed, longer training lowers neither the held-out objective nor R2, and R2 is enough."""

    def rule(summaries: Summaries) -> Judgement:
        pairs = list(zip(_by_seed(summaries[short]), _by_seed(summaries[long]), strict=True))
        gains = [after["values"]["r2_affine"] - before["values"]["r2_affine"] for before, after in pairs]
        risen = [after["values"]["objective"] - before["values"]["objective"] for before, after in pairs]
        noise = [3 * (before["objective_error"] ** 2 + after["objective_error"] ** 2) ** 0.5 for before, after in pairs]
        lowest = min(run["values"]["r2_affine"] for pair in pairs for run in pair)
        times = summaries[long]["steps"] / summaries[short]["steps"]
        reason = (
            f"{times:g} times the steps change R2 by {min(gains):+.4f} to {max(gains):+.4f} and the held-out objective "
            f"by {min(risen):+.3f} to {max(risen):+.3f} nats a frame; lowest R2 {lowest:.4f}"
        )
        enough = all(run["values"]["r2_affine"] >= threshold for pair in pairs for run in pair)
        kept = all(gain >= -LASTS for gain in gains)
        rises = all(change >= -error for change, error in zip(risen, noise, strict=True))
        outcome = Outcome.SUPPORTED if kept and rises and enough else Outcome.INCONCLUSIVE
        return Judgement(outcome, weakest({long: summaries[long]}, "r2_affine"), reason)

    return rule


def covers() -> Rule:
    """SUPPORTED iff the mean coverage of every cell lies in COVERS."""

    def rule(summaries: Summaries) -> Judgement:
        means = {name: one["over_seeds"]["coverage"]["estimate"] for name, one in summaries.items()}
        plain = [one["over_seeds"]["coverage_uncalibrated"]["estimate"] for one in summaries.values()]
        runs = _values(summaries, "coverage")
        reason = (
            f"{', '.join(f'{mean:.3f} ({name})' for name, mean in means.items())}; single runs {min(runs):.3f} to "
            f"{max(runs):.3f}; before calibration {', '.join(f'{one:.3f}' for one in plain)}"
        )
        held = all(COVERS[0] <= mean <= COVERS[1] for mean in means.values())
        return Judgement(Outcome.SUPPORTED if held else Outcome.INCONCLUSIVE, weakest(summaries, "coverage"), reason)

    return rule


def beats(pairs: Sequence[tuple[str, str]]) -> Rule:
    """SUPPORTED iff in every run the first value of each pair is above the second; REFUTED iff it never is."""

    def rule(summaries: Summaries) -> Judgement:
        (summary,) = summaries.values()
        better = [[run["values"][ours] > run["values"][theirs] for ours, theirs in pairs] for run in summary["runs"]]
        means = {name: summary["over_seeds"][name] for pair in pairs for name in pair}
        reason = ", ".join(f"{name.replace('_', ' ')} {row['estimate']:.3f}" for name, row in means.items())
        row = means[pairs[0][0]]
        measured = Measured(row["estimate"], row["low"], row["high"])
        if all(all(run) for run in better):
            return Judgement(Outcome.SUPPORTED, measured, reason)
        lost = not any(any(run) for run in better)
        return Judgement(Outcome.REFUTED if lost else Outcome.INCONCLUSIVE, measured, reason)

    return rule


def _values(summaries: Summaries, name: str) -> list[float]:
    return [run["values"][name] for one in summaries.values() for run in one["runs"]]


def _by_seed(summary: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return sorted(summary["runs"], key=lambda run: run["seed"])
