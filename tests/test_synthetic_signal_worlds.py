"""Signals under nuisance: what is sampled follows the joint law that the proofs use, and their quadratures are exact.

Sampled bounds are six standard errors of a mean, false-alarm rate 2e-9 a moment (36 moments of a joint law at most).
"""

import dataclasses
import math

import numpy as np
import pytest
import torch

import synthetic
from reports.commands import sample
from synthetic import (
    LinearNuisance,
    Marginal,
    SignalWorld,
    info_samples,
)

VIOLATIONS = {name: make() for name, make in synthetic.info_violations().items()}


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", VIOLATIONS)
@pytest.mark.parametrize("intact", [False, True])
def test_the_joint_law_is_that_of_the_sample(name, intact):
    """Residuals of (s, n) given c: mean 0, uncorrelated with c, and the declared covariance.

    20,000 pairs, six standard errors: a correlation of .06 is missed with probability < 1e-3. Twin: the other world's
    law, where it differs.
    """
    violation = VIOLATIONS[name]
    signal = violation.twin if intact else violation.signal
    pairs = signal.pairs(20_000, seeded(6))
    assert misfit(signal, pairs) < 6
    if violation.name in ("F3", "F4", "F5"):
        assert misfit(violation.signal if intact else violation.twin, pairs) > 6


def misfit(signal: SignalWorld, pairs: torch.Tensor) -> float:
    """Largest deviation of a first or second moment of residuals, in standard errors."""
    residual = pairs[:, 1] - signal.joint.mean(pairs[:, :1])
    covariance = signal.joint.noise_covariance
    assert covariance is not None
    moments = torch.cat(
        (
            residual,
            (residual.unsqueeze(-1) * pairs[:, 0].unsqueeze(-2)).flatten(1),
            (residual.unsqueeze(-1) * residual.unsqueeze(-2) - covariance).flatten(1),
        ),
        -1,
    )
    return float((moments.mean(0) / moments.std(0)).abs().max()) * math.sqrt(len(moments))


def private_score(signal: SignalWorld, pairs: torch.Tensor) -> float:
    """Correlation of the nuisance with c once s is regressed out, times sqrt(n)."""
    c, s, n = pairs[:, 0, 0], pairs[:, 1, 0], pairs[:, 1, -1]
    rest = [v - (v @ s) / (s @ s) * s for v in (c, n)]
    return float(torch.corrcoef(torch.stack(rest))[0, 1]) * math.sqrt(len(pairs))


def test_only_in_f3_is_the_nuisance_not_private():
    """20,000 pairs: n is independent of c given s iff the score is normal; F3's partial correlation is 1 / sqrt 3."""
    for name, violation in VIOLATIONS.items():
        score = private_score(violation.signal, violation.signal.pairs(20_000, seeded(7)))
        assert (abs(score) < 6) is (name != "common_cause")
    twin = VIOLATIONS["common_cause"].twin
    assert abs(private_score(twin, twin.pairs(20_000, seeded(7)))) < 6
    nuisances = [VIOLATIONS["common_cause"].world.nuisance, twin.world.nuisance]
    assert [isinstance(one, LinearNuisance) and one.private for one in nuisances] == [False, True]


def test_the_redundant_family_is_the_signals_law_and_its_parameters_span():
    """log p(s | c) = log N(s; 0, v) + eta(c)^T tau*(s) - (rho c)^2 / 2v; without the factor 2 it is not."""
    violation = VIOLATIONS["redundant_statistic"]
    rho, free = 0.9, 1 - 0.9**2
    pairs = violation.signal.pairs(200, seeded())[..., :1]
    c, s = pairs[:, 0], pairs[:, 1]
    eta = synthetic.redundant_parameters(rho, c)
    base = -(s.square() / free + math.log(2 * math.pi * free))[:, 0] / 2
    partition = (rho * c).square()[:, 0] / (2 * free)
    expected = violation.world.transition.log_density(s, pairs[:, :1])
    density = base + (eta * violation.statistic(s)).sum(-1) - partition
    torch.testing.assert_close(density, expected)
    assert (base + (eta * torch.cat((s, s), -1)).sum(-1) - partition - expected).abs().max() > 0.1
    three = synthetic.redundant_parameters(rho, torch.tensor([[-1.0], [0.0], [1.0]], dtype=torch.float64))
    assert int(torch.linalg.matrix_rank(three[1:] - three[0])) == 2


def test_two_contexts_span_one_direction_and_eight_span_all():
    violation = VIOLATIONS["two_contexts"]
    ranks = []
    for signal in (violation.signal, violation.twin):
        means = signal.world.transition.mean(signal.contexts.points[:, None, :3])
        ranks.append(int(torch.linalg.matrix_rank(means - means[0])))
    assert ranks == [1, 3]


@pytest.mark.parametrize("size", [0.3, 1.0, 2.0, 6.0])
def test_the_information_of_a_bit(size):
    """Against H[mixture] - H[normal] by Simpson's rule; 0 at size 0 and one bit in the limit."""
    from scipy import integrate, stats

    y = np.linspace(-size - 12, size + 12, 20_001)
    density = (stats.norm.pdf(y - size) + stats.norm.pdf(y + size)) / 2
    entropy = -integrate.simpson(density * np.log(density), x=y)
    expected = entropy - (1 + math.log(2 * math.pi)) / 2
    assert synthetic.bit_information(size) == pytest.approx(expected, abs=1e-9)


def test_the_information_of_a_bit_has_its_limits():
    assert synthetic.bit_information(0.0) == pytest.approx(0, abs=1e-12)
    assert synthetic.bit_information(12.0) == pytest.approx(math.log(2), abs=1e-12)


def test_the_quadrature_of_contexts_is_exact_for_normal_laws():
    """log q(z) of z = s is that of N(0, 1), within 1e-8 inside four standard deviations; not with few points."""
    signal = synthetic.autoregressive_signal("w", "", 0.95)
    identity = Marginal(torch.tensor([[1.0, 0.0]], dtype=torch.float64))
    pairs = torch.zeros(81, 2, 2, dtype=torch.float64)
    pairs[:, 1, 0] = torch.linspace(-4, 4, 81, dtype=torch.float64)
    expected = -(pairs[:, 1, 0].square() + math.log(2 * math.pi)) / 2
    errors = []
    for step in (1, 4):
        points, weights = (one[::step] for one in signal.contexts)
        coarse = dataclasses.replace(signal, contexts=synthetic.Contexts(points, weights / weights.sum()))
        found = info_samples(coarse, identity, signal.world.transition, pairs)
        given = signal.world.transition.log_density(pairs[:, 1, :1], pairs[:, :1, :1])
        errors.append(float((given - found.information - expected).abs().max()))
    assert errors[0] < 1e-8 < 1e-3 < errors[1]


@pytest.mark.parametrize("of_past", [0.0, 0.4])
def test_linear_nuisance_is_standard_at_every_step(of_past):
    """20,000 sequences of 3 steps: variances 1 within six standard errors, also at the step that has no past."""
    nuisance = LinearNuisance(of_past, 0.5, math.sqrt(1 - of_past**2 - 0.25))
    z = torch.randn(20_000, 3, 1, generator=seeded(), dtype=torch.float64)
    n = nuisance.sample(z, seeded(1))
    assert ((n.square().mean(0) - 1).abs() < 6 * math.sqrt(2 / len(z))).all()
    assert nuisance.private is (of_past == 0)


def test_the_command_writes_signal_nuisance_and_observation(tmp_path):
    out = tmp_path / "common_cause.npz"
    sample.run("common_cause", out, n=5, length=3, seed=7)
    with np.load(out) as stored:
        assert stored["z"].shape == stored["nuisance"].shape == (5, 3, 1)
        assert stored["x"].shape == (5, 3, 100)
