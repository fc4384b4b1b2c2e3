"""A report's folder that figures are drawn from: two cells of one family, the first with a lattice, and one beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from reports.plain_json import digest
from reports.store import Record, Store

AXIS = np.linspace(-1, 1, 5)
PLANE = np.stack(np.meshgrid(AXIS, AXIS), -1).reshape(-1, 2)


def record(
    cell: str, dim: int, over_seeds: dict[str, Any], arrays: dict[str, np.ndarray] | None = None, **summary: Any
) -> Record:
    """A record of two seeds that keeps these intervals and arrays."""
    runs = [{"seed": seed, "scores": {"r2_affine": {"estimate": 0.9}}} for seed in (0, 1)]
    body = {"dim": dim, "world": cell.split("/")[0], "method": "kNN", "runs": runs, "over_seeds": over_seeds} | summary
    return Record(digest(cell), cell, {}, "", "cpu", {"commit": "c" * 40}, cell, 1.0, body, arrays or {})


def write_run(folder: Path) -> Path:
    """Write its records; the folder itself."""
    score = {"estimate": 0.9, "low": 0.85, "high": 0.95, "worst": 0.8}
    lattice = {"grid/z": PLANE, "grid/before": PLANE[None] ** 3, "grid/after": PLANE[None]}
    with Store(folder / "records") as store:
        for cell, dim, arrays in (("a-2/knn", 2, lattice), ("a-4/knn", 4, None), ("b/kde", 4, None)):
            size = {"train": 100 * dim, "test": 50, "length": 2}
            store.write(record(cell, dim, {"r2_affine": score}, arrays, sample=size))
    return folder
