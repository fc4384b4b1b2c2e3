"""Cells that train where an assumption is off: from a random start, from the witness, and from it in the intact twin.

A code that starts at the witness of a violation is at an optimum and should stay; in the intact twin, and in a control
that only resembles a violation, it is at none. Learning rates are small there, so that what moves it is the objective.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from identify.encoders import EncoderConfig
from identify.methods import Method
from identify.paired_methods import PairedMethod
from identify.predictors import PredictorConfig
from identify.training import FitConfig
from reports.encoder_input import Sees
from reports.training_cell import TrainingCell
from reports.world_choice import SampleSizes, WorldChoice

SEEDS = (0, 1, 2)
PAIRS = SampleSizes(train=20_000, test=4_000, length=2)
MANY_PAIRS = replace(PAIRS, train=100_000)
AFFINE_OR_NOT = ("r2_affine", "r2_nonlinear")
"""Scores of codes of any width."""


class Settle(NamedTuple):
    """Training after the regression; the cell's own optimiser where none is named."""

    steps: int = 100
    rate: float = 0.001
    optimizer: Literal["muon", "adamw"] | None = None


SETTLE = Settle()
SMALL_STEPS = Settle(300, 0.0003, "adamw")
"""Muon's steps have one length in every direction, which costs a thin optimum some hundredths of a nat."""


@dataclass(frozen=True)
class Start:
    """How codes are put at the witness: steps and hidden widths of the regression onto it, and what follows."""

    steps: int = 2000
    hidden: tuple[int, ...] = (64, 64, 64)
    settle: Settle = SETTLE


START = Start()


def pair_config(
    width: int, method: Method | PairedMethod, predictor: PredictorConfig, steps: int, batch: int
) -> FitConfig:
    """Training on pairs from a random start."""
    encoder = EncoderConfig(width, (32, 32, 32), "leaky_relu", skip=True)
    return FitConfig(method=method, encoder=encoder, predictor=predictor, steps=steps, batch=batch, window=2)


def intact_twin(world: WorldChoice) -> WorldChoice:
    """The violation's intact twin."""
    return replace(world, label=f"{world.label}-intact", intact=True)


def random_cell(
    world: WorldChoice,
    config: FitConfig,
    cost: float,
    sample: SampleSizes = MANY_PAIRS,
    sees: Sees = "frame",
    scores: tuple[str, ...] = AFFINE_OR_NOT,
) -> TrainingCell:
    """Train from a random start."""
    return TrainingCell(f"{world.label}/falsify-random", world, config, sample, SEEDS, cost, sees=sees, scores=scores)


def witness_cell(
    world: WorldChoice,
    config: FitConfig,
    start: Start,
    sees: Sees = "frame",
    scores: tuple[str, ...] = AFFINE_OR_NOT,
    step_cost: float = 0.01,
) -> TrainingCell:
    """Train what `config` trains from the witness, in a control from the map that it resembles."""
    name, started, cost = f"{world.label}/falsify-witness", _at_witness(config, start), step_cost * start.steps
    return TrainingCell(name, world, started, MANY_PAIRS, SEEDS, cost, "witness", sees=sees, scores=scores)


def _at_witness(config: FitConfig, start: Start) -> FitConfig:
    assert isinstance(config.encoder, EncoderConfig)
    return replace(
        config,
        encoder=replace(config.encoder, hidden=start.hidden),
        steps=start.settle.steps,
        batch=1024,
        optimizer=start.settle.optimizer or config.optimizer,
        learning_rate=start.settle.rate,
        start_steps=start.steps,
        restarts=1,
    )
