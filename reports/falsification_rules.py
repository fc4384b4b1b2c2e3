"""Rules for rows of the falsification table, fixed before anything runs.

A row is as predicted where the witness is optimal and outside the conclusion, and provably worse in the intact twin.
The witness's gap counts as zero within five standard errors (false-alarm rate 6e-7, where it is not exact), and as
worse beyond five; so a twin that is told from zero also shows that a gap of its size would have been seen. A twin's gap
between one and five standard errors below zero leaves the row open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from identify import is_contained
from reports.claim import Judgement, Measured, Outcome, Rule
from reports.decision_rules import REFUTING_LOSS, is_inside, recovered_up_to, refutes

ERRORS = 5.0
EXACT = 1e-8
"""Gaps that hold at every draw are zero up to rounding."""
Kind = Literal["outside_class", "non_invertible", "breaks_bound"]
Run = Mapping[str, Any]


def falsified(conclusion: str) -> Rule:
    """SUPPORTED iff the witness shows that the assumption is needed and trained codes do not speak against it."""

    def rule(summaries: Mapping[str, Mapping[str, Any]]) -> Judgement:
        witness = next(one for one in summaries.values() if one["kind"] == "witness")
        witnessed, kind, row = witness["runs"], witness["violation_kind"], witness["over_seeds"]["r2_affine"]
        measured = Measured(row["estimate"], row["low"], row["high"])
        against = [reason for run in witnessed if (reason := _against(run, conclusion, kind))]
        if against:
            return Judgement(Outcome.REFUTED, measured, f"{len(against)} of {len(witnessed)} draws: {against[0]}")
        undecided = sum(not (shows(run, conclusion, kind) and is_worse(run["twin_gap"])) for run in witnessed)
        if undecided:
            reason = (
                f"whether the witness is outside {conclusion}, and worse in the intact twin, is open in {undecided} of "
                f"{len(witnessed)} draws"
            )
            return Judgement(Outcome.INCONCLUSIVE, measured, reason)
        trained = [one for one in summaries.values() if one["kind"] == "training"]
        outcome, sentences = _trained(trained, conclusion, kind)
        gap, twin = (_mean_gap(witnessed, name) for name in ("gap", "twin_gap"))
        sentence = f"the witness has gap {gap}, in the intact twin {twin}"
        return Judgement(outcome, measured, "; ".join((sentence, *sentences)))

    return rule


def identified(conclusion: str, score: str, threshold: float) -> Rule:
    """SUPPORTED iff random starts recover the latents up to `conclusion`, and starts at the witness are no optimum."""
    recovered = recovered_up_to(conclusion, score, threshold)

    def rule(summaries: Mapping[str, Mapping[str, Any]]) -> Judgement:
        judged = recovered({name: one for name, one in summaries.items() if one["start"] == "random"})
        if judged.outcome is not Outcome.SUPPORTED:
            return judged
        outcome, sentences = _trained([one for one in summaries.values() if one["start"] == "witness"], conclusion)
        return Judgement(outcome, judged.measured, "; ".join((judged.reason, *sentences)))

    return rule


def vanishes(gap: Mapping[str, Any]) -> bool:
    """The witness is as good as the optimum (nats), or as good as the best linear code (correlations)."""
    error = ERRORS * gap["standard_error"] + EXACT
    return gap["value"] >= -error and (gap["unit"] == "correlation" or gap["value"] <= error)


def is_worse(gap: Mapping[str, Any]) -> bool:
    """The witness is provably not optimal."""
    return gap["value"] < -ERRORS * gap["standard_error"] - EXACT


def is_as_good(gap: Mapping[str, Any]) -> bool:
    """No sign of being worse: a gap that is worse by six standard errors looks like this at a rate of 3e-7."""
    return gap["value"] >= -gap["standard_error"] - EXACT


def shows(run: Run, conclusion: str, kind: Kind) -> bool:
    """The witness escapes the conclusion in the way that is claimed: outside, lost, or beyond a bound alone."""
    if kind == "breaks_bound":
        return is_inside(run, "affine") and run["bound"]["value"] > run["bound"]["bound"]
    return is_outside(run, conclusion) or _misses(run)


def is_outside(run: Run, conclusion: str) -> bool:
    """The verdict certifies a class outside the conclusion, or that the conclusion's class fails."""
    verdict = run["verdict"]
    certified = verdict["outcome"] == "SUPPORTED" and not is_contained(verdict["class"], conclusion)
    return certified or next(entry["holds"] for entry in run["ladder"] if entry["class"] == conclusion) is False


def _misses(run: Run) -> bool:
    """No affine function of the code gives the latents back, by the interval: a witness has no noise to blame."""
    return run["scores"]["r2_affine"]["high"] < 1 - REFUTING_LOSS


def _against(run: Run, conclusion: str, kind: Kind) -> str | None:
    """What contradicts the row, if anything does."""
    if not vanishes(run["gap"]):
        return f"the witness is not optimal, gap {run['gap']['value']:.3g} {run['gap']['unit']}"
    if is_as_good(run["twin_gap"]):
        return f"the witness is as good in the intact twin, gap {run['twin_gap']['value']:.3g}"
    if kind != "breaks_bound" and is_inside(run, conclusion):
        return f"the witness is inside {conclusion}"
    if kind == "breaks_bound" and not run["bound"]["value"] > run["bound"]["bound"]:
        return "the bound holds"
    return None


def _trained(
    cells: Sequence[Mapping[str, Any]], conclusion: str, kind: Kind = "outside_class"
) -> tuple[Outcome, list[str]]:
    """What trained codes say: shares for random starts, and a condition on starts at the witness."""
    outcome, sentences = Outcome.SUPPORTED, []
    for cell in cells:
        runs, identified_here = cell["runs"], cell["identified"]
        if cell["start"] == "random":
            where = "in the intact twin, " if identified_here else ""
            count = sum(is_outside(run, conclusion) for run in runs)
            sentences.append(f"{where}{count} of {len(runs)} random starts end outside {conclusion}")
        elif identified_here:
            kept = [run for run in runs if refutes(run, conclusion)]
            back, worse = _count(runs, lambda run: _is_back(run, conclusion)), _count(runs, _is_short)
            sentences.append(f"from the witness in an identified world, {back} return and {worse} end worse")
            settled = all(_is_back(run, conclusion) or _is_short(run) for run in runs)
            if kept:
                outcome = Outcome.REFUTED
            elif not settled and outcome is Outcome.SUPPORTED:
                outcome = Outcome.INCONCLUSIVE
        else:
            stay = _count(runs, lambda run: _stays(run, conclusion, kind))
            sentences.append(f"{stay} of {len(runs)} starts at the witness stay")
            if stay < len(runs) and outcome is Outcome.SUPPORTED:
                outcome = Outcome.INCONCLUSIVE
    return outcome, sentences


def _stays(run: Run, conclusion: str, kind: Kind) -> bool:
    """At the optimum, and escaping the conclusion in the way that the witness does."""
    return run["optimum"]["reached"] and shows(run, conclusion, kind)


def _is_short(run: Run) -> bool:
    return not run["optimum"]["reached"]


def _is_back(run: Run, conclusion: str) -> bool:
    """Inside the conclusion, or so close to it that imperfect training explains the rest."""
    loss = next(entry["loss"] for entry in run["ladder"] if entry["class"] == conclusion)
    return is_inside(run, conclusion) or (loss is not None and loss["high"] < REFUTING_LOSS)


def _count(runs: Sequence[Run], holds: Callable[[Run], bool]) -> int:
    return sum(map(holds, runs))


def _mean_gap(runs: Sequence[Run], name: str) -> str:
    mean = sum(run[name]["value"] for run in runs) / len(runs)
    return f"{0 if abs(mean) < EXACT else mean:.3g} {runs[0][name]['unit']}"
