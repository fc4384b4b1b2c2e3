"""How every figure looks: journal widths by tueplots, a palette that colour-blind readers can tell apart, vector text.

Ink and rules are drawn in two reserved colours, which the page replaces by its own text colours, light or dark.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import ceil

import matplotlib
import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tueplots import bundles

INK = "#1b1d21"
FAINT = "#8b8f97"
# Okabe and Ito's palette, ordered so that neighbours differ in lightness as well
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F5FA8")
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


@contextmanager
def journal_style() -> Iterator[None]:
    """ICML full width, serif text from fonts that ship with matplotlib, text kept as text in PDF."""
    with matplotlib.rc_context(bundles.icml2024(column="full", usetex=False)):
        matplotlib.rcParams.update(
            {
                "font.family": "STIXGeneral",
                "mathtext.fontset": "stix",
                "pdf.fonttype": 42,
                "svg.fonttype": "path",
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
    """A figure of full width with `count` panels, `columns` to a row, each row `height` inches high."""
    columns = min(columns, count)
    rows = ceil(count / columns)
    figure = Figure(figsize=(FULL_WIDTH, height * rows))
    axes = [figure.add_subplot(rows, columns, position + 1) for position in range(count)]
    return figure, axes


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
