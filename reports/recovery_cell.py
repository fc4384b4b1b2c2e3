"""A cell that trains LDM on a world, takes the CPU time, and scores what came back.

world -> pairs -> fit -> affine R2 of the latents on held-out pairs, its baselines, evidence of the optimum, and what
nuisance, where there is any, the code carries. Seeds are trained one after the other on one thread, so that each has
CPU seconds of its own: those of `fit` and everything in it, without drawing the data and without scoring.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from threadpoolctl import threadpool_limits

from identify.fitting import fit
from identify.kernel_cca import fit_kernel_cca
from identify.methods import Method
from identify.metrics import affine_r2
from identify.principal_components import fit_projection
from identify.splits import make_split
from identify.training import FitConfig
from reports.baselines import baselines, linear_r2
from reports.cell import CellResult, Progress
from reports.history_arrays import history_arrays
from reports.optimum import optimum_evidence, oracle
from reports.over_seeds import over_seeds
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import Trajectories, World

_CANONICAL_ROWS = 20_000


@dataclass(frozen=True)
class RecoveryCell:
    """One world and one configuration. ValueError unless the sample is of pairs."""

    id: str
    world: WorldChoice
    config: FitConfig
    sample: SampleSizes
    seeds: tuple[int, ...]
    cost: float

    def __post_init__(self) -> None:
        if self.sample.length != 2:
            raise ValueError(f"sample.length={self.sample.length}: this cell scores pairs, take 2")

    @property
    def _method(self) -> Method:
        assert isinstance(self.config.method, Method)
        return self.config.method

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "world": self.world.configuration(),
            "config": asdict(self.config),
            "sample": asdict(self.sample),
            "seeds": list(self.seeds),
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Train and score the seeds in turn."""
        found = []
        with one_thread():
            for done, seed in enumerate(self.seeds):
                found.append(self._run(seed, device))
                progress(done + 1, len(self.seeds))
        runs, shown = [run for run, _, _ in found], found[0][2]
        base = {name: over_seeds([one[name] for _, one, _ in found], 1.0) for name in found[0][1]}
        summary = self._about(self.world.build(self.seeds[0])[0]) | {
            "baselines": base,
            "parameters": shown.pop("parameters"),
            "runs": runs,
            "over_seeds": {
                "r2_affine": over_seeds([run["scores"]["r2_affine"]["estimate"] for run in runs], 1.0),
                "cpu_seconds": over_seeds([run["cpu_seconds"] for run in runs]),
                **{
                    name: over_seeds([run["nuisance"][name] for run in runs], 1.0)
                    for name in runs[0].get("nuisance", {})
                },
            },
        }
        return CellResult(summary, shown)

    def _run(self, seed: int, device: str) -> tuple[dict[str, Any], dict[str, float], dict[str, Any]]:
        """Run, baselines, and what figures need, of one seed."""
        world, _ = self.world.build(seed)
        train, test = self.sample.draw(world, seed)
        begun = time.process_time()
        fitted = fit(train.x, self.config, (seed,), device)
        spent = time.process_time() - begun
        code, before = fitted.encode(test.x)[0].cpu(), fitted.encode(test.x, trained=False)[0].cpu()
        (reached,) = fitted.held_out(test.x)
        z, found = (one[:, 1].double().numpy() for one in (test.z, code))
        score = affine_r2(z, found, make_split(len(z), seed=seed))
        run = {
            "seed": seed,
            "scores": {"r2_affine": score.to_json()},
            "worst_latent": float(score.parts.min()),
            "cpu_seconds": spent,
            "restarts": fitted.restart_objectives[0].tolist() if self.config.restarts > 1 else [],
            "optimum": optimum_evidence(reached, oracle(world, test, self._method)),
        }
        if test.nuisance is not None:
            run["nuisance"] = nuisance_in_code(found, z, test.nuisance[:, 1].double().numpy(), seed)
        base = {name: one["estimate"] for name, one in baselines([test.z], [test.x]).items()}
        base |= {"untrained": linear_r2(test.z, before), "linear_cca": _linear_cca(train, test, world.dim)}
        shown = history_arrays(fitted.history) | {"parameters": sum(p.numel() for p in fitted.network.parameters())}
        return run, base, shown

    def _about(self, world: World) -> dict[str, Any]:
        return {
            "kind": "recovery",
            **self.world.about(world),
            "method": self.config.method.name,
            "form": self.config.method.form,
            "sample": asdict(self.sample),
            "ceiling": world.ceiling._asdict(),
            "steps": self.config.steps,
        }


def nuisance_in_code(
    code: Float[np.ndarray, "n m"], signal: Float[np.ndarray, "n d"], nuisance: Float[np.ndarray, "n k"], seed: int
) -> dict[str, float]:
    """How much nuisance a code carries, by affine regressions scored on held-out rows.

    `nuisance_from_code`: R2 of the nuisance from the code. `code_beyond_signal`: what nuisance adds to the R2 of the
    code from the signal. Both are about 0 for a function of the signal alone.
    """
    split = make_split(len(code), seed=seed)
    both = affine_r2(code, np.hstack((signal, nuisance)), split).estimate
    return {
        "nuisance_from_code": affine_r2(nuisance, code, split).estimate,
        "code_beyond_signal": both - affine_r2(code, signal, split).estimate,
    }


def _linear_cca(train: Trajectories, test: Trajectories, components: int) -> float:
    """R2 of the latents from the linear functions of a frame that correlate most with the frame before."""
    frames = train.x[:_CANONICAL_ROWS]
    project = fit_projection([frames.flatten(0, 1)], None, whiten=True)
    past, now = (project(frames[None, :, t])[0].double().numpy() for t in range(2))
    found = fit_kernel_cca(now, past, components, np.random.default_rng(0), features=0, ridges=(1e-9,))
    code = np.stack([found(project(test.x[None, :, t])[0].double().numpy()) for t in range(2)], 1)
    return linear_r2(test.z, torch.from_numpy(code))


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for torch and for the linear algebra libraries: CPU time then is the time of the work."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(threads)
