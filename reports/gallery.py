"""The gallery of worlds: a picture of each with what it satisfies and the best R2 that an encoder could reach.

`identify worlds --gallery FOLDER` writes `index.html` and `NAME.png`; `python -m reports.gallery` writes that of the
documentation, in Markdown.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import torch
from matplotlib.figure import Figure
from PIL import Image

from reports.atomic_file import write_atomically
from reports.figures.style import journal_style
from reports.figures.world_pictures import draw
from reports.page_templates import page_templates

if TYPE_CHECKING:
    from synthetic import Ceiling, World

SEQUENCES, LENGTH, SEED = 150, 60, 0
DRAWN = f"{SEQUENCES} sequences of at most {LENGTH} steps, seed {SEED}"
DOCS = Path(__file__).resolve().parent.parent / "docs"


class Entry(NamedTuple):
    """What the page says about one world."""

    name: str
    description: str
    broken: tuple[str, ...]
    ceiling: str


def write_gallery(folder: Path, worlds: Mapping[str, World]) -> Path:
    """Sample and draw every world and write `index.html`; returns that page."""
    entries = _drawn(folder, worlds)
    text = page_templates().get_template("gallery.html").render(entries=entries, drawn=DRAWN)
    write_atomically(folder / "index.html", text.encode())
    return folder / "index.html"


def write_notes(folder: Path, worlds: Mapping[str, World]) -> Path:
    """The same page in Markdown, for the documentation; returns it."""
    write_atomically(folder / "README.md", "\n".join(_markdown(_drawn(folder, worlds))).encode())
    return folder / "README.md"


def _drawn(folder: Path, worlds: Mapping[str, World]) -> list[Entry]:
    """A picture of each world in the folder, and what is to be said about it."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    with journal_style():
        for world in worlds.values():
            length = LENGTH if world.longest is None else min(LENGTH, world.longest)
            sampled = world.sample(SEQUENCES, length, torch.Generator().manual_seed(SEED))
            write_atomically(folder / f"{world.name}.png", _picture(draw(world, sampled)))
            entries.append(_entry(world))
    return entries


def _picture(figure: Figure) -> bytes:
    """The figure as a PNG of 64 colours: a quarter of the size, and no eye sees it."""
    full, small = io.BytesIO(), io.BytesIO()
    figure.savefig(full, format="png", dpi=110, facecolor="white")
    Image.open(full).convert("RGB").quantize(64).save(small, "png", optimize=True)
    return small.getvalue()


def _entry(world: World) -> Entry:
    broken = tuple(
        f"{one.name.lower().replace('_', ' ')}: {said.why}" for one, said in world.assumptions.items() if not said.holds
    )
    return Entry(world.name, world.description, broken, shown_ceiling(world.ceiling))


def shown_ceiling(ceiling: Ceiling) -> str:
    """The ceiling with its interval, where it has one."""
    if ceiling.low == ceiling.high:
        return f"{ceiling.r2:g}"
    return f"{ceiling.r2:.3f} ({ceiling.low:.3f} to {ceiling.high:.3f})"


def _markdown(entries: list[Entry]) -> Iterator[str]:
    yield "# Gallery of worlds"
    yield ""
    yield (
        "Made by `python -m reports.gallery`. Left: latents of many frames, coloured by place. Middle: the same frames "
        "as they are observed, as images or in two principal components. Right: one sequence. Drawn from "
        f"{DRAWN}. The ceiling is the best R2 that any encoder of one observation can reach."
    )
    for one in entries:
        yield ""
        yield f"## {one.name}"
        yield ""
        yield f"{one.description}. Ceiling {one.ceiling}."
        yield ""
        yield f"![{one.name}: latents, observations, a sequence]({one.name}.png)"
        for why in one.broken:
            yield ""
            yield f"- does not hold: {why}"
    yield ""


def main() -> None:
    """Write the gallery of the documentation."""
    import synthetic

    write_notes(DOCS / "gallery", {name: make() for name, make in synthetic.worlds().items()})


if __name__ == "__main__":
    main()
