"""Geometry of h = f o g: constancy of J_h, sign of its determinant, distance to orthogonal, folding pairs.

Drawn from the numbers of `identify.jacobian_geometry` and the points they were taken at; nothing is computed from maps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from reports.figures.illustration import Drawing
from reports.figures.style import FAINT, INK, PALETTE, panels

if TYPE_CHECKING:
    from identify.jacobian_geometry import Folding, Geometry

PAIRS = 150
"""Folding pairs joined by a line, evenly spread over those found."""
AXES = ("$z_1$", "$z_2$")


def draw(z: Float[np.ndarray, "n d"], found: Geometry, folds: Folding) -> Drawing:
    """Four panels over the first two latents: the points z, their geometry and the folds among them.

    Raises:
        ValueError: fewer than two latents, or points that are not those of the numbers.
    """
    if z.ndim != 2 or z.shape[1] < 2:
        raise ValueError(f"z has shape {z.shape}: the maps need at least two latents")
    if not len(z) == len(found.jacobian) == len(folds.folded):
        raise ValueError(
            f"z has {len(z)} points, the geometry {len(found.jacobian)} and the folding {len(folds.folded)}: "
            "give the points both were taken at"
        )
    figure, axes = panels(4, 2, 2.5)
    show_constancy(figure, axes[0], z, found)
    show_sign(axes[1], z, found)
    show_from_orthogonal(figure, axes[2], z, found)
    show_folds(axes[3], z, folds)
    for panel in axes:
        panel.set(xlabel=AXES[0], ylabel=AXES[1])
    caption = (
        f"{len(z)} points in the first two of {z.shape[1]} latents. Constancy: distance of the Jacobian of h from its "
        f"mean over the norm of the mean, root mean square {found.deviation:.3g}; 0 everywhere for affine h. Rank "
        f"{found.rank} at the median point, at least {found.least_rank}. Distance to orthogonal: spread of the "
        f"singular values about their geometric mean, rms {found.from_orthogonal:.3g}; 0 for similarities. "
        f"Folds: lines join distant points with one code; folding entropy {folds.entropy:.3g} nats."
    )
    return Drawing(figure, "Geometry of the recovered map", caption)


def deviations(jacobian: Float[np.ndarray, "n m d"]) -> Float[np.ndarray, " n"]:
    """|J - mean J|_F / |mean J|_F at each point; the geometry's `deviation` is their root mean square."""
    mean = jacobian.mean(axis=0)
    scale = np.linalg.norm(mean)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.linalg.norm(jacobian - mean, axis=(1, 2)) / scale


def distances_to_orthogonal(found: Geometry) -> Float[np.ndarray, " n"]:
    """Root mean square of s_k / s - 1 at each point, s the geometric mean of the singular values s_k."""
    with np.errstate(divide="ignore", invalid="ignore"):
        middle = np.exp(np.mean(np.log(found.singular_values), axis=1, keepdims=True))
        return np.sqrt(np.mean((found.singular_values / middle - 1) ** 2, axis=1))


def determinants(found: Geometry) -> Float[np.ndarray, " n"] | None:
    """Sign of det J_h at each point, 0 where it is singular; None where the code is wider than the latents."""
    if found.sign_share is None:
        return None
    return np.sign(np.linalg.det(found.jacobian))


def _coloured(figure: Figure, panel: Axes, z: np.ndarray, values: np.ndarray, label: str) -> None:
    seen = np.isfinite(values)
    top = float(np.quantile(values[seen], 0.98)) if seen.any() else 0.0
    points = panel.scatter(
        z[seen, 0], z[seen, 1], c=values[seen], s=4, lw=0, cmap="viridis", vmin=0, vmax=top or 1.0, rasterized=True
    )
    if not seen.all():
        panel.scatter(z[~seen, 0], z[~seen, 1], s=6, marker="x", lw=0.5, color=PALETTE[1], label="singular")
        panel.legend(loc="upper right", markerscale=2)
    figure.colorbar(points, ax=panel, shrink=0.85, label=label)


def show_relative_deviation(
    figure: Figure, panel: Axes, z: Float[np.ndarray, "n d"], jacobian: Float[np.ndarray, "n m d"]
) -> None:
    """Points coloured by the Jacobian's relative distance from its mean."""
    _coloured(figure, panel, z, deviations(jacobian), "relative deviation")


def show_constancy(figure: Figure, panel: Axes, z: np.ndarray, found: Geometry) -> None:
    """The same with a title."""
    show_relative_deviation(figure, panel, z, found.jacobian)
    panel.set_title("Jacobian: deviation from its mean")


def show_sign(panel: Axes, z: np.ndarray, found: Geometry) -> None:
    """Points by the sign of det J_h."""
    signs = determinants(found)
    panel.set_title("sign of the determinant")
    if signs is None:
        panel.text(0.5, 0.5, "none: the code is wider", ha="center", va="center", transform=panel.transAxes)
        return
    for sign, colour, name in ((1, PALETTE[0], "positive"), (-1, PALETTE[1], "negative"), (0, INK, "zero")):
        here = signs == sign
        if here.any():
            share = PercentFormatter(1, decimals=0).format_pct(float(here.mean()), 1)
            panel.scatter(z[here, 0], z[here, 1], s=4, lw=0, color=colour, label=f"{name}, {share}", rasterized=True)
    low, high = panel.get_ylim()
    panel.set_ylim(low, high + 0.35 * (high - low))
    panel.legend(loc="upper right", markerscale=2)


def show_from_orthogonal(figure: Figure, panel: Axes, z: np.ndarray, found: Geometry) -> None:
    """Points coloured by the spread of the singular values."""
    _coloured(figure, panel, z, distances_to_orthogonal(found), "relative spread")
    panel.set_title("distance to orthogonal, up to scale")


def show_folds(panel: Axes, z: np.ndarray, folds: Folding) -> None:
    """Points, and lines between those that share a code."""
    panel.scatter(z[:, 0], z[:, 1], s=4, lw=0, color=FAINT, alpha=0.5, rasterized=True)
    folded = np.flatnonzero(folds.folded)
    if len(folded):
        panel.scatter(z[folded, 0], z[folded, 1], s=4, lw=0, color=PALETTE[3], rasterized=True)
        joined = folded[np.linspace(0, len(folded) - 1, min(PAIRS, len(folded))).astype(int)]
        ends = np.stack([z[joined, :2], z[folds.partner[joined], :2]])
        panel.plot(ends[:, :, 0], ends[:, :, 1], color=INK, lw=0.3, alpha=0.6, zorder=3)
    panel.set_title(f"folds: {folds.share:.0%} of the points" if len(folded) else "folds: none found")
