"""A profile that costs nothing: claims and theorems over made-up cells.

Run as a module it is a small `identify report` on that profile: `python -m tests.fake_profile OUT [--resume]`.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.claim import Claim, Judgement, Measured, Outcome
from tests.fake_cell import FakeCell

METHODS = ("knn", "kde", "log_det")


@dataclass(frozen=True)
class FakeViolation:
    assumption: str
    automorphism: str
    predicted: str
    claim: str
    check: str = "v1"
    untrained: str = ""


@dataclass(frozen=True)
class FakeTheorem:
    id: str
    name: str
    statement: str
    violations: tuple[FakeViolation, ...] = ()
    checks: tuple[str, ...] = ()
    source: str = "mikulasch2026ldm, Theorem 1"
    assumptions: tuple[str, ...] = ("Gaussian noise", "injective mixing")
    conclusion: str = "affine"


@dataclass(frozen=True)
class FakeProfile:
    name: str
    claims: tuple[Claim, ...]
    theorems: tuple[FakeTheorem, ...] = ()
    checks: tuple[str, ...] = ()


def every_seed_above(threshold: float, score: str = "r2_affine") -> Any:
    def rule(summaries: Any) -> Judgement:
        rows = [summary["over_seeds"][score] for summary in summaries.values()]
        runs = [run for summary in summaries.values() for run in summary["runs"]]
        weakest = min(rows, key=lambda row: row["estimate"])
        measured = Measured(weakest["estimate"], weakest["low"], weakest["high"])
        if all(row["worst"] >= threshold for row in rows):
            return Judgement(Outcome.SUPPORTED, measured, f"every seed is above {threshold}")
        reached = all(run["optimum"]["reached"] for run in runs)
        reason = "below the threshold at a reached optimum" if reached else "the optimum was not reached"
        return Judgement(Outcome.REFUTED if reached else Outcome.INCONCLUSIVE, measured, reason)

    return rule


def claim(name: str, cells: tuple[FakeCell, ...], statement: str, published: str = "", **changes: Any) -> Claim:
    fields: dict[str, Any] = {
        "id": name,
        "theorem": "thm-1",
        "statement": statement,
        "source": "LDM Fig. A7A",
        "published": published,
        "score": "r2_affine",
        "cells": cells,
        "rule": every_seed_above(0.99),
        "rule_text": "Held-out affine $R^2 \\geq 0.99$ for every seed and every estimator.",
        "expected": frozenset({Outcome.SUPPORTED}),
    }
    return Claim(**(fields | changes))


def fake_profile(seconds: float = 0.0, faults: dict[str, str] | None = None) -> FakeProfile:
    """Seven claims; `faults` puts a fault into a cell by its id."""
    published = {2: "about 1.0", 4: "about .95", 10: "about .75-.8"}
    violated = frozenset({Outcome.REFUTED, Outcome.INCONCLUSIVE})

    def cell(name: str, **fields: Any) -> FakeCell:
        return FakeCell(name, seconds=seconds, fault=(faults or {}).get(name, ""), **fields)

    claims = [
        claim(
            f"thm-1/markov-{dim}",
            tuple(cell(f"markov-{dim}/{m}", dim=dim, method=m, r2=0.9985 - 0.0002 * dim) for m in METHODS),
            f"LDM recovers $N = {dim}$ Markov latents up to an affine map",
            published[dim],
        )
        for dim in published
    ]
    claims += [
        claim("thm-1/wobbly", (cell("wobbly-in-view/knn"),), "LDM recovers the wobbly system from dot images", ".94"),
        claim(
            "thm-1/no-coverage",
            (cell("constant-predictor/knn", r2=0.61, verdict="nonlinear"),),
            "With a constant predictor LDM recovers the latents up to an affine map",
            expected=violated,
        ),
        claim(
            "thm-1/fold",
            (cell("fold/knn", r2=0.48, verdict="none", reached=False),),
            "With folded observations LDM recovers the latents up to an affine map",
            expected=violated,
        ),
        claim(
            "ica/ou",
            (cell("ica/ou", kind="ica", r2=0.9996),),
            "Linear ICA as LDM unmixes two Ornstein-Uhlenbeck processes",
            "visual unmixing",
            theorem="ica",
            score="correlation",
            rule=every_seed_above(0.99, "correlation"),
        ),
    ]
    theorems = (
        FakeTheorem(
            "thm-1",
            "Theorem 1",
            "If $z_t \\sim \\mathcal{N}(p(z_{:t}), \\Sigma)$ and $p$ covers the latent space, then $h(z) = A z + c$.",
            (
                FakeViolation(
                    "predictor covers the latent space",
                    "h(z) = R(\\varphi(\\|z\\|)) z",
                    "nonlinear",
                    "thm-1/no-coverage",
                ),
                FakeViolation("g injective", "h(z) = (|z_1|, z_2)", "none", "thm-1/fold"),
            ),
        ),
        FakeTheorem("ica", "Linear ICA", "If at most one source is Gaussian, then $h(z) = P D z + b$."),
    )
    return FakeProfile("fake", tuple(claims), theorems)


def bare_report(order: Any) -> dict[str, Any]:
    """A report without figures, tables and page: `report.json` alone, whatever `make_report` says in it."""
    from reports.run import evaluated, run
    from reports.store import Store

    with Store(order.out / "records") as store:
        report, _ = evaluated(order, store, run(order, store))
    (order.out / "report.json").write_text(json.dumps(report))
    return report


def main() -> int:
    """`--bare` leaves page and figures out, and with them the libraries that take seconds to load."""
    from reports.backends import Backend
    from reports.run import InterruptedReport, Order

    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--backend", default="loky")
    parser.add_argument("--address")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--fault", action="append", default=[], metavar="CELL=KIND")
    parser.add_argument("--bare", action="store_true")
    given = parser.parse_args()
    profile = fake_profile(given.seconds, dict(entry.split("=") for entry in given.fault))
    computing = Backend(given.backend, given.address)
    order = Order(profile, given.out, jobs=given.jobs, resume=given.resume, backend=computing)
    if given.bare:
        make = bare_report
    else:
        from reports.report import make_report as make
    try:
        report = make(order)
    except InterruptedReport as stop:
        print(stop)
        return 130
    return 0 if report["all_as_expected"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
