"""Formulas in text: LaTeX to MathML for the page, and text with `$...$` kept apart from its formulas."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from latex2mathml.converter import convert
from markupsafe import Markup, escape

_FORMULA = re.compile(r"\$([^$]+)\$")


@lru_cache(maxsize=512)
def mathml(latex: str, block: bool = False) -> Markup:
    """`latex` as MathML; where the converter does not know a command, the source in a code element."""
    try:
        markup = convert(latex, display="block" if block else "inline")
    except Exception:  # the converter raises many kinds of error, and a formula must not cost the page
        return Markup("<code>{}</code>").format(latex)
    return Markup(re.sub(r' xmlns="[^"]*"', "", markup))


def with_formulas(text: str) -> Markup:
    """`text` escaped for HTML, its `$...$` parts rendered."""
    parts = _FORMULA.split(text)
    rendered = [mathml(part) if position % 2 else escape(part) for position, part in enumerate(parts)]
    return Markup("").join(rendered)


def statement(latex: str) -> Markup:
    """A statement: text with formulas where it has dollar signs, one displayed formula where it is all LaTeX."""
    return mathml(latex, block=True) if is_formula(latex) else with_formulas(latex)


def is_formula(latex: str) -> bool:
    """Whether `latex` is one formula without dollar signs, not text."""
    return "$" not in latex and any(sign in latex for sign in "\\_^=")


class ErratumParts(NamedTuple):
    """An erratum in its four parts; the first two are LaTeX."""

    printed: str
    correct: str
    witness: str
    consequence: str


def erratum_parts(sentence: str) -> ErratumParts | None:
    """The parts of the sentence that `identify check --json` gives, None where it is put differently."""
    found = re.fullmatch(r"printed: (.*); correct: (.*); witness: (.*); consequence: (.*)", sentence, flags=re.DOTALL)
    return None if found is None else ErratumParts(*found.groups())


_TEX = {"&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}"}


def tex(text: str) -> str:
    """`text` for LaTeX: special characters escaped, formulas between dollar signs untouched."""
    parts = _FORMULA.split(text)
    plain = [
        f"${part}$" if position % 2 else re.sub(r"[&%#_{}~]", lambda found: _TEX[found[0]], part)
        for position, part in enumerate(parts)
    ]
    return "".join(plain).replace("²", "$^2$").replace("≥", r"$\geq$")
