"""A lattice of true latents, and where the encoder puts it before and after training (in the style of LDM Fig. 5C)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, panels, plane_colours
from reports.store import Record

MOST_CELLS = 8
_PIECE = 3


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """Three panels per cell with two-dimensional latents: true, before, after (the first seed)."""
    shown = [record for record in records.values() if "grid/z" in record.arrays][:MOST_CELLS]
    if not shown:
        return None
    columns = 6 if len(shown) > 1 else 3
    figure, axes = panels(3 * len(shown), columns, 1.62 if columns == 6 else 2.6)
    for position, record in enumerate(shown):
        true, before, after = axes[3 * position : 3 * position + 3]
        # a lattice reaches where no data are: only its part near data is shown
        inside = record.arrays.get("grid/inside", np.ones(len(record.arrays["grid/z"]), dtype=bool))
        z = record.arrays["grid/z"][inside]
        colours = plane_colours(z)
        lines = lattice_lines(z)
        for panel, points in (
            (true, z),
            (before, record.arrays["grid/before"][0][inside]),
            (after, record.arrays["grid/after"][0][inside]),
        ):
            show_lattice(panel, points, lines, colours)
        true.set_title("\ntrue $z$")
        before.set_title(f"{record.cell}\nuntrained $h(z)$")
        after.set_title("\ntrained $h(z)$")
        run = record.summary["runs"][0]
        before.set_xlabel(_score(run.get("untrained_r2")))
        after.set_xlabel(_score(run["scores"]["r2_affine"]["estimate"]))
    caption = (
        "A lattice of true latents pushed through h = f ∘ g, before and after training, one row of three panels "
        "per cell (first seed). Colour marks the true position. Both recovered lattices are drawn after the affine"
        " map that fits the truth best, so whatever bend remains is what no affine map can undo."
    )
    return Drawing(figure, "Recovered latents before and after training", caption)


def lattice_lines(z: Float[np.ndarray, "q 2"]) -> list[list[int]]:
    """The rows and columns of a lattice as lists of points of `z`, in pieces of a few points that share one colour."""
    ranks = [np.unique(np.round(z[:, axis], 6), return_inverse=True)[1].ravel() for axis in (0, 1)]
    place = {(int(i), int(j)): row for row, (i, j) in enumerate(zip(*ranks, strict=True))}
    lines = []
    for a, b in ((1, 0), (0, 1)):
        for i, j in sorted(place):
            # a piece starts where the line does, and wherever the piece before it ends
            if (a * i + b * j) % _PIECE == 0 or (i - a, j - b) not in place:
                line = [place[i, j]]
                while (i + a, j + b) in place and (len(line) == 1 or (a * i + b * j) % _PIECE):
                    i, j = i + a, j + b
                    line.append(place[i, j])
                lines.append(line)
    return [line for line in lines if len(line) > 1]


def _score(value: float | None) -> str:
    return "" if value is None else f"$R^2$ = {value:.3f}"


def show_lattice(
    panel: Axes, points: Float[np.ndarray, "q 2"], lines: list[list[int]], colours: Float[np.ndarray, "q 3"]
) -> None:
    """A lattice as lines in the colours of its points, or as points where it has no lines."""
    if lines:
        shades = [colours[line].mean(0) for line in lines]
        panel.add_collection(LineCollection([points[line] for line in lines], colors=shades, linewidths=0.8))
    else:
        panel.scatter(points[:, 0], points[:, 1], c=colours, s=4.0, linewidths=0)
    centre = (points.min(0) + points.max(0)) / 2
    reach = 0.55 * float(np.ptp(points, axis=0).max()) or 1.0
    panel.set(xlim=(centre[0] - reach, centre[0] + reach), ylim=(centre[1] - reach, centre[1] + reach))
    panel.set(xticks=[], yticks=[], aspect="equal")
    for side in ("top", "right", "bottom", "left"):
        panel.spines[side].set(visible=True, color=FAINT, linewidth=0.4)
