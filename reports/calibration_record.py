"""The record of a calibration: rates of wrong and open verdicts and coverage of intervals, with what made them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reports.calibration import chunks, run_chunk
from reports.code_version import code_version
from reports.environment import environment
from reports.plain_json import plain

SIMULATION = "reports.calibration"
"""Module whose imports decide whether a stored chunk may be used again: verdict, cases and all that they reach."""

COVERED = ("affine_loss", "r2_affine", "affine_loss_at_boundary", "r2_affine_at_boundary")
"""Intervals whose coverage is measured; at the boundary one-sided."""


def calibrate(cases: int, out: Path, jobs: int, seed: int) -> dict[str, Any]:
    """Run what is missing of `cases` cases in `jobs` processes of one thread, and return the record.

    Chunks in `out` are used again where code version, seed and size agree.
    """
    from joblib import Parallel, delayed, parallel_config

    version = code_version(SIMULATION)
    with parallel_config(backend="loky", n_jobs=jobs, inner_max_num_threads=1):
        paths = Parallel()(delayed(run_chunk)(first, count, out, seed, version) for first, count in chunks(cases))
    stored = [json.loads(path.read_text()) for path in paths]
    return plain(
        {
            **summary(row for chunk in stored for row in chunk["cases"]),
            "seed": seed,
            "code_version": version,
            "core_seconds": sum(chunk["core_seconds"] for chunk in stored),
            "environment": environment("cpu"),
        }
    )


def summary(rows: Iterable[Mapping[str, Any]], eps: float = 0.01) -> dict[str, Any]:
    """Rates with exact binomial bounds, in all and by kind of map and rows."""
    rows = list(rows)
    decidable = [r for r in rows if r["n"] >= 100 * r["d"] and r["kind"] not in ("many_bends", "none")]
    asked = [r for r in decidable if r["mild"]]
    return {
        "schema": 1,
        "cases": len(rows),
        "eps": eps,
        "verdicts": _rate([not r["right"] for r in rows if r["right"] is not None]),
        "inconclusive_where_asked": _rate([r["found"] is None for r in asked]),
        "inconclusive_by_noise": [
            {"noise": noise, **_rate([r["found"] is None for r in decidable if r["noise"] == noise])}
            for noise in sorted({r["noise"] for r in decidable})
        ],
        "seconds": float(np.mean([r["seconds"] for r in rows])),
        "coverage": {name: _rate(_covered(rows, name)) for name in COVERED},
        "cells": [
            {
                "kind": kind,
                "n": n,
                "cases": len(cell),
                "wrong": _rate([not r["right"] for r in cell if r["right"] is not None]),
                "inconclusive": _rate([r["found"] is None for r in cell]),
                "inconclusive_where_asked": _rate([r["found"] is None for r in cell if r in asked]),
            }
            for kind in dict.fromkeys(r["kind"] for r in rows)
            for n in sorted({r["n"] for r in rows})
            if (cell := [r for r in rows if r["kind"] == kind and r["n"] == n])
        ],
    }


def _rate(hits: list[bool]) -> dict[str, float | int | None]:
    """Share with its exact two-sided 95 % interval [Clopper-Pearson]."""
    from scipy import stats

    n, k = len(hits), sum(hits)
    if n == 0:
        return {"count": 0, "hits": 0, "rate": None, "low": None, "high": None}
    low = float(stats.beta.ppf(0.025, k, n - k + 1)) if k else 0.0
    high = float(stats.beta.ppf(0.975, k + 1, n - k)) if k < n else 1.0
    return {"count": n, "hits": k, "rate": k / n, "low": low, "high": high}


def _covered(rows: list[Mapping[str, Any]], name: str) -> list[bool]:
    return [all(r["covered"][name]) for r in rows if name in r["covered"]]
