"""Cells without training: kernel CCA of consecutive observations of a stationary Gaussian world, in closed form."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from identify.kernel_cca import KernelCCA, fit_kernel_cca
from identify.metrics import affine_r2
from identify.splits import make_split
from reports.baselines import baselines
from reports.cell import CellResult, Progress
from reports.over_seeds import over_seeds
from reports.recovery_cell import one_thread
from reports.world_choice import WorldChoice, drawn
from synthetic import PLANE_MIXINGS, Trajectories
from synthetic.coupling_world import shaped_world

_TEST = 10_000


@dataclass(frozen=True)
class KernelCCACell:
    """A world of plane latents, `pairs` of consecutive observations, and the largest correlation its law allows."""

    id: str
    world: WorldChoice
    seeds: tuple[int, ...]
    cost: float
    pairs: int = 40_000
    features: int = 600
    rho: float = 0.95

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "world": self.world.configuration(),
            "seeds": list(self.seeds),
            "pairs": self.pairs,
            "features": self.features,
            "rho": self.rho,
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Fit and score the seeds in turn; always on the CPU."""
        runs, base = [], []
        shown: dict[str, np.ndarray] = {}
        with one_thread():
            for done, seed in enumerate(self.seeds):
                world, _ = self.world.build(seed)
                train, test = drawn(world, seed, (self.pairs, _TEST), 2, torch.float64)
                begun = time.process_time()
                found = _fit(train, world.dim, self.features, seed)
                spent = time.process_time() - begun
                score, code = _score(found, test, seed)
                runs.append(
                    {
                        "seed": seed,
                        "scores": {"r2_affine": score},
                        "cpu_seconds": spent,
                        "correlations": found.correlations.tolist(),
                        "held_out_correlations": found.held_out.tolist(),
                        "ridge": found.ridge,
                        "alarm": found.alarm(self.rho),
                    }
                )
                base.append({name: one["estimate"] for name, one in baselines([test.z], [test.x]).items()})
                shown = shown or {"sample/z": test.z[:400, 1].numpy(), "sample/z_hat": code[None, :400]}
                progress(done + 1, len(self.seeds))
        world, _ = self.world.build(self.seeds[0])
        summary = {
            "kind": "closed form",
            **self.world.about(world),
            "method": "kernel CCA",
            "ceiling": {"r2": 1.0, "low": 1.0, "high": 1.0, "why": world.ceiling.why},
            "baselines": {name: over_seeds([one[name] for one in base], 1.0) for name in base[0]},
            "runs": runs,
            "over_seeds": {
                "r2_affine": over_seeds([run["scores"]["r2_affine"]["estimate"] for run in runs], 1.0),
                "cpu_seconds": over_seeds([run["cpu_seconds"] for run in runs]),
            },
        }
        return CellResult(summary, shown)


@dataclass(frozen=True)
class ShapeSweepCell:
    """The same fit on latents of several generalised normal shapes behind one plane mixing.

    Where latents are not Gaussian the functions that correlate most are curved in z, at any number of pairs.
    """

    id: str
    shapes: tuple[float, ...]
    seeds: tuple[int, ...]
    cost: float
    mixing: str = "sine_shear"
    pairs: int = 40_000
    features: int = 300
    rho: float = 0.95
    gaussian: float = 2.0

    def __post_init__(self) -> None:
        if self.gaussian not in self.shapes:
            raise ValueError(f"shapes={self.shapes} lack the Gaussian: include {self.gaussian:g}")
        if self.mixing not in PLANE_MIXINGS:
            raise ValueError(f"mixing={self.mixing!r} is unknown: take one of {', '.join(PLANE_MIXINGS)}")

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "shapes": list(self.shapes),
            "seeds": list(self.seeds),
            "mixing": self.mixing,
            "pairs": self.pairs,
            "features": self.features,
            "rho": self.rho,
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Every shape with every seed; R2 below 0 counts as 0, nothing recovered."""
        scores = np.zeros((len(self.seeds), len(self.shapes)))
        with one_thread():
            for i, seed in enumerate(self.seeds):
                for j, shape in enumerate(self.shapes):
                    world = shaped_world(shape, PLANE_MIXINGS[self.mixing], self.rho)
                    train, test = drawn(world, seed, (self.pairs, _TEST), 2, torch.float64)
                    found, _ = _score(_fit(train, world.dim, self.features, seed), test, seed)
                    scores[i, j] = max(found["estimate"], 0.0)
                    progress(i * len(self.shapes) + j + 1, scores.size)
        here = self.shapes.index(self.gaussian)
        runs = [
            {"seed": seed, "scores": {"r2_affine": {"estimate": float(row[here])}}, "by_shape": row.tolist()}
            for seed, row in zip(self.seeds, scores, strict=True)
        ]
        summary = {
            "kind": "closed form",
            "world": self.id,
            "world_text": f"generalised normal latents of shapes {', '.join(f'{one:g}' for one in self.shapes)}",
            "dim": 2,
            "observed_dim": 2,
            "method": "kernel CCA",
            "shapes": list(self.shapes),
            "by_shape": [over_seeds(column, 1.0) for column in scores.T.tolist()],
            "runs": runs,
            "over_seeds": {"r2_affine": over_seeds(scores[:, here].tolist(), 1.0)},
        }
        return CellResult(summary, {"sweep/shape": np.array(self.shapes), "sweep/r2_affine": scores})


def _fit(train: Trajectories, components: int, features: int, seed: int) -> KernelCCA:
    now, past = train.x[:, 1].numpy(), train.x[:, 0].numpy()
    return fit_kernel_cca(now, past, components, np.random.default_rng(seed), features)


def _score(found: KernelCCA, test: Trajectories, seed: int) -> tuple[dict[str, float], np.ndarray]:
    code, z = found(test.x[:, 1].numpy()), test.z[:, 1].numpy()
    return affine_r2(z, code, make_split(len(z), seed=seed)).to_json(), code
