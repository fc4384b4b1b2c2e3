"""The code version follows imports to everything that can influence a cell, and to nothing else."""

from __future__ import annotations

import sys
import types

import pytest

from reports import code_version as module
from reports.code_version import code_version, source_closure


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A small project with the same rooms; returns a function that writes a file into it."""
    monkeypatch.setattr(module, "ROOT", tmp_path)
    code_version.cache_clear()

    def write(path, text=""):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        code_version.cache_clear()

    for wing in module.PACKAGES:
        write(f"{wing}/__init__.py")
    yield write
    code_version.cache_clear()


@pytest.mark.parametrize(
    "line",
    [
        "import identify.entropy",
        "from identify import entropy",
        "from identify.entropy import knn",
        "def f():\n    from identify.entropy import knn",
        "from .bridge import x",
        "from . import bridge",
        "HOME = {'knn': 'identify.entropy'}",
    ],
)
def test_every_way_of_importing_is_followed(checkout, line):
    checkout("identify/entropy.py", "k = 3")
    checkout("reports/bridge.py", "from identify.entropy import k as x")
    checkout("reports/cells.py", line)
    before = code_version("reports.cells")
    assert {"identify", "identify.entropy", "reports", "reports.cells"} <= set(source_closure("reports.cells"))
    checkout("identify/entropy.py", "k = 4")
    assert code_version("reports.cells") != before


def test_what_a_cell_does_not_import_does_not_matter(checkout):
    checkout("reports/cells.py", "import identify")
    checkout("reports/page.py", "a = 1")
    before = code_version("reports.cells")
    checkout("reports/page.py", "a = 2")
    assert code_version("reports.cells") == before


def test_cycles_end(checkout):
    checkout("identify/a.py", "import identify.b")
    checkout("identify/b.py", "import identify.a")
    assert set(source_closure("identify.a")) == {"identify", "identify.a", "identify.b"}


def test_a_cell_of_a_user_counts_its_own_file_and_ours(checkout, tmp_path, monkeypatch):
    checkout("reports/cell.py", "x = 1")
    own = types.ModuleType("own_model")
    own.__file__ = str(tmp_path / "own_model.py")
    monkeypatch.setitem(sys.modules, "own_model", own)
    checkout("own_model.py", "import reports.cell")
    assert set(source_closure("own_model")) == {"own_model", "reports", "reports.cell"}


def test_a_module_without_source_is_refused(monkeypatch):
    monkeypatch.setitem(sys.modules, "typed_in", types.ModuleType("typed_in"))
    with pytest.raises(ValueError, match="define the cell in a file"):
        code_version("typed_in")
