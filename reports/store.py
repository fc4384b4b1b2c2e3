"""The store of records: every finished cell once, under an address that says what it was.

address = sha256 of (configuration of the cell, code version, kind of device). A record is two files, `ADDRESS.json`
and, where the cell left arrays, `ADDRESS.safetensors`. The JSON file carries its own checksum and that of the arrays,
so a record can be judged alone; `index.sqlite` beside them only makes it quick to find one and is rebuilt from the
files when it is lost.
Files are written whole or not at all. One process writes: it holds the index's lock until it ends, however it ends.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import safetensors.numpy

from reports.atomic_file import write_atomically
from reports.plain_json import digest, plain

SCHEMA = 1
INDEX = "index.sqlite"
_REMEDY = "run `identify report` with --resume to compute it again"
_TABLES = """
create table if not exists records (
    address text primary key, cell text not null, device text not null, code text not null,
    commit_id text not null, seconds real not null, created text not null, checksum text not null);
create table if not exists runs (
    number integer primary key, profile text not null, started text not null, body text not null);
"""


class DamagedRecordError(ValueError):
    """A record whose files are missing, truncated or changed since they were written."""


@dataclass(frozen=True)
class Record:
    """One finished cell: what was asked, what came out, where and when it was made."""

    address: str
    cell: str
    configuration: Mapping[str, Any]
    code: str
    device: str
    environment: Mapping[str, Any]
    created: str
    seconds: float
    summary: Mapping[str, Any]
    arrays: Mapping[str, np.ndarray] = field(default_factory=dict)


def address_of(configuration: Mapping[str, Any], code: str, device: str) -> str:
    """sha256 of (configuration, code version, kind of device: `cpu`, `cuda` or `mps`)."""
    return digest({"configuration": configuration, "code": code, "device": device.partition(":")[0]})


class Store:
    """The records below one folder; use it as a context manager.

    Raises `ValueError` when another process holds the store, `OSError` when the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._index = self._open()
        self._adopt()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._index.close()

    def write(self, record: Record) -> None:
        """Store a record for good: arrays first, then the JSON file that vouches for them, then the index."""
        arrays = None
        if record.arrays:
            content = safetensors.numpy.save({name: np.ascontiguousarray(a) for name, a in record.arrays.items()})
            write_atomically(self._path(record.address, "safetensors"), content)
            arrays = hashlib.sha256(content).hexdigest()
        body = {key: plain(value) for key, value in vars(record).items() if key != "arrays"}
        body |= {"schema": SCHEMA, "arrays": arrays}
        body["checksum"] = digest(body)
        text = json.dumps(body, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
        write_atomically(self._path(record.address, "json"), text.encode())
        self._enter(body)

    def read(self, address: str) -> Record:
        """The record at `address`, with every checksum verified.

        Raises `KeyError` where there is none and `DamagedRecordError` where its files are not what was written.
        """
        if not self._path(address, "json").is_file():
            row = self._index.execute("select cell from records where address = ?", (address,)).fetchone()
            if row is None:
                raise KeyError(address)
            raise DamagedRecordError(f"record {address[:12]} of cell {row[0]!r} has lost its JSON file: {_REMEDY}")
        body = self._body(address)
        self._heal(body)
        arrays: dict[str, np.ndarray] = {}
        if body["arrays"] is not None:
            arrays = self._arrays(address, body["arrays"], body["cell"])
        fields = {key: body[key] for key in Record.__dataclass_fields__ if key != "arrays"}
        return Record(**fields, arrays=arrays)

    def find(self, address: str) -> Record | None:
        """The record at `address` where it is whole, else None (never stored, or damaged)."""
        with suppress(KeyError, DamagedRecordError):
            return self.read(address)
        return None

    def holds(self, address: str) -> bool:
        """Whether anything was ever stored at `address`, whole or damaged."""
        return self._index.execute("select 1 from records where address = ?", (address,)).fetchone() is not None

    def latest(self, cell: str) -> str | None:
        """The address of the record of `cell` that was written last."""
        rows = self._index.execute("select address from records where cell = ? order by created desc", (cell,))
        return next((address for (address,) in rows if self._path(address, "json").is_file()), None)

    def begin_run(self, profile: str, started: str, body: Mapping[str, Any]) -> int:
        """Note a run (its plan as plain JSON) and return its number."""
        with self._index:
            cursor = self._index.execute(
                "insert into runs (profile, started, body) values (?, ?, ?)", (profile, started, _sealed(body))
            )
        return int(cursor.lastrowid or 0)

    def update_run(self, number: int, body: Mapping[str, Any]) -> None:
        """Replace what is noted about a run."""
        with self._index:
            self._index.execute("update runs set body = ? where number = ?", (_sealed(body), number))

    def last_run(self) -> dict[str, Any] | None:
        """The plan and the ending of the latest run, or None where there is none or its row is damaged."""
        row = self._index.execute("select body from runs order by number desc limit 1").fetchone()
        if row is None:
            return None
        try:
            body = json.loads(row[0])
            return body if body.pop("checksum") == digest(body) else None
        except (ValueError, KeyError, TypeError, AttributeError):
            return None

    def _path(self, address: str, suffix: str) -> Path:
        return self.folder / f"{address}.{suffix}"

    def _open(self) -> sqlite3.Connection:
        path = self.folder / INDEX
        try:
            return _connect(path)
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise ValueError(
                    f"another report is writing to {self.folder}: wait for it or choose another --out"
                ) from None
            if isinstance(error, sqlite3.OperationalError):
                raise OSError(f"cannot open {path}: {error}") from None
        # an index that SQLite cannot read is kept for the curious and made anew from the records
        os.replace(path, path.with_suffix(".damaged"))
        return _connect(path)

    def _adopt(self) -> None:
        """Enter whole records that the index does not know: it was lost, or its writer was killed."""
        known = {row[0] for row in self._index.execute("select address from records")}
        for path in sorted(self.folder.glob("*.json")):
            if path.stem not in known:
                with suppress(DamagedRecordError):
                    self._enter(self._body(path.stem))

    def _heal(self, body: Mapping[str, Any]) -> None:
        """Write a whole record's row anew where it says something else than the record."""
        columns = "cell, device, code, created, seconds, checksum"
        row = self._index.execute(f"select {columns} from records where address = ?", (body["address"],)).fetchone()
        if row != tuple(body[column] for column in columns.split(", ")):
            self._enter(body)

    def _enter(self, body: Mapping[str, Any]) -> None:
        keys = ("address", "cell", "device", "code", "created", "seconds", "checksum")
        row = {key: body[key] for key in keys} | {"commit_id": body["environment"].get("commit", "unknown")}
        with self._index:
            self._index.execute(
                "insert or replace into records (address, cell, device, code, commit_id, seconds, created, checksum) "
                "values (:address, :cell, :device, :code, :commit_id, :seconds, :created, :checksum)",
                row,
            )

    def _body(self, address: str) -> dict[str, Any]:
        try:
            body = json.loads(self._path(address, "json").read_bytes())
            checksum = body.pop("checksum")
            whole = checksum == digest(body) and body["address"] == address and body["schema"] == SCHEMA
        except (ValueError, KeyError, TypeError, AttributeError):
            whole = False
        if not whole:
            raise DamagedRecordError(f"record {address[:12]} in {self.folder} is damaged or truncated: {_REMEDY}")
        return body | {"checksum": checksum}

    def _arrays(self, address: str, checksum: str, cell: str) -> dict[str, np.ndarray]:
        try:
            content = self._path(address, "safetensors").read_bytes()
        except FileNotFoundError:
            content = b""
        if hashlib.sha256(content).hexdigest() != checksum:
            raise DamagedRecordError(f"the arrays of record {address[:12]} (cell {cell!r}) are damaged: {_REMEDY}")
        return dict(safetensors.numpy.load(content))


def _sealed(body: Mapping[str, Any]) -> str:
    """JSON text with its own checksum."""
    return json.dumps({**plain(body), "checksum": digest(body)})


def _text(content: bytes) -> str:
    """A damaged row is a wrong row, not an error: it is held against the record's file."""
    return content.decode(errors="replace")


def _connect(path: Path) -> sqlite3.Connection:
    index = sqlite3.connect(path, timeout=0.5)
    index.text_factory = _text
    try:
        index.execute("pragma locking_mode = exclusive")
        index.execute("pragma synchronous = off")  # the records are flushed; what they say, the index can be told again
        index.execute("begin exclusive")
        index.commit()
        index.executescript(_TABLES)
        if index.execute("pragma quick_check").fetchone()[0] != "ok":
            raise sqlite3.DatabaseError("damaged pages")
    except BaseException:
        index.close()
        raise
    return index
