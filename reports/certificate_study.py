"""Error rates of certificates: false ones on violations, missing ones on their twins. Chunks resume.

`python -m reports.certificate_study --out FOLDER [--violated N] [--intact N] [--jobs J] [--seconds S]` runs what is
missing, at most S seconds of it, and writes `certificate.json` there; then `python -m reports.certificate_page FOLDER`
makes `docs/certify.md`. Chunks are addressed by the version of the code that they depend on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from reports import certificate_cases
from reports.atomic_file import write_atomically
from reports.code_version import code_version
from reports.environment import environment
from reports.plain_json import plain

CHUNK = 4
RECORD = "certificate.json"
SIMULATION = "reports.certificate_cases"
"""Module whose imports decide whether a stored chunk may be used again."""
SEED = 90_210


def run_chunk(first: int, count: int, intact: bool, out: Path, seed: int, version: str) -> Path:
    """Run cases first .. first + count - 1 unless the same code did."""
    path = out / f"{'intact' if intact else 'violated'}-{seed}-{first:05d}-{count}-{version[:12]}.json"
    if not path.exists():
        import torch

        torch.set_num_threads(1)
        rows = [certificate_cases.run_case(number, intact, seed) for number in range(first, first + count)]
        write_atomically(path, json.dumps(plain({"version": version, "cases": rows})).encode())
    return path


def chunks(violated: int, intact: int) -> list[tuple[int, int, bool]]:
    """First case, size and kind of every chunk, the kinds in turn so that a stopped study has some of both."""
    sizes = {False: violated, True: intact}
    all_ = [(first, min(CHUNK, n - first), kind) for kind, n in sizes.items() for first in range(0, n, CHUNK)]
    return sorted(all_, key=lambda one: (one[0] / max(sizes[one[2]], 1), one[2]))


def study(violated: int, intact: int, out: Path, jobs: int, seconds: float, seed: int = SEED) -> dict[str, Any]:
    """Run what is missing within about `seconds`, and return the record of all chunks that are there."""
    from joblib import Parallel, delayed, parallel_config

    version, wanted = code_version(SIMULATION), chunks(violated, intact)
    end = time.monotonic() + seconds
    with parallel_config(backend="loky", n_jobs=jobs, inner_max_num_threads=1), Parallel() as workers:
        for at in range(0, len(wanted), jobs):
            if time.monotonic() > end:
                break
            workers(delayed(run_chunk)(*one, out, seed, version) for one in wanted[at : at + jobs])
    stored = sorted(out.glob(f"*-{seed}-*-{version[:12]}.json"))
    rows = [row for path in stored for row in json.loads(path.read_text())["cases"]]
    return plain(
        {
            **summary(rows),
            "asked": {"violated": violated, "intact": intact},
            "seed": seed,
            "code_version": version,
            "environment": environment("cpu"),
        }
    )


def summary(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Rates with exact bounds, in all and by world, and how often each row withheld a certificate."""
    rows = list(rows)
    bad, good = [r for r in rows if not r["intact"]], [r for r in rows if r["intact"]]
    return {
        "schema": 1,
        "sequences": certificate_cases.SEQUENCES,
        "length": certificate_cases.LENGTH,
        "starts": certificate_cases.STARTS,
        "false": {**_rate(bad), "upper": _upper(bad)},
        "certified": _rate(good),
        "seconds": sum(r["seconds"] for r in rows) / max(len(rows), 1),
        "worlds": [
            {
                "violation": label,
                "intact": intact,
                "world": cell[0]["world"],
                **_rate(cell),
                "withheld": _counts(cell),
            }
            for intact in (False, True)
            for label in dict.fromkeys(r["violation"] for r in rows if r["intact"] == intact)
            if (cell := [r for r in rows if r["intact"] == intact and r["violation"] == label])
        ],
    }


def _rate(rows: list[Mapping[str, Any]]) -> dict[str, int]:
    return {"count": len(rows), "certified": sum(bool(r["certified"]) for r in rows)}


def _upper(rows: list[Mapping[str, Any]]) -> float:
    """One-sided exact 95 % upper bound of the rate [Clopper-Pearson]; 1 without rows."""
    from scipy import stats

    n, k = len(rows), sum(bool(r["certified"]) for r in rows)
    return float(stats.beta.ppf(0.95, k + 1, n - k)) if k < n else 1.0


def _counts(rows: list[Mapping[str, Any]]) -> dict[str, int]:
    names = [name for r in rows for name in (*r["not_supported"], *r["open"])]
    return {name: names.count(name) for name in sorted(set(names), key=lambda name: -names.count(name))}


def main(
    out: Annotated[Path, typer.Option(help="Folder for chunks and record.")] = Path("certificate"),
    violated: Annotated[int, typer.Option(min=0, help="Fits in worlds that break an assumption.")] = 320,
    intact: Annotated[int, typer.Option(min=0, help="Fits in their intact twins.")] = 100,
    jobs: Annotated[int, typer.Option(min=1, help="Worker processes, one thread each.")] = 1,
    seconds: Annotated[float, typer.Option(help="Start no new chunk after this long.")] = 1e9,
) -> None:
    """Run the study, or go on with it."""
    out.mkdir(parents=True, exist_ok=True)
    found = study(violated, intact, out, jobs, seconds)
    write_atomically(out / RECORD, (json.dumps(found, indent=1) + "\n").encode())
    false, good = found["false"], found["certified"]
    typer.echo(
        f"false certificates: {false['certified']} of {false['count']}, one-sided 95 % bound {false['upper']:.2%}"
    )
    typer.echo(f"intact worlds certified: {good['certified']} of {good['count']}")
    typer.echo(f"{found['seconds']:.1f} CPU seconds a fit")


if __name__ == "__main__":
    typer.run(main)
