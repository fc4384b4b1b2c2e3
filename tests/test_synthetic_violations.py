"""Each violation's proof: the witness maps the world's law into the model class exactly, and it is not affine."""

import dataclasses
import math

import pytest
import torch
from scipy import stats

import synthetic
from synthetic import (
    Assumption,
    Composition,
    Linear,
    Marginal,
    Mixing,
    SequenceMap,
    TentFold,
    TurnByPast,
    TurnByTime,
    Twist,
    density_gap,
)
from tests.declaration_evidence import missed_distance, normality

VIOLATIONS = {name: make() for name, make in synthetic.violations().items()}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", VIOLATIONS)
def test_the_witness_attains_the_optimum(name):
    """log p_R(h(z) | h(past)) equals the pushed-forward log density at every sample, so KL = 0."""
    violation = VIOLATIONS[name]
    z = violation.world.latents(5000, 3, seeded())
    gap = density_gap(violation.witness, violation.world.transition, violation.recovered, z)
    assert gap.abs().max() < 1e-9


@pytest.mark.parametrize("name", VIOLATIONS)
def test_in_the_intact_twin_the_witness_does_not(name):
    """KL above a tenth of a nat per step, by more than six standard errors over 5000 sequences."""
    violation = VIOLATIONS[name]
    z = violation.twin.latents(5000, 3, seeded())
    model = violation.twin_recovered or violation.twin.transition
    loss = -density_gap(violation.witness, violation.twin.transition, model, z).mean(1)
    assert loss.mean() - 6 * loss.std() / math.sqrt(len(loss)) > 0.1


@pytest.mark.parametrize("name", VIOLATIONS)
def test_a_slightly_wrong_witness_is_rejected(name):
    """One per cent of stretch after the witness, or one per cent more rotation, against the same model."""
    violation = VIOLATIONS[name]
    z = violation.world.latents(500, 3, seeded())
    wrong = slightly_wrong(violation.witness)
    assert density_gap(wrong, violation.world.transition, violation.recovered, z).abs().max() > 1e-2


def slightly_wrong(witness: Mixing | SequenceMap) -> Mixing | SequenceMap:
    if isinstance(witness, Marginal):
        return Marginal(1.01 * witness.matrix)
    if isinstance(witness, TurnByPast | TurnByTime):
        return dataclasses.replace(witness, rate=1.01 * witness.rate)
    return Composition((witness, Linear(1.01 * torch.eye(witness.input_dim, dtype=torch.float64))))


@pytest.mark.parametrize("name", VIOLATIONS)
def test_world_and_twin_declare_what_is_broken(name):
    """The twin of deficiency two has deficiency one: no coverage, but identified all the same."""
    violation = VIOLATIONS[name]
    assert violation.twin.assumptions[Assumption.INJECTIVE_MIXING].holds
    assert violation.twin.assumptions[Assumption.COVERAGE].holds or violation.twin.name == "deficiency_one"
    if violation.breaks.of_the_world:
        assert not violation.world.assumptions[violation.breaks].holds


def test_a_twist_needs_a_round_law():
    """The twist of V1 does not keep N(0, diag(1, 4))."""
    flat = dataclasses.replace(
        VIOLATIONS["constant_predictor"].world.transition,
        noise=synthetic.GaussianNoise(torch.diag(torch.tensor([1.0, 4.0], dtype=torch.float64))),
    )
    z = torch.randn(500, 2, 2, generator=seeded(), dtype=torch.float64) * torch.tensor([1.0, 2.0])
    assert density_gap(Twist(rate=1.0), flat, flat, z).abs().max() > 0.1


@pytest.mark.parametrize("rate", [0.5, 1.0])
def test_the_twist_is_far_from_affine(rate):
    """R2 of the best affine map is (1 + 4 rate^2)^-2; E[z h^T] = c R, so R2 = c^2 for unit covariances.

    Bound: six standard errors of the 2 x 2 matrix E[h z^T] over 2e5 samples, under 1e-6 together.
    """
    z = torch.randn(200_000, 2, generator=seeded(), dtype=torch.float64)
    h = Twist(rate=rate, power=2)(z)
    cross = h.T @ z / len(z)
    r2 = float(cross.square().sum() / 2)
    error = 2 * math.sqrt(r2 * 2 / len(z)) + 8 / len(z)
    assert abs(r2 - synthetic.affine_r2_of_twist(rate)) < 6 * error
    assert abs(r2 - synthetic.affine_r2_of_twist(rate + 0.1)) > 6 * error
    assert synthetic.affine_r2_of_twist(1.0) == pytest.approx(0.04)


def test_the_fold_keeps_the_normal_law():
    """Kolmogorov-Smirnov at rate 1e-8; a distance of .01 is missed < 1e-3. Twin: |z| standardised."""
    z = torch.randn(200_000, 1, generator=seeded(), dtype=torch.float64)
    assert missed_distance(len(z)) < 0.02
    distance, bound = normality(TentFold(1)(z))
    assert distance < bound
    half = (z.abs() - math.sqrt(2 / math.pi)) / math.sqrt(1 - 2 / math.pi)
    distance, bound = normality(half)
    assert distance > bound


def test_the_fold_is_two_to_one_and_hides_the_sign():
    """Both preimages have the same density and volume, so E[z | h] = 0: the ceiling of the fold world is exact."""
    z = torch.tensor([[0.3], [-0.3], [2.0], [-2.0]], dtype=torch.float64)
    fold = TentFold(1)
    h = fold(z)
    assert torch.equal(h[0], h[1])
    assert torch.equal(h[2], h[3])
    points = fold.preimages(h)
    torch.testing.assert_close(points.sum(0), torch.zeros_like(z))
    torch.testing.assert_close(fold.jacobian(points[0]).abs(), fold.jacobian(points[1]).abs())
    world = VIOLATIONS["fold"].world
    assert world.ceiling.r2 == (world.dim - 1) / world.dim


def test_the_fold_is_accurate_in_both_tails():
    """Phi^-1(2 Phi(-|z|)) against SciPy, from 1e-12 to 30."""
    z = torch.logspace(-12, math.log10(30), 300, dtype=torch.float64)
    expected = torch.from_numpy(stats.norm.ppf(2 * stats.norm.sf(z.numpy())))
    usable = z > 1e-3  # nearer to zero the plain formula loses its digits, ours does not
    folded = TentFold(1)(z[:, None])[:, 0]
    torch.testing.assert_close(folded[usable], expected[usable], rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(TentFold(1).preimages(folded[:, None])[0, :, 0], z, rtol=1e-7, atol=0)
    assert torch.isfinite(TentFold(1)(torch.zeros(1, 1, dtype=torch.float64))).all()


def test_dimensions_must_agree():
    with pytest.raises(ValueError, match="witness 3"):
        dataclasses.replace(VIOLATIONS["fold"], witness=TentFold(3))


def test_a_single_step_has_no_past():
    violation = VIOLATIONS["fold"]
    with pytest.raises(ValueError, match="length 1 have no past"):
        density_gap(violation.witness, violation.recovered, violation.recovered, torch.zeros(3, 1, 2))
