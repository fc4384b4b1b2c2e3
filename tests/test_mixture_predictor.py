"""Mixtures of Gaussians that the past chooses: densities, known cases, gradients, and the value at the true law.

Statistical tests: null law normal (means over independent sequences), 6 standard errors, false-alarm rate 2e-9 each;
the smallest defect that matters is stated and exceeds ten standard errors.
"""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from identify.encoders import EncoderConfig
from identify.fitting import fit
from identify.kalman_predictor import KalmanConfig
from identify.latent_models import GaussianConfig
from identify.methods import EntropyConfig, Method
from identify.mixture_predictor import Mixture, MixturePredictor
from identify.objective import held_out_objective, training_objective
from identify.predictors import PredictorConfig
from identify.training import FitConfig
from reports.optimum import oracle, witness_oracle
from synthetic import violations
from tests.small_training import SMALL

DRAWS = EntropyConfig("knn", k=3)
FREE = Method("free", GaussianConfig("conditional", components=3), DRAWS)
OWN = Method("own covariance", GaussianConfig("conditional"), DRAWS)


def predictor(width: int, components: int, networks: int = 2) -> MixturePredictor:
    generators = [torch.Generator().manual_seed(seed) for seed in range(networks)]
    return MixturePredictor(width, PredictorConfig("mlp", (8,), skip=True), components, generators).double()


def pasts(width: int, n: int = 3, networks: int = 2) -> torch.Tensor:
    return torch.randn(networks, n, width, generator=torch.Generator().manual_seed(5), dtype=torch.float64)


def mass(law: Mixture, width: int) -> torch.Tensor:
    """Integral of the density of the first past of every network, by the trapezoidal rule 50 around its mean."""
    step = 0.02 if width == 1 else 0.2
    axis = torch.arange(-50, 50, step, dtype=torch.float64)
    points = torch.cartesian_prod(*[axis] * width).reshape(1, -1, width) + law.mean()[:, :1]
    one = type(law)(*(part[:, :1].expand(-1, points.shape[1], *part.shape[2:]) for part in law))
    return one.log_prob(points).exp().sum(-1) * step**width


class Flattened(Mixture):
    """The twin: a density whose volume forgets the factors."""

    def log_prob(self, z: torch.Tensor) -> torch.Tensor:
        scores = (self.factors @ (z.unsqueeze(2) - self.means).unsqueeze(-1)).squeeze(-1)
        constant = 0.5 * z.shape[-1] * math.log(2 * math.pi)
        return torch.logsumexp(self.log_weights - 0.5 * scores.square().sum(-1), -1) - constant


@pytest.mark.parametrize("components", [1, 4])
@pytest.mark.parametrize("width", [1, 2])
def test_the_law_of_a_past_integrates_to_one(width, components):
    law = predictor(width, components).law(pasts(width, 1))
    with torch.no_grad():
        ones = torch.ones(2, dtype=torch.float64)
        assert torch.allclose(mass(law, width), ones, atol=1e-6)
        assert torch.allclose(mass(law._replace(factors=2 * law.factors), width), ones, atol=1e-6)
        assert not torch.allclose(mass(Flattened(*law), width), ones, atol=0.1)


def test_the_density_is_scipys_for_one_component_and_for_their_sum():
    with torch.no_grad():
        law = predictor(3, 2).law(pasts(3))
    z = pasts(3, 3) + 0.5
    found = law.log_prob(z)
    for s in range(2):
        for n in range(3):
            density = 0.0
            for k in range(2):
                factor = law.factors[s, n, k].detach().numpy()
                normal = stats.multivariate_normal(
                    law.means[s, n, k].detach().numpy(), np.linalg.inv(factor.T @ factor)
                )
                density += math.exp(law.log_weights[s, n, k]) * normal.pdf(z[s, n].numpy())
            assert float(found[s, n]) == pytest.approx(math.log(density), abs=1e-10)


def test_the_mean_is_that_of_the_density():
    axis = torch.arange(-30, 30, 0.01, dtype=torch.float64)[:, None]
    module = predictor(1, 4)
    law = module.law(pasts(1, 1))
    wide = Mixture(*(part.expand(-1, len(axis), *part.shape[2:]) for part in law))
    weights = wide.log_prob(axis.expand(2, -1, -1)).exp() * 0.01
    assert torch.allclose((weights * axis[:, 0]).sum(-1), law.mean()[:, 0, 0], atol=1e-6)


def test_predictions_and_densities_are_of_the_frames_from_the_second_on():
    module = predictor(2, 3)
    z = pasts(2, 12).unflatten(1, (4, 3))
    assert module(z).shape == (2, 4, 2, 2)
    assert module.log_prob(z).shape == (2, 4, 2)
    moved = z.clone()
    moved[:, :, 2] += 1
    assert torch.equal(module.log_prob(moved)[:, :, 0], module.log_prob(z)[:, :, 0])
    assert not torch.allclose(module.log_prob(moved)[:, :, 1], module.log_prob(z)[:, :, 1])
    assert torch.equal(module(moved), module(z))


def test_gradients_are_those_of_the_value():
    module = predictor(2, 2, 1)
    z = pasts(2, 2, 1).unflatten(1, (1, 2)).requires_grad_()
    assert torch.autograd.gradcheck(lambda one: module.log_prob(one), (z,))
    weights = tuple(p.detach().clone().requires_grad_() for p in module.parameters())
    names = [name for name, _ in module.named_parameters()]

    def value(*given):
        past, later = z.detach()[:, :, 0], z.detach()[:, :, 1]
        law = torch.func.functional_call(
            _Law(module), {f"module.{n}": g for n, g in zip(names, given, strict=True)}, (past,)
        )
        return law.log_prob(later)

    assert torch.autograd.gradcheck(value, weights)


class _Law(torch.nn.Module):
    """`law` as forward, for functional calls."""

    def __init__(self, module: MixturePredictor) -> None:
        super().__init__()
        self.module = module

    def forward(self, past: torch.Tensor) -> Mixture:
        return self.module.law(past)


def test_the_alignment_is_the_mean_log_density():
    module = predictor(2, 3)
    z = pasts(2, 80).unflatten(1, (40, 2))
    densities = module.log_prob(z)
    parts = training_objective(z, module(z), FREE, False, densities=densities)
    assert torch.allclose(parts.alignment, densities.mean((1, 2)))
    assert not torch.allclose(
        parts.alignment, training_objective(z, module(z), Method("x", entropy=DRAWS), False).alignment
    )
    with pytest.raises(ValueError, match="densities=None; covariance='conditional' needs the log densities"):
        training_objective(z, module(z), FREE, False)
    with pytest.raises(ValueError, match="densities=None"):
        held_out_objective(z[0], z[0, :, 1:], torch.eye(2, dtype=torch.float64), FREE)


@pytest.mark.parametrize("name", ["context_covariance", "level_set_flow"])
def test_the_oracle_of_a_changing_covariance_is_the_information_of_its_pairs(name):
    """<log p(z_t | z_{t-1})> + H[z_t] with H from neighbours; the conditional entropy by the closed covariances.

    Minus <log p> equals <log det 2 pi e Sigma(past)> / 2 in expectation: 6 standard errors of the difference (2e-9). A
    single covariance for all pasts is worse by more than .05 nats, the smallest defect, 10 standard errors.
    """
    violation = violations()[name]()
    world, n = violation.world, 20_000
    test = world.sample(n, 2, torch.Generator().manual_seed(0), torch.float64)
    law = world.transition
    own = law.log_density(test.z[:, 1], test.z[:, :1])
    volume = torch.linalg.slogdet(2 * math.pi * math.e * law.covariance(test.z[:, :1])).logabsdet / 2
    gap = own + volume
    assert abs(float(gap.mean())) < 6 * float(gap.std()) / math.sqrt(n)
    few = type(test)(test.z[:3000], test.x[:3000], None)
    found, at_witness = oracle(world, few, OWN), witness_oracle(violation, few, OWN)
    assert abs(found.value - at_witness.value) < 6 * found.standard_error
    residuals = few.z[:, 1:] - law.mean(few.z[:, :1])[:, None]
    factor = torch.linalg.cholesky(residuals[:, 0].T @ residuals[:, 0] / len(residuals))
    single = held_out_objective(few.z, residuals, factor, Method("x", entropy=DRAWS))
    assert single.value < found.value - 0.05


def test_a_free_density_is_as_good_at_any_witness():
    """V11: the law of h(z) and that of z give the objective the same value, up to the neighbours' bias (.05 nats)."""
    violation = violations()["free_density"]()
    test = violation.world.sample(3000, 2, torch.Generator().manual_seed(0), torch.float64)
    found, at_witness = oracle(violation.world, test, FREE), witness_oracle(violation, test, FREE)
    assert abs(found.value - at_witness.value) < 6 * found.standard_error
    with pytest.raises(ValueError, match="no constant noise covariance"):
        witness_oracle(violation, test, Method("x", entropy=DRAWS))


def test_training_raises_the_likelihood_and_held_out_values_follow():
    """A regression test with fixed seeds: after 40 steps the held-out value is higher by more than .2 nats."""
    sample = violations()["free_density"]().world.sample(400, 2, torch.Generator().manual_seed(1))
    config = FitConfig(
        method=FREE,
        encoder=SMALL.encoder,
        predictor=PredictorConfig("mlp", (8,), skip=True),
        steps=40,
        batch=128,
        window=2,
    )
    before, after = fit(sample.x, replace(config, steps=0), (0, 1)), fit(sample.x, config, (0, 1))
    for first, last in zip(before.held_out(sample.x), after.held_out(sample.x), strict=True):
        assert last.value > first.value + 0.2
    chosen = fit(sample.x, replace(config, steps=2, restarts=2), (0,))
    assert bool(chosen.restart_objectives.isfinite().all())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: GaussianConfig("full", components=2), "components=2 with covariance='full'"),
        (lambda: GaussianConfig("conditional", components=0), "components=0 with covariance='conditional'"),
        (lambda: MixturePredictor(2, PredictorConfig("linear"), 1, [torch.Generator()]), "kind='linear'"),
        (
            lambda: FitConfig(method=FREE, encoder=EncoderConfig(2), predictor=KalmanConfig(2), window=3),
            "covariance='conditional' is read off the last frame",
        ),
    ],
)
def test_bad_models_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
