"""Cells that train where Theorem 2 lacks coverage (W1, W2): unit codes under a predictive von Mises-Fisher law.

Objective: F_MI with the empirical prior, <log P(z' | p(z))> + H[z'], the entropy by three neighbours on the sphere, the
concentration learned. The oracle is the same objective at the true latents with the world's own law.
"""

from __future__ import annotations

from identify.paired_methods import PairedMethod
from identify.paired_objectives.gaussian_entropies import Neighbours
from identify.paired_objectives.spherical_pair import SphericalPair
from identify.predictors import PredictorConfig
from reports.falsification_cells import PAIRS, START, intact_twin, pair_config, random_cell, witness_cell
from reports.training_cell import TrainingCell
from reports.world_choice import WorldChoice
from synthetic import axial_sphere, constant_circle

METHOD = PairedMethod(
    "von Mises-Fisher, neighbours", SphericalPair(2.0, "empirical"), Neighbours(3), predicts=True, learns_scale=True
)
_SCORES = ("r2_affine", "r2_affine_reverse", "cca_mean", "procrustes_r2", "r2_nonlinear")

SPHERES = {"axial_sphere": (axial_sphere, 3), "constant_circle": (constant_circle, 2)}
"""Violations on spheres, and the width of their unit vectors."""


def sphere_cells(name: str) -> tuple[TrainingCell, ...]:
    """Random start and witness start in the violation's world, witness start in its intact twin."""
    factory, width = SPHERES[name]
    world = WorldChoice(name.replace("_", "-"), factory)
    config = pair_config(width, METHOD, PredictorConfig("mlp", (16, 16), skip=True), 1500, 256)
    return (
        random_cell(world, config, 15.0, PAIRS, scores=_SCORES),
        *(witness_cell(one, config, START, scores=_SCORES, step_cost=0.015) for one in (world, intact_twin(world))),
    )
