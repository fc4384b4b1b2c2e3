"""Cells that train where Theorem 2 lacks coverage (W1, W2): unit codes under a predictive von Mises-Fisher law.

Objective: F_MI with the empirical prior, <log P(z' | p(z))> + H[z'], the entropy by three neighbours on the sphere, the
concentration learned. The oracle is the same objective at the true latents with the world's own law. A start at the
witness trains at a small rate, so that what moves it is the objective.
"""

from __future__ import annotations

from dataclasses import replace

from identify.encoders import EncoderConfig
from identify.paired_methods import PairedMethod
from identify.paired_objectives.gaussian_entropies import Neighbours
from identify.paired_objectives.spherical_pair import SphericalPair
from identify.predictors import PredictorConfig
from identify.training import FitConfig
from reports.training_cell import SampleSizes, TrainingCell, WorldChoice
from synthetic import axial_sphere, constant_circle

SEEDS = (0, 1, 2)
METHOD = PairedMethod(
    "von Mises-Fisher, neighbours", SphericalPair(2.0, "empirical"), Neighbours(3), predicts=True, learns_scale=True
)
_PAIRS = SampleSizes(train=20_000, test=4_000, length=2)
_MANY_PAIRS = replace(_PAIRS, train=100_000)
_SCORES = ("r2_affine", "r2_affine_reverse", "cca_mean", "procrustes_r2", "r2_nonlinear")

SPHERES = {"axial_sphere": (axial_sphere, 3), "constant_circle": (constant_circle, 2)}
"""Violations on spheres, and the width of their unit vectors."""


def sphere_cells(name: str) -> tuple[TrainingCell, ...]:
    """Random start and witness start in the violation's world, witness start in its intact twin."""
    factory, width = SPHERES[name]
    world = WorldChoice(name.replace("_", "-"), factory)
    twin = replace(world, label=f"{world.label}-intact", intact=True)
    return _random(world, width), _witness(world, width), _witness(twin, width)


def _random(world: WorldChoice, width: int) -> TrainingCell:
    config = _config(width, (32, 32, 32))
    return TrainingCell(f"{world.label}/falsify-random", world, config, _PAIRS, SEEDS, 15.0, scores=_SCORES)


def _witness(world: WorldChoice, width: int) -> TrainingCell:
    config = replace(_config(width, (64, 64, 64)), steps=100, batch=1024, learning_rate=0.001, start_steps=2000)
    return TrainingCell(
        f"{world.label}/falsify-witness", world, config, _MANY_PAIRS, SEEDS, 30.0, start="witness", scores=_SCORES
    )


def _config(width: int, hidden: tuple[int, ...]) -> FitConfig:
    return FitConfig(
        method=METHOD,
        encoder=EncoderConfig(width, hidden, "leaky_relu", skip=True),
        predictor=PredictorConfig("mlp", (16, 16), skip=True),
        steps=1500,
        batch=256,
        window=2,
    )
