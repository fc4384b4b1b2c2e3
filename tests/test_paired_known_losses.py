"""Each row of table 1 against its own definition, written here without the package: value and gradient in float64.

Constants that a published loss drops stand in the comparison. `pytorch-metric-learning` is a second oracle where it has
the loss.
"""

import math
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import cosine_similarity, cross_entropy, mse_loss

from identify import paired_methods as rows
from identify.paired_objectives.categorical_pair import CategoricalPair
from identify.paired_objectives.dirichlet_pair import DirichletPair
from identify.paired_objectives.gaussian_pair import GaussianPair
from identify.paired_objectives.spherical_pair import SphericalPair
from tests.paired_codes import codes_of, normals, raw_pair, turned_predictor

SEEDS = (0, 20)
seeds = pytest.mark.parametrize("seed", SEEDS)


def _agrees(method, known, seed=0, n=10, m=3, predictor=None, constant=0.0, scale=1.0):
    """loss = scale * known + constant, with the same gradient in the raw outputs of both views."""
    values, gradients = [], []
    for one in (lambda a, b: method.loss(a, b, predictor), known):
        raw = [part.requires_grad_() for part in raw_pair(n, m, seed)]
        value = one(*(codes_of(method, part) for part in raw))
        found = torch.autograd.grad(value, raw, allow_unused=True, materialize_grads=True)
        values.append(float(value.detach()))
        gradients.append(torch.cat(found))
    close = abs(values[0] - scale * values[1] - constant) < 1e-10
    return close and torch.allclose(gradients[0], scale * gradients[1], atol=1e-11, rtol=1e-9)


def _gaussian_entropy(z):
    centred = z - z.mean(0)
    return 0.5 * torch.logdet(2 * math.pi * math.e * centred.T @ centred / len(z))


def _log_normal(z, mean, sigma):
    return torch.distributions.Normal(mean, sigma).log_prob(z).sum(-1)


@seeds
def test_vicreg_is_alignment_and_log_determinants(seed):
    """LDM eq. 8 and 9 with all constants; the twin with coefficient 1/2 in eq. 8 is seen."""
    sigma = 0.7

    def known(a, b, weight=1.0):
        entropies = _gaussian_entropy(a) + _gaussian_entropy(b)
        return -_log_normal(b, a, sigma).mean() - weight * entropies

    def joint(a, b):
        return -_log_normal(b, a, sigma).mean() - _gaussian_entropy(torch.cat([a, b], 1))

    method = replace(rows.VICREG, model=GaussianPair(sigma))
    assert _agrees(method, known, seed)
    assert not _agrees(method, lambda a, b: known(a, b, 0.5), seed)
    assert _agrees(replace(method, form="LDM"), joint, seed)
    assert not _agrees(replace(method, form="LDM"), known, seed)


def _published_vicreg(a, b, invariance=25.0, variance=25.0, covariance=1.0):
    def hinge(z):
        return (1 - (z.var(dim=0) + 1e-4).sqrt()).clamp_min(0).mean()

    def off_diagonal(z):
        second = torch.cov(z.T)
        return sum(second[i, j] ** 2 for i in range(len(second)) for j in range(len(second)) if i != j) / len(second)

    value = invariance * mse_loss(a, b) + 0.5 * variance * (hinge(a) + hinge(b))
    return value + covariance * (off_diagonal(a) + off_diagonal(b))


@seeds
def test_vicreg_as_published_differs_by_the_normaliser_of_its_noise(seed):
    m = 3
    constant = 0.5 * m * math.log(2 * math.pi * m / (2 * 25.0))
    assert _agrees(rows.vicreg_as_published(m), _published_vicreg, seed, constant=constant)
    assert not _agrees(rows.vicreg_as_published(m, covariance=2.0), _published_vicreg, seed, constant=constant)
    assert not _agrees(rows.VICREG, _published_vicreg, seed, constant=constant)


@seeds
def test_vicreg_as_published_is_that_of_pytorch_metric_learning(seed):
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    constant = 0.5 * 3 * math.log(2 * math.pi * 3 / 20.0)
    oracle = losses.VICRegLoss(invariance_lambda=10, variance_mu=7, covariance_v=3)
    method = rows.vicreg_as_published(3, 10.0, 7.0, 3.0)
    assert _agrees(method, lambda a, b: oracle(a, ref_emb=b), seed, constant=constant)


def _nt_xent(a, b, temperature):
    """Cross-entropy of each view's partner among the 2n - 1 other views."""
    views = torch.cat([a, b])
    scores = views @ views.T / temperature
    scores = scores.masked_fill(torch.eye(len(views), dtype=torch.bool), -math.inf)
    return cross_entropy(scores, torch.arange(len(views)).roll(len(a)))


@seeds
@pytest.mark.parametrize("temperature", [0.5, 0.1])
def test_nt_xent_less_log_of_its_candidates(seed, temperature):
    method = replace(rows.NT_XENT, model=SphericalPair(1 / temperature, "empirical"))
    assert _agrees(method, lambda a, b: _nt_xent(a, b, temperature), seed, constant=-math.log(19))
    assert not _agrees(method, lambda a, b: _nt_xent(a, b, 1.1 * temperature), seed, constant=-math.log(19))


@seeds
def test_nt_xent_is_that_of_pytorch_metric_learning(seed):
    losses = pytest.importorskip("pytorch_metric_learning.losses")
    oracle = losses.NTXentLoss(temperature=0.5)
    labels = torch.arange(10).repeat(2)
    assert _agrees(rows.NT_XENT, lambda a, b: oracle(torch.cat([a, b]), labels), seed, constant=-math.log(19))


@seeds
def test_simclr_twin_has_the_joint_kernel(seed):
    """LDM eq. 47 over pairs in both orders: the product kernel, two normalisers against one and the uniform prior."""
    beta = 2.0

    def known(a, b):
        here, there = torch.cat([a, b]), torch.cat([b, a])
        scores = beta * (here @ here.T + there @ there.T)
        scores = scores.masked_fill(torch.eye(len(here), dtype=torch.bool), -math.inf)
        return -beta * (a * b).sum(1).mean() + (scores.logsumexp(1) - math.log(len(here) - 1)).mean()

    log_z = math.log(4 * math.pi * math.sinh(beta) / beta)
    assert _agrees(rows.SIMCLR_LDM, known, seed, constant=math.log(4 * math.pi) - log_z)


@seeds
def test_info_nce_less_log_of_its_candidates(seed):
    predictor = turned_predictor(rows.INFO_NCE)

    def known(a, b):
        return cross_entropy(2.0 * predictor(a) @ b.T, torch.arange(len(a)))

    def other_way(a, b):
        return cross_entropy(2.0 * b @ predictor(a).T, torch.arange(len(a)))

    assert _agrees(rows.INFO_NCE, known, seed, predictor=predictor, constant=-math.log(10))
    assert not _agrees(rows.INFO_NCE, other_way, seed, predictor=predictor, constant=-math.log(10))


@seeds
def test_info_nce_with_gaussian_scores(seed):
    predictor = turned_predictor(rows.INFO_NCE_GAUSSIAN)

    def known(a, b):
        squares = (predictor(a)[:, None] - b).square().sum(-1)
        return cross_entropy(-0.5 * squares, torch.arange(len(a)))

    assert _agrees(rows.INFO_NCE_GAUSSIAN, known, seed, predictor=predictor, constant=-math.log(10))


def test_info_nce_never_claims_more_than_log_n():
    method = replace(rows.INFO_NCE, model=SphericalPair(800.0, "empirical"))
    code = codes_of(method, normals(10, 3))
    assert math.log(10) - 1e-6 < -float(method.loss(code, code)) <= math.log(10)


@seeds
def test_cpc_twin_subtracts_the_kernel_entropy_of_the_present(seed):
    predictor = turned_predictor(rows.CPC_LDM)

    def log_density(scores):
        return (scores.masked_fill(torch.eye(len(scores), dtype=torch.bool), -math.inf).logsumexp(1)).mean()

    def known(a, b):
        present, both = 2.0 * a @ a.T, 2.0 * (a @ a.T + b @ b.T)
        return -2.0 * (predictor(a) * b).sum(1).mean() + log_density(both) - log_density(present)

    assert _agrees(rows.CPC_LDM, known, seed, predictor=predictor)


@seeds
@pytest.mark.parametrize("tau", [1.0, 6.0])
def test_simsiam_and_byol_are_cosines_with_the_target_detached(seed, tau):
    """Up to tau and the constant log Z(tau) = log(4 pi sinh(tau) / tau) on the sphere in 3 dimensions."""
    predictor = turned_predictor(rows.SIMSIAM)

    def simsiam(a, b, stop=torch.Tensor.detach):
        forth = cosine_similarity(predictor(a), stop(b)).mean()
        return -0.5 * (forth + cosine_similarity(predictor(b), stop(a)).mean())

    def byol(a, b):
        return (2 - 2 * cosine_similarity(predictor(a), b.detach())).mean()

    model, log_z = SphericalPair(tau, "empirical"), math.log(4 * math.pi * math.sinh(tau) / tau)
    method = replace(rows.SIMSIAM, model=model)
    assert _agrees(method, simsiam, seed, predictor=predictor, constant=log_z, scale=tau)
    through = method, lambda a, b: simsiam(a, b, lambda z: z)
    assert not _agrees(*through, seed, predictor=predictor, constant=log_z, scale=tau)
    method = replace(rows.BYOL, model=model)
    assert _agrees(method, byol, seed, predictor=predictor, constant=log_z - tau, scale=tau / 2)


@seeds
def test_jepa_is_the_squared_error_of_a_detached_target(seed):
    sigma, m = 0.6, 3
    predictor = turned_predictor(rows.JEPA)
    constant = m * math.log(sigma * math.sqrt(2 * math.pi))

    def known(a, b):
        return (predictor(a) - b.detach()).square().sum(1).mean()

    method = replace(rows.JEPA, model=GaussianPair(sigma, "empirical"))
    assert _agrees(method, known, seed, predictor=predictor, constant=constant, scale=0.5 / sigma**2)


def test_stopping_the_target_leaves_out_the_gradient_of_the_conditional_entropy():
    """LDM eq. 54, exact: full gradient less that of log P with the predictor and its input held."""
    first, second = raw_pair(8, 3)
    weight = normals(3, 3, seed=7)
    held = weight.clone()
    leaves = [one.requires_grad_() for one in (first, second, weight)]

    def log_prob(a, b, w):
        return rows.JEPA.model.log_prob(b, a @ w).mean()

    stopped = torch.autograd.grad(
        rows.JEPA.loss(first, second, lambda z: z @ weight), leaves, allow_unused=True, materialize_grads=True
    )
    full = torch.autograd.grad(log_prob(first, second, weight), leaves)
    entropy = torch.autograd.grad(
        log_prob(first.detach(), second, held), leaves, allow_unused=True, materialize_grads=True
    )
    for ours, everything, part in zip(stopped, full, entropy, strict=True):
        assert torch.allclose(-ours, everything - part, atol=1e-13)
    assert bool(entropy[1].any())
    assert not bool(stopped[1].any())


def _dirichlet_log_density(z, centre, tau):
    return torch.distributions.Dirichlet(tau * centre + 1).log_prob(z)


@seeds
@pytest.mark.parametrize("tau", [2.0, 10.0])
def test_the_simplex_rows_are_dirichlet_densities(seed, tau):
    """Alignment, uniform prior Gamma(K) and kernels by torch's own Dirichlet law, all views pooled."""

    def table(z):
        return torch.stack([_dirichlet_log_density(z, centre, tau) for centre in z], 1)

    def log_mean(scores):
        kept = scores.masked_fill(torch.eye(len(scores), dtype=torch.bool), -math.inf)
        return (kept.logsumexp(1) - math.log(len(scores) - 1)).mean()

    def alignment(a, b):
        return _dirichlet_log_density(b, a, tau).mean() + math.log(2)

    def known(a, b):
        return -alignment(a, b) + 2 * log_mean(table(torch.cat([a, b])))

    def joint(a, b):
        return -alignment(a, b) + log_mean(table(torch.cat([a, b])) + table(torch.cat([b, a])))

    method = replace(rows.SIMPLEX, model=DirichletPair(tau))
    assert _agrees(method, known, seed)
    assert _agrees(replace(method, form="LDM"), joint, seed)
    assert not _agrees(method, joint, seed)


def _categorical(a, b, match, form):
    """By enumeration of the categories of both views, drawn independently given each pair."""
    n, k = a.shape
    conditional = torch.full((k, k), (1 - match) / (k - 1), dtype=a.dtype)
    conditional.fill_diagonal_(match)
    pairs = torch.einsum("nk,nl->kl", a, b) / n
    value = (pairs * (conditional.log() - math.log(k))).sum()
    laws = [pairs] if form == "LDM" else [a.mean(0), b.mean(0)]
    return -value + sum((law * law.log()).sum() for law in laws)


@seeds
@pytest.mark.parametrize("form", ["MI", "LDM"])
def test_the_categorical_rows_enumerate_the_categories(seed, form):
    method = replace(rows.CATEGORICAL, model=CategoricalPair.with_match(0.9, 3), form=form)
    assert _agrees(method, lambda a, b: _categorical(a, b, 0.9, form), seed)
    assert not _agrees(method, lambda a, b: _categorical(a, b, 0.8, form), seed)


def test_the_perfect_categorical_code_beats_collapse_by_what_the_theory_says():
    """A.8: F_MI gains 2 log K, F_LDM log K; the perfect code reaches log(match) + log K."""
    code = torch.eye(10, dtype=torch.float64).repeat(3, 1)
    collapsed = torch.zeros_like(code)
    collapsed[:, 0] = 1
    for method, gain in ((rows.CATEGORICAL_MI, 2), (rows.CATEGORICAL, 1)):
        found = method.loss(collapsed, collapsed) - method.loss(code, code)
        assert float(found) == pytest.approx(gain * math.log(10), abs=1e-12)
    assert -float(rows.CATEGORICAL_MI.loss(code, code)) == pytest.approx(math.log(0.99) + math.log(10), abs=1e-12)
