"""Latents on spheres, and the maps that carry mass along circles and ellipses."""

import math

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

import synthetic
from synthetic import CircleShift, FourierSeries, Latest, LevelSetFlow, VonMisesFisher


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def circle_law(kappa: float, nodes: int = 128) -> FourierSeries:
    angle = 2 * math.pi * torch.arange(nodes, dtype=torch.float64) / nodes
    return FourierSeries.through(torch.exp(kappa * torch.cos(angle)) / (2 * math.pi * special.i0(kappa)))


@pytest.mark.parametrize("kappa", [0.5, 2.0, 12.0])
def test_fourier_series_are_exact_for_analytic_laws(kappa):
    """Value, integral and quantile of the von Mises law, against SciPy; eight nodes are not enough."""
    angle = torch.linspace(0.01, 6.2, 200, dtype=torch.float64)
    law = circle_law(kappa)
    wide = FourierSeries(law.coefficients.expand(len(angle), -1))  # one law for each angle
    expected = stats.vonmises.pdf(angle.numpy(), kappa)
    assert law(angle).numpy() == pytest.approx(expected, abs=1e-13)
    levels = [integrate.quad(stats.vonmises.pdf, 0, float(a), args=(kappa,), epsabs=1e-13)[0] for a in angle[::20]]
    assert law.integral(angle[::20]).numpy() == pytest.approx(levels, abs=1e-11)
    torch.testing.assert_close(wide.integral(wide.quantile(law.integral(angle))), law.integral(angle))
    torch.testing.assert_close(wide.quantile(law.integral(angle))[:40], angle[:40], rtol=1e-7, atol=1e-9)
    assert np.abs(circle_law(kappa, 8)(angle).numpy() - expected).max() > 1e-7


@pytest.mark.parametrize("kappa", [0.5, 3.0])
def test_von_mises_fisher_densities_integrate_to_one(kappa):
    """In w = z . p: length element dw / sqrt(1 - w^2), twice, on the circle; 2 pi dw on the sphere."""
    nodes, weights = np.polynomial.legendre.leggauss(80)
    w = torch.from_numpy(nodes)
    for dim, area in ((2, None), (3, 2 * math.pi)):
        law = VonMisesFisher(Latest(dim), kappa)
        pole = torch.eye(dim, dtype=torch.float64)[:1].expand(len(w), -1)
        if area is None:
            angle = math.pi * (w + 1) / 2  # half the circle, twice
            z = torch.stack((torch.cos(angle), torch.sin(angle)), -1)
            measure, along = torch.from_numpy(weights) * math.pi, torch.cos(angle)
        else:
            z = torch.stack((w, (1 - w**2).sqrt(), torch.zeros_like(w)), -1)
            measure, along = torch.from_numpy(weights) * area, w
        density = law.log_density(z, pole[:, None]).exp() * measure
        assert float(density.sum()) == pytest.approx(1, rel=1e-10)
        assert float((density * along).sum()) == pytest.approx(law.mean_length, rel=1e-10)


@pytest.mark.parametrize("dim", [2, 3])
def test_draws_have_the_declared_moments(dim):
    """100,000 unit vectors: mean and covariance within six standard errors (at most 1 / sqrt(n)) of closed form.

    The twin, kappa 2.2 for 2, is 3 or more hundredths off in the mean, beyond that bound.
    """
    law, other = VonMisesFisher(Latest(dim), 2.0), VonMisesFisher(Latest(dim), 2.2)
    past = torch.nn.functional.normalize(torch.tensor([[1.0, -2.0, 0.5][:dim]], dtype=torch.float64), dim=-1)[:, None]
    z = law.sample(past.expand(100_000, -1, -1), seeded())
    bound = 6 / math.sqrt(len(z))
    torch.testing.assert_close(z.norm(dim=-1), torch.ones(len(z), dtype=z.dtype))
    assert (z.mean(0) - law.mean(past)[0]).abs().max() < bound
    assert (torch.cov(z.T) - law.covariance(past)[0]).abs().max() < 2 * bound
    assert (z.mean(0) - other.mean(past)[0]).abs().max() > bound


@pytest.mark.parametrize(("kappa", "published"), [(0.5, 0.88), (2.0, 0.33), (4.0, 0.23)])
def test_the_quarter_shift_is_far_from_affine(kappa, published):
    assert round(synthetic.affine_r2_of_shift(kappa), 2) == published
    assert synthetic.affine_r2_of_shift(kappa, shift=1e-6) == pytest.approx(1, abs=1e-6)


def test_a_shift_of_an_even_circle_is_a_rotation():
    """kappa near zero: a quarter of the mass is a quarter of the circle."""
    z = torch.nn.functional.normalize(torch.randn(50, 2, generator=seeded(), dtype=torch.float64), dim=-1)
    torch.testing.assert_close(CircleShift(1e-9)(z), torch.stack((-z[:, 1], z[:, 0]), -1), rtol=0, atol=1e-7)


def test_the_flow_keeps_levels_and_mass():
    """q(h(z)) = q(z), and abs(det J_h) = rho(z) / rho(h(z)) with rho = N(e_0, I)."""
    flow, z = LevelSetFlow(), torch.randn(300, 2, generator=seeded(), dtype=torch.float64)
    x = flow(z)
    q = [(point / torch.tensor([1.0, 2.0])).square().sum(-1) for point in (z, x)]
    torch.testing.assert_close(q[1], q[0])
    centre = torch.tensor([0.8, 0.6], dtype=torch.float64)
    log_ratio = ((x - centre).square().sum(-1) - (z - centre).square().sum(-1)) / 2
    torch.testing.assert_close(torch.linalg.slogdet(flow.jacobian(z)).logabsdet, log_ratio, rtol=1e-8, atol=1e-9)


def test_flows_add_up():
    """Four quarters of the mass are a full turn; two quarters are a half."""
    z = torch.randn(100, 2, generator=seeded(), dtype=torch.float64)
    quarter = LevelSetFlow(0.25)
    torch.testing.assert_close(quarter(quarter(z)), LevelSetFlow(0.5)(z), rtol=1e-7, atol=1e-8)
    torch.testing.assert_close(quarter(quarter(quarter(quarter(z)))), z, rtol=1e-7, atol=1e-8)


def test_conditional_means_of_the_flow_world_lie_on_a_curve():
    """(.8 / (1 + s), .6 / (1 + s / 4)), s = q(z_{t-1})."""
    transition = synthetic.level_set_flow().world.transition
    past = torch.randn(100, 1, 2, generator=seeded(), dtype=torch.float64)
    s = past[:, 0, 0] ** 2 + past[:, 0, 1] ** 2 / 4
    expected = torch.stack((0.8 / (1 + s), 0.6 / (1 + s / 4)), -1)
    torch.testing.assert_close(transition.mean(past), expected)
