"""Where the paper prints another formula: both are at hand, and the difference is the one that was derived.

Each test is the corrupted twin of a row: the printed form is evaluated and shown not to be the method.
"""

import math
from dataclasses import replace

import pytest
import torch

from identify import paired_methods as rows
from identify.paired_objectives.categorical_pair import joint_entropy, marginal_entropy, printed_marginal_entropy
from identify.paired_objectives.dirichlet_pair import DirichletPair
from identify.paired_objectives.gaussian_entropies import LogDet, LogDetExpansion, VarianceCovariance
from identify.paired_objectives.gaussian_pair import GaussianPair
from identify.paired_objectives.kernel_entropies import Kernel
from identify.paired_objectives.spherical_normaliser import log_normaliser
from identify.paired_objectives.spherical_pair import SphericalPair
from tests.paired_codes import codes_of, normals, pair_for, raw_pair


def _raw_gradient(method, raw, value):
    leaves = [one.clone().requires_grad_() for one in raw]
    parts = torch.autograd.grad(value(*(codes_of(method, one) for one in leaves)), leaves)
    return torch.cat([part.ravel() for part in parts])


def test_eq_11_counts_the_uniformity_of_nt_xent_twice():
    """Uniform prior: A - 2 U + log Z - log area (eq. 48); NT-Xent: A - U (eq. 20). No factor equates the gradients."""
    beta = 2.0
    first, second = pair_for(rows.NT_XENT)
    simclr, nt_xent = (one.objective(first, second) for one in (rows.SIMCLR_UNIFORM, rows.NT_XENT))
    log_z = float(log_normaliser(torch.tensor(beta, dtype=torch.float64), 3))
    uniformity = log_z - float(nt_xent.uniformity)
    aligned = beta * float((first * second).sum(1).mean())
    assert float(nt_xent.total) == pytest.approx(aligned - uniformity, abs=1e-12)
    printed = aligned - 2 * uniformity
    assert float(simclr.total) == pytest.approx(printed + log_z - math.log(4 * math.pi), abs=1e-12)
    raw = raw_pair(12, 3)
    ours = _raw_gradient(rows.NT_XENT, raw, rows.NT_XENT.loss)
    other = _raw_gradient(rows.NT_XENT, raw, rows.SIMCLR_UNIFORM.loss)
    best = (ours @ other) / (other @ other)
    assert float((ours - best * other).norm() / ours.norm()) > 0.05


def test_eq_11_without_its_normaliser_would_push_a_learned_beta_without_end():
    """Its slope in beta misses A_3(beta) = coth beta - 1/beta, which is the whole of log Z's slope."""
    first, second = pair_for(rows.SIMCLR_UNIFORM)
    beta = torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
    objective = replace(rows.SIMCLR_UNIFORM, model=SphericalPair(beta)).objective(first, second)
    (full,) = torch.autograd.grad(objective.total, beta)
    views = torch.cat([first, second])
    scores = (beta * views @ views.T).masked_fill(torch.eye(len(views), dtype=torch.bool), -math.inf)
    printed = beta * (first * second).sum(1).mean() - 2 * scores.logsumexp(1).mean()
    (bare,) = torch.autograd.grad(printed, beta)
    assert float(full - bare) == pytest.approx(1 / math.tanh(2) - 0.5, abs=1e-12)


def _slope_in_log_scale(method, first, second):
    u = torch.zeros((), dtype=torch.float64, requires_grad=True)
    value = method.objective(u.exp() * first, u.exp() * second).total
    (slope,) = torch.autograd.grad(value, u, create_graph=True)
    (bend,) = torch.autograd.grad(slope, u)
    return float(slope.detach()), float(bend)


@pytest.mark.parametrize(
    ("method", "per_dimension"),
    [
        (rows.VICREG, 2),
        (rows.VICREG_LDM, 2),
        (replace(rows.VICREG, model=GaussianPair(1.0, "empirical")), 1),
        (replace(rows.VICREG_LDM, model=GaussianPair(1.0, "empirical")), 1),
    ],
    ids=["flat, MI", "flat, LDM", "empirical, MI", "empirical, LDM"],
)
def test_the_flat_prior_doubles_the_distance_of_views_and_eq_43_is_to_be_maximised(method, per_dimension):
    """At mean |z - z'|^2 = 2 m (flat) or m (empirical) the scale is stationary, and it is a maximum."""
    m = 3
    first, second = raw_pair(40, m)
    distance = float((first - second).square().sum(1).mean())
    stationary = math.sqrt(per_dimension * m / distance)
    slope, bend = _slope_in_log_scale(method, stationary * first, stationary * second)
    assert slope == pytest.approx(0, abs=1e-10)
    assert bend < -1
    other = math.sqrt((3 - per_dimension) * m / distance)
    assert abs(_slope_in_log_scale(method, other * first, other * second)[0]) > 1


def test_eq_42_counts_correlations_twice():
    """z = A w, A = I + e B: log det minus its expansion is of third order in e with weight 1/2, of second with 1."""
    w, b = normals(4000, 3), normals(3, 3, seed=3)
    model = GaussianPair()
    factor = torch.linalg.cholesky(torch.cov(w.T, correction=0))
    white = torch.linalg.solve_triangular(factor, (w - w.mean(0)).T, upper=False).T
    gaps = {}
    for weight in (0.5, 1.0):
        for e in (0.02, 0.01):
            z = white @ (torch.eye(3, dtype=torch.float64) + e * (b - torch.diag(b.diagonal())))
            gaps[weight, e] = abs(float(LogDet().of_one(z, model) - LogDetExpansion(weight).of_one(z, model)))
    assert math.log2(gaps[0.5, 0.02] / gaps[0.5, 0.01]) > 2.7
    assert math.log2(gaps[1.0, 0.02] / gaps[1.0, 0.01]) == pytest.approx(2, abs=0.3)


def test_the_expansion_scales_with_single_coordinates_and_not_with_mixtures():
    z, model = normals(50, 3), GaussianPair()
    stretch = torch.tensor([2.0, 0.5, 3.0], dtype=torch.float64)
    law = LogDetExpansion().of_one(z, model) + math.log(3)
    assert float(LogDetExpansion().of_one(z * stretch, model)) == pytest.approx(float(law), abs=1e-12)
    shear = torch.tensor([[1.0, 2.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]], dtype=torch.float64)
    assert abs(float(LogDetExpansion().of_one(z @ shear, model) - LogDetExpansion().of_one(z, model))) > 0.1
    assert float(LogDet().of_one(z @ shear, model)) == pytest.approx(float(LogDet().of_one(z, model)), abs=1e-10)


def test_vicreg_terms_have_no_scale_law():
    """Above unit spread the hinge is off and growth is punished; an entropy would reward it by m log 2."""
    z, terms = 2 * normals(50, 3), VarianceCovariance()
    assert float(terms.of_one(2 * z, GaussianPair())) < float(terms.of_one(z, GaussianPair()))
    assert float(LogDet().of_one(2 * z, GaussianPair()) - LogDet().of_one(z, GaussianPair())) == pytest.approx(
        3 * math.log(2), abs=1e-12
    )


def test_the_first_line_of_eq_51_is_another_kernel():
    """Dir(z_i; tau z_j) and the exponent of tau z_j + 1 differ by more than a constant; with + 1 they do not."""
    tau, k = 3.0, 3

    def second_line(z):
        powers = tau * z.log() @ z.T - (tau * z + 1).lgamma().sum(1)
        return -powers.logsumexp(1).mean() + math.log(len(z))

    def first_line(z, shift):
        return Kernel(self_term=True).of_one(z, DirichletPair(tau, shift=shift))

    samples = [codes_of(rows.SIMPLEX, spread * normals(10, k)) for spread in (0.3, 2.0)]
    mended = [float(first_line(z, 1.0) - second_line(z)) for z in samples]
    assert mended == pytest.approx([-math.lgamma(tau + k)] * 2, abs=1e-12)
    printed = [float(first_line(z, 0.0) - second_line(z)) for z in samples]
    assert abs(printed[0] - printed[1]) > 0.1


def test_the_mode_of_the_printed_kernel_is_not_the_other_code():
    """Slope of log P(z' | z) along the simplex at z' = z: 0 with + 1 (eq. 49), not without."""
    code = codes_of(rows.SIMPLEX, normals(4, 3))
    for shift, stationary in ((1.0, True), (0.0, False)):
        target = code.clone().requires_grad_()
        DirichletPair(10.0, shift=shift).log_prob(target, code).sum().backward()
        along = target.grad - target.grad.mean(1, keepdim=True)
        assert (float(along.abs().max()) < 1e-10) == stationary


def test_eq_81_as_printed_is_n_times_entropy_less_log_n():
    code = codes_of(rows.CATEGORICAL, normals(7, 4))
    entropy = float(marginal_entropy(code))
    law = torch.distributions.Categorical(code.mean(0))
    assert entropy == pytest.approx(float(law.entropy()), abs=1e-12)
    assert float(printed_marginal_entropy(code)) == pytest.approx(7 * (entropy - math.log(7)), abs=1e-10)


def test_eq_82_needs_the_entropy_of_the_pair():
    """H[z, z'] lies between the entropy of one view and the sum of both; H[z] in its place is another objective."""
    first, second = pair_for(rows.CATEGORICAL)
    one, other, both = (
        float(marginal_entropy(first)),
        float(marginal_entropy(second)),
        float(joint_entropy(first, second)),
    )
    assert max(one, other) < both <= one + other + 1e-12
    assert float(rows.CATEGORICAL.objective(first, second).uniformity) == pytest.approx(both, abs=1e-12)
    assert both - one > 0.1
