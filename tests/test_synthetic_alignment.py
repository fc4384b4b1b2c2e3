"""Whitened codes that align better than linear ones, by closed forms held against samples; in the twins they lose."""

import math

import pytest
import torch

import synthetic
from synthetic import TentFold
from tests.declaration_evidence import normality

VIOLATIONS = {name: make() for name, make in synthetic.alignment_violations().items()}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pairs(world: synthetic.World, n: int = 200_000) -> torch.Tensor:
    return world.latents(n, 2, seeded())


@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_witness_beats_every_linear_code_and_loses_in_the_twin(name):
    """An orthogonal linear code of equal width has sum(rho) = trace of diag(rho), the largest over rotations."""
    violation = VIOLATIONS[name]
    assert violation.correlation(violation.rho) > sum(violation.rho) + 0.1
    assert violation.correlation(violation.twin_rho) < sum(violation.twin_rho) - 0.1


@pytest.mark.parametrize("name", VIOLATIONS)
@pytest.mark.parametrize("intact", [False, True])
def test_closed_forms_are_those_of_samples(name, intact):
    """200,000 pairs: six standard errors, below .02 in all cases, rate 2e-9; the other world's value is farther off."""
    violation = VIOLATIONS[name]
    world, rho, other = violation.world, violation.rho, violation.twin_rho
    if intact:
        world, rho, other = violation.twin, violation.twin_rho, violation.rho
    h = violation.witness(pairs(world))
    products = (h[:, 0] * h[:, 1]).sum(-1)
    bound = 6 * float(products.std()) / math.sqrt(len(products))
    assert bound < 0.03
    assert abs(float(products.mean()) - violation.correlation(rho)) < bound
    if name == "unequal_correlations":
        assert abs(float(products.mean()) - violation.correlation(other)) > bound


@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_witness_is_white_and_two_to_one(name):
    """Mean 0 and covariance I within six standard errors (at most 8 / sqrt(n), He_2^2 having the largest moments)."""
    violation = VIOLATIONS[name]
    h = violation.witness(pairs(violation.world)[:, 0])
    bound = 6 * 8 / math.sqrt(len(h))
    assert h.mean(0).abs().max() < bound
    assert (h.T @ h / len(h) - torch.eye(h.shape[1], dtype=h.dtype)).abs().max() < bound
    z = pairs(violation.world, 10)[:, 0]
    other = z.clone()
    other[:, -1] = -other[:, -1]
    assert torch.equal(violation.witness(z), violation.witness(other))


def test_published_numbers():
    """rho = -.6: .36 against -.6. rho = (.99, .05): 1.5155 against 1.04; ten million pairs gave 1.5151 +- .0003."""
    first, second = VIOLATIONS["negative_correlation"], VIOLATIONS["unequal_correlations"]
    assert first.correlation(first.rho) == pytest.approx(0.36)
    assert second.correlation(second.rho) == pytest.approx(1.5155, abs=5e-5)
    assert sum(second.rho) == pytest.approx(1.04)


def test_the_sign_fold_keeps_the_normal_law():
    """Kolmogorov-Smirnov on both coordinates and on their normalised sum, rate 1e-8 each; the twin drops the sign."""
    z = torch.randn(100_000, 2, generator=seeded(), dtype=torch.float64)
    h = synthetic.SignFold()(z)
    for sample in (h[:, 0], h[:, 1], h.sum(-1) / math.sqrt(2)):
        distance, bound = normality(sample)
        assert distance < bound
    unsigned = torch.stack((z[:, 1].abs(), TentFold(1)(z[:, :1])[:, 0]), -1)
    distance, bound = normality(unsigned[:, 0])
    assert distance > bound


def test_the_correlation_of_folds_has_its_limits():
    """Independent: 0; even in rho; 1 at rho = 1 (approached)."""
    assert synthetic.fold_correlation(0.0) == pytest.approx(0, abs=1e-12)
    assert synthetic.fold_correlation(-0.7) == pytest.approx(synthetic.fold_correlation(0.7))
    assert 0.9 < synthetic.fold_correlation(0.99) < synthetic.fold_correlation(0.995) < 1


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: synthetic.negative_correlation(rho=0.6), "rho=0.6"),
        (lambda: synthetic.unequal_correlations(rho=(0.6, 0.5)), r"rho=\(0.6, 0.5\)"),
        (lambda: synthetic.fold_correlation(0.999), "rho=0.999"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
