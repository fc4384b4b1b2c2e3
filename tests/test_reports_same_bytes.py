"""The same seed gives the same bytes on the same machine, in whatever process and beside whatever else runs (CPU)."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from dataclasses import replace

import pytest

from reports.evaluation import unique_cells
from reports.profiles import Profile, profile
from reports.run import Order
from tests.fake_profile import bare_report
from tests.report_process import ROOT

PASSING = ("seconds", "cpu_seconds")
PROGRAM = """
import sys
from pathlib import Path
from tests.test_reports_same_bytes import report_on_one_small_cell
report_on_one_small_cell(Path(sys.argv[1]), int(sys.argv[2]))
"""


def small(cell):
    """Three training steps on a few hundred pairs: every part of the cell runs."""
    config = replace(cell.config, steps=3, restarts=1)
    return replace(cell, config=config, sample=replace(cell.sample, train=600, test=400), seeds=(0,))


def report_on_one_small_cell(out, jobs):
    """Two cells, so that two processes are used where `jobs` is two."""
    quick = profile("quick")
    cells = tuple(small(cell) for cell in unique_cells(quick.claims) if cell.id in ("markov-2/knn", "markov-2/log-det"))
    claim = replace(quick.claims[0], cells=cells)
    (out / "records").mkdir(parents=True)
    bare_report(Order(Profile("small", (claim,), (), ()), out, jobs=jobs, quiet=True))


def timeless(value):
    if isinstance(value, dict):
        return {key: timeless(entry) for key, entry in value.items() if key not in PASSING}
    return [timeless(entry) for entry in value] if isinstance(value, list) else value


def contents(out):
    """Of each record the checksum of its arrays and its summary without times."""
    bodies = [json.loads(path.read_text()) for path in sorted((out / "records").glob("*.json"))]
    files = sorted((out / "records").glob("*.safetensors"))
    sums = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    assert sums == [body["arrays"] for body in bodies]
    return [(body["address"], body["arrays"], timeless(body["summary"])) for body in bodies]


@pytest.fixture(scope="module")
def in_this_process(tmp_path_factory):
    out = tmp_path_factory.mktemp("same") / "here"
    report_on_one_small_cell(out, 1)
    return contents(out)


def test_two_processes_write_the_same_bytes(in_this_process, tmp_path):
    # one worker process for each cell, in a process that is fresh
    subprocess.run([sys.executable, "-c", PROGRAM, str(tmp_path / "there"), "2"], cwd=ROOT, check=True, timeout=300)
    assert contents(tmp_path / "there") == in_this_process


def test_another_seed_writes_other_bytes(in_this_process, tmp_path):
    quick = profile("quick")
    cell = next(one for one in unique_cells(quick.claims) if one.id == "markov-2/knn")
    claim = replace(quick.claims[0], cells=(replace(small(cell), seeds=(1,)),))
    (tmp_path / "records").mkdir()
    bare_report(Order(Profile("small", (claim,), (), ()), tmp_path, jobs=1, quiet=True))
    ((address, arrays, _),) = contents(tmp_path)
    assert address not in [known for known, _, _ in in_this_process]
    assert arrays not in [known for _, known, _ in in_this_process]
