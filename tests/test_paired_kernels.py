"""Kernels of paired objectives: blocks and memory, normalisers, densities of mass one, neighbours on the sphere.

One statistical test: `test_neighbours_measure_the_area_of_the_sphere`, null law and rates stated there.
"""

import math

import mpmath
import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from identify.latent_spaces import Sphere
from identify.paired_methods import CPC_LDM, INFO_NCE, NT_XENT, SIMPLEX, VICREG
from identify.paired_objectives import exponential_kernel
from identify.paired_objectives.dirichlet_pair import DirichletPair
from identify.paired_objectives.exponential_kernel import Exponents, log_mean_kernel
from identify.paired_objectives.gaussian_entropies import Neighbours
from identify.paired_objectives.gaussian_pair import GaussianPair
from identify.paired_objectives.spherical_normaliser import log_hypergeometric, log_normaliser, mean_length
from identify.paired_objectives.spherical_pair import SphericalPair
from tests.paired_codes import codes_of, normals, pair_for, raw_pair
from tests.unchecked_types import unchecked_types

CONTRASTIVE = {one.name: one for one in (NT_XENT, INFO_NCE, CPC_LDM, SIMPLEX)}
contrastive = pytest.mark.parametrize("method", CONTRASTIVE.values(), ids=CONTRASTIVE)


def _exponents(n=7, k=7):
    return Exponents(normals(n, 3), normals(k, 3, seed=1), normals(n, seed=2), normals(k, seed=3))


@pytest.mark.parametrize("without_self", [False, True])
def test_log_means_of_kernels_are_those_of_the_full_table(without_self):
    e = _exponents()
    table = (e.queries @ e.keys.T + e.row[:, None] + e.column).exp()
    keep = ~torch.eye(7, dtype=torch.bool) if without_self else torch.ones(7, 7, dtype=torch.bool)
    expected = ((table * keep).sum(1) / keep.sum(1)).log()
    assert torch.allclose(log_mean_kernel(e, without_self), expected, atol=1e-12)
    assert not torch.allclose(log_mean_kernel(e, not without_self), expected, atol=0.01)
    backwards = (table.sum(0) / 7).log()
    assert torch.allclose(log_mean_kernel(e.transposed(), without_self=False), backwards, atol=1e-12)


@pytest.mark.parametrize("level", [0.0, -300.0, 300.0])
def test_blocks_out_of_the_range_of_float32_keep_their_values_and_gradients(level, monkeypatch):
    """Exponentials of three rows vanish, or overflow, without a shift; blocks of three rows, one row left over."""
    monkeypatch.setattr(exponential_kernel, "_KERNEL_ENTRIES", 21)
    single = [part.float() for part in _exponents()]
    single[2][2:5] += level
    found = []
    for parts in (single, [part.double() for part in single]):
        leaves = [part.requires_grad_() for part in parts]
        value = log_mean_kernel(Exponents(*leaves), without_self=True)
        found.append([value.detach(), *torch.autograd.grad(value.square().sum(), leaves)])
    assert all(bool(one.isfinite().all()) for one in found[0])
    assert all(torch.allclose(a.double(), b, rtol=1e-4, atol=1e-4) for a, b in zip(*found, strict=True))
    table = single[0] @ single[1].mT + single[2][:, None] + single[3]
    assert bool((table.exp().sum(1).log().isinf()).any()) == (level != 0)


@pytest.mark.parametrize("weights", [torch.ones(7), torch.arange(7.0)], ids=["even", "uneven"])
@pytest.mark.parametrize("without_self", [False, True])
def test_gradients_of_blocks_are_those_of_the_whole_table(weights, without_self, monkeypatch):
    """Of the mean, which is taken along with the sums, and of a weighted mean, which is not."""
    found = []
    for entries in (4_000_000, 21):
        monkeypatch.setattr(exponential_kernel, "_KERNEL_ENTRIES", entries)
        leaves = [torch.stack([part, 2 * part]).requires_grad_() for part in _exponents()]
        value = (log_mean_kernel(Exponents(*leaves), without_self) * weights).sum(-1) * torch.tensor([1.0, 3.0])
        found.append(torch.autograd.grad(value.sum(), leaves))
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(*found, strict=True))
    assert not torch.allclose(found[0][0], 2 * found[1][0], atol=0.01)


def test_products_of_kernels_multiply_entry_by_entry():
    one, other = _exponents(), Exponents(*(-part.flip(0) for part in _exponents()))
    logs = [e.queries @ e.keys.T + e.row[:, None] + e.column for e in (one, other)]
    expected = sum(logs).logsumexp(1) - math.log(7)
    assert torch.allclose(log_mean_kernel(one.times(other), without_self=False), expected, atol=1e-12)


@contrastive
def test_values_and_gradients_do_not_depend_on_the_block_size(method, monkeypatch):
    found = []
    for entries in (4_000_000, 50):
        monkeypatch.setattr(exponential_kernel, "_KERNEL_ENTRIES", entries)
        raw = [one.requires_grad_() for one in raw_pair(11, 3)]
        value = method.loss(*(codes_of(method, one) for one in raw))
        found.append([value.detach(), *torch.autograd.grad(value, raw)])
        with torch.no_grad():
            assert torch.equal(method.loss(*(codes_of(method, one) for one in raw)), value.detach())
    assert all(torch.allclose(a, b, atol=1e-12) for a, b in zip(*found, strict=True))


class _Largest(TorchDispatchMode):
    """Entries of the largest tensor that any operation returns."""

    entries = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for one in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(one, torch.Tensor):
                self.entries = max(self.entries, one.numel())
        return out


@contrastive
def test_no_tensor_is_larger_than_a_block(method, monkeypatch):
    """n = 300 and blocks of 6,000 entries: without blocks the table has 90,000 (360,000 with views pooled)."""
    first, second = pair_for(method, n=300)
    monkeypatch.setattr(exponential_kernel, "_KERNEL_ENTRIES", 6000)
    with _Largest() as blocks:
        method.loss(first, second)
    assert blocks.entries <= 6000
    monkeypatch.setattr(exponential_kernel, "_KERNEL_ENTRIES", 4_000_000)
    with _Largest() as whole:
        method.loss(first, second)
    assert whole.entries >= 90_000


@contrastive
def test_gradients_keep_no_table_either(method, monkeypatch):
    """Entries saved for the way back: a few per code with blocks, the whole table in one block."""
    kept = {}
    for entries in (6000, 4_000_000):
        monkeypatch.setattr(exponential_kernel, "_KERNEL_ENTRIES", entries)
        first, second = (one.requires_grad_() for one in pair_for(method, n=300))
        sizes = {}

        def keep(tensor, sizes=sizes):
            sizes[tensor.data_ptr(), tensor.numel()] = tensor.numel()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            method.loss(first, second)
        kept[entries] = sum(sizes.values())
    assert kept[6000] < 60_000
    assert kept[4_000_000] >= 90_000


@pytest.mark.parametrize("m", [2, 3, 16, 129, 2048])
def test_the_normaliser_of_the_sphere_is_right_in_every_dimension(m):
    """Against 40 digits, from kappa = 0 through overflow of exp(kappa) to the expansion for large order.

    Within 1e-11 nats, or 1e-11 of the value where that is more.
    """
    mpmath.mp.dps = 40
    kappa = np.array([0.0, 1e-6, 0.5, 20.0, 499.0, 501.0, 2500.0])
    exact = [mpmath.log(mpmath.hyp0f1(mpmath.mpf(m) / 2, mpmath.mpf(k) ** 2 / 4, maxterms=10**6)) for k in kappa]
    assert np.allclose(log_hypergeometric(m / 2, kappa), np.array(exact, dtype=float), rtol=1e-11, atol=1e-11)


def test_the_normaliser_on_the_ordinary_sphere_and_the_circle():
    """m = 3: log 4 pi sinh(kappa) / kappa, slope coth kappa - 1/kappa (without 1/kappa it fails); m = 2: 2 pi I_0."""
    kappa = torch.tensor([0.1, 1.0, 7.0, 30.0], dtype=torch.float64, requires_grad=True)
    value = log_normaliser(kappa, 3)
    assert torch.allclose(value, (4 * math.pi * kappa.sinh() / kappa).log(), atol=1e-12)
    (slope,) = torch.autograd.grad(value.sum(), kappa)
    expected = 1 / kappa.detach().tanh() - 1 / kappa.detach()
    assert torch.allclose(slope, expected, atol=1e-12)
    assert not torch.allclose(slope, 1 / kappa.detach().tanh(), atol=0.01)
    circle = (2 * math.pi * torch.special.i0(kappa)).log()
    assert torch.allclose(log_normaliser(kappa, 2), circle, atol=1e-12)


@pytest.mark.parametrize("m", [2, 3, 10, 300])
def test_the_normaliser_can_be_differentiated_twice(m):
    kappa = torch.tensor([0.3, 4.0, 60.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda k: log_normaliser(k, m), (kappa,))
    assert torch.autograd.gradgradcheck(lambda k: log_normaliser(k, m), (kappa,))


def test_the_normaliser_is_regular_at_zero():
    zero = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(log_normaliser(zero, 5).sum(), zero, create_graph=True)
    (bend,) = torch.autograd.grad(slope.sum(), zero)
    assert float(log_normaliser(zero.detach(), 5)) == pytest.approx(Sphere(5).log_measure, abs=1e-14)
    assert float(slope.detach()) == 0
    assert float(bend) == pytest.approx(1 / 5, abs=1e-14)
    half = torch.ones(2, dtype=torch.float32, requires_grad=True)
    assert mean_length(half, 3).dtype == torch.float32


def test_concentrations_that_make_no_sense_are_named():
    for bad in (-1.0, math.nan, math.inf):
        with pytest.raises(ValueError, match="kappa has a negative, NaN or infinite entry"):
            log_normaliser(torch.tensor([1.0, bad]), 3)
    with pytest.raises(ValueError, match="m=1; a sphere needs a width of at least 2"):
        mean_length(torch.ones(2), 1)


def test_densities_have_mass_one():
    """Circle and sphere by angles, triangle by a grid, plane by a grid; the uniform prior of each as well."""
    angle = torch.arange(400, dtype=torch.float64) * (2 * math.pi / 400)
    circle = torch.stack([angle.cos(), angle.sin()], 1)
    model = SphericalPair(5.0)
    density = model.log_prob(circle, circle[:1].expand_as(circle)).exp()
    assert float(density.sum()) * 2 * math.pi / 400 == pytest.approx(1, abs=1e-10)
    assert math.exp(model.log_prior(2)) * 2 * math.pi == pytest.approx(1, abs=1e-12)
    free = SphericalPair(5.0, free_length=True)
    density = free.log_prob(circle, 0.3 * circle[:1].expand_as(circle)).exp()
    assert float(density.sum()) * 2 * math.pi / 400 == pytest.approx(1, abs=1e-10)
    steps = (torch.arange(400, dtype=torch.float64) + 0.5) / 400
    a, b = (part.ravel() for part in torch.meshgrid(steps, steps, indexing="ij"))
    inside = a + b < 1 - 1e-9
    points = torch.stack([a, b, 1 - a - b], 1)[inside]
    centre = torch.tensor([[0.2, 0.5, 0.3]], dtype=torch.float64).expand_as(points)
    density = DirichletPair(20.0).log_prob(points, centre).exp()
    assert float(density.sum()) / 400**2 == pytest.approx(1, abs=1e-4)
    assert math.exp(DirichletPair().log_prior(3)) * 0.5 == pytest.approx(1, abs=1e-12)
    grid = torch.stack([a, b], 1) * 12 - 6
    density = GaussianPair(0.7).log_prob(grid, torch.zeros_like(grid)).exp()
    assert float(density.sum()) * (12 / 400) ** 2 == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize("model", [GaussianPair(0.7), SphericalPair(3.0), DirichletPair(4.0)])
def test_kernels_are_the_latent_models_own_densities(model):
    x, c = (codes_of(_method(model), one) for one in raw_pair(5, 3))
    e = model.exponents(x, c)
    table = e.queries @ e.keys.T + e.row[:, None] + e.column
    for i in range(5):
        expected = model.log_prob(x[i].expand_as(c), c)
        assert torch.allclose(table[i], expected, atol=1e-12)


def _method(model):
    return next(one for one in (VICREG, NT_XENT, SIMPLEX) if one.model.lives_on == model.lives_on)


def test_plane_kernels_lose_no_digits_far_from_the_origin():
    near, far = (VICREG.model.exponents(z, z) for z in (normals(6, 3).float(), normals(6, 3).float() + 1000))
    assert torch.allclose(log_mean_kernel(near, True), log_mean_kernel(far, True), atol=1e-3)


def test_neighbours_measure_the_area_of_the_sphere():
    """Uniform on S^2, n = 2,000: H = log 4 pi. Null law: normal, as a mean of n terms with short-ranged dependence.

    The terms' variance is at most twice trigamma(3) + 1 = 1.4; 6 standard errors of sqrt(2.8 / n) = .037 are .23:
    false-alarm rate 2e-9. Smallest defect: three dimensions for two. With r about sqrt(12 / n) = .077 it is off by
    log r + log V_3 - log V_2 = -2.3 nats, 60 standard errors. Pairs (4 dimensions, r about .5, where chords are shorter
    than arcs by r^2 / 24) are allowed .37 of bias on top.
    """
    z = Sphere(3).head(normals(2000, 3))
    model = SphericalPair(2.0)
    found = float(Neighbours(3).of_one(z, model))
    assert abs(found - math.log(4 * math.pi)) < 0.23
    assert abs(float(Neighbours(3).of_one(z, GaussianPair())) - math.log(4 * math.pi)) > 2
    independent = float(Neighbours(3).joint(z, Sphere(3).head(normals(2000, 3, seed=1)), model))
    assert abs(independent - 2 * math.log(4 * math.pi)) < 0.6


def test_leaving_itself_out_needs_as_many_centres_as_points():
    with (
        unchecked_types(),
        pytest.raises(ValueError, match="7 points and 5 centres; leaving itself out needs the same"),
    ):
        log_mean_kernel(_exponents(7, 5), without_self=True)
