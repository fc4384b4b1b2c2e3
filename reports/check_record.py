"""The record of a full run of the derivation checks: one JSON file with commit, versions and age."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from proofs_checks import Check, Outcome
from reports.atomic_file import write_atomically
from reports.environment import environment
from reports.plain_json import plain

SCHEMA = 1


@dataclass(frozen=True)
class CheckRecord:
    """What a full run left: rows as `row` writes them plus theme, evidence, twins, witness and message of each check.

    `created` is in UTC, `seconds` is wall time, `environment` that of `reports.environment` (commit, lock, versions).
    """

    created: datetime
    seconds: float
    environment: dict[str, Any]
    rows: tuple[dict[str, Any], ...]

    @property
    def commit(self) -> str:
        """The commit the run was made at, `unknown` outside a checkout."""
        return str(self.environment["commit"])

    def age(self, now: datetime | None = None) -> timedelta:
        """Time since the run; `now` needs a time zone."""
        return (now or datetime.now(UTC)) - self.created


def row(check: Check, outcome: Outcome) -> dict[str, Any]:
    """The row of `identify check --json`."""
    return {
        "id": check.id,
        "aliases": list(check.aliases),
        "statement": check.statement,
        "source": str(check.source),
        "kinds": list(check.kinds),
        "status": outcome.status,
        "twin_rejected": outcome.twin_rejected,
        "erratum": erratum_sentence(check, outcome),
        "seconds": round(outcome.seconds, 3),
    }


def erratum_sentence(check: Check, outcome: Outcome) -> str | None:
    """Printed, correct, witness and consequence in one line, or None where the print stands."""
    if check.erratum is None:
        return None
    return (
        f"printed: {check.erratum.printed}; correct: {check.erratum.correct}; "
        f"witness: {outcome.witness or 'not computed'}; consequence: {check.erratum.consequence}"
    )


def save(path: Path, checks: Sequence[Check], outcomes: Sequence[Outcome], seconds: float) -> None:
    """Write the record of a run over `checks`, in their order; raises `ValueError` unless each has its outcome."""
    by_id = {outcome.id: outcome for outcome in outcomes}
    missing = [check.id for check in checks if check.id not in by_id]
    if missing:
        raise ValueError(f"outcomes lack {', '.join(missing)}: save the record of a run over all checks")
    rows = [{**row(check, by_id[check.id]), **_details(check, by_id[check.id])} for check in checks]
    body = {
        "schema": SCHEMA,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(seconds, 1),
        "environment": environment("cpu"),
        "checks": rows,
    }
    write_atomically(path, (json.dumps(plain(body), indent=1, ensure_ascii=False) + "\n").encode())


def load(path: Path) -> CheckRecord:
    """Read a record; raises `OSError` if there is none and `ValueError` if the file is something else."""
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        if body["schema"] != SCHEMA:
            raise ValueError(f"schema {body['schema']}, this version reads {SCHEMA}")
        created = datetime.fromisoformat(body["created"])
        return CheckRecord(created, body["seconds"], body["environment"], tuple(body["checks"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} is no record of checks ({error}): write it with `identify check --out {path}`"
        ) from error


def shipped() -> Path:
    """Where the record of the last full run lies in this package."""
    return Path(str(files("reports") / "data" / "checks.json"))


def _details(check: Check, outcome: Outcome) -> dict[str, Any]:
    return {
        "theme": check.theme,
        "evidence": outcome.evidence,
        "twins": [twin._asdict() for twin in outcome.twins],
        "witness": outcome.witness,
        "message": outcome.message,
    }
