"""The objective: invariance, the two forms, who receives which gradient, and its value where it is known.

Statistical tests: null law normal (means over thousands of independent sequences), 5 standard errors, false-alarm rate
6e-7 each; the smallest defect that matters is stated and exceeds ten standard errors.
"""

import math
from dataclasses import replace

import pytest
import torch

from identify.latent_models import GaussianConfig
from identify.methods import KDE, KNN, LOG_DET, MATCHED_KDE, STOP_GRADIENT, EntropyConfig, Method
from identify.objective import held_out_objective, training_objective
from tests.unchecked_types import unchecked_types

METHODS = {one.name: one for one in (LOG_DET, KNN, KDE, MATCHED_KDE)}
RHO, DIM = 0.8, 2


def _autoregression(n, t=2, seed=0, dim=DIM):
    """Stationary z_t = rho z_{t-1} + sqrt(1 - rho^2) e_t with unit variance, shape [1 n t d]."""
    generator = torch.Generator().manual_seed(seed)
    frames = [torch.randn(n, dim, generator=generator, dtype=torch.float64)]
    for _ in range(t - 1):
        noise = torch.randn(n, dim, generator=generator, dtype=torch.float64)
        frames.append(RHO * frames[-1] + math.sqrt(1 - RHO**2) * noise)
    return torch.stack(frames, 1)[None]


def _total(z, predictions, method, gaussian=False):
    parts = training_objective(z, predictions, method, gaussian)
    return parts.alignment + parts.entropy


def _mapped(z, predictions):
    a = torch.tensor([[3.0, 1.0], [0.5, -0.2]], dtype=torch.float64)
    return z @ a.T + 2.0, predictions @ a.T + 2.0


@pytest.mark.parametrize("form", ["MI", "LDM"])
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_the_objective_cannot_tell_affine_maps_apart(method, form):
    method = replace(method, form=form)
    z = _autoregression(60, t=3)
    predictions = RHO * z[:, :, :-1] + 0.1
    value = _total(z, predictions, method)
    assert torch.allclose(_total(*_mapped(z, predictions), method), value, atol=1e-8)


@pytest.mark.parametrize("form", ["MI", "LDM"])
def test_fewer_samples_are_frames_evenly_spaced_in_time(form):
    z = _autoregression(20, t=4)
    predictions = RHO * z[:, :, :-1]
    method = replace(KNN, form=form, entropy=EntropyConfig("knn", samples=15))
    kept = [60 * i // 15 for i in range(15)]
    target, past = z[:, :, 1:].flatten(1, 2)[:, kept], z[:, :, :-1].flatten(1, 2)[:, kept]
    terms = method.entropy.terms()
    expected = terms(target) if form == "MI" else terms(torch.cat([target, past], -1)) - terms(past)
    assert torch.allclose(training_objective(z, predictions, method, False).entropy, expected.mean(-1), atol=1e-12)
    whole = replace(method, entropy=EntropyConfig("knn"))
    assert not torch.allclose(training_objective(z, predictions, whole, False).entropy, expected.mean(-1), atol=0.01)
    warm = training_objective(z, predictions, method, True).entropy
    assert torch.equal(warm, training_objective(z, predictions, whole, True).entropy)


@pytest.mark.parametrize("structure", ["diagonal", "isotropic", "fixed"])
def test_with_a_smaller_covariance_it_can(structure):
    method = Method("twin", latent=GaussianConfig(structure))
    z = _autoregression(60, t=3)
    predictions = RHO * z[:, :, :-1] + 0.1
    gap = _total(*_mapped(z, predictions), method) - _total(z, predictions, method)
    assert abs(float(gap)) > 0.1


def test_bends_are_seen():
    """A bend of the code lowers the objective of a Gaussian world by far more than its rounding."""
    z = _autoregression(4000)
    bent = torch.stack([z[..., 0], z[..., 1] + z[..., 0] ** 2], -1)
    straight = _total(z, RHO * z[:, :, :-1], KNN)
    assert float(_total(bent, RHO * bent[:, :, :-1], KNN)) < float(straight) - 0.1


def test_the_forms_differ_by_the_information_between_past_and_present():
    """MI - LDM = I(z_t; z_{t-1}) = -(d/2) log(1 - rho^2), 1.02 nats; log det estimates it with standard error .003.

    The gap is that of sample covariances: 5 standard errors are .015 at n = 40,000; smallest defect .03 nats.
    """
    z = _autoregression(40_000)
    predictions = RHO * z[:, :, :-1]
    gap = _total(z, predictions, LOG_DET) - _total(z, predictions, replace(LOG_DET, form="LDM"))
    information = -0.5 * DIM * math.log(1 - RHO**2)
    error = math.sqrt(DIM) * RHO / math.sqrt(z.shape[1])
    assert 10 * error < 0.06
    assert abs(float(gap) - information) < 5 * error


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_at_the_optimum_the_ldm_form_is_zero_and_the_mi_form_is_the_information(method):
    """The true predictor on 2,000 pairs; the estimators' biases stay below .25 nats, the smallest defect is .5."""
    z = _autoregression(2000)
    predictions = RHO * z[:, :, :-1]
    information = -0.5 * DIM * math.log(1 - RHO**2)
    assert float(_total(z, predictions, method)) == pytest.approx(information, abs=0.25)
    assert float(_total(z, predictions, replace(method, form="LDM"))) == pytest.approx(0, abs=0.25)
    blind = torch.zeros_like(predictions)
    assert float(_total(z, blind, method)) < information - 0.5


def test_the_warm_start_runs_on_the_gaussian_entropy():
    z = _autoregression(60, t=3)
    predictions = RHO * z[:, :, :-1]
    assert torch.equal(_total(z, predictions, KNN, gaussian=True), _total(z, predictions, LOG_DET))
    assert not torch.allclose(_total(z, predictions, KNN), _total(z, predictions, LOG_DET))


@pytest.mark.parametrize("method", [LOG_DET, STOP_GRADIENT], ids=["log det", "stop-gradient"])
def test_who_receives_a_gradient(method):
    """The detached target learns nothing from being a target; the past and the predictor do."""
    z = _autoregression(30, t=2).requires_grad_()
    weight = torch.tensor(0.5, dtype=torch.float64, requires_grad=True)
    _total(z, weight * z[:, :, :-1], method).sum().backward()
    past, target = z.grad[:, :, 0], z.grad[:, :, 1]
    assert bool(past.any())
    assert float(weight.grad) != 0
    assert bool(target.any()) is (method is LOG_DET)


def test_stop_gradient_reports_no_entropy():
    z = _autoregression(30, t=2)
    parts = training_objective(z, 0.5 * z[:, :, :-1], STOP_GRADIENT, gaussian=False)
    assert not bool(parts.entropy.any())
    assert parts.alignment.shape == (1,)


@pytest.mark.parametrize("method", [LOG_DET, KNN, Method("LDM form", form="LDM"), STOP_GRADIENT])
def test_gradients_are_those_of_the_value(method):
    z = _autoregression(8, t=3).requires_grad_()
    predictions = (0.5 * z.detach()[:, :, :-1]).requires_grad_()
    if method is STOP_GRADIENT:
        assert torch.autograd.gradcheck(lambda p: _total(z.detach(), p, method), (predictions,))
    else:
        assert torch.autograd.gradcheck(lambda a, b: _total(a, b, method), (z, predictions))


def test_networks_are_scored_apart():
    z = torch.cat([_autoregression(40, seed=1), _autoregression(40, seed=2)])
    predictions = RHO * z[:, :, :-1]
    alone = torch.cat([_total(z[i : i + 1], predictions[i : i + 1], KNN) for i in range(2)])
    assert torch.allclose(_total(z, predictions, KNN), alone, atol=1e-12)


@pytest.mark.parametrize("form", ["MI", "LDM"])
def test_the_true_latents_score_the_closed_form(form):
    """Sequences of 5 frames; the value within 5 of its own standard errors of the information (MI) or 0 (LDM).

    Log det has bias below 1e-3 here. Smallest defect .1 nats (10 standard errors); a wrong noise level is such a one.
    """
    z = _autoregression(6000, t=5)[0]
    residuals = z[:, 1:] - RHO * z[:, :-1]
    noise = math.sqrt(1 - RHO**2) * torch.eye(DIM, dtype=torch.float64)
    method = replace(LOG_DET, form=form)
    found = held_out_objective(z, residuals, noise, method)
    expected = -0.5 * DIM * math.log(1 - RHO**2) if form == "MI" else 0.0
    assert 10 * found.standard_error < 0.1
    assert abs(found.value - expected) <= 5 * found.standard_error + 1e-3
    wrong = held_out_objective(z, residuals, 1.4 * noise, method)
    assert wrong.value < expected - 5 * found.standard_error - 1e-3


def test_the_standard_error_covers_the_spread_over_data_sets():
    """200 data sets of 300 pairs: spread of the value over their mean standard error within .7-1.4 (odds < 1e-6)."""
    noise = math.sqrt(1 - RHO**2) * torch.eye(DIM, dtype=torch.float64)
    found = []
    for seed in range(200):
        z = _autoregression(300, seed=seed)[0]
        found.append(held_out_objective(z, z[:, 1:] - RHO * z[:, :-1], noise, LOG_DET))
    spread = torch.tensor([one.value for one in found]).std()
    claimed = torch.tensor([one.standard_error for one in found]).mean()
    assert 0.7 < float(spread / claimed) < 1.4


@pytest.mark.parametrize("method", [*METHODS.values(), STOP_GRADIENT], ids=[*METHODS, "stop-gradient"])
def test_a_collapsed_code_is_worth_minus_infinity(method):
    z = _autoregression(50)[0].clone()
    z[..., 1] = z[..., 0]
    found = held_out_objective(z, z[:, 1:] - RHO * z[:, :-1], torch.eye(DIM, dtype=torch.float64), method)
    assert found.value == -math.inf
    assert math.isnan(found.standard_error)


def test_bad_methods_are_named():
    with unchecked_types(), pytest.raises(ValueError, match="form='ELBO'; an objective is MI or LDM"):
        Method("x", form="ELBO")
    with pytest.raises(ValueError, match=r"warm_start=1\.5; it is a share of the steps"):
        Method("x", warm_start=1.5)
    with unchecked_types(), pytest.raises(ValueError, match="kind='renyi'; known entropies are"):
        EntropyConfig("renyi")
    with pytest.raises(ValueError, match="k=0; the neighbour's rank starts at 1"):
        EntropyConfig("knn", k=0)
    with pytest.raises(ValueError, match="bandwidth=inf; a kernel needs a finite bandwidth"):
        EntropyConfig("kde", bandwidth=math.inf)
    with pytest.raises(ValueError, match=r"bandwidth=1\.2; a matched kernel is at most as wide as the sample"):
        EntropyConfig("matched_kde", bandwidth=1.2)
    with pytest.raises(ValueError, match="centres=1; leaving one out needs at least 2 centres"):
        EntropyConfig("kde", centres=1)
    with pytest.raises(ValueError, match="samples=1; an entropy needs at least 2 samples"):
        EntropyConfig("knn", samples=1)
