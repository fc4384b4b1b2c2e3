"""From records to the rows of `report.json`: claims, the falsification table, cells and checks.

Everything here is read from summaries that cells left; nothing is computed that a record does not hold, except counts,
differences and averages of what it holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from reports.cell import Cell
from reports.claim import Claim, Judgement, Outcome
from reports.falsification_table import found_by, gaps, row_scores
from reports.plain_json import plain
from reports.profile_interface import Profile, Theorem, Violation
from reports.store import Record
from reports.verdict_counts import verdict_counts

SCHEMA = 1
BASELINES = ("untrained", "linear_from_x", "pca")


def unique_cells(claims: Iterable[Claim]) -> tuple[Cell, ...]:
    """The cells of all claims, each once (claims may share cells).

    Raises `ValueError` when two different cells carry one id.
    """
    cells: dict[str, Cell] = {}
    for cell in (cell for claim in claims for cell in claim.cells):
        known = cells.setdefault(cell.id, cell)
        if known is not cell and known.configuration() != cell.configuration():
            raise ValueError(f"two different cells are called {cell.id!r}: give each its own id")
    return tuple(cells.values())


def evaluate(
    profile: Profile,
    records: Mapping[str, Record],
    errors: Mapping[str, str],
    checks: Sequence[Mapping[str, Any]],
    environment: Mapping[str, Any],
    seconds: float,
) -> dict[str, Any]:
    """`report.json`: `records` and `errors` by cell id, `checks` as rows of `identify check --json`."""
    claims = [claim_row(claim, records, errors) for claim in profile.claims]
    by_id = {row["id"]: row for row in claims}
    outcomes = Counter(row["outcome"] for row in claims)
    cells = unique_cells(profile.claims)
    return plain(
        {
            "schema": SCHEMA,
            "profile": profile.name,
            "environment": environment,
            "claims": claims,
            "counts": {outcome.value: outcomes[outcome.value] for outcome in Outcome},
            "as_expected": sum(row["as_expected"] for row in claims),
            "all_as_expected": all(row["as_expected"] for row in claims) and all(check_stands(row) for row in checks),
            "falsification": [
                falsification_row(theorem, violation, by_id, records)
                for theorem in profile.theorems
                for violation in theorem.violations
                if violation.claim in by_id
            ],
            "theorems": [theorem_row(theorem) for theorem in profile.theorems],
            "cells": [cell_row(cell, records.get(cell.id), errors.get(cell.id)) for cell in cells],
            "checks": list(checks),
            "seconds": seconds,
        }
    )


def claim_row(claim: Claim, records: Mapping[str, Record], errors: Mapping[str, str]) -> dict[str, Any]:
    """One claim with its outcome; a claim whose cells or whose rule failed is INCONCLUSIVE and not as expected."""
    found = [records[cell.id] for cell in claim.cells if cell.id in records]
    judgement, error = _judge(claim, records, errors)
    runs = [run for record in found for run in record.summary.get("runs", ())]
    return {
        "id": claim.id,
        "theorem": claim.theorem,
        "statement": claim.statement,
        "source": claim.source,
        "published": claim.published,
        "score": claim.score,
        "measured": judgement.measured._asdict() if judgement.measured else None,
        "worst": _worst(found, claim.score),
        "seeds": sorted({run["seed"] for run in runs}),
        "outcome": judgement.outcome.value,
        "expected": " or ".join(outcome.value for outcome in Outcome if outcome in claim.expected),
        "as_expected": error is None and judgement.outcome in claim.expected,
        "reason": judgement.reason,
        "rule": claim.rule_text,
        "verdicts": verdict_counts(runs),
        "optimum": _optimum(runs),
        "baselines": _baselines([record.summary for record in found]),
        "ceiling": next((r.summary["ceiling"] for r in found if r.summary.get("ceiling")), None),
        "cells": [cell.id for cell in claim.cells],
        "error": error,
        "seconds": sum(record.seconds for record in found),
    }


def theorem_row(theorem: Theorem) -> dict[str, Any]:
    """A theorem with what it assumes and the class it concludes."""
    keys = ("id", "name", "statement", "source", "assumptions", "conclusion")
    return {key: getattr(theorem, key) for key in keys}


def falsification_row(
    theorem: Theorem, violation: Violation, claims: Mapping[str, Mapping[str, Any]], records: Mapping[str, Record]
) -> dict[str, Any]:
    """One removed assumption: what was predicted beside what was found."""
    claim = claims[violation.claim]
    summaries = [records[cell].summary for cell in claim["cells"] if cell in records]
    return {
        "theorem": theorem.id,
        "assumption": violation.assumption,
        "automorphism": violation.automorphism,
        "check": violation.check,
        "predicted": violation.predicted,
        "found": claim["verdicts"],
        "found_by": found_by(summaries),
        "untrained": violation.untrained,
        "outcome": claim["outcome"],
        "as_expected": claim["as_expected"],
        "seeds": claim["seeds"],
        "r2_affine": row_scores(summaries, "r2_affine"),
        "r2_nonlinear": row_scores(summaries, "r2_nonlinear"),
        "gaps": gaps(summaries),
        "optimum": claim["optimum"],
        "baselines": claim["baselines"],
        "claim": claim["id"],
    }


def cell_row(cell: Cell, record: Record | None, error: str | None) -> dict[str, Any]:
    """One cell: its scores over seeds, verdicts, baselines and evidence, without the per-seed detail of its record."""
    if record is None:
        return {"id": cell.id, "error": error or "not run", "seconds": None}
    summary = record.summary
    keys = (
        "kind",
        "world",
        "world_text",
        "dim",
        "observed_dim",
        "method",
        "form",
        "sources",
        "sample",
        "bad",
        "law",
        "cases",
    )
    runs = summary.get("runs", ())
    return {
        "id": cell.id,
        "address": record.address,
        **{key: summary[key] for key in keys if key in summary},
        "seeds": [run["seed"] for run in runs],
        "scores": summary.get("over_seeds", {}),
        "verdicts": verdict_counts(runs),
        "optimum": _optimum(runs),
        "baselines": _baselines([summary]),
        "condition_number": summary.get("condition_number"),
        "geometry": summary.get("geometry"),
        "ceiling": summary.get("ceiling"),
        "single_sequence": summary.get("single_sequence"),
        "steps": summary.get("steps"),
        "parameters": summary.get("parameters"),
        "error": None,
        "seconds": record.seconds,
    }


def check_stands(row: Mapping[str, Any]) -> bool:
    """The statement holds and its twin was rejected."""
    return row["status"] == "holds" and bool(row["twin_rejected"])


def _judge(claim: Claim, records: Mapping[str, Record], errors: Mapping[str, str]) -> tuple[Judgement, str | None]:
    missing = [cell.id for cell in claim.cells if cell.id not in records]
    if missing:
        error = "; ".join(f"{cell}: {errors.get(cell, 'not run')}" for cell in missing)
        return Judgement(Outcome.INCONCLUSIVE, None, "no result to judge"), error
    try:
        return claim.judge({cell.id: records[cell.id].summary for cell in claim.cells}), None
    except Exception as failure:  # a rule that cannot read a summary must not take the other claims with it
        error = f"the decision rule failed: {type(failure).__name__}: {failure}"
        return Judgement(Outcome.INCONCLUSIVE, None, "no result to judge"), error


def _optimum(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """How many runs reached the optimum, and the mean of objective - oracle with its largest standard error."""
    shown = [run["optimum"] for run in runs if run.get("optimum")]
    if not shown:
        return None
    gaps = [o["objective"] - o["oracle"] for o in shown if _numbers(o, "objective", "oracle")]
    spreads = [o["standard_error"] for o in shown if _numbers(o, "standard_error")]
    return {
        "reached": sum(bool(o["reached"]) for o in shown),
        "runs": len(shown),
        "difference": sum(gaps) / len(gaps) if gaps else None,
        "standard_error": max(spreads) if spreads else None,
    }


def _numbers(values: Mapping[str, Any], *keys: str) -> bool:
    return all(isinstance(values.get(key), int | float) for key in keys)


def _worst(records: Sequence[Record], score: str) -> float | None:
    scores = [record.summary.get("over_seeds", {}).get(score, {}) for record in records]
    values = [entry["worst"] for entry in scores if entry.get("worst") is not None]
    return min(values) if values else None


def _baselines(summaries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Of each baseline the highest among the cells: the one that is hardest to beat."""
    found = {name: [s["baselines"][name] for s in summaries if s.get("baselines", {}).get(name)] for name in BASELINES}
    return {
        name: max(entries, key=lambda entry: entry["estimate"]) if entries else None for name, entries in found.items()
    }
