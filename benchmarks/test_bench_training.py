"""Training steps of the quick profile, cell by cell (five seeds in one batch), and five seeds together against in turn.

A step runs on the estimator that the method names, not on the Gaussian warm start. Few sequences are drawn: the time of
a step does not depend on how many there are.
"""

from dataclasses import replace

import pytest
import torch

from benchmarks.one_thread import one_thread
from identify.principal_components import fit_projection
from identify.training import Training
from reports.profiles import profile
from reports.training_cell import TrainingCell

CELLS = {
    cell.id: cell
    for claim in profile("quick").claims
    for cell in claim.cells
    if isinstance(cell, TrainingCell) and cell.config.steps
}


def _training(cell, seeds):
    """A run of this cell that goes on for ever, past its warm start."""
    world, _ = cell.world.build(0)
    x = world.sample(max(400, cell.config.batch), cell.sample.length, torch.Generator().manual_seed(0)).x
    encoder = cell.config.encoder
    projection = fit_projection([x.flatten(0, 1)], encoder.components, encoder.whiten)
    method = replace(cell.config.method, warm_start=0.0)
    config = replace(cell.config, method=method, steps=10**6, restarts=1)
    return Training(config, projection.project([x]), seeds)


@pytest.mark.parametrize("name", CELLS)
def test_step_of_five_seeds(benchmark, name):
    benchmark.group = "training step, five seeds"
    with one_thread():
        training = _training(CELLS[name], range(5))
        benchmark.pedantic(training.advance, rounds=20, warmup_rounds=3)
    assert not bool(training.diverged.any())


@pytest.mark.parametrize("how", ["together", "in turn"])
@pytest.mark.parametrize("name", ["markov-2/knn", "markov-10/log-det", "wobbly-in-view/knn"])
def test_five_seeds(benchmark, name, how):
    benchmark.group = f"ten steps of five seeds, {name}"
    with one_thread():
        batches = [range(5)] if how == "together" else [(seed,) for seed in range(5)]
        runs = [_training(CELLS[name], seeds) for seeds in batches]

        def ten_steps_each():
            for run in runs:
                for _ in range(10):
                    run.advance()

        benchmark.pedantic(ten_steps_each, rounds=5, warmup_rounds=1)
    assert all(run.step == 60 for run in runs)
