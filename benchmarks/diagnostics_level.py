"""How often the diagnostics reject what is true: null data sets, their record, and the page made from it.

`python -m benchmarks.diagnostics_level` measures (about 3 core-minutes), writes `docs/diagnostics/level.json` and makes
`docs/diagnostics.md` from it; `--page` makes the page again from the record kept there. Cells are kept in
`out/diagnostics_level` as they are done, so that a stopped run goes on, and several runs can share the work by
`--cells`; the record holds those that are done. Every data set is a stationary
Markov process z' = m(z) + .6 e, e standard normal, on which all assumptions hold, and a code that is an invertible
matrix times z. Each is diagnosed with alpha = .05 for the whole table, so each test violates at .05 / 8.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from joblib import Parallel, delayed
from scipy import stats

from identify.diagnostics import Diagnoses, diagnose
from identify.diagnostics.diagnose import TESTS
from reports.atomic_file import write_atomically
from reports.code_version import ROOT, code_version
from reports.environment import environment

DOCS = ROOT / "docs"
ALPHA = 0.05
SEED = 2026
WARM_UP = 40
"""Steps until the process is stationary."""


class Null(NamedTuple):
    """A process by its predicted mean."""

    law: str
    mean: Callable[[np.ndarray], np.ndarray]


def _turned(past: np.ndarray) -> np.ndarray:
    turn = np.eye(past.shape[-1])
    turn[:2, :2] = [[np.cos(0.7), np.sin(0.7)], [-np.sin(0.7), np.cos(0.7)]]
    return 0.8 * np.tanh(1.5 * past) @ turn


NULLS = {
    "linear": Null("z' = .8 z + .6 e", lambda past: 0.8 * past),
    "rotation and tanh": Null("z' = .8 R tanh(1.5 z) + .6 e, R turns the first two latents by .7", _turned),
}


class Cell(NamedTuple):
    """Data sets of one kind; whether the true predicted means are given to the diagnostics."""

    null: str
    sequences: int
    steps: int
    latents: int
    means_given: bool
    sets: int


CELLS = (
    Cell("linear", 60, 12, 2, False, 200),
    Cell("rotation and tanh", 60, 12, 2, False, 200),
    Cell("linear", 60, 12, 2, True, 200),
    Cell("rotation and tanh", 60, 12, 2, True, 200),
    Cell("linear", 200, 20, 3, False, 40),
    Cell("rotation and tanh", 200, 20, 3, False, 40),
)
SEES = {
    "gaussian_residuals": (
        "tails, skewness and other shapes of the residuals along single directions, on the average and as a function "
        "of the past",
        "laws whose characteristic function is Gaussian at three frequencies along every slice tried; shapes of one "
        "context, once the covariance is found to move",
    ),
    "constant_covariance": (
        "variances and correlations of residuals that follow a coordinate, a product, the length or a slow wave of "
        "the past",
        "changes finer than those waves; with a fitted mean, changes that cannot be told from an error of the mean",
    ),
    "noise_rank": (
        "directions that the past fixes to float precision, copies above all",
        "thin noise as opposed to none; copies through a map that the fitted predictor does not find",
    ),
    "coverage": (
        "two or more directions of which the past predicts less than a hundredth of the variance",
        "one such direction (harmless for an invertible code); a span that a weak predictor missed",
    ),
    "memory": (
        "residuals that follow older latents, earlier residuals or time; volatility that lasts",
        "lags beyond two steps that leave none of these traces; anything in sequences of two steps",
    ),
    "stationarity": (
        "means, covariances and one-step covariances that change between halves or between the ends",
        "changes that come and go within a half; higher moments",
    ),
    "dimension": (
        "codes that are curves or surfaces, copies, noise that fills more dimensions than expected",
        "directions thinner than the distance of neighbours; differences of one in very many dimensions",
    ),
    "injectivity": (
        "distinct latents that share a code: folds that hide more than .03 of the variance of the worst direction, "
        "clamped values",
        "smaller folds; folds under a noisy code; anything without a code, since a fold before the mixing looks like "
        "another world without one",
    ),
}
"""What each test sees and what it does not see."""


def draw(cell: Cell, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Latents [n t d] and their true predicted means [n t-1 d]."""
    mean = NULLS[cell.null].mean
    z = np.zeros((cell.sequences, WARM_UP + cell.steps, cell.latents))
    for step in range(1, z.shape[1]):
        z[:, step] = mean(z[:, step - 1]) + 0.6 * rng.standard_normal((cell.sequences, cell.latents))
    z = z[:, WARM_UP:]
    return z, mean(z[:, :-1])


def diagnosed(cell: Cell, at: int, index: int) -> tuple[Diagnoses, float]:
    """The table of one data set and its core-seconds; the seed is (SEED, cell, index)."""
    rng = np.random.default_rng([SEED, at, index])
    z, means = draw(cell, rng)
    code = z @ rng.standard_normal((cell.latents, cell.latents))
    start = time.process_time()
    table = diagnose(z, means=means if cell.means_given else None, code=code, alpha=ALPHA, seed=index)
    return table, time.process_time() - start


def measured(at: int, jobs: int) -> dict[str, Any]:
    """Counts with exact intervals for every test of one cell."""
    cell = CELLS[at]
    out = Parallel(n_jobs=jobs)(delayed(diagnosed)(cell, at, index) for index in range(cell.sets))
    tables = [table for table, _ in out]
    return {
        **cell._asdict(),
        "environment": environment("cpu"),
        "flexible_predictor": sum(table.predictor == "flexible" for table in tables),
        "core_seconds": sum(seconds for _, seconds in out),
        "any_violated": rate([bool(table.violated) for table in tables]),
        "tests": {name: _test([table[name] for table in tables]) for name in SEES},
    }


def record_of(folder: Path) -> dict[str, Any]:
    """The record of the cells that are done."""
    cells = [json.loads(done.read_text()) for done in sorted(folder.glob("?.json"))]
    return {
        "schema": 1,
        "alpha": ALPHA,
        "tests_of_a_table": TESTS,
        "seed": SEED,
        "seeds": "numpy default_rng([seed, position of the cell, number of the data set])",
        "laws": {name: null.law for name, null in NULLS.items()},
        "environment": cells[0]["environment"],
        "code_version": code_version("identify.diagnostics.diagnose"),
        "core_seconds": sum(cell["core_seconds"] for cell in cells),
        "cells": cells,
    }


def _test(rows: list[Any]) -> dict[str, Any]:
    return {
        "small_p": rate([row.p_value <= ALPHA for row in rows]),
        "violated": rate([row.decision == "violated" for row in rows]),
        "without_p": sum(bool(np.isnan(row.p_value)) for row in rows),
    }


def rate(hits: list[bool]) -> dict[str, Any]:
    """Share with its exact two-sided 95 % interval (Clopper and Pearson)."""
    found = stats.binomtest(sum(hits), len(hits))
    low, high = found.proportion_ci(0.95, method="exact")
    return {"count": len(hits), "hits": sum(hits), "low": float(low), "high": float(high)}


def markdown(record: Mapping[str, Any]) -> str:
    """The record as a page: what each test sees, and how often it rejects what is true."""
    made_in = record["environment"]
    commit = f"commit {str(made_in['commit'])[:10]}{' with local changes' if made_in['dirty'] else ''}"
    alpha, each = record["alpha"], record["alpha"] / record["tests_of_a_table"]
    lines = [
        "# Diagnostics of the assumptions",
        "",
        "`identify.diagnose` tests the assumptions of the identifiability theorem on latents, true or recovered. An "
        "assumption is *violated* if and only if its p-value is at most its share of the table's false-alarm rate; "
        "*supported* means that a defect of the stated size would have been seen with probability .9; everything else "
        "is *undecided*. No p-value means that the test of a violation does not apply to these data.",
        "",
        "| test | sees | does not see |",
        "|---|---|---|",
        *(f"| {_plain(name)} | {sees} | {blind} |" for name, (sees, blind) in SEES.items()),
        "",
        "## Level",
        "",
        "How often true assumptions are rejected. Stationary Markov processes on which all of them hold, e standard "
        "normal: "
        f"{'; '.join(f'{name}, {law}' for name, law in record['laws'].items())}. First column of numbers: data sets "
        f"with p <= {alpha:g}, second: with *violated*, at {each:g} a test, so that the table as a whole keeps "
        f"{alpha:g}. Counts, and exact 95 % intervals of the rates. A level is kept where the interval reaches down to "
        "the rate asked for. Tests with a confirmation or with a defect of finite size as their null reject less than "
        "asked for, by design.",
        "",
        f"Made by `python -m benchmarks.diagnostics_level` from its record `docs/diagnostics/level.json` (seed "
        f"{record['seed']}, {record['core_seconds'] / 60:.1f} core-minutes, code version "
        f"{record['code_version'][:12]}, {commit}); no number here is typed by hand.",
    ]
    for cell in record["cells"]:
        lines += ["", *_cell_lines(cell, alpha)]
    return "\n".join(lines) + "\n"


def _cell_lines(cell: Mapping[str, Any], alpha: float) -> list[str]:
    means = "true predicted means given" if cell["means_given"] else "predicted means fitted"
    shape = f"{cell['sequences']} sequences of {cell['steps']} steps, {cell['latents']} latents"
    lines = [
        f"### {cell['null'].capitalize()}, {shape}, {means}",
        "",
        f"| test | p <= {alpha:g} | interval | violated | interval | no p-value |",
        "|---|---|---|---|---|---|",
    ]
    for name, test in cell["tests"].items():
        lines.append(
            f"| {_plain(name)} | {_counts(test['small_p'])} | {_counts(test['violated'])} | {test['without_p']} |"
        )
    return [*lines, f"| any of the table | - | - | {_counts(cell['any_violated'])} | - |"]


def _counts(rate: Mapping[str, Any]) -> str:
    return f"{rate['hits']} of {rate['count']} | {rate['low']:.3f} to {rate['high']:.3f}"


def _plain(name: str) -> str:
    return name.replace("_", " ")


def publish(docs: Path) -> None:
    """Make the page from the record below `docs`."""
    record = json.loads((docs / "diagnostics" / "level.json").read_text())
    write_atomically(docs / "diagnostics.md", markdown(record).encode())


def main() -> None:
    """Measure and publish, or publish only."""
    parser = argparse.ArgumentParser(description="Levels of the diagnostics on null data sets.")
    parser.add_argument("--page", action="store_true", help="make the page again from the record")
    parser.add_argument("--jobs", type=int, default=2, help="processes (2)")
    parser.add_argument("--cells", type=int, nargs="*", default=range(len(CELLS)), help="positions of cells (all)")
    asked = parser.parse_args()
    if not asked.page:
        folder = ROOT / "out" / "diagnostics_level" / code_version("identify.diagnostics.diagnose")[:12]
        folder.mkdir(parents=True, exist_ok=True)
        for at in asked.cells:
            if not (folder / f"{at}.json").is_file():
                write_atomically(folder / f"{at}.json", _json(measured(at, asked.jobs)))
        (DOCS / "diagnostics").mkdir(exist_ok=True)
        write_atomically(DOCS / "diagnostics" / "level.json", _json(record_of(folder)))
    publish(DOCS)


def _json(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, indent=1, allow_nan=False) + "\n").encode()


if __name__ == "__main__":
    main()
