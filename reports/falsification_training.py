"""Cells that train where an assumption is off: from a random start, from the witness, and from it in the intact twin.

A code that starts at the witness of a violation is at an optimum and should stay; in the intact twin, and in a control
that only resembles a violation, it is at none. Learning rates are small there, so that what moves it is the objective.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from identify.encoders import EncoderConfig
from identify.latent_models import GaussianConfig
from identify.methods import KNN, LOG_DET, EntropyConfig, Method
from identify.predictors import PredictorConfig
from identify.training import FitConfig
from reports.encoder_input import Sees
from reports.falsification_sphere import SPHERES, sphere_cells
from reports.training_cell import SCORES, SampleSizes, TrainingCell, WorldChoice
from synthetic import markov_gaussian, positive_controls, violations

SEEDS = (0, 1, 2)
PAIRS = SampleSizes(train=20_000, test=4_000, length=2)
MANY_PAIRS = replace(PAIRS, train=100_000)
HALF_TURN = ("rate", math.pi)
_NARROW = ("r2_affine", "r2_nonlinear")
_EQUAL = (*SCORES, "r2_nonlinear")
_THIRD_NEIGHBOUR = replace(KNN, entropy=EntropyConfig("knn", k=3))
_STARTED = replace(_THIRD_NEIGHBOUR, warm_start=0.0)
_RATES = {"muon": 0.1, "adamw": 0.02}
_HIDDEN, _START_HIDDEN = (32, 32, 32), (64, 64, 64)


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
    start_steps: int = 2000
    predictor: tuple[int, ...] = (16,)
    restarts: int = 1
    random: Method = KNN
    optimizer: Literal["muon", "adamw"] = "muon"

    def method(self, base: Method) -> Method:
        """The method in this setting's form."""
        return replace(base, form=self.form)


SETTINGS = {
    "constant_predictor": Setting(2, steps=800, arguments=(("rate", 0.2),)),
    "deficiency_two": Setting(3, arguments=(("rate", 0.5),)),
    "warped_latents": Setting(2),
    "encoder_of_the_past": Setting(2, sees="past", form="LDM"),
    "encoder_of_the_time": Setting(2, arguments=(HALF_TURN,), sees="time"),
    "free_coordinate": Setting(2, start_steps=4000),
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
    twin = replace(world, label=f"{world.label}-intact", intact=True)
    return (*cells, _witness(twin, replace(setting, sees="frame", form="MI")))


def control_cells(name: str) -> tuple[TrainingCell, ...]:
    """Random start, and a start at the map of the violation that the control resembles."""
    world, setting = WorldChoice(name.replace("_", "-"), positive_controls()[name]), CONTROLS[name]
    return _random(world, setting), _witness(world, setting)


def round_noise_cell() -> TrainingCell:
    """Two Markov latents under a model whose covariance is a multiple of the identity, as theirs is."""
    method = replace(LOG_DET, latent=GaussianConfig("isotropic"))
    world = WorldChoice("markov-2", markov_gaussian, (("dim", 2), ("alpha", 0.1), ("mixing", "narrow")))
    config = _config(Setting(2, restarts=2), method)
    return TrainingCell("markov-2/round-noise", world, config, PAIRS, SEEDS, 10.0)


def _random(world: WorldChoice, setting: Setting) -> TrainingCell:
    return TrainingCell(
        id=f"{world.label}/falsify-random",
        world=world,
        config=_config(setting, setting.method(setting.random)),
        sample=setting.sample,
        seeds=SEEDS,
        cost=0.03 * setting.steps * setting.batch / 256 * setting.restarts,
        sees=setting.sees,
        scores=_NARROW if setting.narrower else _EQUAL,
    )


def _witness(world: WorldChoice, setting: Setting) -> TrainingCell:
    config = replace(
        _config(setting, setting.method(_STARTED), _START_HIDDEN),
        steps=100,
        learning_rate=0.001,
        batch=1024,
        start_steps=setting.start_steps,
        restarts=1,
    )
    return TrainingCell(
        id=f"{world.label}/falsify-witness",
        world=world,
        config=config,
        sample=MANY_PAIRS,
        seeds=SEEDS,
        cost=0.01 * setting.start_steps,
        start="witness",
        sees=setting.sees,
        scores=_NARROW if setting.narrower else _EQUAL,
    )


def _config(setting: Setting, method: Method, hidden: tuple[int, ...] = _HIDDEN) -> FitConfig:
    return FitConfig(
        method=method,
        encoder=EncoderConfig(setting.width, hidden, "leaky_relu", skip=True),
        predictor=PredictorConfig("mlp", setting.predictor, skip=True, activation="leaky_relu"),
        steps=setting.steps,
        batch=setting.batch,
        window=2,
        optimizer=setting.optimizer,
        learning_rate=_RATES[setting.optimizer],
        restarts=setting.restarts,
    )
