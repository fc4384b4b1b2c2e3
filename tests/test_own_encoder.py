"""A model of one's own in a claim, and numpy and torch in `measure`. Statistical assertions: none, codes are exact."""

import json

import numpy as np
import pytest
import torch

from identify import measure
from reports.claim import Outcome
from reports.decision_rules import recovered_up_to
from reports.own_encoder_cell import OwnEncoderCell
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import markov_gaussian

SAMPLE = SampleSizes(100, 1500, 2)
WORLD = WorldChoice("markov-2", markov_gaussian, (("dim", 2), ("mixing", "narrow")))


def _true_inverse(bend):
    """Trains nothing: inverts the world's mixing, seed 0, and bends the codes."""

    def train(x, generator):
        mixing = markov_gaussian(2, mixing="narrow", seed=0).mixing
        return lambda rows: bend(mixing.preimages(rows.double())[0])

    return train


def _judged(bend, length=2):
    cell = OwnEncoderCell("own", WORLD, _true_inverse(bend), SampleSizes(100, 1500, length), (0,))
    summary = cell.compute("cpu", lambda done, total: None).summary
    json.dumps([summary, cell.configuration()])
    return recovered_up_to("affine", "r2_affine", 0.95)({"own": summary}).outcome


@pytest.mark.parametrize("length", [2, 4])
def test_a_model_of_ones_own_is_judged_as_ours_are(length):
    assert _judged(lambda z: 3 * z + 1, length) is Outcome.SUPPORTED


def test_a_bent_code_is_not_supported_and_not_refuted():
    assert _judged(lambda z: torch.sinh(2 * z)) is Outcome.INCONCLUSIVE


def test_an_encoder_that_returns_no_code_a_frame_is_named():
    with pytest.raises(ValueError, match=r"maps 3000 frames to shape \(2,\).*one code of m numbers"):
        _judged(lambda z: z.mean(0))


def test_measure_takes_numpy_and_torch_alike():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((400, 2))
    y = z @ rng.standard_normal((2, 2))
    told = measure(z, y, scores=["r2_affine"]).to_json()
    for true in (z, torch.from_numpy(z)):
        for code in (y, torch.from_numpy(y).requires_grad_()):
            assert measure(true, code, scores=["r2_affine"]).to_json() == told
