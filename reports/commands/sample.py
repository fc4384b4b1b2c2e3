"""`identify sample WORLD --out FILE`: trajectories of a named world as .npz or .safetensors, with metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reports.atomic_file import write_atomically

if TYPE_CHECKING:
    from synthetic import Trajectories, World

_SUFFIXES = (".npz", ".safetensors")


def run(
    world: Annotated[str, typer.Argument(help="Name of a world, as `identify worlds` lists them.")],
    out: Annotated[Path, typer.Option("--out", help="File to write: .npz or .safetensors.")],
    n: Annotated[int, typer.Option("--n", help="Number of sequences.")] = 1000,
    length: Annotated[int, typer.Option("--length", help="Steps in a sequence.")] = 2,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the draw; the world itself stays the same.")] = 0,
) -> None:
    """Write sequences of a world: z [n, length, d] and x [n, length, p], float32, with a JSON description."""
    if out.suffix not in _SUFFIXES:
        raise ValueError(f"out={out}: suffix {out.suffix!r} is not known; take one of {', '.join(_SUFFIXES)}")
    if not out.parent.is_dir():
        raise ValueError(f"out={out}: there is no folder {out.parent}; make it first")

    import torch

    chosen = _world_named(world)
    trajectories = chosen.sample(n, length, torch.Generator().manual_seed(seed))
    metadata = {"world": world, "description": chosen.description, "n": n, "length": length, "seed": seed}
    write_atomically(out, _content(out.suffix, trajectories, json.dumps(metadata)))
    typer.echo(f"{out}: z {list(trajectories.z.shape)}, x {list(trajectories.x.shape)}")


def _world_named(name: str) -> World:
    import difflib

    import synthetic

    known = synthetic.worlds()
    if name not in known:
        near = difflib.get_close_matches(name, known, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "`identify worlds` lists them"
        raise ValueError(f"world={name!r} is unknown; {hint}")
    return known[name]()


def _content(suffix: str, trajectories: Trajectories, metadata: str) -> bytes:
    arrays = {name: value for name, value in trajectories._asdict().items() if value is not None}
    if suffix == ".npz":
        import io

        import numpy as np

        buffer = io.BytesIO()
        np.savez(buffer, metadata=np.array(metadata), **{name: value.numpy() for name, value in arrays.items()})
        return buffer.getvalue()
    from safetensors.torch import save

    return save({name: value.contiguous() for name, value in arrays.items()}, {"metadata": metadata})
