"""A drawn figure, saved for papers (PDF, SVG, PNG) and made ready to stand inside a page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import matplotlib
from matplotlib.figure import Figure

from reports.atomic_file import write_atomically
from reports.figures.style import FAINT, INK
from reports.store import Record

FORMATS = ("pdf", "svg", "png")


class Drawing(NamedTuple):
    """A figure with its title and the caption that says n, seeds and intervals."""

    figure: Figure
    title: str
    caption: str


class Illustration(NamedTuple):
    """A figure inside a page: `svg` is inline markup that takes its ink from the page."""

    name: str
    title: str
    caption: str
    svg: str


Draw = Callable[[Mapping[str, Record]], Drawing | None]
"""From records by cell id to a drawing, or None where they hold nothing to draw."""


def illustrate(name: str, drawing: Drawing, folder: Path) -> Illustration:
    """Write `name.pdf`, `name.svg` and `name.png` into `folder` and return the inline version."""
    drawing.figure.draw_without_rendering()
    drawing.figure.set_layout_engine("none")  # laid out once, not once per format
    content = {kind: saved(name, drawing.figure, kind) for kind in FORMATS}
    for kind, data in content.items():
        write_atomically(folder / f"{name}.{kind}", data)
    return Illustration(name, drawing.title, drawing.caption, _inline(name, drawing.title, content["svg"].decode()))


def saved(name: str, figure: Figure, kind: str) -> bytes:
    """The figure as a file of one of FORMATS."""
    # the same records give the same bytes: no dates, ids seeded by the figure's name
    dates: dict[str, dict[str, None]] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}
    stream = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        paper = "none" if kind == "svg" else "white"
        figure.savefig(stream, format=kind, dpi=220, metadata=dates[kind], facecolor=paper)
    return stream.getvalue()


def _inline(name: str, title: str, svg: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2)
    svg = re.sub(r'(<image [^>]*?) id="[^"]*"', r"\1", svg)  # named by content: equal images would share an id
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{name}-", svg)
    svg = svg.replace("xlink:href", "href").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    svg = svg.replace(INK, "currentColor").replace(FAINT, "var(--faint)")
    svg = re.sub(r'\bd="[^"]*"', lambda path: re.sub(r"(\.\d\d)\d+", r"\1", path[0]), svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
