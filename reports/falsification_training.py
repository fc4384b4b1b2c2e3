"""Rows and positive controls trained by LDM with Gaussians of constant covariance, unit codes apart."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from identify.latent_models import GaussianConfig
from identify.methods import KNN, LOG_DET, EntropyConfig, Method
from identify.predictors import PredictorConfig
from identify.training import FitConfig
from reports.encoder_input import Sees
from reports.falsification_cells import (
    AFFINE_OR_NOT,
    MANY_PAIRS,
    PAIRS,
    SEEDS,
    START,
    Start,
    intact_twin,
    pair_config,
    random_cell,
    witness_cell,
)
from reports.falsification_sphere import SPHERES, sphere_cells
from reports.training_cell import SCORES, TrainingCell
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import markov_gaussian, positive_controls, violations

HALF_TURN = ("rate", math.pi)
_THIRD_NEIGHBOUR = replace(KNN, entropy=EntropyConfig("knn", k=3))
_STARTED = replace(_THIRD_NEIGHBOUR, warm_start=0.0)
_RATES = {"muon": 0.1, "adamw": 0.02}


@dataclass(frozen=True)
class Setting:
    """How codes of a world are learned: their width, steps from a random start, what the encoder sees, the form.

    A code that is `narrower` than the latents has no intact twin: entropies of different widths do not compare.
    """

    width: int
    steps: int = 1000
    arguments: tuple[tuple[str, Any], ...] = ()
    sees: Sees = "frame"
    form: Literal["MI", "LDM"] = "MI"
    narrower: bool = False
    sample: SampleSizes = PAIRS
    batch: int = 256
    start: Start = START
    predictor: tuple[int, ...] = (16,)
    restarts: int = 1
    random: Method = KNN
    optimizer: Literal["muon", "adamw"] = "muon"

    @property
    def scores(self) -> tuple[str, ...]:
        """What is measured of its codes."""
        return AFFINE_OR_NOT if self.narrower else (*SCORES, "r2_nonlinear")

    def config(self, base: Method) -> FitConfig:
        """Training from a random start, by the method in this setting's form."""
        predictor = PredictorConfig("mlp", self.predictor, skip=True, activation="leaky_relu")
        return replace(
            pair_config(self.width, replace(base, form=self.form), predictor, self.steps, self.batch),
            optimizer=self.optimizer,
            learning_rate=_RATES[self.optimizer],
            restarts=self.restarts,
        )


SETTINGS = {
    "constant_predictor": Setting(2, steps=800, arguments=(("rate", 0.2),)),
    "deficiency_two": Setting(3, arguments=(("rate", 0.5),)),
    "warped_latents": Setting(2),
    "encoder_of_the_past": Setting(2, sees="past", form="LDM"),
    "encoder_of_the_time": Setting(2, arguments=(HALF_TURN,), sees="time"),
    "free_coordinate": Setting(2, start=Start(4000)),
    "independent_coordinate": Setting(1, narrower=True),
}
"""The violations whose model class is among our latent models."""

_CURVED = Setting(
    2, 2500, sample=MANY_PAIRS, batch=1024, predictor=(32, 32), random=_THIRD_NEIGHBOUR, optimizer="adamw"
)
"""Where predictions are far from linear Muon's steps of constant length stop short of what AdamW reaches."""
CONTROLS = {
    "one_dimension": Setting(1, steps=2000, batch=512),
    "deficiency_one": Setting(3, steps=2000, batch=512, restarts=2),
    "moment_curve": _CURVED,
    "jumps": replace(_CURVED, restarts=3),
}


def violation_cells(name: str) -> tuple[TrainingCell, ...]:
    """Random start and witness start in the violation's world, witness start in its intact twin."""
    if name in SPHERES:
        return sphere_cells(name)
    setting = SETTINGS.get(name)
    if setting is None:
        return ()
    world = WorldChoice(name.replace("_", "-"), violations()[name], setting.arguments)
    cells = (_random(world, setting), _witness(world, setting))
    if setting.narrower:
        return cells
    return (*cells, _witness(intact_twin(world), replace(setting, sees="frame", form="MI")))


def control_cells(name: str) -> tuple[TrainingCell, ...]:
    """Random start, and a start at the map of the violation that the control resembles."""
    world, setting = WorldChoice(name.replace("_", "-"), positive_controls()[name]), CONTROLS[name]
    return _random(world, setting), _witness(world, setting)


def round_noise_cell() -> TrainingCell:
    """Two Markov latents under a model whose covariance is a multiple of the identity, as theirs is."""
    method = replace(LOG_DET, latent=GaussianConfig("isotropic"))
    world = WorldChoice("markov-2", markov_gaussian, (("dim", 2), ("alpha", 0.1), ("mixing", "narrow")))
    return TrainingCell("markov-2/round-noise", world, Setting(2, restarts=2).config(method), PAIRS, SEEDS, 10.0)


def _random(world: WorldChoice, setting: Setting) -> TrainingCell:
    cost = 0.03 * setting.steps * setting.batch / 256 * setting.restarts
    return random_cell(world, setting.config(setting.random), cost, setting.sample, setting.sees, setting.scores)


def _witness(world: WorldChoice, setting: Setting) -> TrainingCell:
    return witness_cell(world, setting.config(_STARTED), setting.start, setting.sees, setting.scores)
