"""A cell that trains LDM with a Kalman filter and holds the filter's state against the true latents and their ceiling.

world -> trajectories -> fit -> calibration on sequences that training never saw -> states of further sequences ->
affine R2, coverage, inferred noise. Every seed draws its own sequences; the three sets are independent draws.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from identify.fitted import Fitted
from identify.fitting import fit
from identify.kalman_calibration import Calibrated, CalibrationConfig, calibrate
from identify.kalman_filter import Filtered
from identify.kalman_noise_level import class_edges, level_class, residual_level
from identify.kalman_predictor import KalmanPredictor
from identify.metrics import affine_r2
from identify.splits import Split, make_split
from identify.training import FitConfig
from reports.baselines import baselines, linear_r2
from reports.cell import CellResult, Progress
from reports.history_arrays import history_arrays
from reports.kalman_scores import Estimate, correlation, coverage, decoded, estimate
from reports.over_seeds import over_seeds
from reports.recovery_cell import one_thread
from reports.world_choice import WorldChoice, drawn
from synthetic import Square, Trajectories, World

_SHOWN = 80


@dataclass(frozen=True)
class FilterSample:
    """Sequences for training, calibration and testing, and their length."""

    train: int = 4000
    calibration: int = 400
    test: int = 300
    length: int = 100

    def draw(self, world: World, seed: int) -> list[Trajectories]:
        """Sequences for training, for calibration and for testing."""
        return drawn(world, seed, (self.train, self.calibration, self.test), self.length)


class _Found(NamedTuple):
    """Codes, filter states and inferred noise levels of held-out sequences, for every network."""

    code: Float[Tensor, "s n t m"]
    state: Filtered
    level: Float[Tensor, "s n t"] | None


@dataclass(frozen=True)
class KalmanCell:
    """One world and one configuration, several seeds in one batched run.

    `classes` of noise level are told apart in the calibration (1: all frames alike); `target` is what is scored: the
    latents, or the point of the unit circle that belongs to their way along a square; `decode` also reads the latents
    by linear maps and perceptrons, from the state and straight from the observation.
    """

    id: str
    world: WorldChoice
    config: FitConfig
    seeds: tuple[int, ...]
    cost: float
    sample: FilterSample = field(default_factory=FilterSample)
    calibration: CalibrationConfig = field(default_factory=CalibrationConfig)
    classes: int = 1
    target: Literal["latents", "phase"] = "latents"
    decode: bool = False

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "world": self.world.configuration(),
            "config": asdict(self.config),
            "sample": asdict(self.sample),
            "calibration": asdict(self.calibration),
            "classes": self.classes,
            "target": self.target,
            "decode": self.decode,
            "seeds": list(self.seeds),
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Train all seeds together, calibrate, score seed by seed."""
        with one_thread():
            worlds = [self.world.build(seed)[0] for seed in self.seeds]
            train, spare, test = zip(*map(self.sample.draw, worlds, self.seeds), strict=True)
            begun = time.process_time()
            fitted = fit([one.x for one in train], self.config, self.seeds, device, progress=progress)
            spent = time.process_time() - begun
            x = [one.x for one in test]
            edges = self._edges(fitted, spare)
            calibrated = self._calibrate(fitted, spare, edges)
            found = _filter(fitted, calibrated, edges, x)
            plain = _filter(fitted, Calibrated(_predictor(fitted).system_parameters.system(), None), None, x)
            held_out = fitted.held_out(x)
            before = fitted.encode(x, trained=False).cpu()
            runs: list[dict[str, Any]] = []
            shown: dict[str, np.ndarray] = {}
            for i, one in enumerate(test):
                run, arrays = self._run(i, one, found, plain)
                run["values"]["objective"] = held_out[i].value
                runs.append(run | {"objective_error": held_out[i].standard_error, "diverged": fitted.diverged[i]})
                shown = shown or arrays
        z = [self._target(one.z) for one in test]
        summary = self._about(worlds[0]) | {
            "baselines": baselines(z, x)
            | {"untrained": over_seeds([linear_r2(a, b) for a, b in zip(z, before, strict=True)], 1.0)},
            "runs": runs,
            "over_seeds": {
                name: over_seeds([run["values"][name] for run in runs], math.inf if name == "objective" else 1.0)
                for name in runs[0]["values"]
            },
            "cpu_seconds": spent,
        }
        return CellResult(summary, history_arrays(fitted.history) | shown)

    def _edges(self, fitted: Fitted, spare: Sequence[Trajectories]) -> Float[Tensor, "s e"] | None:
        if self.classes == 1:
            return None
        return class_edges(residual_level([one.x for one in spare], fitted.projection), self.classes)

    def _calibrate(
        self, fitted: Fitted, spare: Sequence[Trajectories], edges: Float[Tensor, "s e"] | None
    ) -> Calibrated:
        x = [one.x for one in spare]
        classes = None if edges is None else level_class(residual_level(x, fitted.projection), edges)
        generator = torch.Generator().manual_seed(self.seeds[0])
        start = _predictor(fitted).system_parameters
        return calibrate(fitted.encode(x), start, generator, classes, self.calibration)

    def _target(self, z: Float[Tensor, "n t 2"]) -> Float[Tensor, "n t 2"]:
        if self.target == "latents":
            return z
        phase = Square().coordinates(z).phase
        return torch.stack((phase.cos(), phase.sin()), -1)

    def _run(
        self, i: int, test: Trajectories, found: _Found, plain: _Found
    ) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        """Scores of one seed, and the course of one held-out sequence."""
        z, code, x = (_rows(one) for one in (self._target(test.z), found.code[i], test.x))
        split = make_split(len(z), sequence_length=test.z.shape[1], seed=self.seeds[i])
        state = _rows(found.state.state[i])
        told = _estimate(z, found.state, i, split)
        r2, frame = affine_r2(z, state, split), affine_r2(z, code, split)
        values = {
            "r2_affine": r2.estimate,
            "r2_frame": frame.estimate,
            "coverage": coverage(z, told, split),
            "coverage_uncalibrated": coverage(z, _estimate(z, plain.state, i, split), split),
        }
        scores = {"r2_affine": r2.to_json(), "r2_frame": frame.to_json()}
        level = None
        if found.level is not None and test.nuisance is not None:
            level = np.stack((_rows(test.nuisance)[:, 0], _rows(found.level[i][..., None])[:, 0]), -1)
            values["level_correlation"] = correlation(*level[split.held_out].T)
        if self.decode:
            readings = {"state": decoded(z, state, split, self.seeds[i]), "spikes": decoded(z, x, split, self.seeds[i])}
            values |= {f"{how}_from_{source}": r2 for source, read in readings.items() for how, r2 in read.items()}
        first = int(split.held_out[0])
        shown = _course(z, told, level, slice(first, first + min(_SHOWN, self.sample.length)))
        return {"seed": self.seeds[i], "scores": scores, "values": values}, shown

    def _about(self, world: World) -> dict[str, Any]:
        frame, past = world.ceiling, world.filtering
        return {
            "kind": "kalman",
            **self.world.about(world),
            "target": self.target,
            "method": self.config.method.name,
            "form": self.config.method.form,
            "sample": asdict(self.sample),
            "ceiling": None if past is None or self.target != "latents" else past._asdict() | {"r2": past.r2},
            "frame_ceiling": frame.r2 if self.target == "latents" else None,
            "steps": self.config.steps,
        }


def _filter(
    fitted: Fitted, calibrated: Calibrated, edges: Float[Tensor, "s e"] | None, x: Sequence[Float[Tensor, "n t p"]]
) -> _Found:
    with torch.no_grad():
        code = fitted.encode(x)
        classes = None if edges is None else level_class(residual_level(x, fitted.projection), edges)
        level = None if classes is None or calibrated.noise is None else calibrated.noise.level(classes).cpu()
        return _Found(code.cpu(), Filtered(*(part.cpu() for part in calibrated.filter(code, classes))), level)


def _predictor(fitted: Fitted) -> KalmanPredictor:
    predictor = fitted.network.predictor
    if not isinstance(predictor, KalmanPredictor):
        raise ValueError(f"config.predictor is {type(predictor).__name__}; this cell needs a KalmanConfig")
    return predictor


def _estimate(z: Float[np.ndarray, "n d"], states: Filtered, i: int, split: Split) -> Estimate:
    mean, covariance = states.state[i], states.covariance[i]
    wide = covariance.expand(mean.shape[0], *covariance.shape[1:]).flatten(0, 1)
    return estimate(z, _rows(mean), wide.double().numpy(), split)


def _rows(values: Float[Tensor, "n t k"]) -> Float[np.ndarray, "r k"]:
    return values.flatten(0, 1).double().numpy()


def _course(
    z: Float[np.ndarray, "n d"], told: Estimate, level: Float[np.ndarray, "n 2"] | None, frames: slice
) -> dict[str, np.ndarray]:
    """One sequence: truth, mean and deviation of the filter, true level and inferred one on the scale of the truth."""
    deviation = np.sqrt(np.einsum("naa->na", told.covariance[frames]))
    course = {"course/z": z[frames], "course/mean": told.mean[frames], "course/deviation": deviation}
    if level is None:
        return course
    slope, offset = np.polyfit(level[:, 1], level[:, 0], 1)
    return course | {"course/level": level[frames, 0], "course/inferred_level": slope * level[frames, 1] + offset}
