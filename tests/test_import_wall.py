"""The wings know nothing of each other, nor of the roof; and the folders in use are those of this checkout."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import identify

ROOT = Path(__file__).resolve().parent.parent
ALLOWED = {
    "synthetic": {"synthetic"},
    "identify": {"identify"},
    "proofs_checks": {"proofs_checks"},
    "reports": {"synthetic", "identify", "proofs_checks", "reports"},
}
ROOMS = frozenset(ALLOWED) | {"tests", "benchmarks"}


def rooms_imported(source: str, wing: str) -> set[str]:
    """Top-level packages of this project that `source`, a module of `wing`, imports anywhere, also inside functions."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(wing if node.level else (node.module or "").partition(".")[0])
        elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in {
            "import_module",
            "__import__",
        }:
            found |= {str(a.value).partition(".")[0] for a in node.args if isinstance(a, ast.Constant)}
    return found & ROOMS


@pytest.mark.parametrize("wing", ALLOWED)
def test_a_wing_imports_no_other_wing(wing):
    modules = sorted((ROOT / wing).rglob("*.py"))
    assert modules
    broken = {
        str(path.relative_to(ROOT)): sorted(trespass)
        for path in modules
        if (trespass := rooms_imported(path.read_text(), wing) - ALLOWED[wing])
    }
    assert not broken


@pytest.mark.parametrize(
    "line",
    [
        "import synthetic",
        "from synthetic.worlds import World",
        "def f():\n    import synthetic.worlds as w",
        "import importlib\nimportlib.import_module('synthetic.worlds')",
    ],
)
def test_the_wall_sees_every_way_through_it(line):
    assert rooms_imported(line, "identify") - ALLOWED["identify"] == {"synthetic"}


def test_identify_is_the_one_of_this_checkout():
    assert Path(identify.__file__).resolve() == ROOT / "identify" / "__init__.py"
