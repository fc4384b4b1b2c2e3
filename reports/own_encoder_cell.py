"""A cell around a model that is not ours: any `torch.nn.Module` or callable takes the place of the fit in a claim.

`train(x, generator)` gets training sequences [n t p] and returns an encoder of frames, [n p] -> [n m]. Its objective is
its own, so that no evidence of a reached optimum exists: a claim about it can be SUPPORTED or INCONCLUSIVE, and is
never REFUTED (a rule refutes only at an optimum).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from identify import measure
from reports.baselines import baselines
from reports.cell import CellResult, Progress
from reports.counted_frames import counted_rows
from reports.over_seeds import over_seeds
from reports.training_cell import SCORES
from reports.world_choice import SampleSizes, WorldChoice

Encoder = Callable[[Float[Tensor, "n p"]], Float[Tensor, "n m"]]
Train = Callable[[Float[Tensor, "n t p"], torch.Generator], Encoder]


@dataclass(frozen=True)
class OwnEncoderCell:
    """World, training function, sample and seeds; `version` names what else the function depends on."""

    id: str
    world: WorldChoice
    train: Train
    sample: SampleSizes
    seeds: tuple[int, ...]
    cost: float = 10.0
    version: str = ""

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on; change `version` when the training function changes."""
        return {
            "id": self.id,
            "world": self.world.configuration(),
            "train": [self.train.__module__, getattr(self.train, "__qualname__", type(self.train).__name__)],
            "version": self.version,
            "sample": asdict(self.sample),
            "seeds": list(self.seeds),
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Train and measure every seed on fresh sequences; pairs are measured on their second frame."""
        runs = []
        for done, seed in enumerate(self.seeds):
            world, _ = self.world.build(seed)
            train, test = self.sample.draw(world, seed)
            encode = self.train(train.x.float().to(device), torch.Generator().manual_seed(seed))
            code = self._encoded(encode, test.x.float().to(device))
            told = measure(counted_rows(test.z), counted_rows(code), seed=seed, scores=SCORES).to_json()
            optimum = {"reached": False, "why": "an objective of its own"}
            kept = {name: told[name] for name in ("scores", "ladder", "verdict")}
            runs.append({"seed": seed, "optimum": optimum, **kept})
            progress(done + 1, len(self.seeds))
        summary = {
            "kind": "own encoder",
            **self.world.about(world),
            "sample": asdict(self.sample),
            "baselines": {name: one["estimate"] for name, one in baselines([test.z], [test.x]).items()},
            "runs": runs,
            "over_seeds": {name: over_seeds([run["scores"][name]["estimate"] for run in runs], 1.0) for name in SCORES},
        }
        return CellResult(summary)

    def _encoded(self, encode: Encoder, x: Float[Tensor, "n t p"]) -> Float[Tensor, "n t m"]:
        """Codes of every frame; ValueError where the encoder does not return one code a frame."""
        with torch.no_grad():
            code = encode(x.flatten(0, 1)).detach().cpu()
        if code.ndim != 2 or len(code) != x.shape[0] * x.shape[1]:
            raise ValueError(
                f"train returned an encoder that maps {x.shape[0] * x.shape[1]} frames to shape {tuple(code.shape)}: "
                "return one code of m numbers for each frame"
            )
        return code.unflatten(0, x.shape[:2])
