"""What stands beside a claim: intervals over seeds, the oracle, baselines, lattices and single-sequence scores."""

import math

import numpy as np
import pytest
import torch

from identify import KNN, LOG_DET, fit
from identify.objective import HeldOut
from reports.baselines import baselines, linear_r2
from reports.latent_lattice import lattice_arrays
from reports.optimum import optimum_evidence, oracle
from reports.over_seeds import over_seeds
from reports.single_sequence import single_sequence_scores
from synthetic import gaussian_autoregression, markov_gaussian, wobbly_in_view
from tests.small_training import SMALL


def _generator(seed=0):
    return torch.Generator().manual_seed(seed)


def test_the_interval_over_seeds_is_students():
    """By hand: values 1, 2, 3 have mean 2, standard error 1/sqrt 3, and t(.975, 2) = 4.302653."""
    row = over_seeds([1.0, 2.0, 3.0])
    assert row["estimate"] == 2
    assert row["worst"] == 1
    assert row["high"] == pytest.approx(2 + 4.302653 / math.sqrt(3), abs=1e-5)
    assert row["low"] == pytest.approx(2 - 4.302653 / math.sqrt(3), abs=1e-5)


def test_the_interval_covers_the_mean_of_normal_runs():
    """4,000 sets of 5 normals: coverage is .95 with standard error .0034; five of those (6e-7) allow .933-.967."""
    draws = np.random.default_rng(0).standard_normal((4000, 5))
    rows = [over_seeds(list(one)) for one in draws]
    covered = np.mean([row["low"] <= 0 <= row["high"] for row in rows])
    assert abs(covered - 0.95) < 5 * math.sqrt(0.95 * 0.05 / 4000)
    # the twin: a normal quantile in place of Student's covers .88 only
    narrow = np.mean([abs(one.mean()) <= 1.96 * one.std(ddof=1) / math.sqrt(5) for one in draws])
    assert narrow < 0.91


def test_a_single_run_has_no_interval_and_scores_end_at_their_maximum():
    alone = over_seeds([0.9], 1.0)
    assert alone["estimate"] == alone["worst"] == 0.9
    assert math.isnan(alone["low"])
    assert over_seeds([0.9, 1.0], 1.0)["high"] == 1.0


@pytest.mark.parametrize(
    ("found", "reached"),
    [(1.0, True), (0.71, True), (0.69, False), (1.5, True), (-math.inf, False), (math.nan, False)],
)
def test_the_optimum_is_reached_within_three_standard_errors(found, reached):
    evidence = optimum_evidence(HeldOut(found, 0.1), HeldOut(1.0, 0.1))
    assert evidence["reached"] is reached
    assert (evidence["oracle"], evidence["standard_error"]) == (1.0, 0.1)


@pytest.mark.parametrize(("found", "exceeds"), [(1.29, False), (1.31, True), (0.0, False), (-math.inf, False)])
def test_a_run_beyond_the_optimum_found_a_bias(found, exceeds):
    evidence = optimum_evidence(HeldOut(found, 0.1), HeldOut(1.0, 0.1))
    assert evidence["exceeds"] is exceeds
    assert ("a bias of the estimator" in evidence["text"]) is exceeds


def test_a_collapse_is_told_as_such():
    assert "collapsed" in optimum_evidence(HeldOut(-math.inf, math.nan), HeldOut(1.0, 0.1))["text"]


@pytest.mark.parametrize("rho", [0.0, 0.9])
def test_the_oracle_of_a_gaussian_world_is_its_information(rho):
    """z_t = rho z_{t-1} + noise, unit variance: the MI objective at the truth is -(d/2) log(1 - rho^2) nats a frame.

    Null law normal, 5 standard errors (6e-7) plus the bias of log det, below 1e-3. Smallest defect .2 nats.
    """
    world = gaussian_autoregression(markov_gaussian(2).mixing, rho=rho, name="test")
    found = oracle(world, world.sample(6000, 3, _generator()), LOG_DET)
    assert 10 * found.standard_error < 0.2
    assert abs(found.value + math.log(1 - rho**2)) <= 5 * found.standard_error + 1e-3


def test_linear_baselines_are_scored_out_of_sample():
    generator = _generator()
    z = torch.randn(400, 2, 2, generator=generator)
    lift = torch.randn(2, 6, generator=generator)
    noise = torch.randn(400, 2, 6, generator=generator)
    found = baselines([z, z], [z @ lift, noise])
    assert linear_r2(z, z @ lift) > 0.9999
    assert linear_r2(z, noise) < 0.1
    assert found["linear_from_x"]["worst"] < 0.1 < found["linear_from_x"]["estimate"]


def test_principal_components_see_variance_and_not_latents():
    """A loud channel that knows nothing hides a quiet one from the components, not from the regression."""
    generator = _generator()
    z = torch.randn(400, 2, 1, generator=generator)
    x = torch.cat([0.1 * z, 10 * torch.randn(400, 2, 1, generator=generator)], -1)
    found = baselines([z, z], [x, x])
    assert found["pca"]["estimate"] < 0.1
    assert found["linear_from_x"]["estimate"] > 0.99


def test_pairs_are_measured_on_their_second_frame():
    generator = _generator()
    z = torch.randn(300, 2, 2, generator=generator)
    code = z.clone()
    code[:, 0] = torch.randn(300, 2, generator=generator)
    assert linear_r2(z, code) > 0.9999


def test_single_sequence_scores_are_in_sample_and_say_so():
    """A code of pure noise already scores m/(t-1) on average in sample: 2/9 at t = 10, with spread."""
    generator = _generator()
    z = torch.randn(500, 10, 2, generator=generator)
    noise = torch.randn(1, 500, 10, 2, generator=generator)
    found = single_sequence_scores([z], noise, published=0.5)
    assert found["sequences"] == 500
    assert found["low"] < found["median"] < found["high"]
    assert found["median"] == pytest.approx(2 / 9, abs=0.05)
    perfect = single_sequence_scores([z], z[None] * 3 + 1, published=0.94)
    assert perfect["low"] == pytest.approx(1)
    assert perfect["share_at_least_published"] == 1


def test_single_sequence_scores_pool_seeds():
    z = torch.randn(20, 10, 2, generator=_generator())
    codes = torch.stack([z, torch.randn(20, 10, 2, generator=_generator(1))])
    found = single_sequence_scores([z, z], codes, published=0.94)
    assert found["sequences"] == 40
    assert found["share_at_least_published"] == pytest.approx(0.5, abs=0.05)


def test_lattices_are_aligned_to_the_truth_before_and_after():
    world = markov_gaussian(2, alpha=0.1, mixing="narrow")
    sample = world.sample(800, 3, _generator())
    fitted = fit(sample.x, SMALL, (0, 1))
    arrays = lattice_arrays(world, sample.z, fitted)
    assert arrays["grid/z"].shape == (625, 2)
    assert arrays["grid/inside"].dtype == bool
    assert 0.3 < arrays["grid/inside"].mean() <= 1
    inside = arrays["grid/inside"]
    for name in ("before", "after"):
        assert arrays[f"grid/{name}"].shape == (2, 625, 2)
        errors = arrays[f"grid/{name}"][:, inside] - arrays["grid/z"][inside]
        assert np.allclose(errors.mean(1), 0, atol=1e-3)


def test_worlds_without_a_constant_covariance_have_no_gaussian_oracle():
    from types import SimpleNamespace

    world = SimpleNamespace(name="odd", transition=SimpleNamespace(noise_covariance=None))
    from tests.unchecked_types import unchecked_types

    with unchecked_types(), pytest.raises(ValueError, match="world odd has no constant noise covariance"):
        oracle(world, wobbly_in_view().sample(2, 3, _generator()), KNN)
