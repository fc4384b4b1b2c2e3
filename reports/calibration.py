"""Run calibration cases: what the verdict says of each, whether it is right, which intervals cover. Chunks resume."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from reports.atomic_file import write_atomically
from reports.calibration_cases import Drawn, draw_case, noisy, population_excess
from reports.plain_json import plain

CHUNK = 33
FRESH_ROWS, FRESH_BATCHES = 100_000, 10
COVERAGE_EVERY = 4
"""Intervals are held against fresh rows in every fourth case; 4 shares no factor with the cycle of kinds and rows."""
RESOLUTION = 1e-12
"""Losses below this are rounding."""
SEED = 2026


def run_case(index: int, seed: int = SEED, eps: float = 0.01) -> dict[str, Any]:
    """Draw, judge and hold one case against its truth."""
    from identify.splits import make_split
    from identify.verdict import judge

    drawn = draw_case(index, seed)
    rng = np.random.default_rng([seed, index, 1])
    z = drawn.sample(drawn.case.n, rng)
    y = noisy(drawn, z, rng)
    split = make_split(len(z), seed=index)
    started = time.process_time()
    verdict = judge(z, y, split, eps=eps).verdict
    seconds = time.process_time() - started
    bent = verdict.found in ("componentwise", "nonlinear")
    excess = population_excess(drawn, rng, componentwise=bent) if drawn.case.kind != "none" else {}
    return {
        **drawn.case._asdict(),
        "mild": drawn.case.mild,
        "found": verdict.found,
        "reason": verdict.reason if verdict.found is None else "",
        "right": is_right(drawn.case.kind, verdict.found, excess, eps),
        "excess": excess,
        "seconds": seconds,
        "covered": coverage(drawn, z, y, split, rng) if index % COVERAGE_EVERY == 0 else {},
    }


def is_right(kind: str, found: str | None, excess: dict[str, float], eps: float) -> bool | None:
    """Whether the class found is right; None without a verdict."""
    from identify.ladder import SUPERSETS

    if found is None:
        return None
    if kind == "none" or found == "none":
        return kind == found
    smaller = [name for name in excess if found in SUPERSETS[name]]
    return excess.get(found, 0.0) <= 2 * eps and all(excess[name] >= eps for name in smaller)


def coverage(drawn: Drawn, z: np.ndarray, y: np.ndarray, split: Any, rng: np.random.Generator) -> dict[str, list[bool]]:
    """For intervals of the affine loss and R2 at n_test >= 10 d: whether low and high ends hold on 10^6 fresh rows.

    At the boundary (loss 0, R2 1: an affine map without noise) only the end that faces away from it is asked for.
    """
    from identify.intervals import positive_mean_interval
    from identify.ladder.classes import LINEAR
    from identify.ladder.kernel_ridge import whitener
    from identify.ladder.residuals import second_moment, top_direction
    from identify.metrics.affine import affine_fit, affine_r2

    if len(split.held_out) < 10 * drawn.case.d:
        return {}
    slope, offset = affine_fit(z[split.train], y[split.train])
    _, white = whitener(y[split.train])
    u = white @ top_direction(second_moment((y[split.train] - z[split.train] @ slope - offset) @ white))
    held = ((y[split.held_out] - z[split.held_out] @ slope - offset) @ u) ** 2
    loss, r2 = positive_mean_interval(held, split.blocks), affine_r2(z, y, split)
    back, shift = affine_fit(y[split.train], z[split.train])
    sums = np.zeros((4, drawn.case.d))
    for _ in range(FRESH_BATCHES):
        fresh = drawn.sample(FRESH_ROWS, rng)
        code = noisy(drawn, fresh, rng)
        sums[0] += np.mean(((code - fresh @ slope - offset) @ u) ** 2)
        sums[1] += np.mean((fresh - code @ back - shift) ** 2, axis=0)
        sums[2:] += np.mean(fresh, axis=0), np.mean(fresh**2, axis=0)
    sums /= FRESH_BATCHES
    true_loss, true_r2 = float(sums[0, 0]), float(1 - np.mean(sums[1] / (sums[3] - sums[2] ** 2)))
    if drawn.case.noise == 0 and drawn.case.kind in LINEAR:
        return {
            "affine_loss_at_boundary": [true_loss <= loss.high + RESOLUTION],
            "r2_affine_at_boundary": [r2.low - RESOLUTION <= true_r2],
        }
    return {
        "affine_loss": [loss.low <= true_loss, true_loss <= loss.high],
        "r2_affine": [r2.low <= true_r2, true_r2 <= r2.high],
    }


def run_chunk(first: int, count: int, out: Path, seed: int, version: str) -> Path:
    """Run cases first .. first + count - 1 and store them with their cost.

    A chunk of the same code `version` that is there already is left alone; chunks of other code are never read.
    """
    path = out / f"cases-{seed}-{first:06d}-{count}-{version[:12]}.json"
    if not path.exists():
        started = time.process_time()
        rows = [run_case(index, seed) for index in range(first, first + count)]
        chunk = {"version": version, "core_seconds": time.process_time() - started, "cases": rows}
        write_atomically(path, json.dumps(plain(chunk)).encode())
    return path


def chunks(cases: int) -> Iterator[tuple[int, int]]:
    """First index and size of each chunk."""
    for first in range(0, cases, CHUNK):
        yield first, min(CHUNK, cases - first)
