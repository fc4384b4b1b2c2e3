"""A cell that trains nothing: a violation's witness against the objective, against its twin, and on the ladder.

violation -> draws -> gap of the witness to the optimum, there and in the intact twin -> verdict on (z, h(z)). Seed k
draws its own data. Everything is computed from densities in closed form, in double precision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from identify import measure
from reports.cell import CellResult, Progress
from reports.over_seeds import over_seeds
from reports.trained_worlds import broken_bound
from reports.witness_gap import AnyViolation, Gap, witness_codes, witness_gap
from synthetic import InfoViolation

SCORES = ("r2_affine", "r2_nonlinear")


@dataclass(frozen=True)
class WitnessCell:
    """One violation. `pooled` measures the frames of all times together, else only the second of each pair."""

    id: str
    factory: Callable[..., AnyViolation]
    arguments: tuple[tuple[str, Any], ...] = ()
    seeds: tuple[int, ...] = (0, 1, 2)
    rows: int = 10_000
    pooled: bool = False
    cost: float = 6.0

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "violation": [self.factory.__name__, list(self.arguments)],
            "seeds": list(self.seeds),
            "rows": self.rows,
            "pooled": self.pooled,
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Gaps and verdicts of all seeds."""
        violation = self.factory(**dict(self.arguments))
        runs = []
        for done, seed in enumerate(self.seeds):
            runs.append(self._run(violation, seed))
            progress(done + 1, len(self.seeds))
        return CellResult(self._about(violation) | {"runs": runs, "over_seeds": _over_seeds(runs)})

    def _run(self, violation: AnyViolation, seed: int) -> dict[str, Any]:
        generator = torch.Generator().manual_seed(20_000 + seed)
        z, code = witness_codes(violation, self.rows, 2, generator)
        measured = measure(*self._rows(z, code), seed=seed, scores=SCORES).to_json()
        return {
            "seed": seed,
            "scores": measured["scores"],
            "ladder": measured["ladder"],
            "verdict": measured["verdict"],
            "gap": _plain(witness_gap(violation, False, generator)),
            "twin_gap": _plain(witness_gap(violation, True, generator)),
            "bound": broken_bound(violation, z[:, 1], code[:, 1]),
        }

    def _rows(self, z: Float[Tensor, "n 2 d"], code: Float[Tensor, "n 2 m"]) -> tuple[Tensor, Tensor]:
        return (z, code) if self.pooled else (z[:, 1], code[:, 1])

    def _about(self, violation: AnyViolation) -> dict[str, Any]:
        world = violation.world
        return {
            "kind": "witness",
            "world": world.name,
            "world_text": world.description,
            "dim": world.dim,
            "observed_dim": world.observed_dim,
            "method": "none",
            "form": "",
            "violation": violation.name,
            "violation_kind": violation.kind,
            "breaks": violation.breaks if isinstance(violation.breaks, str) else violation.breaks.value,
            "proof": violation.proof,
            "twin": violation.twin.world.name if isinstance(violation, InfoViolation) else violation.twin.name,
            "rows": self.rows,
        }


def _plain(gap: Gap) -> dict[str, Any]:
    return gap._asdict()


def _over_seeds(runs: list[dict[str, Any]]) -> dict[str, Any]:
    scores = {name: over_seeds([run["scores"][name]["estimate"] for run in runs], 1.0) for name in SCORES}
    gaps = {name: over_seeds([run[name]["value"] for run in runs]) for name in ("gap", "twin_gap")}
    return scores | gaps
