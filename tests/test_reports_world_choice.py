"""Draws of cells: exact equalities, no statistical assertion. Histories and counted rows as records keep them."""

import json

import pytest
import torch

from identify.fitted import History
from reports.counted_frames import counted_frames, counted_rows
from reports.history_arrays import history_arrays
from reports.world_choice import SampleSizes, WorldChoice, drawn
from synthetic import fold, markov_gaussian

CHOICE = WorldChoice("markov-2", markov_gaussian, (("dim", 2), ("mixing", "narrow")))
WORLD = CHOICE.build(0)[0]


def test_sets_are_drawn_one_after_the_other_from_one_generator():
    generator = torch.Generator().manual_seed(10_003)
    told = [WORLD.sample(n, 4, generator, torch.float64).x for n in (5, 3, 2)]
    found = [one.x for one in drawn(WORLD, 3, (5, 3, 2), 4, torch.float64)]
    assert all(map(torch.equal, found, told))


@pytest.mark.parametrize("length", [2, 5])
def test_a_seed_is_one_sample_and_other_seeds_and_sets_are_others(length):
    sizes = SampleSizes(4, 4, length)
    train, test = sizes.draw(WORLD, 0)
    assert train.z.shape == (4, length, 2)
    assert torch.equal(train.x, sizes.draw(WORLD, 0)[0].x)
    for other in (test, *sizes.draw(WORLD, 1)):
        assert not torch.isclose(train.x, other.x).all(-1).any()


def test_the_training_set_does_not_depend_on_the_size_of_the_other():
    few, many = (SampleSizes(4, test, 2).draw(WORLD, 0)[0] for test in (1, 100))
    assert torch.equal(few.x, many.x)


def test_a_seeded_choice_draws_a_world_for_every_seed():
    z = torch.ones(1, 2)
    first, again, other = (CHOICE.build(seed)[0].mixing(z) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.allclose(first, other)


def test_configuration_and_summary_name_the_world_as_plain_json():
    assert json.loads(json.dumps(CHOICE.configuration())) == [
        "markov-2",
        "markov_gaussian",
        [["dim", 2], ["mixing", "narrow"]],
    ]
    broken = WorldChoice("fold", fold, seeded=False)
    about = broken.about(broken.build(0)[0])
    assert (about["world"], about["dim"]) == ("fold", broken.build(0)[0].dim)
    assert json.loads(json.dumps(about)) == about


def test_the_objective_is_the_sum_of_its_parts_and_cosines_are_kept_where_taken():
    step, alignment, entropy = torch.arange(3), torch.full((2, 3), 0.5), torch.full((2, 3), 2.0)
    plain = history_arrays(History(step, alignment, entropy))
    assert set(plain) == {"history/step", "history/objective"}
    assert (plain["history/objective"] == 2.5).all()
    assert "history/cosine" in history_arrays(History(step, alignment, entropy, alignment))


def test_pairs_are_measured_as_rows_and_sequences_as_they_are():
    pairs, sequences = torch.randn(6, 2, 3, generator=torch.Generator().manual_seed(0)), torch.ones(6, 4, 3)
    assert torch.equal(counted_rows(pairs), counted_frames(pairs)[:, 0])
    assert torch.equal(counted_rows(pairs), pairs[:, 1])
    assert counted_rows(sequences) is sequences
