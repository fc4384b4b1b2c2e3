"""The page needs nothing but itself; figures and tables are there in the promised formats."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from reports import wording
from reports.figures import FIGURES
from reports.mathematics import erratum_parts, mathml, statement, tex, with_formulas
from reports.report import Order, make_report
from tests.fake_profile import fake_profile

VOID = {"meta", "link", "br", "hr", "img", "input"}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    make_report(Order(fake_profile(), folder, jobs=1, quiet=True))
    return folder


class Reader(HTMLParser):
    """Collects what a browser would fetch, the ids, and whether every element is closed."""

    def __init__(self):
        super().__init__()
        self.fetched, self.ids, self.targets, self.open, self.text = [], [], [], [], ""

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        self.ids += [values["id"]] if "id" in values else []
        for name, value in values.items():
            if name in {"src", "srcset", "data", "poster", "action"} or (
                name == "href" and tag in {"link", "use", "image"}
            ):
                self.fetched.append(value)
        if tag == "a":
            self.targets.append(values["href"])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def read(out):
    reader = Reader()
    reader.feed((out / "report.html").read_text())
    reader.close()
    return reader


def test_the_page_loads_nothing_from_anywhere(out, read):
    assert read.open == []
    assert all(address.startswith(("data:", "#")) for address in read.fetched)
    page = (out / "report.html").read_text()
    assert "<script" not in page
    assert "@import" not in page
    assert all(address.startswith("#") for address in re.findall(r"url\(([^)]*)\)", page))
    assert set(re.findall(r"https?://[^\s\"'<]+", page)) <= {"http://www.w3.org/2000/svg"}


def test_ids_are_unique_and_links_lead_somewhere(read):
    assert len(read.ids) == len(set(read.ids))
    assert {target.removeprefix("#") for target in read.targets} <= set(read.ids)
    assert {address.removeprefix("#") for address in read.fetched if address.startswith("#")} <= set(read.ids)


def test_the_page_says_what_was_found(read):
    text = " ".join(read.text.split())
    assert "7 claims against their theorems: 5 supported, 1 refuted, 1 inconclusive, all as theory predicts" in text
    for part in ("verdict predicted", "How to read a verdict", "95 % over seeds", "linear from x", "Figure 1."):
        assert part in text


def test_the_page_fits_both_schemes_and_a_phone(out):
    page = (out / "report.html").read_text()
    assert "prefers-color-scheme: dark" in page
    assert "width=device-width" in page
    assert page.count('class="scroll"') == page.count("<table")
    assert "currentColor" in page


OF_OTHER_PROFILES = {"filtered_trajectory", "categorical_digits", "gradient_cosines", "eigenspectra"}
"""Figures of records that the quick profile has none of."""


def test_every_figure_is_there_as_pdf_svg_and_png(out):
    made = {path.name for path in (out / "figures").iterdir()}
    assert made == {f"{name}.{kind}" for name in set(FIGURES) - OF_OTHER_PROFILES for kind in ("pdf", "svg", "png")}
    for path in (out / "figures").glob("*.pdf"):
        content = path.read_bytes()
        assert content.startswith(b"%PDF")
        assert b"/Type3" not in content  # fonts are embedded as text, not as drawings


def test_tables_are_booktabs_with_balanced_columns(out):
    names = {path.stem for path in (out / "tables").glob("*.tex")}
    assert names == {"claims", "cells", "falsification"}
    for path in (out / "tables").glob("*.tex"):
        text = path.read_text()
        assert text.isascii()
        body = text.partition("\\toprule")[2].partition("\\bottomrule")[0]
        ampersands = {line.replace("\\&", "").count("&") for line in body.splitlines() if line.endswith("\\\\")}
        assert len(ampersands) == 1
        assert text.count("{") - text.count("\\{") == text.count("}") - text.count("\\}")


def test_text_is_escaped_and_formulas_are_rendered():
    shown = with_formulas("<b> & $x_1$")
    assert "&lt;b&gt; &amp; <math" in shown
    assert "xmlns" not in shown
    assert 'display="block"' in statement(r"h(z) = A z + b")
    assert statement("plain words") == "plain words"
    assert mathml(r"\left(").startswith(("<code>", "<math"))


def test_latex_is_escaped_outside_formulas():
    assert tex("50 % of a_b & $c_d$") == r"50 \% of a\_b \& $c_d$"


def test_an_erratum_comes_apart():
    parts = erratum_parts("printed: a; b; correct: c; witness: 1, not 2; consequence: it matters.")
    assert parts == ("a; b", "c", "1, not 2", "it matters.")
    assert erratum_parts("otherwise") is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (wording.number(-0.5), "−0.5000"),
        (wording.number(None), "–"),
        (wording.interval({"low": 0.1, "high": 0.25}, 2), "[0.10, 0.25]"),
        (wording.interval(None), ""),
        (wording.seeds([0, 1, 2]), "3 (0–2)"),
        (wording.seeds([3, 7]), "2 (3, 7)"),
        (wording.seeds([]), "–"),
        (wording.verdicts({"affine": 5}), "affine"),
        (wording.verdicts({"none": 1, "affine": 4}), "affine 4, none 1"),
        (wording.source("mikulasch2026ldm, eq. 14"), "LDM eq. 14"),
    ],
)
def test_wording(given, shown):
    assert given == shown
