"""Exact laws of the entropies: scale, affine maps, batches, neighbours, duplicates, gradients.

No statement here is statistical: each holds for every sample, up to rounding.
"""

import math

import numpy as np
import pytest
import torch
from scipy.spatial import distance_matrix

from identify import entropy
from identify.paired_objectives import exponential_kernel
from tests.unchecked_types import unchecked_types

FAMILIES = {
    "log_det": entropy.log_det_terms,
    "knn": entropy.knn_terms,
    "kde": entropy.kde_terms,
    "matched_kde": entropy.matched_kde_terms,
}


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(0)


def _sample(generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


def _affine_map(generator, d):
    a = _sample(generator, d, d) + 2 * torch.eye(d, dtype=torch.float64)
    return a, float(torch.linalg.slogdet(a).logabsdet)


@pytest.mark.parametrize("scale", [1e-3, 0.3, 50.0, -4.0])
@pytest.mark.parametrize("terms", [entropy.log_det_terms, entropy.knn_terms, entropy.matched_kde_terms])
def test_scaling_adds_d_log_a_to_every_term(terms, scale, generator):
    z = _sample(generator, 60, 3)
    shifted = terms(scale * z + 7.0)
    assert torch.allclose(shifted, terms(z) + 3 * math.log(abs(scale)), atol=1e-9)


def test_the_kernel_obeys_the_scale_law_only_if_its_bandwidth_scales_along(generator):
    z = _sample(generator, 60, 3)
    law = entropy.kde_terms(z, 0.4) + 3 * math.log(5)
    assert torch.allclose(entropy.kde_terms(5 * z, 5 * 0.4), law, atol=1e-9)
    assert not torch.allclose(entropy.kde_terms(5 * z, 0.4), law, atol=0.1)


def test_neighbours_are_equivariant_under_rotations_but_not_under_shears(generator):
    z = _sample(generator, 200, 2)
    q, _ = torch.linalg.qr(_sample(generator, 2, 2))
    assert torch.allclose(entropy.knn(z @ q), entropy.knn(z), atol=1e-9)
    stretch = torch.tensor([[1000.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    assert abs(entropy.knn(z @ stretch) - entropy.knn(z) - math.log(1000)) > 0.3


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("d", [1, 2, 5])
def test_whitened_estimators_are_exact_under_every_affine_map(name, d, generator):
    z = _sample(generator, 80, d)
    a, log_det = _affine_map(generator, d)
    terms = entropy.whitened(FAMILIES[name])
    assert torch.allclose(terms(z @ a.T + 3.0), terms(z) + log_det, atol=1e-8)


@pytest.mark.parametrize("entropy_of", [entropy.log_det, entropy.matched_kde])
def test_two_are_exact_under_affine_maps_without_whitening(entropy_of, generator):
    z = _sample(generator, 40, 4)
    a, log_det = _affine_map(generator, 4)
    assert torch.allclose(entropy_of(z @ a.T), entropy_of(z) + log_det, atol=1e-9)
    assert not torch.allclose(entropy.kde(z @ a.T), entropy.kde(z) + log_det, atol=0.1)


def test_the_terms_of_log_det_average_to_the_closed_form(generator):
    z = _sample(generator, 3, 40, 4)
    assert torch.allclose(entropy.log_det_terms(z).mean(-1), entropy.log_det(z), atol=1e-12)
    sigma = torch.from_numpy(np.cov(z[0].numpy().T, bias=True))
    closed = 2 * (1 + math.log(2 * math.pi)) + 0.5 * float(torch.logdet(sigma))
    assert float(entropy.log_det(z)[0]) == pytest.approx(closed, abs=1e-12)


def test_kernel_terms_leave_the_sample_itself_out(generator):
    z, h = _sample(generator, 12, 2), 0.7
    points = z.numpy()
    weights = np.exp(-0.5 * (distance_matrix(points, points) / h) ** 2) / (2 * math.pi * h**2)
    others = (weights.sum(1) - weights.diagonal()) / 11
    assert np.allclose(entropy.kde_terms(z, h).numpy(), -np.log(others), atol=1e-12)
    with_itself = -np.log(weights.mean(1))
    assert not np.allclose(entropy.kde_terms(z, h).numpy(), with_itself, atol=0.1)


@pytest.mark.parametrize("terms", [entropy.kde_terms, entropy.matched_kde_terms])
@pytest.mark.parametrize("centres", [None, 20])
def test_kernel_terms_and_gradients_do_not_depend_on_the_block_size(terms, centres, generator, monkeypatch):
    z = _sample(generator, 2, 50, 2).requires_grad_()
    found = []
    for entries in (4_000_000, 350):
        monkeypatch.setattr(exponential_kernel, "_KERNEL_ENTRIES", entries)
        values = terms(z, centres=centres)
        found.append((values.detach(), *torch.autograd.grad((values * values.detach()).sum(), z)))
    for one, other in zip(*found, strict=True):
        assert torch.allclose(one, other, atol=1e-12)


def test_neighbours_do_not_depend_on_the_block_size(generator, monkeypatch):
    z = _sample(generator, 2, 60, 7)
    whole = entropy.nearest_neighbours(z, 2)
    monkeypatch.setattr(entropy, "_DISTANCE_ENTRIES", 900)
    assert torch.equal(entropy.nearest_neighbours(z, 2), whole)


def test_matched_kernels_have_the_moments_of_the_sample(generator):
    """Mean and covariance of the mixture: the centres' own, plus the kernel's; else too wide."""
    z, h, n = _sample(generator, 15, 2), 0.6, 15
    sigma = torch.from_numpy(np.cov(z.numpy().T, bias=True))
    centres = z.mean(0) + math.sqrt(1 - h**2) * (z - z.mean(0))
    spread = torch.from_numpy(np.cov(centres.numpy().T, bias=True)) + h**2 * sigma
    assert torch.allclose(spread, sigma, atol=1e-12)
    laws = [torch.distributions.MultivariateNormal(one, h**2 * sigma) for one in centres]
    table = torch.stack([law.log_prob(z) for law in laws], 1).exp().fill_diagonal_(0)
    assert torch.allclose(entropy.matched_kde_terms(z, h), -(table.sum(1) / (n - 1)).log(), atol=1e-10)
    too_wide = torch.from_numpy(np.cov(z.numpy().T, bias=True)) + h**2 * sigma
    assert not torch.allclose(too_wide, sigma, atol=0.1)


def test_a_matched_kernel_as_wide_as_the_sample_is_log_det(generator):
    z = _sample(generator, 3, 30, 4)
    assert torch.allclose(entropy.matched_kde_terms(z, 1.0), entropy.log_det_terms(z), atol=1e-10)
    assert not torch.allclose(entropy.matched_kde_terms(z, 0.5), entropy.log_det_terms(z), atol=0.1)


def test_fewer_centres_are_evenly_spaced_samples_and_leave_themselves_out(generator):
    z, h = _sample(generator, 11, 2), 0.7
    chosen = [0, 2, 5, 8]
    weights = np.exp(-0.5 * (distance_matrix(z.numpy(), z.numpy()[chosen]) / h) ** 2) / (2 * math.pi * h**2)
    for column, row in enumerate(chosen):
        weights[row, column] = np.nan
    assert np.allclose(entropy.kde_terms(z, h, centres=4).numpy(), -np.log(np.nanmean(weights, 1)), atol=1e-12)
    with_itself = -np.log(np.nan_to_num(weights, nan=1 / (2 * math.pi * h**2)).mean(1))
    assert not np.allclose(entropy.kde_terms(z, h, centres=4).numpy(), with_itself, atol=0.1)


@pytest.mark.parametrize("terms", [entropy.kde_terms, entropy.matched_kde_terms])
def test_as_many_centres_as_samples_or_more_are_all_of_them(terms, generator):
    z = _sample(generator, 2, 20, 3)
    assert torch.equal(terms(z, centres=20), terms(z))
    assert torch.equal(terms(z, centres=99), terms(z))


def test_float32_kernels_survive_a_large_offset(generator):
    z = torch.randn(300, 3, generator=generator)
    moved = z + 100.0
    assert torch.allclose(
        entropy.kde_terms(moved, 0.3), entropy.kde_terms((moved - 100.0).double(), 0.3).float(), atol=1e-3
    )


def test_the_terms_of_knn_match_a_brute_force_formula(generator):
    z, k = _sample(generator, 50, 3), 4
    radius = np.sort(distance_matrix(z.numpy(), z.numpy()), axis=1)[:, k]
    harmonic = sum(1 / i for i in range(k, 50))
    expected = 3 * np.log(radius) + math.log(4 / 3 * math.pi) + harmonic
    assert np.allclose(entropy.knn_terms(z, k).numpy(), expected, atol=1e-12)


@pytest.mark.parametrize(("n", "d"), [(200, 2), (200, 7), (1500, 3), (1100, 7)])
@pytest.mark.parametrize("k", [1, 5])
def test_neighbours_by_tree_and_by_matrix_are_those_of_brute_force(n, d, k, generator):
    z = _sample(generator, n, d)
    order = distance_matrix(z.numpy(), z.numpy())
    np.fill_diagonal(order, np.inf)
    assert np.array_equal(entropy.nearest_neighbours(z, k).numpy(), order.argsort(1)[:, k - 1])


def test_neighbours_in_float32_survive_a_large_offset(generator):
    z = torch.randn(300, 8, generator=generator)
    moved = (z + 1000.0) - 1000.0
    near = entropy.nearest_neighbours(moved + 1000.0, 1)
    radius = (moved - moved[near]).norm(dim=-1)
    true = torch.cdist(moved.double(), moved.double()).fill_diagonal_(math.inf).min(1).values
    assert torch.allclose(radius.double(), true, rtol=1e-3)


@pytest.mark.parametrize("terms", FAMILIES.values(), ids=FAMILIES)
def test_leading_dimensions_are_independent_batches(terms, generator):
    z = _sample(generator, 2, 3, 30, 2)
    looped = torch.stack([torch.stack([terms(z[i, j]) for j in range(3)]) for i in range(2)])
    assert torch.allclose(terms(z), looped, atol=1e-10)


def test_duplicates_are_their_own_neighbours_neighbour_and_send_no_infinite_gradient(generator):
    z = _sample(generator, 20, 2)
    z[10:] = z[:10]
    near = entropy.nearest_neighbours(z, 1)
    assert torch.equal(near, (torch.arange(20) + 10) % 20)
    z.requires_grad_()
    value = entropy.knn(z, 1)
    value.backward()
    assert float(value.detach()) < -45
    assert bool(z.grad.isfinite().all())


def test_many_duplicates_never_name_a_point_its_own_neighbour():
    z = torch.zeros(9, 2)
    for k in (1, 3, 8):
        assert not bool((entropy.nearest_neighbours(z, k) == torch.arange(9)).any())


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("d", [2, 6])
def test_a_singular_batch_is_nan_and_harms_no_other(name, d, generator):
    z = _sample(generator, 3, 40, d)
    z[1, :, 0] = 0.0
    terms = entropy.whitened(FAMILIES[name])
    z.requires_grad_()
    values = terms(z).mean(-1)
    values.sum().backward()
    assert values.isfinite().tolist() == [True, False, True]
    assert bool(z.grad[[0, 2]].isfinite().all())
    alone = z.detach()[2].clone().requires_grad_()
    terms(alone).mean().backward()
    assert torch.allclose(z.grad[2], alone.grad, atol=1e-12)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("white", [False, True])
def test_gradients_are_those_of_the_value(name, white, generator):
    z = _sample(generator, 2, 9, 2).requires_grad_()
    terms = entropy.whitened(FAMILIES[name]) if white else FAMILIES[name]
    assert torch.autograd.gradcheck(lambda points: terms(points).sum(-1), (z,))


@pytest.mark.parametrize("name", FAMILIES)
def test_the_gradient_obeys_eulers_relation_of_the_scale_law(name, generator):
    """d/da H[az] at a = 1 is d: <z, grad H> = d for estimators that obey the law; the bare kernel does not."""
    z = _sample(generator, 200, 3).requires_grad_()
    entropy.whitened(FAMILIES[name])(z).mean().backward()
    assert float((z.detach() * z.grad).sum()) == pytest.approx(3, abs=1e-8)
    narrow = (0.1 * z.detach()).requires_grad_()
    entropy.kde(narrow).backward()
    assert float((narrow.detach() * narrow.grad).sum()) < 1


def test_plug_in_is_minus_the_mean_log_likelihood():
    assert entropy.plug_in(torch.tensor([[1.0, 2.0], [0.0, -4.0]])).tolist() == [-1.5, 2.0]


@pytest.mark.parametrize("function", [entropy.log_det, entropy.knn, entropy.kde, entropy.matched_kde])
def test_rows_are_required(function):
    with unchecked_types(), pytest.raises(ValueError, match=r"z has shape \(5,\); entropies take samples as rows"):
        function(torch.zeros(5))


def test_too_few_samples_are_named():
    z = torch.randn(3, 3, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="n=3 samples of dimension d=3; at least 4"):
        entropy.log_det(z)
    with pytest.raises(ValueError, match=r"n=3 samples.*at least 4"):
        entropy.knn(z, 3)
    with pytest.raises(ValueError, match=r"n=1 samples.*at least 2"):
        entropy.kde(z[:1])
    with pytest.raises(ValueError, match="at least 4"):
        entropy.whitened(entropy.knn_terms)(z)


@pytest.mark.parametrize("bandwidth", [0.0, -1.0, math.nan])
def test_a_bandwidth_is_positive(bandwidth):
    with pytest.raises(ValueError, match=f"bandwidth={bandwidth}; a kernel needs a bandwidth above 0"):
        entropy.kde(torch.zeros(4, 2), bandwidth)


def test_a_matched_bandwidth_is_at_most_one():
    with pytest.raises(ValueError, match=r"bandwidth=1.5; a matched kernel is at most as wide as the sample"):
        entropy.matched_kde(torch.eye(4)[:, :2], 1.5)


@pytest.mark.parametrize("centres", [1, 0, -3])
def test_at_least_two_centres(centres):
    with pytest.raises(ValueError, match=f"centres={centres}; leaving one out needs at least 2 centres"):
        entropy.kde(torch.zeros(4, 2), centres=centres)
