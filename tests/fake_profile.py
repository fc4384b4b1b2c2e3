"""A profile that costs nothing: cells that make up plausible numbers, so that the machinery can be tested.

Run as a module it is a small `identify report` on that profile: `python -m tests.fake_profile OUT [--resume]`.
"""

from __future__ import annotations

import argparse
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reports.cell import CellResult, Progress
from reports.claim import Claim, Judgement, Measured, Outcome

METHODS = ("knn", "kde", "log_det")
CLASSES = ("identity", "permutation_sign", "orthogonal", "permutation_similarity", "permutation_scale", "similarity")


@dataclass(frozen=True)
class FakeCell:
    """A training cell in name only. `fault` is what goes wrong: '', 'raise', 'die' or 'nan'."""

    id: str
    dim: int = 2
    method: str = "knn"
    r2: float = 0.998
    verdict: str = "affine"
    reached: bool = True
    seconds: float = 0.0
    fault: str = ""
    kind: str = "training"

    @property
    def cost(self) -> float:
        return self.seconds + 0.01 * self.dim

    def configuration(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "seconds"}

    def compute(self, device: str, progress: Progress) -> CellResult:
        if self.fault == "raise":
            raise RuntimeError("the loss is not finite")
        if self.fault == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        for step in range(20):
            time.sleep(self.seconds / 20)
            progress(step + 1, 20)
        generator = np.random.default_rng([self.dim, len(self.id)])
        if self.kind == "ica":
            return _ica_result(self, generator)
        return CellResult(_summary(self, generator), _arrays(self, generator))


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


def _interval(value: float, width: float) -> dict[str, float]:
    return {"estimate": value, "low": value - width, "high": min(1.0, value + width)}


def _run(cell: FakeCell, seed: int, generator: np.random.Generator) -> dict[str, Any]:
    r2 = float(min(cell.r2 + 0.0004 * generator.standard_normal(), 0.9999))
    losses = {name: 0.9 - 0.1 * position for position, name in enumerate(CLASSES)}
    losses |= {"affine": 1 - cell.r2, "componentwise": 0.7, "nonlinear": 0.002}
    gap = 0.001 * generator.standard_normal() - (0 if cell.reached else 0.2)
    return {
        "seed": seed,
        "scores": {
            "r2_affine": _interval(r2, 0.0005) | {"chance": 0.002},
            "mcc_pearson": _interval(0.8, 0.01) | {"chance": 0.1},
            "cca_mean": _interval(r2**0.5, 0.0004) | {"chance": 0.04},
        },
        "ladder": [
            {"class": name, "loss": _interval(loss, 0.001), "holds": loss < 0.012} for name, loss in losses.items()
        ],
        "verdict": {
            "class": cell.verdict,
            "also": [],
            "outcome": "SUPPORTED" if cell.reached else "INCONCLUSIVE",
            "reason": f"{cell.verdict} holds, smaller classes fail",
        },
        "untrained_r2": 0.62,
        "by_shape": [0.9, 0.99, 0.9],
        "optimum": {
            "reached": cell.reached,
            "objective": -1.2 + gap,
            "oracle": -1.2,
            "standard_error": 0.002,
            "text": "held-out objective within 3 standard errors of the oracle",
        },
    }


def _summary(cell: FakeCell, generator: np.random.Generator) -> dict[str, Any]:
    runs = [_run(cell, seed, generator) for seed in range(5)]
    fold = "fold" in cell.id
    over_seeds = {}
    for score in ("r2_affine", "mcc_pearson", "cca_mean"):
        values = [run["scores"][score]["estimate"] for run in runs]
        over_seeds[score] = _interval(sum(values) / 5, 0.0006) | {"worst": min(values)}
    return {
        "kind": "training",
        "world": cell.id.partition("/")[0],
        "world_text": "z' ~ N(mu(z), alpha I) seen through a LeakyReLU MLP",
        "dim": cell.dim,
        "observed_dim": 100,
        "method": cell.method,
        "form": "MI",
        "start": "random",
        "geometry": {
            "points": 289,
            "deviation": 0.0,
            "rank": 2,
            "least_rank": 2,
            "sign_share": 0.0,
            "from_orthogonal": 0.0,
            "folded_share": 0.47,
            "folding_entropy": 0.3,
        },
        "sample": {"train": 20000, "test": 5000, "length": 2},
        "condition_number": {"median": 21.0, "high": 66.0},
        "ceiling": {"r2": 1.0, "low": 1.0, "high": 1.0, "why": "g is injective"},
        "assumptions": {"INJECTIVE_MIXING": {"holds": "fold" not in cell.id, "why": "each layer is invertible"}},
        "baselines": {
            "linear_from_x": _interval(0.86, 0.004),
            "pca": _interval(0.71, 0.006),
            "untrained": _interval(0.62, 0.03),
        },
        "steps": 1500,
        "parameters": 41000,
        **({"shapes": [1.0, 2.0, 4.0], "by_shape": [_interval(r2, 0.01) for r2 in (0.9, 0.99, 0.9)]} if fold else {}),
        "runs": runs,
        "over_seeds": over_seeds,
        "seconds": {"training": cell.seconds, "measuring": 0.0},
    }


def _arrays(cell: FakeCell, generator: np.random.Generator) -> dict[str, np.ndarray]:
    steps = np.linspace(0, 1500, 60)
    seeds = np.arange(5)[:, None]
    objective = -1.2 - 3 * np.exp(-steps / (150 + 30 * seeds)) + 0.02 * generator.standard_normal((5, 60))
    arrays = {
        "history/step": steps,
        "history/objective": objective,
        "history/alignment": objective - 2,
        "history/entropy": np.full((5, 60), 2.0),
        "oracle": np.array([-1.2]),
        "sample/z": generator.standard_normal((400, cell.dim)),
        "sample/z_hat": generator.standard_normal((5, 400, cell.dim)),
    }
    if cell.dim == 2:
        axis = np.linspace(-2, 2, 17)
        z = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
        bent = z + 0.9 * np.sin(1.7 * z[:, ::-1])
        folded = np.abs(z) if "fold" in cell.id else z
        arrays |= {
            "geometry/z": z,
            "geometry/jacobian": np.repeat(np.eye(2)[None], len(z), 0),
            "geometry/singular_values": np.ones((len(z), 2)),
            "geometry/partner": np.where(z[:, 0] < 0, len(z) // 2, -1),
            "grid/z": z,
            "grid/before": np.repeat(bent[None], 5, 0),
            "grid/after": folded[None] + 0.02 * generator.standard_normal((5, *z.shape)),
        }
    if "wobbly" in cell.id:
        u = np.arange(10)
        spots = generator.uniform(2, 8, (12, 2))
        pictures = [np.exp(-((u[:, None] - a) ** 2 + (u - b) ** 2) / 2).ravel() for a, b in spots]
        arrays["sample/x"] = np.stack(pictures)
    return arrays


def _ica_result(cell: FakeCell, generator: np.random.Generator) -> CellResult:
    sources = np.cumsum(generator.standard_normal((300, 2)), 0)
    runs = [
        {
            "seed": seed,
            "correlation": _interval(cell.r2, 0.0002),
            "correlations": [cell.r2, cell.r2],
            "optimum": {"reached": True, "objective": -2.0, "oracle": -2.0, "standard_error": 0.001, "text": "equal"},
        }
        for seed in range(5)
    ]
    summary = {
        "kind": "ica",
        "sources": "ou",
        "method": "linear",
        "runs": runs,
        "over_seeds": {"correlation": _interval(cell.r2, 0.0002) | {"worst": cell.r2 - 0.0002}},
    }
    turn = np.array([[1, -1], [1, 1]]) / 2**0.5
    path = {"path/pixels-1": np.tile(np.linspace(0.7, 0.1, 40), (5, 1))}
    return CellResult(
        summary, {"sources": sources, "mixed": sources @ turn.T, "unmixed": sources[:, ::-1].copy(), **path}
    )


def main() -> int:
    from reports import publication
    from reports.report import InterruptedReport, Order, make_report

    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--seconds", type=float, default=0.0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--redraw", action="store_true")
    parser.add_argument("--check", action="append", default=[], metavar="ID")
    parser.add_argument("--fault", action="append", default=[], metavar="CELL=KIND")
    parser.add_argument("--no-figures", action="store_true")
    given = parser.parse_args()
    if given.no_figures:
        publication.draw_figures = lambda records, folder: ()
    faults = dict(entry.split("=") for entry in given.fault)
    profile = fake_profile(given.seconds, faults)
    try:
        checks: tuple[Any, ...] = ()
        if given.check:
            from reports.check_cell import check_cells

            checks = check_cells(given.check)
        order = Order(profile, given.out, checks, jobs=given.jobs, resume=given.resume, redraw=given.redraw)
        report = make_report(order)
    except InterruptedReport as stop:
        print(stop)
        return 130
    return 0 if report["all_as_expected"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
