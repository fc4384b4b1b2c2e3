"""`identify calibrate`: measure the error rates of the verdict on simulated cases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    cases: Annotated[int, typer.Option(min=1, help="Number of simulated cases.")] = 20_000,
    out: Annotated[Path, typer.Option(help="Folder for chunks, record, table and figure.")] = Path("calibration"),
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes, one thread each.")] = 1,
    seed: Annotated[int, typer.Option(help="Seed of all cases.")] = 2026,
) -> None:
    """Run CASES simulated cases (chunks that are there already are kept); write record, page and figure."""
    import json

    from joblib import Parallel, delayed, parallel_config

    from reports.atomic_file import write_atomically
    from reports.calibration import chunks, run_chunk, summary
    from reports.calibration_page import figure, markdown
    from reports.figures.illustration import illustrate
    from reports.figures.style import journal_style
    from reports.plain_json import plain

    out.mkdir(parents=True, exist_ok=True)
    with parallel_config(backend="loky", n_jobs=jobs, inner_max_num_threads=1):
        paths = Parallel()(delayed(run_chunk)(first, count, out, seed) for first, count in chunks(cases))
    rows = [row for path in paths for row in json.loads(path.read_text())]
    found = summary(rows)
    write_atomically(out / "calibration.json", json.dumps(plain(found), indent=1).encode())
    write_atomically(out / "calibration.md", markdown(found).encode())
    with journal_style():
        illustrate("calibration", figure(found), out)
    wrong, open_ = found["verdicts"], found["inconclusive_where_asked"]
    typer.echo(f"{found['cases']} cases, {found['seconds']:.2f} core-seconds a verdict")
    typer.echo(f"wrong class: {wrong['hits']} of {wrong['count']} (at most {wrong['high']:.2%})")
    typer.echo(
        f"inconclusive where it should decide: {open_['hits']} of {open_['count']} (at most {open_['high']:.2%})"
    )
    for name, one in found["coverage"].items():
        typer.echo(f"coverage of {name}: {one['both']['rate']:.3f} of {one['both']['count']}")
