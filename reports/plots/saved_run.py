"""What a report left, read without touching it: records of the last run, and the rows of its JSON files.

A folder counts as a run if it holds `records/`, `report.json`, or the `rows.json` of a page kept in the documentation.
Records are read one by one, each held against its own checksums (`reports.store`); the index is only asked, never
written, and where it is missing or locked all records are read and the latest of every cell is taken.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import safetensors.numpy

from reports.plain_json import digest
from reports.store import INDEX, SCHEMA, DamagedRecordError, Record

ROWS = ("report.json", "rows.json")


def is_run(folder: Path) -> bool:
    """Whether a folder holds something to draw from."""
    return folder.is_dir() and ((folder / "records").is_dir() or any((folder / name).is_file() for name in ROWS))


def read_rows(folder: Path) -> dict[str, Any]:
    """`report.json`, or the rows kept of one; raises ValueError where there is neither."""
    for name in ROWS:
        if (folder / name).is_file():
            return json.loads((folder / name).read_text())
    raise ValueError(f"{folder} has no {' nor '.join(ROWS)}: give the folder that `identify report --out` wrote")


def read_records(folder: Path, cells: Sequence[str] = ()) -> dict[str, Record]:
    """Records of the last run by cell id, those whose id matches one of the patterns `cells` (all where empty).

    Raises ValueError for a folder without records, a pattern that matches none, `DamagedRecordError` for a record that
    is not what was written.
    """
    kept = folder / "records"
    paths = {path.stem: path for path in sorted(kept.glob("*.json"))} if kept.is_dir() else {}
    if not paths:
        raise ValueError(f"{folder} has no records: give the folder that `identify report --out` wrote")
    planned = _last_run(kept)
    addresses = [address for address in planned.values() if address in paths] or list(paths)
    bodies: dict[str, dict[str, Any]] = {}
    for address in addresses:
        body = _body(paths[address])
        known = bodies.get(body["cell"])
        if known is None or known["created"] < body["created"]:
            bodies[body["cell"]] = body
    unmet = [pattern for pattern in cells if not any(fnmatchcase(cell, pattern) for cell in bodies)]
    if unmet:
        raise ValueError(f"no cell is called {unmet[0]!r}: {folder} has {', '.join(_drawable(bodies))}")
    order = [cell for cell in (planned or sorted(bodies, key=_natural)) if cell in bodies]
    chosen = [cell for cell in order if not cells or any(fnmatchcase(cell, pattern) for pattern in cells)]
    return {cell: _record(kept, bodies[cell]) for cell in chosen}


def _natural(cell: str) -> list[tuple[int, str]]:
    """Sorts markov-4 before markov-10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", cell)]


def _drawable(bodies: Mapping[str, Any]) -> list[str]:
    return sorted((cell for cell in bodies if not cell.startswith("check/")), key=_natural)


def _last_run(kept: Path) -> dict[str, str]:
    """Cell -> address as the last run planned them, in its order; empty where the index cannot be asked."""
    if not (kept / INDEX).is_file():
        return {}
    try:
        with closing(sqlite3.connect(f"{(kept / INDEX).resolve().as_uri()}?mode=ro", uri=True, timeout=0.2)) as index:
            row = index.execute("select body from runs order by number desc limit 1").fetchone()
    except sqlite3.DatabaseError:
        return {}
    return {} if row is None else json.loads(row[0])["cells"]


def _body(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(path.read_bytes())
        checksum = body.pop("checksum")
        whole = checksum == digest(body) and body["schema"] == SCHEMA
    except (ValueError, KeyError, TypeError, AttributeError):
        whole = False
    if not whole:
        raise DamagedRecordError(f"record {path} is damaged or truncated: run `identify report` with --resume")
    return body


def _record(kept: Path, body: Mapping[str, Any]) -> Record:
    arrays = {}
    if body["arrays"] is not None:
        path = kept / f"{body['address']}.safetensors"
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != body["arrays"]:
            raise DamagedRecordError(f"arrays of {body['cell']!r} ({path}) are damaged: run the report with --resume")
        arrays = dict(safetensors.numpy.load(content))
    fields = {key: body[key] for key in Record.__dataclass_fields__ if key != "arrays"}
    return Record(**fields, arrays=arrays)
