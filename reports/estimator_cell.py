"""A cell that trains one estimator on one world from many seeds, and watches when and whether each run succeeds.

world -> trajectories -> fit -> affine R2 along the run and at its end, CPU time, and two held-out objectives of every
run: its own method's, and that of one judge for all methods, so that runs of different estimators can be compared. The
detector of failed runs (`identify.failed_runs`) gets these objectives and nothing else; the R2 only says whether it was
right. CPU seconds are those of `fit` on one thread, without drawing data and without looking, divided by the seeds,
which are trained side by side; to reach an R2 takes as long as to the first of eight looks that finds it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn

from identify.encoders import input_projection
from identify.fitted import Fitted
from identify.fitting import fit
from identify.methods import EntropyConfig, Method
from identify.objective import HeldOut
from identify.training import FitConfig
from reports.baselines import baselines, linear_r2
from reports.cell import CellResult, Progress
from reports.history_arrays import history_arrays
from reports.over_seeds import over_seeds
from reports.recovery_cell import one_thread
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import Trajectories

FAILED = 0.95
"""A run below this affine R2 has failed."""
GOOD = 0.99
LOOKS = 8
JUDGE = Method("judge", entropy=EntropyConfig("knn", k=3))
_LOOKED_AT = 2_000  # frames a look is fitted and scored on


@dataclass(frozen=True)
class EstimatorCell:
    """One world and one configuration, `seeds` side by side; `bad` marks settings that are meant to fail."""

    id: str
    world: WorldChoice
    config: FitConfig
    sample: SampleSizes
    seeds: tuple[int, ...]
    cost: float
    estimator: str
    bad: bool = False

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "world": self.world.configuration(),
            "config": asdict(self.config),
            "sample": asdict(self.sample),
            "seeds": list(self.seeds),
            "estimator": self.estimator,
            "bad": self.bad,
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Train all seeds side by side, look on the way, score and judge."""
        worlds = [self.world.build(seed)[0] for seed in self.seeds]
        train, test = zip(*map(self.sample.draw, worlds, self.seeds), strict=True)
        with one_thread():
            watcher = _Watcher(self.config, train, test, device)
            begun = time.process_time()
            fitted = fit([one.x for one in train], self.config, self.seeds, device, progress=progress, watch=watcher)
            spent = (time.process_time() - begun - watcher.looking) / len(self.seeds)
            runs = self._runs(fitted, test, watcher, spent)
        summary = {
            "kind": "estimator",
            **self.world.about(worlds[0]),
            "method": self.estimator,
            "form": self.config.method.form if isinstance(self.config.method, Method) else "MI",
            "bad": self.bad,
            "sample": asdict(self.sample),
            "steps": self.config.steps,
            "baselines": baselines([one.z for one in test], [one.x for one in test]),
            "runs": runs,
            "over_seeds": over_runs(runs),
        }
        arrays = history_arrays(fitted.history) | {
            "looks/step": np.array(watcher.steps),
            "looks/r2": np.array(watcher.scores).T,
        }
        return CellResult(summary, arrays)

    def _runs(
        self, fitted: Fitted, test: Sequence[Trajectories], watcher: _Watcher, spent: float
    ) -> list[dict[str, Any]]:
        x = [one.x for one in test]
        codes = fitted.encode(x).cpu()
        own = fitted.held_out(x)
        judged = replace(fitted, config=replace(fitted.config, method=JUDGE)).held_out(x)
        return [
            {
                "seed": seed,
                "scores": {"r2_affine": {"estimate": linear_r2(one.z, code)}},
                "cpu_seconds": spent,
                "seconds_to_good": watcher.seconds_to(GOOD, i),
                "held_out": own[i]._asdict(),
                "judged": judged[i]._asdict(),
                "diverged": fitted.diverged[i],
            }
            for i, (seed, one, code) in enumerate(zip(self.seeds, test, codes, strict=True))
        ]


@dataclass
class _Watcher:
    """Looks at the networks eight times along the run; `looking` is the CPU time that took, `scores` are by look."""

    config: FitConfig
    train: Sequence[Trajectories]
    test: Sequence[Trajectories]
    device: str
    steps: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    scores: list[list[float]] = field(default_factory=list)
    looking: float = 0.0

    def __post_init__(self) -> None:
        projection = input_projection([one.x.flatten(0, 1).to(self.device) for one in self.train], self.config.encoder)
        sequences = _LOOKED_AT // (self.test[0].x.shape[1] if self.test[0].x.shape[1] > 2 else 1)
        self._z = [one.z[:sequences] for one in self.test]
        self._inputs = projection.project([one.x[:sequences].to(self.device) for one in self.test])
        self._marks = {math.ceil(self.config.steps * (i + 1) / LOOKS) for i in range(LOOKS)}
        self._begun = time.process_time()

    def __call__(self, step: int, network: nn.Module) -> None:
        if step not in self._marks:
            return
        arrived = time.process_time()
        self.steps.append(step)
        self.seconds.append((arrived - self._begun - self.looking) / len(self._z))
        with torch.no_grad():
            codes = _encoded(network, self._inputs)
        self.scores.append([linear_r2(z, code) for z, code in zip(self._z, codes, strict=True)])
        self.looking += time.process_time() - arrived

    def seconds_to(self, score: float, run: int) -> float | None:
        """CPU seconds a seed until the first look that finds this score, None where none does."""
        return next(
            (spent for spent, found in zip(self.seconds, self.scores, strict=True) if found[run] >= score), None
        )


def _encoded(network: nn.Module, inputs: Tensor) -> Tensor:
    encoder = network.get_submodule("encoder")
    return encoder(inputs.flatten(1, 2)).unflatten(1, inputs.shape[1:3]).cpu()


def over_runs(runs: Sequence[dict[str, Any]]) -> dict[str, dict[str, float | None]]:
    """R2 with interval over seeds, the share of failed runs (Clopper-Pearson), CPU seconds, and seconds to R2 .99.

    Of the latter the median, the least and the largest, None where fewer than half the runs, or not all, get there.
    """
    scores = [run["scores"]["r2_affine"]["estimate"] for run in runs]
    failures = sum(not score >= FAILED for score in scores)
    bounds = stats.binomtest(failures, len(runs)).proportion_ci(0.95, "exact")
    share = failures / len(runs)
    reached = [math.inf if run["seconds_to_good"] is None else run["seconds_to_good"] for run in runs]
    median = float(np.median(reached))
    return {
        "r2_affine": dict(over_seeds(scores, 1.0)),
        "failure_rate": {"estimate": share, "low": bounds.low, "high": bounds.high, "worst": share},
        "cpu_seconds": dict(over_seeds([run["cpu_seconds"] for run in runs])),
        "seconds_to_good": {
            name: value if math.isfinite(value) else None
            for name, value in (("estimate", median), ("low", min(reached)), ("high", max(reached)), ("worst", median))
        },
    }


def held_out(run: dict[str, Any], kind: str) -> HeldOut:
    """The objective of a stored run (`held_out` or `judged`); a collapsed one is stored as null."""
    value, error = run[kind]["value"], run[kind]["standard_error"]
    return HeldOut(-math.inf if value is None else value, math.nan if error is None else error)
