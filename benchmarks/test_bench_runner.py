"""What a cell costs beyond its computation: task, worker, record with its checksums, index, progress.

Below 50 ms of wall time a cell is wanted. Cells that compute nothing are run and stored, with arrays of 200 kB as
those of a training cell: all of the time is overhead. Starting the workers is shown apart, for it is paid once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from reports.cell import CellResult
from reports.claim import Claim
from reports.profiles import Profile
from reports.run import Order, run
from reports.store import Store

CELLS = 60


@dataclass(frozen=True)
class Nothing:
    id: str
    size: int = 25_000
    cost: float = 0.01

    def configuration(self) -> dict[str, Any]:
        return {"id": self.id, "size": self.size}

    def compute(self, device: str, progress: Any) -> CellResult:
        progress(1, 1)
        return CellResult({"runs": [{"seed": seed} for seed in range(5)]}, {"history": np.arange(float(self.size))})


def profile(cells):
    made = tuple(Nothing(f"cell-{number}") for number in range(cells))
    claim = Claim("nothing", "none", "", "", "", "r2_affine", made, lambda summaries: None, "", frozenset())
    return Profile("nothing", (claim,), (), ())


def once(folder, jobs, cells):
    with Store(folder / "records") as store:
        return run(Order(profile(cells), folder, jobs=jobs, quiet=True), store)


@pytest.mark.parametrize("jobs", [1, 2])
def test_overhead_of_sixty_cells(benchmark, tmp_path, jobs):
    once(tmp_path / "warm", jobs, jobs)
    body = benchmark.pedantic(lambda: once(tmp_path / "timed", jobs, CELLS), rounds=3)
    assert not body["errors"]
    with Store(tmp_path / "timed" / "records") as store:
        assert all(store.find(address) is not None for address in body["cells"].values())
    benchmark.extra_info["milliseconds a cell"] = round(1000 * benchmark.stats.stats.median / CELLS, 1)


def test_starting_two_workers(benchmark, tmp_path):
    from joblib.externals.loky import get_reusable_executor

    def start():
        get_reusable_executor().shutdown(wait=True)
        return once(tmp_path, 2, 2)

    assert not benchmark.pedantic(start, rounds=2)["errors"]
