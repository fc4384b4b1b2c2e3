"""Ascent of linear ICA on mixed photographs, step by step, under priors on either side of the Gaussian.

Every step's Amari distance to the mixing is kept, and the condition of `identify.ica_stability` says from the sources
and the prior alone whether the ascent ends at the sources. Pixel values are mostly sub-Gaussian, differences of
neighbouring pixels super-Gaussian, so each of two shapes is mostly right for one view and wrong for the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from scipy import stats

from identify.ica_optimiser import maximise, natural_gradient_path
from identify.ica_stability import local_stability
from identify.linear_ica import GeneralisedNormal
from identify.metrics import amari_distance
from reports.cell import CellResult, Progress
from reports.claim import SUPPORTED, Claim, Judgement, Measured, Outcome
from reports.ica_cell import Rows, columns, cuts
from reports.over_seeds import over_seeds

VIEWS = ("pixels", "gradients")
SHAPES = (1.0, 4.0)
FAR = 0.2
"""Amari distance beyond which the ascent has not ended at the sources, or was lost by going on."""
DEPENDENT = 0.2
"""Correlation of two cuts beyond which they are no independent sources, so that the theorem says nothing of them."""
_MIXING = np.array([[1.0, 0.7], [0.7, 1.0]])


@dataclass(frozen=True)
class PriorPathCell:
    """Natural-gradient ascent from a multiple of W = 1 on two photographs mixed by [[1, .7], [.7, 1]] (LDM Fig. 2B).

    Every seed cuts other pieces, of which `rows` random rows are used. `rounding` smooths the kink of shape 1 over
    about one grey level.
    """

    id: str
    seeds: tuple[int, ...]
    cost: float = 5.0
    side: int = 200
    rows: int = 8000
    steps: int = 300
    rate: float = 0.2
    rounding: float = 0.1

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "seeds": list(self.seeds),
            "side": self.side,
            "rows": self.rows,
            "ascent": [self.steps, self.rate],
            "rounding": self.rounding,
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Four ascents a seed: both views under both shapes."""
        runs: list[dict[str, Any]] = []
        paths: dict[str, list[np.ndarray]] = {}
        for done, seed in enumerate(self.seeds):
            rng = np.random.default_rng(seed)
            images = cuts(rng, self.side)
            for view in VIEWS:
                sources = columns(np.diff(images, axis=2) if view == "gradients" else images)
                sources = sources[rng.permutation(len(sources))[: self.rows]]
                for shape in SHAPES:
                    run, distances = self._ascend(sources, GeneralisedNormal(shape, self.rounding))
                    runs.append({"seed": seed, "view": view, "shape": shape} | run)
                    paths.setdefault(f"path/{view}-{shape:g}", []).append(distances)
            progress(done + 1, len(self.seeds))
        unstable = {
            seed: [r["amari_lost"] for r in runs if r["seed"] == seed and _judged(r, False)] for seed in self.seeds
        }
        lost = [float(np.mean(values)) for values in unstable.values() if values]
        summary = {
            "kind": "ica path",
            "sources": "photographs",
            "method": "natural-gradient ascent, generalised normals of shape 1 and 4",
            "runs": runs,
            "over_seeds": {"amari_lost": over_seeds(lost or [math.nan], 1.0)},
        }
        return CellResult(summary, {name: np.stack(rows) for name, rows in paths.items()})

    def _ascend(self, sources: Rows, prior: GeneralisedNormal) -> tuple[dict[str, Any], Float[np.ndarray, " k"]]:
        """What one ascent did, beside what the condition predicts, and its distances, the last one repeated."""
        mixed = sources @ _MIXING.T
        path = natural_gradient_path(mixed, prior, np.eye(2) / mixed.std(), self.steps, self.rate)
        distances = np.array([_distance(w, sources, mixed) for w in path.unmixing])
        optimum = maximise(mixed, prior, path.unmixing[-1])
        reached = _distance(optimum.unmixing, sources, mixed)
        predicted = local_stability(sources, prior)
        best = int(distances.argmin())
        run = {
            "excess_kurtosis": stats.kurtosis(sources, axis=0).tolist(),
            "correlation_of_sources": float(np.corrcoef(sources.T)[0, 1]),
            "margin": predicted.weakest,
            "margin_standard_error": float(predicted.standard_errors[0, 1]),
            "predicted_stable": predicted.stable,
            "amari_start": float(distances[0]),
            "amari_best": float(distances[best]),
            "best_step": best,
            "amari_optimum": reached,
            "amari_lost": reached - float(distances[best]),
            "converged": optimum.converged,
        }
        return run, np.concatenate([distances, np.full(self.steps + 1 - len(distances), distances[-1])])


def _distance(unmixing: Float[np.ndarray, "2 2"], sources: Rows, mixed: Rows) -> float:
    """Amari distance where true and recovered sources have unit variance."""
    scaled = unmixing / (mixed @ unmixing.T).std(axis=0)[:, None]
    return amari_distance(scaled, _MIXING * sources.std(axis=0))


def _judged(run: Mapping[str, Any], stable: bool) -> bool:
    """Sources are near enough to independent, and the condition predicts this."""
    return run["predicted_stable"] is stable and abs(run["correlation_of_sources"]) <= DEPENDENT


def early_stopping(summaries: Mapping[str, Mapping[str, Any]]) -> Judgement:
    """SUPPORTED iff every ascent ends as the condition predicts, and those that leave the sources had come nearer."""
    runs = [run for summary in summaries.values() for run in summary["runs"]]
    row = next(iter(summaries.values()))["over_seeds"]["amari_lost"]
    measured = Measured(row["estimate"], row["low"], row["high"])
    kept, left = ([run for run in runs if _judged(run, stable)] for stable in (True, False))
    contradictions = [run for run in kept if run["amari_optimum"] > FAR]
    contradictions += [run for run in left if run["amari_optimum"] <= FAR]
    if not (kept and left):
        return Judgement(Outcome.INCONCLUSIVE, measured, f"{len(kept)} stable ascents and {len(left)} unstable ones")
    least = min(run["amari_lost"] for run in left)
    reason = (
        f"{len(kept)} ascents predicted to keep the sources end within {max(r['amari_optimum'] for r in kept):.3f}, "
        f"{len(left)} predicted to leave them end {least:.3f} or more above the best point of their path, which came "
        f"within {min(run['amari_best'] for run in left):.3f} of the sources; {len(runs) - len(kept) - len(left)} not "
        f"judged; {len(contradictions)} against the prediction"
    )
    if not contradictions and least > FAR:
        return Judgement(Outcome.SUPPORTED, measured, reason)
    refuted = any(run["converged"] for run in contradictions)
    return Judgement(Outcome.REFUTED if refuted else Outcome.INCONCLUSIVE, measured, reason)


def early_stopping_claim(theorem: str, seeds: tuple[int, ...]) -> Claim:
    """The wrong prior passes near the sources and leaves them, as the sign of the condition says."""
    return Claim(
        id="linear-ica/wrong-prior-path",
        theorem=theorem,
        statement=(
            "Linear ICA keeps the sources exactly where prior and sources satisfy the condition of local stability: "
            "on photographs, ascent under a prior on the wrong side of Gaussian comes nearer to them on its way than "
            "at its optimum"
        ),
        source="LDM Fig. 2B; cardoso1996equivariant",
        published="",
        score="amari_lost",
        cells=(PriorPathCell("ica/wrong-prior-path", seeds),),
        rule=early_stopping,
        rule_text=(
            f"SUPPORTED: every ascent ends within an Amari distance of {FAR:g} of the sources where the condition, "
            "evaluated on sources and prior, holds by five standard errors, and beyond where it fails by that much; "
            f"there the optimum is also more than {FAR:g} worse than the best point of the path. Cuts correlated by "
            f"more than {DEPENDENT:g} are no independent sources and are not judged. "
            "REFUTED: a converged ascent ends where the condition excludes it. INCONCLUSIVE: anything else."
        ),
        expected=SUPPORTED,
    )
