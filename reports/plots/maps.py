"""Figures over latents, from plain arrays or records: lattices, matched correlations, constancy of the Jacobian."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import linear_sum_assignment

from reports.figures.illustration import Drawing
from reports.figures.jacobian_geometry import AXES, show_relative_deviation
from reports.figures.latent_grids import lattice_lines, show_lattice
from reports.figures.style import is_first_column, panels, plane_colours
from reports.plots.given_arrays import equal_lengths, shaped
from reports.plots.options import Options
from reports.store import Record

Arrays = Mapping[str, np.ndarray]
MOST_CELLS = 8
MOST_LABELS = 20


def grid(arrays: Arrays, options: Options) -> Drawing:
    """The lattice `true` [q 2] and its images `before` and `after` [q 2], drawn as given."""
    true, after = shaped(arrays, "true", 2), shaped(arrays, "after", 2)
    stages = [("true $z$", true), ("trained $h(z)$", after)]
    if "before" in arrays:
        stages.insert(1, ("untrained $h(z)$", shaped(arrays, "before", 2)))
    equal_lengths(arrays, true=0, before=0, after=0)
    for name in ("true", "before", "after"):
        if name in arrays and arrays[name].shape[1] != 2:
            raise ValueError(
                f"array {name!r} has {arrays[name].shape[1]} columns: a lattice is drawn in the plane, give 2"
            )
    lines, colours = lattice_lines(true), plane_colours(true)
    figure, axes = panels(len(stages), len(stages), 2.2)
    for panel, (title, points) in zip(axes, stages, strict=True):
        show_lattice(panel, points, lines, colours)
        panel.set_title(title)
    return Drawing(figure, "Latents", f"{len(true)} points; colour marks the true position, points drawn as given.")


def correlations(arrays: Arrays, options: Options) -> Drawing:
    """The matrix [d m] that is given, or that of the rows of `true` [n d] and `recovered` [n m]."""
    if "matrix" in arrays:
        matrix, said = shaped(arrays, "matrix", 2), "The correlations that were given"
        if np.abs(matrix).max() > 1 + 1e-6:
            raise ValueError(f"array 'matrix' reaches {np.abs(matrix).max():.3g}: correlations lie between -1 and 1")
    else:
        true, recovered = shaped(arrays, "true", 2), shaped(arrays, "recovered", 2)
        equal_lengths(arrays, true=0, recovered=0)
        matrix, said = _correlation(true, recovered), f"Pearson correlations over n = {len(true)} rows"
    figure, (panel,) = panels(1, 1, 2.6)
    _show_matrix(figure, panel, matrix)
    return Drawing(figure, "Matched correlations", f"{said}, recovered latents in matched order (Hungarian method).")


def correlations_of(records: Mapping[str, Record], options: Options) -> Drawing | None:
    """One panel a cell: the sample of held-out latents that its record keeps, first seed."""
    shown = [record for record in records.values() if "sample/z_hat" in record.arrays][:MOST_CELLS]
    if not shown:
        return None
    figure, axes = panels(len(shown), min(4, len(shown)), 2.0 if len(shown) > 1 else 2.6)
    for panel, record in zip(axes, shown, strict=True):
        true, recovered = record.arrays["sample/z"], record.arrays["sample/z_hat"][0]
        _show_matrix(figure, panel, _correlation(true, recovered), panel is axes[-1])
        panel.set_title(record.cell)
    rows = len(shown[0].arrays["sample/z"])
    said = f"Pearson correlations over the n = {rows} held-out rows that each record keeps (first seed)"
    return Drawing(figure, "Matched correlations", f"{said}, recovered latents in matched order (Hungarian method).")


def _correlation(true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"]) -> Float[np.ndarray, "d m"]:
    def standard(values: np.ndarray) -> np.ndarray:
        centred = values - values.mean(axis=0)
        size = np.linalg.norm(centred, axis=0)
        return centred / np.where(size > 0, size, 1.0)

    return standard(true).T @ standard(recovered)


def _show_matrix(figure: Figure, panel: Axes, matrix: Float[np.ndarray, "d m"], bar: bool = True) -> None:
    rows, matched = linear_sum_assignment(-np.abs(matrix))
    order = np.concatenate([matched[np.argsort(rows)], np.setdiff1d(np.arange(matrix.shape[1]), matched)])
    image = panel.imshow(matrix[:, order], vmin=-1, vmax=1, cmap="RdBu_r", interpolation="nearest")
    if bar:
        figure.colorbar(image, ax=panel, label="correlation", shrink=0.8)
    panel.set(xlabel="recovered, matched", ylabel="true" if is_first_column(panel) else "")
    if len(order) <= MOST_LABELS:
        panel.set_xticks(range(len(order)), [str(k + 1) for k in order])
    if len(matrix) <= MOST_LABELS:
        panel.set_yticks(range(len(matrix)), [str(k + 1) for k in range(len(matrix))])


def jacobian(arrays: Arrays, options: Options) -> Drawing:
    """Deviation of `jacobian` [n m d] from its mean at the points `z` [n d], over the first two latents."""
    z, found = shaped(arrays, "z", 2), shaped(arrays, "jacobian", 3)
    equal_lengths(arrays, z=0, jacobian=0)
    if z.shape[1] < 2 or found.shape[2] != z.shape[1]:
        raise ValueError(
            f"arrays 'z' {z.shape} and 'jacobian' {found.shape} do not fit: give z [n d], d at least 2, and jacobian "
            "[n m d]"
        )
    figure, (panel,) = panels(1, 1, 2.6)
    show_relative_deviation(figure, panel, z, found)
    panel.set(xlabel=AXES[0], ylabel=AXES[1], aspect="equal")
    return Drawing(figure, "Constancy of the Jacobian", _constancy(len(z), z.shape[1]))


def has_plane_geometry(record: Record) -> bool:
    """Whether a record keeps Jacobians over two latents."""
    return "geometry/z" in record.arrays and record.arrays["geometry/z"].shape[1] == 2


def jacobian_of(records: Mapping[str, Record], options: Options) -> Drawing | None:
    """One panel a cell with two latents, first seed."""
    shown = [record for record in records.values() if has_plane_geometry(record)][:MOST_CELLS]
    if not shown:
        return None
    figure, axes = panels(len(shown), min(4, len(shown)), 2.0 if len(shown) > 1 else 2.6)
    for panel, record in zip(axes, shown, strict=True):
        show_relative_deviation(figure, panel, record.arrays["geometry/z"], record.arrays["geometry/jacobian"])
        panel.set_title(record.cell, fontsize=6)
        panel.set(xlabel=AXES[0], ylabel=AXES[1] if is_first_column(panel) else "", aspect="equal")
    return Drawing(figure, "Constancy of the Jacobian", _constancy(len(shown[0].arrays["geometry/z"]), 2))


def _constancy(points: int, d: int) -> str:
    return (
        f"Distance of the Jacobian of h = f o g from its mean, over the norm of the mean, at n = {points} points in "
        f"the first two of {d} latents; 0 everywhere for affine h. Colours end at the 98th percentile."
    )
