"""Every page of the documentation: its python runs, its output is what it shows, its links lead somewhere.

The blocks of a page run in order, as one program. A `text` block right after a `python` block is what that prints.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "reference" not in path.parts)
BLOCK = re.compile(r"^```python\n(.*?)^```\n(?:\n^```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE)
BETWEEN = "-- next block --"
LINK = re.compile(r"\]\(([^)#\s]+?)(?:#[^)]*)?\)")


def run_blocks(text: str, folder: Path) -> None:
    """Run a page in a fresh process; AssertionError where a block fails or prints other than what the page shows."""
    blocks = BLOCK.findall(text)
    script = folder / "page.py"
    script.write_text("".join(f"{code}\nprint({BETWEEN!r})\n" for code, _ in blocks))
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PYTHONPATH": str(DOCS.parent)}
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script)], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for (_, shown), printed in zip(blocks, done.stdout.split(BETWEEN + "\n"), strict=False):
        assert not shown or printed == shown, printed


def broken_links(page: Path, text: str) -> list[str]:
    targets = [target for target in LINK.findall(text) if "://" not in target and not target.startswith("mailto:")]
    return [target for target in targets if not (page.parent / target).exists()]


@pytest.mark.parametrize(
    "page", [page for page in PAGES if BLOCK.search(page.read_text())], ids=lambda page: str(page.relative_to(DOCS))
)
def test_the_python_of_a_page_runs(page, tmp_path):
    run_blocks(page.read_text(), tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS)))
def test_links_lead_to_files(page):
    assert not broken_links(page, page.read_text())


def test_wrong_output_and_lost_links_are_noticed(tmp_path):
    run_blocks("```python\nprint(1 + 1)\n```\n\n```text\n2\n```\n", tmp_path)
    with pytest.raises(AssertionError, match="2"):
        run_blocks("```python\nprint(1 + 1)\n```\n\n```text\n3\n```\n", tmp_path)
    with pytest.raises(AssertionError, match="NameError"):
        run_blocks("```python\nprint(nothing)\n```\n", tmp_path)
    assert broken_links(tmp_path / "page.md", "[a](b.md) [c](https://d) [e](#f)") == ["b.md"]
