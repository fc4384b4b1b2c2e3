"""How each kind of figure is drawn: from records, from the rows of a report, from arrays, or from a measurement.

The functions read what they are given and compute no metric; `kind_names` says what each shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reports.calibration_page import RECORD as CALIBRATION
from reports.calibration_page import figure as verdict_calibration
from reports.figures import (
    categorical_digits,
    dot_images,
    eigenspectra,
    gradient_cosines,
    ica_paths,
    ladder_bars,
    latent_grids,
    learning_curves,
    optimum_evidence,
    recovered_geometry,
    scores_and_baselines,
    shape_sweep,
    unmixed_sources,
)
from reports.figures.falsification_rows import draw_rows
from reports.figures.illustration import Draw, Drawing
from reports.plots import caption, curves, maps
from reports.plots.given_arrays import read_given
from reports.plots.kind_names import KIND_NAMES, check_kind
from reports.plots.ladder_file import ladder, read_measurements
from reports.plots.options import Options
from reports.plots.saved_run import is_run, read_records, read_rows
from reports.plots.score_over import score_over, with_score
from reports.plots.trajectory import MOST_SEQUENCES, trajectories_of, trajectory
from reports.store import Record

OfRecords = Callable[[Mapping[str, Record], Options], Drawing | None]
OfArrays = Callable[[Mapping[str, np.ndarray], Options], Drawing]


Holds = Callable[[Record], bool]


def _any_record(record: Record) -> bool:
    return True


class Kind(NamedTuple):
    """What a kind can be drawn from: records that `holds` says yes to, arrays called `names` (in that order)."""

    of_records: OfRecords | None = None
    holds: Holds = _any_record
    names: tuple[str, ...] = ()
    of_arrays: OfArrays | None = None


def _plain(draw: Draw) -> OfRecords:
    """A figure of the report, which takes no options."""
    return lambda records, options: draw(records)


def _keeps(*names: str) -> Holds:
    """Records with one of these arrays."""
    return lambda record: any(name in record.arrays for name in names)


def _runs_have(key: str) -> Holds:
    return lambda record: any(run.get(key) for run in record.summary.get("runs", ()))


def _has_affine_score(record: Record) -> bool:
    return "r2_affine" in record.summary.get("over_seeds", {})


KINDS: dict[str, Kind] = {
    "grid": Kind(_plain(latent_grids.draw), _keeps("grid/z"), ("true", "after", "before"), maps.grid),
    "score": Kind(score_over, _any_record, ("x", "score", "low", "high"), curves.score),
    "ladder": Kind(_plain(ladder_bars.draw), _runs_have("ladder")),
    "correlations": Kind(
        maps.correlations_of, _keeps("sample/z_hat"), ("true", "recovered", "matrix"), maps.correlations
    ),
    "jacobian": Kind(maps.jacobian_of, maps.has_plane_geometry, ("z", "jacobian"), maps.jacobian),
    "falsification": Kind(),
    "learning": Kind(
        _plain(learning_curves.draw), _keeps("history/objective"), ("step", "objective", "oracle"), curves.learning
    ),
    "cosines": Kind(_plain(gradient_cosines.draw), _keeps("history/cosine"), ("step", "cosine"), curves.cosines),
    "trajectory": Kind(trajectories_of, _keeps("course/mean"), ("mean", "std", "true", "covariance"), trajectory),
    "calibration": Kind(names=("nominal", "covered", "count"), of_arrays=curves.calibration),
    "eigenspectra": Kind(_plain(eigenspectra.draw), _keeps("spectrum/codes"), ("values",), curves.eigenspectra),
    "optimum": Kind(_plain(optimum_evidence.draw), _runs_have("optimum")),
    "baselines": Kind(_plain(scores_and_baselines.draw), _has_affine_score),
    "geometry": Kind(_plain(recovered_geometry.draw), maps.has_plane_geometry),
    "shapes": Kind(_plain(shape_sweep.draw), lambda record: "shapes" in record.summary),
    "sources": Kind(_plain(unmixed_sources.draw), _keeps("unmixed")),
    "paths": Kind(_plain(ica_paths.draw), lambda record: record.summary.get("kind") == "ica path"),
    "images": Kind(_plain(dot_images.draw), dot_images.shows_images),
    "digits": Kind(_plain(categorical_digits.draw), lambda record: record.summary.get("kind") == "categorical"),
}
MOST_CELLS = {
    "trajectory": MOST_SEQUENCES,
    "grid": latent_grids.MOST_CELLS,
    "correlations": maps.MOST_CELLS,
    "jacobian": maps.MOST_CELLS,
    "geometry": 4,
}
"""Cells that a figure of many panels takes, the first ones; choose others with --only."""


def drawing(kind: str, sources: Sequence[str], options: Options, cells: Sequence[str] = ()) -> Drawing:
    """The figure of one kind, with its whole caption; call it inside `journal_style`.

    Raises ValueError for an unknown kind, a source that holds nothing of that kind, or arrays that do not fit.
    """
    check_kind(kind)
    if not sources:
        raise ValueError(f"{kind} of what? Give the folder of a report{_or_arrays(kind)}")
    folder = Path(sources[0])
    if folder.is_dir():
        if len(sources) > 1:
            raise ValueError(f"{sources[1]} is one source too many: give one folder, or files")
        return _of_folder(kind, folder, options, cells)
    if cells:
        raise ValueError(f"only={cells[0]!r} chooses among the cells of a report: {sources[0]} is no folder")
    if kind == "ladder":
        return ladder(read_measurements(sources))
    chosen = KINDS[kind]
    if chosen.of_arrays is None:
        raise ValueError(f"{sources[0]} is no folder: {kind} is drawn from the folder of a report")
    return chosen.of_arrays(read_given(kind, sources, chosen.names), options)


def _of_folder(kind: str, folder: Path, options: Options, cells: Sequence[str]) -> Drawing:
    if kind == "calibration" and (folder / CALIBRATION).is_file():
        return verdict_calibration(json.loads((folder / CALIBRATION).read_text()))
    if not is_run(folder):
        raise ValueError(f"{folder} is no report: give the folder that `identify report --out` wrote{_or_arrays(kind)}")
    if kind == "falsification":
        rows = read_rows(folder)
        found = draw_rows([row for row in rows["falsification"] if not cells or row["theorem"] in cells])
        return found._replace(caption=caption.of_rows(found.caption, rows))
    draw = KINDS[kind].of_records
    if draw is None:
        raise ValueError(f"{kind} is not drawn from a report of this version{_or_arrays(kind)}")
    held = {name: one for name, one in read_records(folder, cells).items() if KINDS[kind].holds(one)}
    if kind == "score":
        held = with_score(held, options)
    shown = dict(list(held.items())[: MOST_CELLS.get(kind)])
    found_one = draw(shown, options)
    if found_one is None:
        raise ValueError(f"{folder} has no record for {kind} ({KIND_NAMES[kind].shows}){_or_arrays(kind)}")
    return found_one._replace(caption=caption.of_records(found_one.caption, list(shown.values())))


def _or_arrays(kind: str) -> str:
    arrays = KIND_NAMES[kind].arrays
    return f", or arrays: {arrays}" if arrays else ""


def table(folder: Path, what: str) -> str:
    """LaTeX of one of the report's tables; raises ValueError with those there are for another name."""
    from reports.tables import tables

    if not (folder / "report.json").is_file():
        raise ValueError(f"{folder} has no report.json: give the folder that `identify report --out` wrote")
    made = tables({"cells": [], "falsification": [], "checks": []} | read_rows(folder))
    if what not in made:
        raise ValueError(f"what={what!r} is no table of {folder}: there are {', '.join(made)}")
    return made[what]
