"""The geometry a training cell records: what it says of maps that are known. Nothing random decides."""

import numpy as np
import pytest
import torch

from reports.plain_json import plain
from reports.recovered_geometry import POINTS, measure_geometry, stored_geometry
from synthetic import markov_gaussian


def _encoder(world, h):
    """The inverse of the mixing, then a known map."""
    return lambda x: h(world.mixing.inverse(x))


@pytest.fixture(scope="module")
def sampled():
    world = markov_gaussian(dim=2, seed=0)
    return world, world.sample(1000, 2, torch.Generator().manual_seed(1)).z


def test_an_affine_map_has_a_constant_jacobian_and_no_folds(sampled):
    world, z = sampled
    turn = torch.tensor([[0.0, 2.0], [-2.0, 0.0]])
    numbers, arrays = measure_geometry(_encoder(world, lambda u: u @ turn + 1), world, z)
    assert numbers["points"] == POINTS
    assert numbers["deviation"] < 1e-3
    assert numbers["from_orthogonal"] < 1e-3
    assert numbers["sign_share"] == 0
    assert numbers["folded_share"] == 0
    assert arrays["geometry/jacobian"].shape == (POINTS, 2, 2)


def test_a_fold_has_two_signs_and_partners(sampled):
    """|z_1| maps each half plane onto one; a quarter of 800 points at least have a partner in reach."""
    world, z = sampled
    numbers, arrays = measure_geometry(_encoder(world, lambda u: torch.stack([u[:, 0].abs(), u[:, 1]], 1)), world, z)
    assert 0.3 < numbers["sign_share"] <= 0.5
    assert numbers["folded_share"] > 0.1
    folded = np.flatnonzero(arrays["geometry/partner"] >= 0)
    points = arrays["geometry/z"]
    apart = np.linalg.norm(points[folded] - points[arrays["geometry/partner"][folded]], axis=1)
    assert apart.min() > 0.5


def test_a_record_gives_back_what_was_measured(sampled):
    world, z = sampled
    numbers, arrays = measure_geometry(_encoder(world, lambda u: u), world, z)
    points, found, folds = stored_geometry({"geometry": numbers}, arrays)
    assert np.array_equal(points, z[:POINTS, -1].numpy())
    assert found.deviation == numbers["deviation"]
    assert folds.share == numbers["folded_share"]
    assert found.log_volume == pytest.approx(np.zeros(POINTS), abs=1e-2)


def test_a_singular_map_is_stored_and_read_back(sampled):
    """A constant coordinate: the distance to orthogonal is infinite, which a record keeps as null."""
    world, z = sampled
    lost = _encoder(world, lambda u: torch.stack([u[:, 0], 0 * u[:, 1]], 1))
    numbers, arrays = measure_geometry(lost, world, z)
    assert numbers["from_orthogonal"] == float("inf")
    _, found, _ = stored_geometry({"geometry": plain(numbers)}, arrays)
    assert found.from_orthogonal == float("inf")
    assert found.rank == 1
