"""`identify worlds`: the named worlds, what each does not satisfy, and the best R2 that any encoder could reach."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from synthetic import LeavingProbability, World
    from synthetic.recorded_ceilings import Ceilings


def run(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure anew what the worlds state as recorded constants (two minutes).")
    ] = False,
    gallery: Annotated[
        Path | None, typer.Option("--gallery", help="Write a page with a picture of each world into this folder.")
    ] = None,
) -> None:
    """List the worlds: name, dimensions, latent space, assumptions that do not hold, ceiling."""
    import synthetic

    known = [make() for make in synthetic.worlds().values()]
    if gallery is not None:
        from reports.gallery import write_gallery

        typer.echo(f"wrote {write_gallery(gallery, {world.name: world for world in known})}")
        return
    estimated = _measured() if measure else {}
    leaving = {"wobbly_in_view": synthetic.leaving_probability()} if measure else {}
    if as_json:
        import json

        typer.echo(
            json.dumps([_row(world, estimated.get(world.name), leaving.get(world.name)) for world in known], indent=2)
        )
    else:
        _print_table(known, estimated)
        for name, found in leaving.items():
            typer.echo(
                f"{name}: at the worst frame a share {found.worst_frame:.2g} is out of view (< {found.high:.2g})"
            )


def _measured() -> dict[str, Ceilings]:
    """Name of the world -> ceilings of one observation, and of all so far where a world states that."""
    import synthetic
    from synthetic.recorded_ceilings import Ceilings

    return {"wobbly_published": Ceilings(synthetic.published_ceiling(), None), **synthetic.measured_ceilings()}


def _row(world: World, estimated: Ceilings | None, leaving: LeavingProbability | None) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": world.name,
        "description": world.description,
        "d": world.dim,
        "p": world.observed_dim,
        "space": world.transition.space.statement,
        "longest": world.longest,
        "assumptions": {
            one.name.lower(): {"holds": said.holds, "why": said.why} for one, said in world.assumptions.items()
        },
        "ceiling": world.ceiling._asdict(),
    }
    if world.filtering is not None:
        row["ceiling_filtering"] = world.filtering._asdict()
    if estimated is not None:
        row["ceiling_estimated_anew"] = estimated.frame._asdict()
        if estimated.past is not None:
            row["ceiling_filtering_estimated_anew"] = estimated.past._asdict()
    if leaving is not None:
        row["out_of_view"] = leaving._asdict()
    return row


def _print_table(known: list[World], estimated: dict[str, Ceilings]) -> None:
    from rich.console import Console
    from rich.table import Table

    from synthetic.recorded_ceilings import Ceilings

    table = Table(
        caption="d latents, p observed; ceiling: best R2 of any encoder of one observation, and of all so far"
    )
    for heading in ("world", "d", "p", "latents in", "does not hold", "ceiling"):
        table.add_column(heading, justify="right" if heading in ("d", "p") else "left", no_wrap=heading == "world")
    for world in known:
        broken = ", ".join(
            one.name.lower().replace("_", " ") for one, said in world.assumptions.items() if not said.holds
        )
        ceiling = _shown(Ceilings(world.ceiling, world.filtering))
        if world.name in estimated:
            ceiling += f"\nanew {_shown(estimated[world.name])}"
        space = world.transition.space.statement
        table.add_row(world.name, str(world.dim), str(world.observed_dim), space, broken or "-", ceiling)
    Console().print(table)


def _shown(ceilings: Ceilings) -> str:
    from reports.gallery import shown_ceiling

    both = (ceilings.frame, ceilings.past)
    return "\nso far ".join(shown_ceiling(one) for one in both if one is not None)
