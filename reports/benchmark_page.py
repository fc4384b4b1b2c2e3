"""The page of timings, from a record of `make bench`.

`make bench BENCH="--benchmark-timer=time.process_time --benchmark-json=out/bench.json"` measures CPU seconds;
`python -m reports.benchmark_page out/bench.json` keeps what the page shows in `docs/benchmarks/timings.json` and writes
`docs/benchmarks.md`. Without an argument the page is made again from the kept record.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from reports.atomic_file import write_atomically
from reports.code_version import ROOT

DOCS = ROOT / "docs"
_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))


def kept(record: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of a pytest-benchmark record."""
    machine = record["machine_info"]
    return {
        "created": record["datetime"],
        "commit": record["commit_info"].get("id"),
        "dirty": record["commit_info"].get("dirty"),
        "processor": machine["cpu"].get("brand_raw", machine.get("processor", "")),
        "python": machine["python_version"],
        "timings": [
            {
                "file": one["fullname"].partition("::")[0],
                "name": one["name"].removeprefix("test_"),
                "timer": one["options"]["timer"],
                **{key: one["stats"][key] for key in ("median", "iqr", "rounds")},
            }
            for one in record["benchmarks"]
        ],
    }


def markdown(record: Mapping[str, Any]) -> str:
    """The page."""
    return "\n".join(_lines(record)) + "\n"


def _lines(record: Mapping[str, Any]) -> Iterator[str]:
    timers = {one["timer"] for one in record["timings"]}
    clock = "CPU time" if timers == {"process_time"} else "wall time"
    yield "# Benchmarks"
    yield ""
    yield (
        f"{len(record['timings'])} timings on one thread ({record['processor']}, Python {record['python']}): medians "
        f"of {clock} over the rounds, with the range of the middle half. They depend on the machine; no test asks for "
        f"them. Made by `python -m reports.benchmark_page` from the record of {record['created'][:10]} (commit "
        f"{str(record['commit'])[:10]}{' with local changes' if record['dirty'] else ''})."
    )
    for file, timings in groupby(record["timings"], key=lambda one: one["file"]):
        yield ""
        yield f"## {Path(file).stem.removeprefix('test_bench_')}"
        yield ""
        yield "| case | median | middle half | rounds |"
        yield "|---|---|---|---|"
        for one in timings:
            name = one["name"].replace("_", " ").replace("|", "/")
            yield f"| {name} | {_time(one['median'])} | {_time(one['iqr'])} | {one['rounds']} |"


def _time(seconds: float) -> str:
    """With three digits, in the largest unit that leaves one before the point."""
    scale, unit = next(((scale, unit) for scale, unit in _UNITS if seconds >= scale), _UNITS[-1])
    return f"{seconds / scale:.3g} {unit}"


def main() -> None:
    """Keep a record if one is given, then write the page."""
    path = DOCS / "benchmarks" / "timings.json"
    if len(sys.argv) > 1:
        record = kept(json.loads(Path(sys.argv[1]).read_text()))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, (json.dumps(record, indent=1, ensure_ascii=False) + "\n").encode())
    write_atomically(DOCS / "benchmarks.md", markdown(json.loads(path.read_text())).encode())


if __name__ == "__main__":
    main()
