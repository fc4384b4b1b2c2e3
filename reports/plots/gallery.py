"""The gallery of `identify plot`: `python -m reports.plots.gallery [REPORT_DIR ...]`.

`docs/plots/records` keeps records of reports, without the arrays that no figure here needs; given report folders, their
cells named in KEPT are taken over first. Every figure is then drawn by the command that stands beside it in
`docs/plots/README.md`, which is written too; figures are kept as PNG of 64 colours.
"""

from __future__ import annotations

import io
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from reports.atomic_file import write_atomically
from reports.code_version import ROOT
from reports.plots.kind_names import KIND_NAMES
from reports.plots.saved_run import read_records
from reports.store import INDEX, Record, Store

DOCS = Path("docs/plots")
ALL = ("",)
KEPT: dict[str, tuple[str, ...]] = {
    "markov-2/knn": ("grid/", "geometry/", "history/", "sample/z"),
    "no-coverage/witness-start": ("grid/", "geometry/"),
    "wobbly-in-view/knn": ("grid/", "geometry/", "sample/x"),
    "markov-4/knn": ("history/", "sample/z"),
    "markov-4/stop-gradient": ("history/", "sample/z"),
    "markov-*": (),
    "follow-up-*/log-det": (),
    "shape-sweep/*": (),
    "ica/wrong-prior-path": ("path/",),
    "ica/ornstein-uhlenbeck": ("sources", "mixed", "unmixed"),
    "plane-empirical/*": ("history/", "spectrum/"),
    "sphere-empirical/neighbours-mi": ("history/", "spectrum/"),
    "rotation-dots/*": ("course/",),
    "digits/ldm-0.99-raised": ALL,
    "digits/*": (),
}
"""Pattern of cells -> beginnings of the names of arrays to keep; the first pattern that fits a cell counts."""


class Example(NamedTuple):
    """A figure of the gallery: its kind, the arguments beside it, and its file's name."""

    kind: str
    arguments: str
    name: str = ""

    @property
    def stem(self) -> str:
        """Name of the file without suffix."""
        return self.name or self.kind

    @property
    def command(self) -> str:
        """What a reader types at the root of the checkout."""
        return f"identify plot {self.kind} {self.arguments} --out {DOCS}/{self.stem}.png"


EXAMPLES = (
    Example("grid", "docs/plots --only markov-2/knn"),
    Example("grid", "docs/plots --only markov-2/knn --only no-coverage/witness-start --style neurips", "grid_two"),
    Example("score", "docs/plots --only 'markov-*'"),
    Example(
        "score",
        "docs/plots --only 'digits/[lm]*' --x match --score accuracy --column --xlabel '$p_\\theta$' --ylabel accuracy",
        "score_match",
    ),
    Example("ladder", "docs/plots --only 'markov-*/knn' --only no-coverage/witness-start"),
    Example("correlations", "docs/plots --only markov-4/knn --only markov-4/stop-gradient --column"),
    Example("jacobian", "docs/plots"),
    Example("falsification", "docs/theorems_report"),
    Example("learning", "docs/plots --only markov-2/knn --only markov-4/knn --only 'markov-4/s*'"),
    Example("cosines", "docs/plots"),
    Example("eigenspectra", "docs/plots"),
    Example("trajectory", "docs/plots"),
    Example("calibration", "docs/calibration"),
    Example("optimum", "docs/plots --only 'markov-*'"),
    Example("baselines", "docs/plots --only 'markov-*' --only 'follow-up-*'"),
    Example("geometry", "docs/plots --only markov-2/knn --only no-coverage/witness-start"),
    Example("shapes", "docs/plots --column"),
    Example("sources", "docs/plots"),
    Example("paths", "docs/plots"),
    Example("images", "docs/plots --only wobbly-in-view/knn"),
    Example("digits", "docs/plots"),
)


def kept_arrays(cell: str) -> tuple[str, ...] | None:
    """Beginnings of the names of arrays that are kept of a cell; None where the cell is not kept."""
    return next((names for pattern, names in KEPT.items() if fnmatchcase(cell, pattern)), None)


def keep(runs: Sequence[Path], folder: Path) -> None:
    """Take over the records named in KEPT; what was kept of a cell before is replaced."""
    known = read_records(folder.parent) if any(folder.glob("*.json")) else {}
    with Store(folder) as store:
        for run in runs:
            for cell, record in read_records(run).items():
                names = kept_arrays(cell)
                if names is None:
                    continue
                if cell in known:
                    for path in folder.glob(f"{known[cell].address}.*"):
                        path.unlink()
                store.write(_thin(record, names))
    (folder / INDEX).unlink()


def _thin(record: Record, names: tuple[str, ...]) -> Record:
    return replace(record, arrays={name: rows for name, rows in record.arrays.items() if name.startswith(names)})


def draw(example: Example) -> str:
    """Run the command of an example at the root of the checkout and shrink its PNG; returns the caption."""
    from typer.main import get_command

    from reports.command_line import app

    said = io.StringIO()
    with redirect_stdout(said):
        get_command(app).main(shlex.split(example.command)[1:], prog_name="identify", standalone_mode=False)
    path = DOCS / f"{example.stem}.png"
    small = io.BytesIO()
    with Image.open(path) as full:
        full.convert("RGB").quantize(64).save(small, "png", optimize=True)
    write_atomically(path, small.getvalue())
    caption = path.with_suffix(".txt")
    text = caption.read_text().strip()
    caption.unlink()
    return text


def page(captions: Sequence[str]) -> Iterator[str]:
    """Lines of the gallery's page."""
    yield "# Gallery of `identify plot`"
    yield ""
    yield (
        "Made by `python -m reports.plots.gallery` from the records kept in `docs/plots/records` and the rows kept of "
        "reports: each figure by the command below it, its caption by the same command (`identify plot` writes it to "
        "`FILE.txt`). Captions say n, seeds and how intervals were made. `--style icml|neurips|iclr|jmlr`, `--column` "
        "and `--format pdf|svg|png` set width and file; text stays text in PDF and SVG, colours are told apart by "
        "colour-blind readers. `identify plot table REPORT --what claims` writes LaTeX tables (booktabs)."
    )
    yield ""
    yield "| kind | shows | arrays it can be drawn from |"
    yield "|---|---|---|"
    for name, one in KIND_NAMES.items():
        yield f"| `{name}` | {one.shows} | {one.arrays or '–'} |"
    for example, caption in zip(EXAMPLES, captions, strict=True):
        yield ""
        yield f"## {example.stem.replace('_', ' ')}"
        yield ""
        yield f"![{KIND_NAMES[example.kind].shows}]({example.stem}.png)"
        yield ""
        yield f"`{example.command}`"
        yield ""
        yield caption


def main() -> None:
    """Take over the reports named on the command line, draw every figure and write the page."""
    if Path.cwd() != ROOT:
        raise SystemExit("run this at the root of the checkout: the commands name their files from there")
    if len(sys.argv) > 1:
        keep([Path(name) for name in sys.argv[1:]], DOCS / "records")
    captions = [draw(example) for example in EXAMPLES]
    write_atomically(DOCS / "README.md", ("\n".join(page(captions)) + "\n").encode())
    print(DOCS / "README.md")


if __name__ == "__main__":
    main()
