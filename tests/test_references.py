"""Every bibliography key that a module cites stands in `references.bib`, once."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WINGS = ("synthetic", "identify", "proofs_checks", "reports")
KEY = re.compile(r"\b[a-z]+(?:19|20)\d\d[a-z]+\b")


def _entries():
    return re.findall(r"^@\w+\{(\S+?),", (ROOT / "references.bib").read_text(), re.MULTILINE)


def _missing(source):
    return set(KEY.findall(source)) - set(_entries())


def test_cited_keys_exist():
    modules = [path for wing in WINGS for path in (ROOT / wing).rglob("*.py")]
    broken = {str(path.relative_to(ROOT)): missing for path in modules if (missing := _missing(path.read_text()))}
    assert modules
    assert not broken


def test_no_key_stands_twice():
    assert max(Counter(_entries()).values()) == 1


def test_a_misspelt_key_would_be_seen():
    assert _missing("a claim [kozachenko1987entropy], another [kozachenko1978entropy]") == {"kozachenko1978entropy"}
