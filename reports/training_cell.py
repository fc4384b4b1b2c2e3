"""A cell that draws a world, trains LDM on it, and measures what came back: the whole flow on one page.

world -> trajectories -> fit -> recovered latents -> scores, ladder, verdict -> summary. Seed k draws its own world
(where the world has random parts), its own data, and its own networks.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from identify import measure
from identify.checkpoint import described
from identify.fitted import Fitted
from identify.fitting import fit
from identify.methods import Method
from identify.objective import HeldOut
from identify.paired_methods import PairedMethod
from identify.training import FitConfig
from reports.baselines import baselines, linear_r2
from reports.cell import CellResult, Progress
from reports.counted_frames import counted_rows
from reports.encoder_input import Sees, encoder_input
from reports.history_arrays import history_arrays
from reports.latent_lattice import lattice_arrays
from reports.optimum import optimum_evidence, unit
from reports.over_seeds import over_seeds
from reports.paired_oracle import paired_oracle
from reports.recovered_geometry import measure_geometry
from reports.single_sequence import single_sequence_scores
from reports.trained_worlds import Carrier, best_known, broken_bound, joint_latents, start_codes
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import Trajectories, World

SCORES = ("r2_affine", "r2_affine_reverse", "mcc_pearson", "mcc_spearman", "cca_mean", "procrustes_r2")


@dataclass(frozen=True)
class TrainingCell:
    """One world, one method, several seeds in one batched run.

    `start` puts the encoder at random or at the violation's witness h (regressed onto h(z) first), in a control at the
    map that it resembles. `published` is a score that was read off one test sequence: the cell then also reports how
    such single-sequence scores scatter. An encoder that sees the time is measured on the frames of all times together.
    """

    id: str
    world: WorldChoice
    config: FitConfig
    sample: SampleSizes
    seeds: tuple[int, ...]
    cost: float
    start: Literal["random", "witness"] = "random"
    published: float | None = None
    sees: Sees = "frame"
    scores: tuple[str, ...] = SCORES

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "world": [*self.world.configuration(), self.world.intact],
            "config": described(self.config),
            "sample": asdict(self.sample),
            "seeds": list(self.seeds),
            "start": self.start,
            "published": self.published,
            "sees": self.sees,
            "scores": list(self.scores),
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Train and measure all seeds."""
        built = [self.world.build(seed) for seed in self.seeds]
        worlds = [world for world, _ in built]
        train, test = zip(*map(self.sample.draw, worlds, self.seeds), strict=True)
        begun = time.perf_counter()
        start = None
        if self.start == "witness":
            start = [start_codes(carrier, one) for (_, carrier), one in zip(built, train, strict=True)]
        seen = [encoder_input(one.x, self.sees) for one in train]
        fitted = fit(seen, self.config, self.seeds, device, start, progress)
        trained = time.perf_counter()
        z = [one.z for one in test]
        x = [encoder_input(one.x, self.sees) for one in test]
        codes, before = fitted.encode(x).cpu(), fitted.encode(x, trained=False).cpu()
        evidence = [
            optimum_evidence(found, self._oracle(world, carrier, one), self._unit)
            for found, (world, carrier), one in zip(fitted.held_out(x), built, test, strict=True)
        ]
        runs = [
            self._run(i, z[i], codes[i], before[i])
            | {"optimum": evidence[i], "bound": broken_bound(built[i][1], z[i][:, -1], codes[i, :, -1])}
            for i in range(len(self.seeds))
        ]
        summary = self._about(worlds[0], self.world.breaks(built[0][1])) | {
            "baselines": baselines(z, [one.x for one in test])
            | {"untrained": over_seeds([run["untrained_r2"] for run in runs], 1.0)},
            "condition_number": _conditioning(worlds, test),
            "parameters": sum(p.numel() for p in fitted.network.parameters()) // len(self.seeds),
            "runs": runs,
            "over_seeds": {
                name: over_seeds([run["scores"][name]["estimate"] for run in runs], 1.0) for name in runs[0]["scores"]
            },
            "seconds": {"training": trained - begun, "measuring": time.perf_counter() - trained},
        }
        arrays = self._arrays(worlds, test, codes, fitted)
        if worlds[0].nuisance is None and self._is_one_map(worlds[0]):
            summary["geometry"], points = measure_geometry(fitted.encoder(0), worlds[0], test[0].z)
            arrays |= points
        if self.published is not None:
            summary["single_sequence"] = single_sequence_scores(z, codes, self.published)
        return CellResult(summary, arrays)

    def _run(
        self, i: int, z: Float[Tensor, "n t d"], codes: Float[Tensor, "n t m"], before: Float[Tensor, "n t m"]
    ) -> dict[str, Any]:
        rows = (z, codes) if self.sees == "time" else (counted_rows(z), counted_rows(codes))
        measured = measure(*rows, seed=self.seeds[i], scores=self.scores).to_json()
        return {
            "seed": self.seeds[i],
            "scores": measured["scores"],
            "ladder": measured["ladder"],
            "verdict": measured["verdict"],
            "untrained_r2": linear_r2(z, before),
        }

    def _oracle(self, world: World, carrier: Carrier | None, test: Trajectories) -> HeldOut:
        if isinstance(self.config.method, PairedMethod):
            true = paired_oracle(world, test.z, self.config.method)
            if true is None:
                raise ValueError(f"world {world.name} is outside the model class of {self.config.method.name}")
            return true
        return best_known(carrier, self.world.intact, world, test, self._method, self.config.encoder.width)

    @property
    def _unit(self) -> str:
        return "nats a pair" if isinstance(self.config.method, PairedMethod) else unit(self._method)

    @property
    def _method(self) -> Method:
        assert isinstance(self.config.method, Method)
        return self.config.method

    def _is_one_map(self, world: World) -> bool:
        """Whether f o g is a map of z alone between open sets of one dimension."""
        method = self.config.method
        curved = isinstance(method, PairedMethod) and method.model.lives_on != "plane"
        return self.sees == "frame" and self.config.encoder.width == world.dim and not curved

    def _about(self, world: World, broken: bool) -> dict[str, Any]:
        return {
            "kind": "training",
            "identified": not broken,
            "intact": self.world.intact,
            "sees": self.sees,
            **self.world.about(world),
            "method": self.config.method.name,
            "form": self.config.method.form,
            "start": self.start,
            "sample": asdict(self.sample),
            "ceiling": world.ceiling._asdict(),
            "assumptions": {
                one.name: {"holds": declared.holds, "why": declared.why} for one, declared in world.assumptions.items()
            },
            "steps": self.config.steps,
        }

    def _arrays(
        self, worlds: Sequence[World], test: Sequence[Trajectories], codes: Float[Tensor, "s n t m"], fitted: Fitted
    ) -> dict[str, np.ndarray]:
        history, shown = fitted.history, 400
        arrays = history_arrays(history) | {
            "history/alignment": history.alignment.numpy(),
            "history/entropy": history.entropy.numpy(),
            "sample/z": test[0].z[:, -1][:shown].numpy(),
            "sample/z_hat": codes[:, :shown, -1].numpy(),
            "sample/x": test[0].x[:6, -1].numpy(),
        }
        if worlds[0].dim == 2 and self._is_one_map(worlds[0]):
            arrays |= lattice_arrays(worlds[0], test[0].z, fitted)
        return arrays


def _conditioning(worlds: Sequence[World], test: Sequence[Trajectories]) -> dict[str, float]:
    latents = [joint_latents(one)[:200, -1] for one in test]
    numbers = torch.cat([world.mixing.condition_number(z) for world, z in zip(worlds, latents, strict=True)])
    return {"median": float(numbers.median()), "high": float(numbers.quantile(0.95))}
