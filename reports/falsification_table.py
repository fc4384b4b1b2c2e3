"""A row of the falsification table: what was predicted beside what the witness and the trained codes came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports.verdict_counts import verdict_counts

_ORDER = ("witness", "random start", "witness start", "witness start in the twin")


def found_by(summaries: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One entry for each way the code was made: its verdicts over seeds, scores, and evidence of the optimum."""
    entries = [
        {
            "by": origin(summary),
            "verdicts": verdict_counts(summary.get("runs", ())),
            "seeds": len(summary.get("runs", ())),
            "reached": _reached(summary.get("runs", ())),
            **{name: summary.get("over_seeds", {}).get(name) for name in ("r2_affine", "r2_nonlinear")},
        }
        for summary in summaries
    ]
    return sorted(entries, key=lambda entry: _ORDER.index(entry["by"]))


def origin(summary: Mapping[str, Any]) -> str:
    """How the codes of a cell came about."""
    if summary["kind"] == "witness":
        return "witness"
    start = f"{summary.get('start', 'random')} start"
    return f"{start} in the twin" if summary.get("intact") else start


def gaps(summaries: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The witness's gap and that in the intact twin, means over seeds with the standard error of a seed."""
    runs = [run for summary in summaries if summary["kind"] == "witness" for run in summary["runs"]]
    if not runs:
        return None
    return {
        name: {
            "value": sum(run[name]["value"] for run in runs) / len(runs),
            "standard_error": max(run[name]["standard_error"] for run in runs),
            "unit": runs[0][name]["unit"],
        }
        for name in ("gap", "twin_gap")
    }


def row_scores(summaries: Sequence[Mapping[str, Any]], score: str) -> dict[str, Any] | None:
    """The score of the witness, or the lowest among the cells where no witness was measured."""
    witnessed = [one for one in summaries if one["kind"] == "witness"]
    found = [one["over_seeds"][score] for one in witnessed or summaries if score in one.get("over_seeds", {})]
    return min(found, key=lambda entry: entry["estimate"], default=None)


def _reached(runs: Sequence[Mapping[str, Any]]) -> int | None:
    shown = [run["optimum"]["reached"] for run in runs if run.get("optimum")]
    return sum(map(bool, shown)) if shown else None
