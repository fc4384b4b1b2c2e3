"""A cell that costs nothing: it makes up plausible numbers, so that the machinery can be tested."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.cell import CellResult, Progress

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
        "judged": {"value": 2.3 - 4 * (1 - r2), "standard_error": 0.02},
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
