"""`identify certify`: what recordings without ground truth support of the identifiability theorem's assumptions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import numpy as np


def run(
    data: Annotated[
        list[str],
        typer.Argument(help="Recordings: npy, npz, csv or safetensors, [t p] or [n t p]; FILE:KEY in a container."),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    dim: Annotated[int | None, typer.Option(min=1, help="Width of the code. Default: estimated.")] = None,
    seeds: Annotated[str, typer.Option(help="Seeds of the starts, separated by commas; two at least.")] = "0,1,2",
    sequence_length: Annotated[
        int | None, typer.Option(min=1, help="Rows of one recording, for flat time series.")
    ] = None,
    groups: Annotated[str | None, typer.Option(help="File with one label a row: recordings of any length.")] = None,
    alpha: Annotated[float, typer.Option(help="False-alarm rate of all assumption tests together.")] = 0.01,
    eps: Annotated[float, typer.Option(help="Bend between two starts that still counts as affine.")] = 0.05,
    out: Annotated[Path | None, typer.Option(help="Folder for a page with figures and the JSON.")] = None,
) -> None:
    """Fit DATA from several starts and say which assumptions are supported; exit 0 certified, 1 not, 2 bad input."""
    from identify import progress_bar
    from identify.certificate import certify
    from reports.plain_json import plain

    recordings = [part for source in data for part in _recordings(source, sequence_length, groups)]
    with progress_bar("fitting") as bar:
        found = certify(recordings, seeds=_numbers(seeds), dim=dim, alpha=alpha, eps=eps, progress=bar)
    if as_json:
        typer.echo(json.dumps(plain(found.to_json()), indent=2))
    else:
        typer.echo(found.table())
        typer.echo(f"\n{found.sentence}")
    if out is not None:
        from reports.certificate_html import write_certificate_page

        typer.echo(f"wrote {write_certificate_page(out, ', '.join(data), found)}", err=True)
    if not found.certified:
        raise typer.Exit(1)


def _numbers(seeds: str) -> list[int]:
    try:
        return [int(part) for part in seeds.split(",")]
    except ValueError:
        raise ValueError(f"seeds={seeds!r} are no whole numbers: separate them by commas, such as 0,1,2") from None


def _recordings(source: str, length: int | None, groups: str | None) -> list[np.ndarray]:
    """The recordings in one file, cut by length or by labels where it is flat."""
    import numpy as np

    from reports.arrays import read_array

    values: Any = read_array(source)
    if values.ndim == 3 and length is None and groups is None:
        return list(values)
    if values.ndim != 2:
        raise ValueError(f"{source} has shape {values.shape}: give [t p], [n t p], or flat rows with their lengths")
    if groups is not None:
        labels = read_array(groups).reshape(-1)
        if length is not None or len(labels) != len(values):
            raise ValueError(
                f"groups has {len(labels)} labels for {len(values)} rows of {source}: give one a row, and no length"
            )
        return [values[labels == label] for label in dict.fromkeys(labels.tolist())]
    if length is None:
        return [values]
    if len(values) % length:
        raise ValueError(f"sequence-length {length} does not divide the {len(values)} rows of {source}: give groups")
    return list(np.split(values, len(values) // length))
