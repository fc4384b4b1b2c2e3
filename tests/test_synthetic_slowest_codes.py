"""L4: the transition operators of Laplace and uniform latents, their first eigenfunctions, and the laws themselves.

Everything is computed by quadrature to the error stated, except two Kolmogorov-Smirnov tests at rate 1e-8.
"""

import math

import numpy as np
import pytest
import torch

import synthetic
from synthetic import LaplaceWarp, ReflectedWalk, SineWarp, Transition
from tests.declaration_evidence import missed_distance, normality


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def spectrum(
    law: Transition, z: torch.Tensor, mass: torch.Tensor, steps: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Eigenvalues and eigenfunctions, largest first, of (T f)(z) = E[f(z') | z] on L2 of the stationary law.

    By quadrature at the points z [k 1] with weights `steps` of length and `mass` of the stationary law.
    """
    count = len(z)
    now, then = z.repeat_interleave(count, 0), z.repeat(count, 1)
    kernel = law.log_density(then, now[:, None]).exp().reshape(count, count)
    root = mass.sqrt()
    symmetric = root[:, None] * kernel * steps / root
    assert (symmetric - symmetric.T).abs().max() < 1e-9  # reversible
    values, vectors = torch.linalg.eigh((symmetric + symmetric.T) / 2)
    return values.flip(0), (vectors / root[:, None]).flip(1)


def correlation(code: torch.Tensor, mass: torch.Tensor, found: tuple[torch.Tensor, torch.Tensor]) -> float:
    """<f, T f> / <f, f> of a centred code f from its coefficients in eigenfunctions."""
    values, functions = found
    shares = (mass * code) @ functions
    return float(shares.square() @ values / shares.square().sum())


def legendre(low: float, high: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    nodes, weights = np.polynomial.legendre.leggauss(count)
    return low + (nodes + 1) * (high - low) / 2, weights * (high - low) / 2


def normal_points() -> tuple[torch.Tensor, torch.Tensor]:
    """Quadrature of N(0, 1) on both sides of 0, where the Laplace warp has a kink."""
    y, weights = legendre(0, 9, 120)
    both = torch.from_numpy(np.concatenate((-y[::-1], y)))[:, None]
    step = torch.from_numpy(np.concatenate((weights[::-1], weights)))
    return both, step * torch.exp(-both[:, 0].square() / 2) / math.sqrt(2 * math.pi)


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_with_laplace_latents_the_first_eigenfunction_is_the_gaussian_code(rho):
    """The transition operator from its density, by quadrature: eigenvalues rho^k and He_1(w^-1(z)), to 1e-8.

    So among whitened codes of one dimension rho is the largest correlation, and only +-w^-1 has it.
    """
    violation = synthetic.laplace_latents(rho, dim=1)
    y, mass = normal_points()
    z = LaplaceWarp(1)(y)
    density = torch.exp(-math.sqrt(2) * z[:, 0].abs()) / math.sqrt(2)
    values, functions = spectrum(violation.world.transition, z, mass, mass / density)
    torch.testing.assert_close(values[:4], rho ** torch.arange(4, dtype=values.dtype), rtol=0, atol=1e-8)
    assert violation.attained.code == pytest.approx(float(values[1]), abs=1e-8)
    first = functions[:, 1] * torch.sign(functions[-1, 1])
    inner = (mass * first * y[:, 0]).sum()
    assert float(inner) == pytest.approx(1, abs=1e-8)
    assert correlation(z[:, 0], mass, (values, functions)) == pytest.approx(violation.attained.linear, abs=1e-8)
    linear = (mass * first * z[:, 0]).sum() ** 2
    assert float(linear) == pytest.approx(synthetic.affine_r2_of_laplace(), abs=1e-8)


@pytest.mark.parametrize("rho", [0.3, 0.6, 0.9])
def test_with_uniform_latents_the_first_eigenfunction_is_a_sine(rho):
    """Eigenvalues rho^(k^2), first eigenfunction sqrt 2 sin(pi z / 2 L), to 1e-8; its affine R2 is 96 / pi^4."""
    violation = synthetic.uniform_latents(rho, dim=1)
    nodes, steps = (torch.from_numpy(one) for one in legendre(-math.sqrt(3), math.sqrt(3), 100))
    z = nodes[:, None]
    mass = steps / (2 * math.sqrt(3))
    values, functions = spectrum(violation.world.transition, z, mass, steps)
    k = torch.arange(4, dtype=values.dtype)
    torch.testing.assert_close(values[:4], rho ** k.square(), rtol=0, atol=1e-8)
    assert violation.attained.code == pytest.approx(float(values[1]), abs=1e-8)
    first = functions[:, 1]
    assert correlation(nodes, mass, (values, functions)) == pytest.approx(violation.attained.linear, abs=1e-8)
    assert abs(float((mass * first * SineWarp(1)(z)[:, 0]).sum())) == pytest.approx(1, abs=1e-8)
    assert float((mass * first * nodes).sum() ** 2) == pytest.approx(synthetic.affine_r2_of_sine(), abs=1e-8)


def test_with_gaussian_latents_the_first_eigenfunction_is_linear():
    """The twin of both: eigenvalues rho^k, first the function z; both codes reach what is said (1e-8), below rho."""
    violations = [synthetic.laplace_latents(0.6, dim=1), synthetic.uniform_latents(0.6, dim=1)]
    y, mass = normal_points()
    density = torch.exp(-y[:, 0].square() / 2) / math.sqrt(2 * math.pi)
    values, functions = spectrum(violations[0].twin.transition, y, mass, mass / density)
    torch.testing.assert_close(values[:4], 0.6 ** torch.arange(4, dtype=values.dtype), rtol=0, atol=1e-8)
    assert float((mass * functions[:, 1] * y[:, 0]).sum() ** 2) == pytest.approx(1, abs=1e-8)
    for violation in violations:
        found = correlation(violation.witness(y)[:, 0], mass, (values, functions))
        assert found == pytest.approx(violation.twin_attained.code, abs=1e-8)
        assert found < violation.twin_attained.linear == 0.6


def test_the_walk_has_the_law_it_says():
    """Density integrates to 1, its first moment is `mean`, to 1e-9; draws follow it (Kolmogorov-Smirnov, rate 1e-8).

    A distance of .02 is missed with probability < 1e-3; a walk of another eigenvalue is that far away.
    """
    walk = ReflectedWalk(1, 0.6)
    nodes, steps = (torch.from_numpy(one) for one in legendre(-math.sqrt(3), math.sqrt(3), 200))
    for start in (-1.7, 0.0, 0.9):
        past = torch.full((200, 1, 1), start, dtype=torch.float64)
        density = walk.log_density(nodes[:, None], past).exp()
        assert float(steps @ density) == pytest.approx(1, abs=1e-9)
        assert float(steps @ (density * nodes)) == pytest.approx(float(walk.mean(past)[0]), abs=1e-9)
    assert missed_distance(100_000) < 0.02
    draws = walk.sample(torch.full((100_000, 1, 1), 0.9, dtype=torch.float64), seeded())
    assert float(draws.abs().max()) <= math.sqrt(3)
    for rho, fits in ((0.6, True), (0.5, False)):
        distance, bound = normality(torch.special.ndtri(distribution(ReflectedWalk(1, rho), 0.9, draws[:, 0])))
        assert (distance < bound) is fits
    assert walk.log_density(torch.tensor([[1.8]]), torch.zeros(1, 1, 1)) == -math.inf


def distribution(walk: ReflectedWalk, start: float, z: torch.Tensor) -> torch.Tensor:
    """Chance of a step from `start` to below z: the sum of the images' chances."""
    wall, turns = math.sqrt(3), 4 * math.sqrt(3) * torch.arange(-3, 4, dtype=z.dtype)
    low = -wall + turns
    upper = torch.special.ndtr((z[:, None] + turns - start) / walk.deviation)
    mirrored = torch.special.ndtr((2 * wall - z[:, None] + turns - start) / walk.deviation)
    end = torch.special.ndtr((3 * wall + turns - start) / walk.deviation)
    return (upper - torch.special.ndtr((low - start) / walk.deviation) + end - mirrored).sum(-1)


def test_the_mean_of_a_laplace_step_is_exact():
    """E w(m + s e) against Gauss-Legendre on each side of the kink, and odd in the past; to 1e-9."""
    transition = synthetic.laplace_latents(0.6, dim=1).world.transition
    for y in (0.0, 0.4, -2.5, 4.0):
        past = LaplaceWarp(1)(torch.tensor([[[y]]], dtype=torch.float64))
        total = 0.0
        for side in (1, -1):
            nodes, weights = legendre(0, 12, 300)
            value = LaplaceWarp(300)(torch.from_numpy(side * nodes)).numpy()
            step = (side * nodes - 0.6 * y) / 0.8
            total += float(weights @ (value * np.exp(-(step**2) / 2))) / (0.8 * math.sqrt(2 * math.pi))
        assert float(transition.mean(past)) == pytest.approx(total, abs=1e-9)


def test_laplace_warps_give_laplace_latents():
    """F(w(y)) = Phi(y) at points of both tails; 100,000 latents by Kolmogorov-Smirnov, rate 1e-8."""
    y = torch.linspace(-7, 7, 57, dtype=torch.float64)[:, None]
    x = LaplaceWarp(1)(y)
    lower = torch.where(x < 0, torch.exp(math.sqrt(2) * x) / 2, 1 - torch.exp(-math.sqrt(2) * x) / 2)
    torch.testing.assert_close(lower, torch.special.ndtr(y), rtol=1e-9, atol=1e-15)
    z = synthetic.laplace_latents().world.latents(50_000, 3, seeded())[:, -1]
    distance, bound = normality(LaplaceWarp(2).inverse(z))
    assert distance < bound
    distance, bound = normality(z)
    assert distance > bound


@pytest.mark.parametrize("rho", [0.0, 0.3, 0.9, -0.9])
def test_correlations_of_odd_functions(rho):
    """He_1 has rho and He_3 rho^3."""
    assert synthetic.odd_correlation(lambda y: y, rho) == pytest.approx(rho, abs=1e-10)
    assert synthetic.odd_correlation(lambda y: y**3 - 3 * y, rho) == pytest.approx(rho**3, abs=1e-10)


def test_linear_correlations_of_the_walk():
    """1 at rho = 1, where coefficients sum to one, and the leading term below."""
    assert synthetic.linear_correlation(1.0) == pytest.approx(1, abs=1e-10)
    assert synthetic.linear_correlation(0.0) == 0
    assert synthetic.linear_correlation(0.5) == pytest.approx(96 / math.pi**4 * (0.5 + 0.5**9 / 81), abs=1e-9)
