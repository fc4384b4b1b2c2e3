"""Entropies of samples against closed forms: bias, rate of the error, and the twins that must be seen.

Statistical tests compare the mean over independent replicates with its stated expectation. Null law: the mean is
normal by the central limit theorem (48 replicates or more of averages over hundreds of samples). Two-sided at 5
standard errors: false-alarm rate 6e-7 each. A defect of 10 standard errors is missed with the same rate; each test
states that size in nats and asserts it before it looks at the value.
"""

import math

import pytest
import torch

from identify import entropy

ERRORS = 5.0


def _agrees(values, expected, smallest_defect):
    """Mean of replicates within five standard errors of `expected`, able to see `smallest_defect`."""
    error = float(values.std()) / math.sqrt(len(values))
    assert 2 * ERRORS * error <= smallest_defect, f"no power: standard error {error:.2g}"
    return abs(float(values.mean()) - expected) <= ERRORS * error


def _normals(replicates, n, d, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(replicates, n, d, generator=generator, dtype=torch.float64)


def _gaussian_entropy(d, scale=1.0):
    return 0.5 * d * math.log(2 * math.pi * math.e * scale**2)


def _wishart_bias(n, d):
    """E[log det] of the sample covariance of n standard normals in d dimensions, halved (exact)."""
    degrees = torch.arange(n - d, n, dtype=torch.float64)
    return 0.5 * float((torch.digamma(degrees / 2) - math.log(n / 2)).sum())


@pytest.mark.parametrize(("n", "d"), [(50, 1), (50, 4), (400, 3)])
def test_log_det_of_gaussians_has_the_wishart_bias(n, d):
    """Exact expectation at any n; smallest defect .035 nats."""
    values = entropy.log_det(_normals(8000, n, d))
    expected = _gaussian_entropy(d) + _wishart_bias(n, d)
    assert _agrees(values, expected, 0.035)
    assert not _agrees(values, expected + 0.035, 0.035)


def test_the_stated_small_sample_bias_is_the_leading_term():
    for n, d in ((100, 2), (400, 5)):
        assert _wishart_bias(n, d) == pytest.approx(-d * (d + 3) / (4 * n), rel=0.06)


@pytest.mark.parametrize("k", [1, 3])
def test_neighbour_entropy_of_gaussians(k):
    """d = 1, 2: the bias is below .02 at n = 800 (boundary effects fall as n^(-2/d)); smallest defect .08."""
    for d in (1, 2):
        values = entropy.knn(_normals(144, 800, d), k)
        error = float(values.std()) / 12
        assert 2 * ERRORS * error <= 0.06
        assert abs(float(values.mean()) - _gaussian_entropy(d)) <= 0.02 + ERRORS * error


@pytest.mark.parametrize("d", [1, 2])
def test_neighbour_entropy_of_the_uniform_cube_is_zero(d):
    """Bias below .05: balls reach over the cube's faces. The Gaussian entropy is off by .176 d and must be seen."""
    generator = torch.Generator().manual_seed(1)
    z = torch.rand(64, 800, d, generator=generator, dtype=torch.float64)
    values = entropy.knn(z, 3)
    error = float(values.std()) / 8
    assert abs(float(values.mean())) <= 0.05 + ERRORS * error
    gaussian = float(entropy.log_det(z).mean())
    assert gaussian == pytest.approx(0.5 * d * math.log(2 * math.pi * math.e / 12), abs=0.01)
    assert gaussian > 0.05 + ERRORS * error


def test_kernel_entropy_of_gaussians_is_the_cross_entropy_with_the_smoothed_law():
    """Bandwidth .5 on N(0, 1): between H and the cross-entropy with N(0, 1 + h^2), n large; too large, never too small.

    -E log N(z; 0, 1 + h^2) = (log 2 pi (1 + h^2) + 1 / (1 + h^2)) / 2. Finite n adds about .01 at n = 600.
    """
    h = 0.5
    smoothed = 0.5 * (math.log(2 * math.pi * (1 + h**2)) + 1 / (1 + h**2))
    values = entropy.kde(_normals(48, 600, 1), h)
    error = float(values.std()) / math.sqrt(48)
    assert smoothed > _gaussian_entropy(1)
    assert abs(float(values.mean()) - smoothed) <= 0.02 + ERRORS * error


@pytest.mark.parametrize("terms", [entropy.log_det_terms, entropy.knn_terms], ids=["log_det", "knn"])
def test_errors_fall_with_the_root_of_n(terms):
    """Spread over replicates at n and 16 n differs by 4; by chi-square a ratio outside 3..5.3 has odds below 1e-6."""
    small = terms(_normals(600, 64, 2, seed=2)).mean(-1).std()
    large = terms(_normals(600, 1024, 2, seed=3)).mean(-1).std()
    assert 3.0 < float(small / large) < 5.3


def test_the_terms_give_the_standard_error_of_log_det():
    """log_det terms are its influence function: spread / root n is the spread over replicates (ratio .85-1.18)."""
    z = _normals(1500, 400, 2, seed=4)
    over_replicates = float(entropy.log_det(z).std())
    from_terms = float(entropy.log_det_terms(z).std(-1).mean()) / math.sqrt(400)
    assert 0.85 < over_replicates / from_terms < 1.18


def test_smaller_distances_without_the_constants_would_be_seen():
    """The twin: eq. 33 as printed, without psi(n) - psi(k) + log V_d, is off by more than 5 nats at n = 800."""
    z = _normals(1, 800, 2)[0]
    near = entropy.nearest_neighbours(z, 3)
    printed = 2 * (z - z[near]).norm(dim=-1).log().mean()
    assert abs(float(printed) - _gaussian_entropy(2)) > 5
    assert abs(float(entropy.knn(z, 3)) - _gaussian_entropy(2)) < 0.5
