"""Figures, drawn from records only: one module per figure, each with `draw(records) -> Drawing | None`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reports.figures import (
    categorical_digits,
    dot_images,
    eigenspectra,
    failed_runs,
    filtered_trajectory,
    gradient_cosines,
    ica_paths,
    ladder_bars,
    latent_grids,
    learning_curves,
    optimum_evidence,
    recovered_geometry,
    score_by_dimension,
    scores_and_baselines,
    shape_sweep,
    unmixed_sources,
)
from reports.figures.illustration import Draw, Illustration, illustrate
from reports.figures.style import journal_style
from reports.store import Record

FIGURES: dict[str, Draw] = {
    "latent_grids": latent_grids.draw,
    "dot_images": dot_images.draw,
    "score_by_dimension": score_by_dimension.draw,
    "scores_and_baselines": scores_and_baselines.draw,
    "learning_curves": learning_curves.draw,
    "ladder_bars": ladder_bars.draw,
    "optimum_evidence": optimum_evidence.draw,
    "recovered_geometry": recovered_geometry.draw,
    "shape_sweep": shape_sweep.draw,
    "unmixed_sources": unmixed_sources.draw,
    "ica_paths": ica_paths.draw,
    "filtered_trajectory": filtered_trajectory.draw,
    "categorical_digits": categorical_digits.draw,
    "gradient_cosines": gradient_cosines.draw,
    "eigenspectra": eigenspectra.draw,
    "failed_runs": failed_runs.draw,
}


def draw_figures(records: Mapping[str, Record], folder: Path) -> tuple[Illustration, ...]:
    """Draw every figure the records have something for, write it into `folder` and return what the page shows."""
    with journal_style():
        drawings = {name: draw(records) for name, draw in FIGURES.items()}
        return tuple(illustrate(name, drawn, folder) for name, drawn in drawings.items() if drawn is not None)
