"""Geometry of h = f o g of trained encoders, one row of four panels a world (two latents, first seed)."""

from __future__ import annotations

from collections.abc import Mapping

from reports.figures.illustration import Drawing
from reports.figures.jacobian_geometry import AXES, show_constancy, show_folds, show_from_orthogonal, show_sign
from reports.figures.style import panels
from reports.recovered_geometry import stored_geometry
from reports.store import Record

MOST_WORLDS = 8


def draw(records: Mapping[str, Record]) -> Drawing | None:
    """Constancy, sign of the determinant, distance to orthogonal and folds, from the arrays of the records."""
    worlds: dict[tuple[str, str], Record] = {}
    for record in records.values():
        if "geometry/z" in record.arrays and record.summary["dim"] == 2:
            worlds.setdefault((record.summary["world"], record.summary["start"]), record)
    shown = list(worlds.values())[:MOST_WORLDS]
    if not shown:
        return None
    figure, axes = panels(4 * len(shown), 4, 1.75)
    for row, record in enumerate(shown):
        z, found, folds = stored_geometry(record.summary, record.arrays)
        four = axes[4 * row : 4 * row + 4]
        show_constancy(figure, four[0], z, found)
        show_sign(four[1], z, found)
        show_from_orthogonal(figure, four[2], z, found)
        show_folds(four[3], z, folds)
        four[0].set_title(f"{record.cell}\ndeviation of $J_h$, rms {found.deviation:.2g}")
        four[1].set_title(f"sign of det, minority {found.sign_share or 0:.0%}")
        four[2].set_title(f"off orthogonal, rms {found.from_orthogonal:.2g}")
        four[3].set_title(f"folded points {folds.share:.0%}")
        for panel in four:
            panel.set(xlabel=AXES[0], ylabel=AXES[1] if panel is four[0] else "")
    caption = (
        f"Jacobian of h = f ∘ g at {len(z)} held-out latents of each world (first seed), one row a world. Deviation: "
        "distance of the Jacobian from its mean over the norm of the mean, 0 everywhere for affine h. Off orthogonal: "
        "spread of the singular values about their geometric mean, 0 for similarities. Folds: lines join points whose "
        "codes agree within .05 standard deviations a dimension although their latents are a standard deviation apart."
    )
    return Drawing(figure, "Geometry of the recovered maps", caption)
