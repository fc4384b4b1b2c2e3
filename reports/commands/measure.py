"""`identify measure`: which class of maps relates recovered latents to true ones, for any two arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from identify import Measurement


def run(
    true: Annotated[str, typer.Argument(help="True latents: npy, npz, csv or safetensors; FILE:KEY in a container.")],
    recovered: Annotated[list[str], typer.Argument(help="Recovered latents; several files make a comparison.")],
    expect: Annotated[
        str | None, typer.Option(help="Exit with 1 unless the class found is contained in this one.")
    ] = None,
    scores: Annotated[
        list[str] | None, typer.Option(help="Scores to compute, by name; repeat or separate by commas. Default: all.")
    ] = None,
    sequence_length: Annotated[
        int | None, typer.Option(help="Rows of one sequence, for flat time series: split and resampled as wholes.")
    ] = None,
    groups: Annotated[
        str | None, typer.Option(help="File with one label a row (sequences of different length).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the split and of everything random.")] = 0,
    tau: Annotated[float, typer.Option(help="Least two-way R2 in the worst direction for anything but none.")] = 0.5,
    eps: Annotated[float, typer.Option(help="Margin of excess loss within which a class holds.")] = 0.01,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for a page with figures and the JSON.")] = None,
) -> None:
    """Measure RECOVERED against TRUE: scores, ladder of classes, verdict."""
    from identify import check_class, measure
    from reports.arrays import read_array
    from reports.measure_tables import print_comparison, print_measurement

    if expect is not None:
        check_class(expect)
    z = read_array(true)
    labels = None if groups is None else _labels(read_array(groups), groups)
    names = None if scores is None else [part for given in scores for part in given.split(",") if part]
    found: dict[str, Measurement] = {}
    for source in recovered:
        code = read_array(source)
        found[source] = measure(
            z, code, groups=labels, sequence_length=sequence_length, seed=seed, scores=names, tau=tau, eps=eps
        )
    if as_json:
        _print_json(found)
    else:
        for source, one in found.items():
            print_measurement(source, one)
        if len(found) > 1:
            print_comparison(found)
    if out is not None:
        _write_page(out, true, found, z)
    if expect is not None and not all(_is_within(one, expect) for one in found.values()):
        raise typer.Exit(1)


def _labels(values: Any, source: str) -> Any:
    flat = values.reshape(-1)
    if flat.size != max(values.shape, default=0):
        raise ValueError(f"{source} has shape {values.shape}: groups are one label a row")
    return flat


def _is_within(one: Measurement, expect: str) -> bool:
    from identify import is_contained

    return one.verdict.found is not None and is_contained(one.verdict.found, expect)


def _print_json(found: dict[str, Measurement]) -> None:
    import json

    from reports.plain_json import plain

    rows = [
        plain({**one.to_json(), **({"recovered": source} if len(found) > 1 else {})}) for source, one in found.items()
    ]
    typer.echo(json.dumps(rows[0] if len(rows) == 1 else rows, indent=2))


def _write_page(out: Path, true: str, found: dict[str, Measurement], z: Any) -> None:
    from reports.arrays import read_array
    from reports.measure_page import write_measure_page

    codes = {source: read_array(source) for source in found}
    path = write_measure_page(out, true, z, codes, found)
    typer.echo(f"wrote {path}", err=True)
