"""A cell that trains a row of LDM table 1 on pairs of a world with known latents, and measures what came back.

world -> pairs -> fit (all seeds in one batched run) -> scores and verdict on the second frames, evidence of the optimum
where there is an oracle, cosine of the gradients of entropy and stop-gradient along training, eigenvalues of the codes'
covariance. Probability vectors are measured by all coordinates but the last, which the others determine.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from identify import measure
from identify.checkpoint import described
from identify.fitted import Fitted
from identify.fitting import fit
from identify.objective import HeldOut
from identify.paired_methods import PairedMethod
from identify.training import FitConfig
from reports.baselines import baselines, linear_r2
from reports.cell import CellResult, Progress
from reports.history_arrays import history_arrays
from reports.optimum import optimum_evidence
from reports.over_seeds import over_seeds
from reports.paired_oracle import paired_oracle
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import Trajectories, World

SCORES = ("r2_affine", "r2_affine_reverse", "procrustes_r2")
_COLLAPSED = 0.99


@dataclass(frozen=True)
class PairedCell:
    """One world, one paired method. ValueError unless the sample is of pairs and the method paired."""

    id: str
    world: WorldChoice
    config: FitConfig
    sample: SampleSizes
    seeds: tuple[int, ...]
    cost: float

    def __post_init__(self) -> None:
        if self.sample.length != 2:
            raise ValueError(f"sample.length={self.sample.length}: this cell trains on pairs, take 2")
        if not isinstance(self.config.method, PairedMethod):
            raise ValueError(f"method={self.config.method.name!r} is for series: take a PairedMethod, or TrainingCell")

    @property
    def method(self) -> PairedMethod:
        """The row."""
        assert isinstance(self.config.method, PairedMethod)
        return self.config.method

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "world": self.world.configuration(),
            "config": described(self.config),
            "sample": asdict(self.sample),
            "seeds": list(self.seeds),
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Train and measure all seeds."""
        worlds = [self.world.build(seed)[0] for seed in self.seeds]
        train, test = zip(*map(self.sample.draw, worlds, self.seeds), strict=True)
        fitted = fit([one.x for one in train], self.config, self.seeds, device, None, progress)
        x = [one.x for one in test]
        codes, before = fitted.encode(x).cpu(), fitted.encode(x, trained=False).cpu()
        found = fitted.held_out(x)
        runs = [
            self._run(i, worlds[i], test[i], codes[i], found[i])
            | {"scale": float(fitted.scales[i]), "untrained_r2": linear_r2(test[i].z, before[i])}
            for i in range(len(self.seeds))
        ]
        spectra = {
            "spectrum/latents": np.stack([_spectrum(one.z[:, 1]) for one in test]),
            "spectrum/codes": np.stack([_spectrum(one[:, 1]) for one in codes]),
        }
        summary = self._about(worlds[0]) | {
            "baselines": baselines([one.z for one in test], x)
            | {"untrained": over_seeds([run["untrained_r2"] for run in runs], 1.0)},
            "parameters": sum(p.numel() for p in fitted.network.parameters()) // len(self.seeds),
            "runs": runs,
            "over_seeds": {name: over_seeds([run["scores"][name]["estimate"] for run in runs], 1.0) for name in SCORES}
            | {"scale": over_seeds([run["scale"] for run in runs])},
            "cosines": _cosines(fitted),
        }
        return CellResult(summary, history_arrays(fitted.history) | spectra)

    def _run(
        self, i: int, world: World, test: Trajectories, codes: Float[Tensor, "n 2 m"], found: HeldOut
    ) -> dict[str, Any]:
        free = slice(0, world.dim - 1 if self.method.model.lives_on == "simplex" else None)
        measured = measure(test.z[:, 1, free], settled(codes[:, 1, free]), seed=self.seeds[i], scores=SCORES).to_json()
        true = paired_oracle(world, test.z, self.method)
        return {
            "seed": self.seeds[i],
            "scores": measured["scores"],
            "ladder": measured["ladder"],
            "verdict": measured["verdict"],
            "objective": found.value,
            "optimum": None if true is None else optimum_evidence(found, true, "nats a pair"),
        }

    def _about(self, world: World) -> dict[str, Any]:
        model = self.method.model
        return {
            "kind": "paired",
            **self.world.about(world),
            "method": self.method.name,
            "form": self.method.form,
            "space": model.lives_on,
            "prior": model.prior,
            "estimator": type(self.method.entropy).__name__,
            "predicts": self.method.predicts,
            "sample": asdict(self.sample),
            "ceiling": world.ceiling._asdict(),
            "steps": self.config.steps,
        }


def settled(codes: Float[Tensor, "n m"]) -> Float[Tensor, "n m"]:
    """The codes, or their median in every row where all but one in a hundred rows hold it: they have collapsed.

    Else the few stragglers, not the collapse, decide how well the latents explain the code (R2 1 where it is constant).
    """
    middle = codes.median(0).values
    collapsed = (codes == middle).all(-1).float().mean() > _COLLAPSED
    return middle.expand_as(codes).clone() if bool(collapsed) else codes


def _spectrum(rows: Float[Tensor, "n m"]) -> Float[np.ndarray, " m"]:
    """Eigenvalues of the covariance as shares of their sum, largest first; zeros where nothing varies."""
    values = np.linalg.eigvalsh(np.cov(rows.double().numpy(), rowvar=False, ddof=0))[::-1].clip(min=0)
    return values / max(float(values.sum()), np.finfo(float).tiny)


def _cosines(fitted: Fitted) -> dict[str, list[float]] | None:
    """Mean cosine of every seed in the first tenth of training, without its first step, and in the last quarter."""
    history = fitted.history
    if history.cosine is None:
        return None
    steps = fitted.config.steps
    early = (history.step > 0) & (history.step <= steps / 10)
    late = history.step >= 0.75 * steps
    return {"early": _means(history.cosine[:, early]), "late": _means(history.cosine[:, late])}


def _means(cosines: Float[Tensor, "s k"]) -> list[float]:
    means: list[float] = cosines.nanmean(1).tolist()
    return means
