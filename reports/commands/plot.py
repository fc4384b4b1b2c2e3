"""`identify plot`: figures for papers from saved records or from arrays; nothing is run and no metric computed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from reports.plots.kind_names import KIND_NAMES, check_kind

if TYPE_CHECKING:
    from reports.figures.illustration import Drawing

FORMATS = ("pdf", "svg", "png")
KINDS = "Kinds:\n\n" + "\n\n".join(
    f"[bold]{name}[/]: {escape(one.shows)}{f'; arrays {escape(one.arrays)}' if one.arrays else ''}"
    for name, one in KIND_NAMES.items()
)


def run(
    kind: Annotated[str, typer.Argument(help="What to draw; see below.")],
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN_OR_FILES",
            help="The folder of a report, or arrays: NAME=FILE, FILE:KEY, a container whose keys are the names, or "
            "files in the order of the kind (npy, npz, csv, safetensors).",
        ),
    ] = None,
    style: Annotated[str, typer.Option(help="icml, neurips, iclr or jmlr: width of the journal's text.")] = "icml",
    column: Annotated[bool, typer.Option("--column", help="ICML's column, elsewhere half of the text.")] = False,
    formats: Annotated[
        list[str] | None, typer.Option("--format", help="pdf, svg or png; may be repeated. Default: pdf.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File (its suffix is a format) or folder; default: KIND.pdf here."),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option(metavar="CELL", help="Only this cell (* and ? stand for anything); repeatable.")
    ] = None,
    score: Annotated[str, typer.Option(help="Score of `score`; default: r2_affine, or the first there is.")] = "",
    x: Annotated[
        str, typer.Option("--x", help="Axis of `score`: a number of the records such as dim or sample.train.")
    ] = "",
    labels: Annotated[str, typer.Option(help="Names of the curves, separated by commas.")] = "",
    xlabel: Annotated[str, typer.Option(help="Label of the horizontal axis.")] = "",
    ylabel: Annotated[str, typer.Option(help="Label of the vertical axis.")] = "",
    caption: Annotated[str, typer.Option(help="A sentence to put first in the caption.")] = "",
    what: Annotated[str, typer.Option(help="Which table `table` writes.")] = "claims",
) -> None:
    """Draw a figure from the records of a report or from arrays, with its caption beside it (FILE.txt).

    The caption says n, seeds and how intervals were made. Text stays text in PDF and SVG.
    """
    check_kind(kind)
    given = list(sources or ())
    if kind == "table":
        _write_table(given, what, out)
        return
    from reports.figures.style import journal_style
    from reports.plots.kinds import drawing
    from reports.plots.options import Options

    stem, kinds = _target(kind, out, formats)
    options = Options(score, x, tuple(part.strip() for part in labels.split(",") if part.strip()), xlabel, ylabel)
    with journal_style(style, column, "none"):
        found = drawing(kind, given, options, tuple(only or ()))
        text = f"{caption.strip()} {found.caption}".strip()
        paths = _write(found, stem, kinds, text)
    typer.echo(f"wrote {', '.join(map(str, paths))}\n{text}")


def _target(kind: str, out: Path | None, formats: list[str] | None) -> tuple[Path, tuple[str, ...]]:
    """Path without suffix, and the formats: those asked for, else the suffix, else PDF. ValueError for others."""
    wanted = tuple(dict.fromkeys(formats or ()))
    unknown = [one for one in wanted if one not in FORMATS]
    if unknown:
        raise ValueError(f"unknown format {unknown[0]!r}: choose one of {', '.join(FORMATS)}")
    if out is None or out.is_dir():
        return (out or Path()) / kind, wanted or ("pdf",)
    suffix = out.suffix.removeprefix(".")
    if suffix and suffix not in FORMATS and not wanted:
        raise ValueError(f"out={str(out)!r} ends in .{suffix}: end it in {', '.join(FORMATS)}, or give --format")
    stem = out.with_suffix("") if suffix in FORMATS else out
    return stem, wanted or (suffix or "pdf",)


def _check_folder(path: Path) -> None:
    if not path.parent.is_dir():
        raise ValueError(f"out={str(path)!r} lies in a folder that is not there: make {path.parent} first")


def _write(found: Drawing, stem: Path, formats: tuple[str, ...], text: str) -> list[Path]:
    from reports.atomic_file import write_atomically
    from reports.figures.illustration import saved
    from reports.figures.style import figure_width

    _check_folder(stem)
    figure = found.figure
    figure.set_size_inches(figure_width(), figure.get_figheight())
    for _ in range(2):  # panels of fixed aspect are laid out by what the first pass made of them
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    paths = []
    for one in formats:
        paths.append(stem.with_name(f"{stem.name}.{one}"))
        write_atomically(paths[-1], saved(stem.name, figure, one))
    write_atomically(stem.with_name(f"{stem.name}.txt"), f"{text}\n".encode())
    return paths


def _write_table(sources: list[str], what: str, out: Path | None) -> None:
    from reports.atomic_file import write_atomically
    from reports.plots.kinds import table

    if len(sources) != 1 or not Path(sources[0]).is_dir():
        given = ", ".join(sources) or "nothing"
        raise ValueError(f"table is drawn from one folder of a report, not from {given}: see identify plot --help")
    text = table(Path(sources[0]), what)
    if out is None:
        typer.echo(text, nl=False)
        return
    path = out / f"{what}.tex" if out.is_dir() else out
    _check_folder(path)
    write_atomically(path, text.encode())
    typer.echo(f"wrote {path}")
