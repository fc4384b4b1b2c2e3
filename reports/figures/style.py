"""How every figure looks: journal widths by tueplots, a palette that colour-blind readers can tell apart, vector text.

Ink and rules are drawn in two reserved colours, which the page replaces by its own text colours, light or dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from math import ceil
from typing import Any, Literal

import matplotlib
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tueplots import bundles

INK = "#1b1d21"
FAINT = "#8b8f97"
# Okabe and Ito's palette, ordered so that neighbours differ in lightness as well, and a seventh of Tol's
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255")
METHODS = {"knn": "#0072B2", "kde": "#D55E00", "log_det": "#009E73", "stop_gradient": "#CC79A7", "plug_in": "#CC79A7"}
HOLDS = {True: "#009E73", False: "#D55E00", None: FAINT}
METHOD_NAMES = {
    "knn": "kNN",
    "kde": "KDE",
    "log_det": "log det",
    "stop_gradient": "stop-gradient",
    "plug_in": "plug-in",
}
FULL_WIDTH = 6.75
STYLES = ("icml", "neurips", "iclr", "jmlr")
NARROW = 4.5
"""Inches below which a figure has half as many panels to a row."""
_WIDTH: ContextVar[float] = ContextVar("figure width", default=FULL_WIDTH)


def figure_width() -> float:
    """Inches that a figure is wide under the style in force."""
    return _WIDTH.get()


def _bundle(style: str, column: bool) -> dict[Any, Any]:
    """The journal's settings; a column is ICML's own, elsewhere half of the text."""
    if style == "icml":
        return bundles.icml2024(column="half" if column else "full", usetex=False)
    share = 0.5 if column else 1.0
    if style == "jmlr":
        return bundles.jmlr2001(rel_width=share)
    makers = {"neurips": bundles.neurips2024, "iclr": bundles.iclr2024}
    if style not in makers:
        raise ValueError(f"unknown style {style!r}: choose one of {', '.join(STYLES)}")
    return makers[style](rel_width=share, usetex=False)


@contextmanager
def journal_style(
    style: str = "icml", column: bool = False, svg_text: Literal["path", "none"] = "path"
) -> Iterator[None]:
    """Width of the journal's text or column, serif text from fonts that ship with matplotlib, kept as text in PDF.

    `svg_text="none"` keeps it as text in SVG too, for papers; a page that others open needs paths. Raises ValueError
    for a style that is not in STYLES.
    """
    bundle = _bundle(style, column)
    width = _WIDTH.set(float(bundle["figure.figsize"][0]))
    try:
        with _look(bundle, svg_text):
            yield
    finally:
        _WIDTH.reset(width)


@contextmanager
def _look(bundle: dict[Any, Any], svg_text: str) -> Iterator[None]:
    with matplotlib.rc_context(bundle):
        matplotlib.rcParams.update(
            {
                "text.usetex": False,
                "font.family": "serif",
                "font.serif": ["STIXGeneral", "Times New Roman", "Times"],
                "mathtext.fontset": "stix",
                "pdf.fonttype": 42,
                "svg.fonttype": svg_text,
                "figure.constrained_layout.use": True,
                "text.color": INK,
                "axes.labelcolor": INK,
                "axes.edgecolor": FAINT,
                "axes.facecolor": "none",
                "axes.linewidth": 0.5,
                "axes.spines.top": False,
                "axes.spines.right": False,
                "xtick.color": FAINT,
                "ytick.color": FAINT,
                "xtick.labelcolor": INK,
                "ytick.labelcolor": INK,
                "xtick.major.width": 0.5,
                "ytick.major.width": 0.5,
                "xtick.major.size": 2,
                "ytick.major.size": 2,
                "axes.titleweight": "normal",
                "axes.titlesize": 7.5,
                "axes.labelsize": 7.5,
                "xtick.labelsize": 6.5,
                "ytick.labelsize": 6.5,
                "legend.fontsize": 7,
                "lines.linewidth": 1.0,
                "legend.frameon": False,
            }
        )
        yield


def panels(count: int, columns: int, height: float) -> tuple[Figure, list[Axes]]:
    """A figure of the style's width with `count` panels, `columns` to a row, each row `height` inches high.

    Narrow figures have half as many columns: `is_first_col()` of a panel's subplot says where labels belong.
    """
    width = figure_width()
    columns = min(columns if width >= NARROW else ceil(columns / 2), count)
    rows = ceil(count / columns)
    figure = Figure(figsize=(width, height * rows))
    axes = [figure.add_subplot(rows, columns, position + 1) for position in range(count)]
    return figure, axes


def is_first_column(panel: Axes) -> bool:
    """Whether a panel starts its row."""
    place = panel.get_subplotspec()
    return place is not None and place.is_first_col()


def is_lowest(panel: Axes, panels: Sequence[Axes]) -> bool:
    """Whether no panel of the figure stands below this one."""
    places = [place for one in panels if (place := one.get_subplotspec()) is not None]
    own = panel.get_subplotspec()
    return own is not None and not any(
        place.colspan == own.colspan and place.rowspan.start > own.rowspan.start for place in places
    )


def method_colour(method: str, others: Sequence[str] = ()) -> str:
    """The colour of a method, the same in every figure; methods that have none of their own take turns."""
    if _key(method) in METHODS:
        return METHODS[_key(method)]
    unknown = [name for name in others if _key(name) not in METHODS]
    return PALETTE[(4 + unknown.index(method)) % len(PALETTE)] if method in unknown else FAINT


def method_name(method: str) -> str:
    """The method's name as readers know it."""
    return METHOD_NAMES.get(_key(method), method)


def _key(method: str) -> str:
    return method.lower().replace(" ", "_").replace("-", "_")


def plane_colours(z: Float[np.ndarray, "q 2"]) -> Float[np.ndarray, "q 3"]:
    """One colour per point of the plane: blue to orange along the first axis, dark to light along the second."""
    low, high = z.min(0), z.max(0)
    unit = (z - low) / np.where(high > low, high - low, 1.0)
    corners = np.array([[[0.03, 0.25, 0.49], [0.45, 0.72, 0.93]], [[0.70, 0.24, 0.03], [0.98, 0.73, 0.38]]])
    first, second = unit[:, :1], unit[:, 1:]
    dark = (1 - first) * corners[0, 0] + first * corners[1, 0]
    light = (1 - first) * corners[0, 1] + first * corners[1, 1]
    return (1 - second) * dark + second * light
