"""The caption of a figure: what is shown, n, seeds, how intervals were made, and which records it was drawn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reports.store import Record
from reports.wording import seeds as seeds_text


def of_records(text: str, records: Sequence[Record]) -> str:
    """The text, then seeds, sizes and origin of the records that were shown."""
    seeds = sorted({run["seed"] for one in records for run in one.summary.get("runs", ()) if "seed" in run})
    parts = [f"{len(records)} cell{'s' if len(records) != 1 else ''}"]
    if seeds:
        parts.append(f"seeds {seeds_text(seeds)}")
    sizes = [one.summary["sample"] for one in records if "sample" in one.summary]
    if sizes:
        parts.append(f"n = {_range(sizes, 'train')} training and {_range(sizes, 'test')} held-out sequences")
    commits = sorted({_commit(one.environment) for one in records})
    parts.append(f"commit {', '.join(commits)}")
    return f"{text} Records: {'; '.join(parts)}."


def of_rows(text: str, rows: Mapping[str, Any]) -> str:
    """The text, then profile and commit of a report's rows."""
    commit = rows.get("commit") or rows.get("environment", {}).get("commit")
    return f"{text} Report: profile {rows['profile']}, commit {str(commit)[:10]}."


def _commit(environment: Mapping[str, Any]) -> str:
    return f"{str(environment.get('commit'))[:10]}{' with local changes' if environment.get('dirty') else ''}"


def _range(sizes: Sequence[Mapping[str, Any]], key: str) -> str:
    values = sorted({size[key] for size in sizes if key in size})
    if not values:
        return "-"
    return f"{values[0]:,}" if len(values) == 1 else f"{values[0]:,} to {values[-1]:,}"
