"""The record of a mutation run over the checks: how many corrupted statements the proofs rejected, which survived."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reports.atomic_file import write_atomically
from reports.environment import environment
from reports.plain_json import plain

if TYPE_CHECKING:
    from proofs_checks import Check
    from proofs_checks.mutation import MutantOutcome

SCHEMA = 1
LEAST_SHARE = 0.95
KINDS = ("coefficient", "sign", "exponent")


def summary(checks: Sequence[Check], outcomes: Sequence[MutantOutcome]) -> dict[str, Any]:
    """Counts as a whole, by kind and by check; survivors with what happened and why, checks without a formula."""
    drawn = {outcome.mutant.check.id for outcome in outcomes}
    order = [check.id for check in checks]
    ranked = sorted(outcomes, key=lambda outcome: (order.index(outcome.mutant.check.id), outcome.mutant.place))
    return {
        **_counts(outcomes),
        "kinds": {kind: _counts([o for o in outcomes if o.mutant.kind == kind]) for kind in KINDS},
        "checks": {
            name: _counts([o for o in outcomes if o.mutant.check.id == name]) for name in order if name in drawn
        },
        "without_formulas": [name for name in order if name not in drawn],
        "survivors": [_survivor(outcome) for outcome in ranked if not outcome.caught],
    }


def save(
    path: Path, checks: Sequence[Check], outcomes: Sequence[MutantOutcome], per_check: int, seed: int, seconds: float
) -> None:
    """Write `summary` with its settings, time and environment."""
    body = {
        "schema": SCHEMA,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "per_check": per_check,
        "seed": seed,
        **summary(checks, outcomes),
        "environment": environment("cpu"),
    }
    write_atomically(path, (json.dumps(plain(body), indent=1, ensure_ascii=False) + "\n").encode())


def load(path: Path) -> dict[str, Any]:
    """Read a record; raises `OSError` if there is none and `ValueError` if the file is something else."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["schema"] != SCHEMA or not {"total", "caught", "share", "survivors"} <= body.keys():
            raise ValueError(f"schema {body['schema']}, this version reads {SCHEMA}")
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is no record of mutants ({error}): write it with `identify check --mutants 8 --out {path}`"
        ) from error
    return body


def shipped() -> Path:
    """Where the record of the last mutation run lies in this package."""
    return Path(str(files("reports") / "data" / "mutants.json"))


def _counts(outcomes: Sequence[MutantOutcome]) -> dict[str, Any]:
    caught = sum(outcome.caught for outcome in outcomes)
    share = round(caught / len(outcomes), 4) if outcomes else None
    return {"total": len(outcomes), "caught": caught, "share": share}


def _survivor(outcome: MutantOutcome) -> dict[str, str]:
    mutant = outcome.mutant
    return {
        "check": mutant.check.id,
        "place": mutant.place,
        "kind": mutant.kind,
        "before": mutant.before,
        "after": mutant.after,
        "finding": outcome.finding,
        "reason": outcome.reason,
    }
