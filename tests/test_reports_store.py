"""Records: what is written is read back, damage is seen, and one process writes at a time."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from reports.store import INDEX, DamagedRecordError, Record, Store, address_of


def record(configuration=None, **changes):
    configuration = configuration or {"world": "markov-2", "seed": 0}
    fields = {
        "address": address_of(configuration, "c0de", "cpu"),
        "cell": "markov-2/knn",
        "configuration": configuration,
        "code": "c0de",
        "device": "cpu",
        "environment": {"commit": "abc"},
        "created": "2026-01-01T00:00:00+00:00",
        "seconds": 1.5,
        "summary": {"r2": 0.25, "seeds": [0, 1]},
        "arrays": {"grid/z": np.arange(6.0).reshape(3, 2), "step": np.arange(3)},
    }
    return Record(**(fields | changes))


@pytest.fixture
def stored(tmp_path):
    written = record()
    with Store(tmp_path) as store:
        store.write(written)
    return tmp_path, written


def test_a_record_comes_back_as_it_was(stored):
    folder, written = stored
    with Store(folder) as store:
        read = store.read(written.address)
    assert read.summary == written.summary
    assert {k: v for k, v in vars(read).items() if k != "arrays"} == {
        k: v for k, v in vars(written).items() if k != "arrays"
    }
    for name, array in written.arrays.items():
        np.testing.assert_array_equal(read.arrays[name], array)
        assert read.arrays[name].dtype == array.dtype


def test_a_record_that_was_never_written_is_a_key_error(tmp_path):
    with Store(tmp_path) as store:
        with pytest.raises(KeyError):
            store.read("0" * 64)
        assert store.find("0" * 64) is None
        assert not store.holds("0" * 64)


@pytest.mark.parametrize("suffix", ["json", "safetensors"])
@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "remove"])
def test_damage_is_seen(stored, suffix, damage):
    folder, written = stored
    path = folder / f"{written.address}.{suffix}"
    content = path.read_bytes()
    if damage == "remove":
        path.unlink()
    elif damage == "flip":
        place = content.index(b"0.25") if suffix == "json" else len(content) - 3
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    else:
        path.write_bytes(content[: len(content) // 2] if damage == "truncate" else b"")
    with Store(folder) as store:
        assert store.holds(written.address)
        assert store.find(written.address) is None
        with pytest.raises(DamagedRecordError, match="--resume"):
            store.read(written.address)
        store.write(written)
        assert store.read(written.address).summary == written.summary


@pytest.mark.parametrize("loss", ["removed", "overwritten"])
def test_a_lost_index_is_made_anew_from_the_records(stored, loss):
    folder, written = stored
    (folder / INDEX).unlink()
    if loss == "overwritten":
        (folder / INDEX).write_bytes(b"this is no database" * 100)
    with Store(folder) as store:
        assert store.read(written.address).summary == written.summary
        assert store.latest(written.cell) == written.address
    if loss == "overwritten":
        assert (folder / INDEX).with_suffix(".damaged").read_bytes().startswith(b"this is no database")


def test_a_writer_killed_before_the_index_loses_nothing(stored):
    folder, written = stored
    index = sqlite3.connect(folder / INDEX)
    index.execute("delete from records")
    index.commit()
    index.close()
    with Store(folder) as store:
        assert store.holds(written.address)


def test_a_leftover_of_a_killed_writer_is_not_a_record(tmp_path):
    (tmp_path / f".{'0' * 64}.json.xyz.part").write_bytes(b"{")
    (tmp_path / f"{'1' * 64}.json").write_bytes(b"{")
    with Store(tmp_path) as store:
        assert not store.holds("0" * 64)
        assert not store.holds("1" * 64)


def test_only_one_process_writes(tmp_path):
    attempt = "import sys; from pathlib import Path; from reports.store import Store; Store(Path(sys.argv[1]))"
    with Store(tmp_path):
        second = subprocess.run([sys.executable, "-c", attempt, str(tmp_path)], capture_output=True, text=True)
    assert "another report is writing" in second.stderr


def test_runs_are_noted_in_order(tmp_path):
    with Store(tmp_path) as store:
        assert store.last_run() is None
        store.begin_run("quick", "first", {"cells": {}})
        number = store.begin_run("quick", "second", {"cells": {}})
        store.update_run(number, {"cells": {"a": "b"}})
        assert store.last_run() == {"cells": {"a": "b"}}


def test_the_address_depends_on_configuration_code_and_kind_of_device():
    base = address_of({"a": 1, "b": (2.0, None)}, "code", "cpu")
    assert base == address_of({"b": [2.0, None], "a": 1}, "code", "cpu")
    assert base != address_of({"a": 2, "b": [2.0, None]}, "code", "cpu")
    assert base != address_of({"a": 1, "b": [2.0, None]}, "edoc", "cpu")
    assert address_of({}, "code", "cuda:0") == address_of({}, "code", "cuda:1") != address_of({}, "code", "cpu")


def test_numbers_that_are_not_finite_become_null(tmp_path):
    written = record(summary={"r2": float("nan"), "high": np.float32("inf"), "n": np.int64(3)})
    with Store(tmp_path) as store:
        store.write(written)
        assert store.read(written.address).summary == {"r2": None, "high": None, "n": 3}
    json.loads((tmp_path / f"{written.address}.json").read_text(), parse_constant=pytest.fail)


def test_no_pickles(stored):
    folder, _ = stored
    assert {path.suffix for path in Path(folder).iterdir()} == {".json", ".safetensors", ".sqlite"}


def damage(folder, statement, *values):
    index = sqlite3.connect(folder / INDEX)
    index.execute(statement, values)
    index.commit()
    index.close()


@pytest.mark.parametrize("column", ["cell", "created", "checksum", "seconds"])
def test_a_row_that_is_not_its_record_is_put_right(stored, column):
    folder, written = stored
    damage(folder, f"update records set {column} = cast(x'ff00fe' as text)")
    with Store(folder) as store:
        assert store.read(written.address).summary == written.summary
        assert store.latest(written.cell) == written.address
    with Store(folder) as store:
        row = store._index.execute("select cell, created, seconds from records").fetchone()
    assert row == (written.cell, written.created, written.seconds)


def test_a_row_without_a_record_hides_none(stored):
    folder, written = stored
    damage(folder, "update records set address = ?, created = '9'", "f" * 64)
    with Store(folder) as store:
        assert store.find("f" * 64) is None
        assert store.read(written.address).summary == written.summary
        assert store.latest(written.cell) == written.address


@pytest.mark.parametrize("body", ["{", "[]", '{"cells": {"a": "c"}, "checksum": "0"}', '{"cells": {"a": "b"}}'])
def test_a_damaged_run_is_no_run(tmp_path, body):
    with Store(tmp_path) as store:
        store.begin_run("quick", "first", {"cells": {"a": "b"}})
        assert store.last_run() == {"cells": {"a": "b"}}
    damage(tmp_path, "update runs set body = ?", body)
    with Store(tmp_path) as store:
        assert store.last_run() is None


@pytest.mark.parametrize("page", [0, 1, 2, 3])
def test_an_index_with_a_damaged_page_is_made_anew_from_the_records(stored, page):
    folder, written = stored
    content = bytearray((folder / INDEX).read_bytes())
    content[4096 * page : 4096 * page + 200] = b"\xaa" * 200
    (folder / INDEX).write_bytes(content)
    with Store(folder) as store:
        assert store.read(written.address).summary == written.summary
        assert store.latest(written.cell) == written.address
