import numpy as np
import pytest

from identify.splits import make_split, split_groups, split_rows


def test_rows_are_split_once_each():
    split = split_rows(101, seed=4)
    assert sorted([*split.train, *split.held_out]) == list(range(101))
    assert split.blocks.max() + 1 == len(split.held_out)
    assert (split_rows(101, seed=4).train == split.train).all()
    assert (split_rows(101, seed=5).train != split.train).any()


def test_sequences_stay_on_one_side():
    split = make_split(3000, sequence_length=100)
    assert not set(split.train // 100) & set(split.held_out // 100)
    assert len(np.unique(split.blocks)) == 15
    assert split.kind == "sequences"


def test_a_long_series_is_cut_into_stretches_with_a_gap():
    split = split_groups(np.zeros(4000, dtype=int), gap=10)
    assert split.kind == "stretches"
    assert np.abs(split.train[:, None] - split.held_out).min() > 10
    swapped = split.swapped()
    assert (swapped.train == split.held_out).all()
    assert len(swapped.blocks) == len(swapped.held_out)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n": 5}, r"n=5 rows.*at least 8"),
        ({"n": 100, "sequence_length": 7}, r"sequence_length=7 does not divide n=100"),
        ({"n": 100, "sequence_length": 0}, r"sequence_length=0"),
        ({"n": 100, "sequence_length": 10, "groups": np.zeros(100)}, r"give one of them"),
        ({"n": 100, "groups": np.zeros(90)}, r"groups has 90 entries for n=100"),
        ({"n": 100, "groups": np.zeros(100)}, r"too short for 40 stretches with gap=10"),
        ({"n": 100, "held_out": 1.0}, r"held_out=1\.0"),
    ],
)
def test_bad_splits_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        make_split(**arguments)
