"""A cell that draws a world, trains LDM on it, and measures what came back: the whole flow on one page.

world -> trajectories -> fit -> recovered latents -> scores, ladder, verdict -> summary. Seed k draws its own world
(where the world has random parts), its own data, and its own networks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from identify import measure
from identify.fitted import Fitted
from identify.fitting import fit
from identify.training import FitConfig
from reports.baselines import baselines, linear_r2
from reports.cell import CellResult, Progress
from reports.latent_lattice import lattice_arrays
from reports.optimum import optimum_evidence, oracle
from reports.over_seeds import over_seeds
from reports.recovered_geometry import measure_geometry
from reports.single_sequence import single_sequence_scores
from synthetic import Trajectories, Violation, World

SCORES = ("r2_affine", "r2_affine_reverse", "mcc_pearson", "mcc_spearman", "cca_mean", "procrustes_r2")


@dataclass(frozen=True)
class SampleSizes:
    """Sequences for training and testing, and their length; pairs (length 2) are measured on their second frame."""

    train: int
    test: int
    length: int


@dataclass(frozen=True)
class WorldChoice:
    """A factory of `synthetic`, its arguments, and whether it takes a seed (then every seed draws its own world)."""

    label: str
    factory: Callable[..., World | Violation]
    arguments: tuple[tuple[str, Any], ...] = ()
    seeded: bool = True

    def build(self, seed: int) -> tuple[World, Violation | None]:
        """World of one seed, and the violation it belongs to if it is one."""
        made = self.factory(**dict(self.arguments), **({"seed": seed} if self.seeded else {}))
        return (made.world, made) if isinstance(made, Violation) else (made, None)


@dataclass(frozen=True)
class TrainingCell:
    """One world, one method, several seeds in one batched run.

    `start` puts the encoder at random or at the violation's witness h (regressed onto h(z) first). `published` is a
    score that was read off one test sequence: the cell then also reports how such single-sequence scores scatter.
    """

    id: str
    world: WorldChoice
    config: FitConfig
    sample: SampleSizes
    seeds: tuple[int, ...]
    cost: float
    start: Literal["random", "witness"] = "random"
    published: float | None = None

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "world": [self.world.label, self.world.factory.__name__, list(self.world.arguments)],
            "config": asdict(self.config),
            "sample": asdict(self.sample),
            "seeds": list(self.seeds),
            "start": self.start,
            "published": self.published,
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Train and measure all seeds."""
        built = [self.world.build(seed) for seed in self.seeds]
        worlds = [world for world, _ in built]
        train, test = self._data(worlds)
        begun = time.perf_counter()
        start = None
        if self.start == "witness":
            start = [_witness(violation)(one.z) for (_, violation), one in zip(built, train, strict=True)]
        fitted = fit([one.x for one in train], self.config, self.seeds, device, start, progress)
        trained = time.perf_counter()
        z = [one.z for one in test]
        x = [one.x for one in test]
        codes, before = fitted.encode(x).cpu(), fitted.encode(x, trained=False).cpu()
        evidence = [
            optimum_evidence(found, oracle(world, one, self.config.method))
            for found, world, one in zip(fitted.held_out(x), worlds, test, strict=True)
        ]
        runs = [self._run(i, z[i], codes[i], before[i]) | {"optimum": evidence[i]} for i in range(len(self.seeds))]
        summary = self._about(worlds[0]) | {
            "baselines": baselines(z, x) | {"untrained": over_seeds([run["untrained_r2"] for run in runs], 1.0)},
            "condition_number": _conditioning(worlds, z),
            "parameters": sum(p.numel() for p in fitted.network.parameters()) // len(self.seeds),
            "runs": runs,
            "over_seeds": {
                name: over_seeds([run["scores"][name]["estimate"] for run in runs], 1.0) for name in runs[0]["scores"]
            },
            "seconds": {"training": trained - begun, "measuring": time.perf_counter() - trained},
        }
        arrays = self._arrays(worlds, test, codes, fitted)
        if worlds[0].nuisance is None:
            summary["geometry"], points = measure_geometry(fitted.encoder(0), worlds[0], test[0].z)
            arrays |= points
        if self.published is not None:
            summary["single_sequence"] = single_sequence_scores(z, codes, self.published)
        return CellResult(summary, arrays)

    def _data(self, worlds: Sequence[World]) -> tuple[list[Trajectories], list[Trajectories]]:
        train, test = [], []
        for seed, world in zip(self.seeds, worlds, strict=True):
            generator = torch.Generator().manual_seed(10_000 + seed)
            train.append(world.sample(self.sample.train, self.sample.length, generator))
            test.append(world.sample(self.sample.test, self.sample.length, generator))
        return train, test

    def _run(
        self, i: int, z: Float[Tensor, "n t d"], codes: Float[Tensor, "n t m"], before: Float[Tensor, "n t m"]
    ) -> dict[str, Any]:
        measured = measure(*_rows(z, codes), seed=self.seeds[i], scores=SCORES).to_json()
        return {
            "seed": self.seeds[i],
            "scores": measured["scores"],
            "ladder": measured["ladder"],
            "verdict": measured["verdict"],
            "untrained_r2": linear_r2(z, before),
        }

    def _about(self, world: World) -> dict[str, Any]:
        ceiling = world.ceiling
        return {
            "kind": "training",
            "world": self.world.label,
            "world_text": world.description,
            "dim": world.dim,
            "observed_dim": world.observed_dim,
            "method": self.config.method.name,
            "form": self.config.method.form,
            "start": self.start,
            "sample": asdict(self.sample),
            "ceiling": {"r2": ceiling.r2, "low": ceiling.low, "high": ceiling.high, "why": ceiling.why},
            "assumptions": {
                one.name: {"holds": declared.holds, "why": declared.why} for one, declared in world.assumptions.items()
            },
            "steps": self.config.steps,
        }

    def _arrays(
        self, worlds: Sequence[World], test: Sequence[Trajectories], codes: Float[Tensor, "s n t m"], fitted: Fitted
    ) -> dict[str, np.ndarray]:
        history, shown = fitted.history, 400
        arrays = {
            "history/step": history.step.numpy(),
            "history/alignment": history.alignment.numpy(),
            "history/entropy": history.entropy.numpy(),
            "history/objective": (history.alignment + history.entropy).numpy(),
            "sample/z": test[0].z[:, -1][:shown].numpy(),
            "sample/z_hat": codes[:, :shown, -1].numpy(),
            "sample/x": test[0].x[:6, -1].numpy(),
        }
        if worlds[0].dim == 2:
            arrays |= lattice_arrays(worlds[0], test[0].z, fitted)
        return arrays


def _rows(z: Float[Tensor, "n t d"], codes: Float[Tensor, "n t m"]) -> tuple[Tensor, Tensor]:
    """Pairs count once, by their second frame; longer sequences whole."""
    return (z[:, 1], codes[:, 1]) if z.shape[1] == 2 else (z, codes)


def _witness(violation: Violation | None) -> Callable[[Tensor], Tensor]:
    if violation is None:
        raise ValueError("start='witness': this world violates nothing, so it has no witness; use start='random'")
    return violation.witness


def _conditioning(worlds: Sequence[World], z: Sequence[Float[Tensor, "n t d"]]) -> dict[str, float]:
    numbers = torch.cat([world.mixing.condition_number(one[:200, -1]) for world, one in zip(worlds, z, strict=True)])
    return {"median": float(numbers.median()), "high": float(numbers.quantile(0.95))}
