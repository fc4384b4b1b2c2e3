"""Positive controls: the map of the violation they resemble is provably worse, and a printed assumption is off."""

import math

import pytest
import torch

import synthetic
from synthetic import AdditiveNoise, Assumption, GaussianNoise, Jumps, MomentCurve, Twist, density_gap
from tests.declaration_evidence import spanned_dimensions

CONTROLS = {name: make() for name, make in synthetic.positive_controls().items()}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", CONTROLS)
def test_the_map_of_the_violation_is_worse(name):
    """KL above a tenth of a nat per step, by more than six standard errors; the identity loses nothing."""
    world, h = CONTROLS[name].world, CONTROLS[name].resembling
    z = world.latents(5000, 3, seeded())
    loss = -density_gap(h, world.transition, world.transition, z).mean(1)
    assert loss.mean() - 6 * loss.std() / math.sqrt(len(loss)) > 0.1
    still = synthetic.Linear(torch.eye(world.dim, dtype=torch.float64))
    assert density_gap(still, world.transition, world.transition, z).abs().max() < 1e-12


def test_without_the_curve_or_the_jumps_the_same_map_is_free():
    """The twin: a constant mean, to which moment curve and jumps reduce, lets the twist through."""
    constant = AdditiveNoise(synthetic.LinearPredictor(torch.zeros(2, 2)), GaussianNoise.isotropic(2, 1.0))
    z = torch.randn(500, 3, 2, generator=seeded(), dtype=torch.float64)
    assert density_gap(Twist(1.0), constant, constant, z).abs().max() < 1e-9


@pytest.mark.parametrize("name", CONTROLS)
def test_an_assumption_as_printed_is_off(name):
    world = CONTROLS[name].world
    assert not world.assumptions[Assumption.ROW_RANK].holds
    assert CONTROLS[name].identified == "affine"


@pytest.mark.parametrize("name", ["moment_curve", "jumps"])
def test_two_pasts_are_enough(name):
    """h is affine as soon as predicted means span: recover z from log-density differences at three pasts.

    log p(z | c) - log p(z | c_0) = (p(c) - p(c_0))^T z - const: solving for z returns it exactly.
    """
    transition = CONTROLS[name].world.transition
    pasts = torch.tensor([[0.1, 0.1], [-0.9, 0.5], [2.0, -0.7]], dtype=torch.float64)[:, None]
    means = transition.mean(pasts)
    z = torch.randn(100, 2, generator=seeded(), dtype=torch.float64)
    density = torch.stack([transition.log_density(z, past.expand(100, -1, -1)) for past in pasts], -1)
    constant = (means.square().sum(-1)[1:] - means.square().sum(-1)[0]) / 2
    differences = density[:, 1:] - density[:, :1] + constant
    torch.testing.assert_close(torch.linalg.solve(means[1:] - means[0], differences.T).T, z)


def test_controls_span_as_far_as_they_say():
    spans = {
        name: spanned_dimensions(one.world, one.world.latents(2000, 3, seeded())) for name, one in CONTROLS.items()
    }
    assert spans == {"one_dimension": 0, "deficiency_one": 2, "moment_curve": 2, "jumps": 2}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: synthetic.jumps(dim=1), "dim=1"),
        (lambda: synthetic.deficiency_one(phi=1.0), "phi=1.0"),
        (lambda: MomentCurve(0.0), "reach=0.0"),
        (lambda: Jumps(2, 0.0), "size=0.0"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
