"""Training with a Kalman predictor: phases, density, seeds side by side, checkpoints, refusals."""

import math

import pytest
import torch

from identify import LOG_DET, GaussianConfig, KalmanConfig, Method, fit
from identify.kalman_filter import predict, predictive_log_prob
from identify.kalman_predictor import KalmanPredictor
from identify.objective import training_objective
from identify.training import Training
from tests.small_training import sequences, small
from tests.unchecked_types import unchecked_types

FILTER = Method("Kalman", GaussianConfig("filter"))
CONFIGS = {
    "density of the filter": small(method=FILTER, predictor=KalmanConfig(3), steps=6),
    "profiled covariance": small(method=LOG_DET, predictor=KalmanConfig(3), steps=6),
    "noise from the input": small(method=LOG_DET, predictor=KalmanConfig(3, input_noise=(4,)), steps=6),
    "no warm start": small(method=FILTER, predictor=KalmanConfig(3, warm_start=0.0), steps=6),
}


def _training(config, seeds=(0, 1)):
    return Training(config, sequences()[None], seeds)


def _predictor(config=None, inputs=5):
    generators = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    return KalmanPredictor(2, inputs, config or KalmanConfig(3, warm_start=0.0), generators)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_seed_comes_out_the_same_whichever_seeds_run_beside_it(config):
    x = sequences()
    together, alone = fit(x, config, (0, 1)), fit(x, config, (1,))
    assert torch.allclose(together.encode(x)[1], alone.encode(x)[0], atol=1e-3)
    assert torch.allclose(together.history.alignment[1], alone.history.alignment[0], atol=1e-3)
    assert not any(together.diverged)
    assert together.network.predictor.filtering


def test_the_linear_map_trains_first_and_the_filter_after_it():
    training = _training(small(method=FILTER, predictor=KalmanConfig(3, warm_start=0.5), steps=10))
    predictor = training.network.predictor
    before = [part.detach().clone() for part in predictor.system_parameters.system()]
    for _ in range(5):
        training.advance()
    assert all(torch.equal(a, b) for a, b in zip(before, predictor.system_parameters.system(), strict=True))
    pairwise = predictor.pairwise.weight.detach().clone()
    training.advance()
    assert predictor.filtering
    assert torch.equal(predictor.pairwise.weight, pairwise)
    system = predictor.system_parameters.system()
    assert not torch.allclose(system.readout, before[2], atol=1e-2)
    assert bool((system.noise.diagonal(dim1=-2, dim2=-1) < 1).all())


def test_predictions_are_the_filters_own_and_look_at_the_past_only():
    predictor = _predictor()
    z = torch.randn(2, 3, 6, 2, generator=torch.Generator().manual_seed(0))
    truth = predict(z, predictor.system_parameters.system())
    predictions, factors = predictor.law(z)
    assert torch.equal(predictions, truth.mean[:, :, 1:])
    assert torch.equal(factors, truth.factor[:, 0, 1:])
    for frame in range(6):
        changed = z.clone()
        changed[:, :, frame] += 1
        moved = (predictor(changed) - predictions).detach().abs().amax((0, 1, 3))
        assert float(moved[:frame].max() if frame else 0) < 1e-6
        assert bool((moved[frame:] > 1e-7).all())


def test_the_objective_takes_the_filters_density_of_all_frames_but_the_first():
    predictor = _predictor()
    z = torch.randn(2, 9, 6, 2, generator=torch.Generator().manual_seed(0))
    predictions, factors = predictor.law(z)
    terms = predictive_log_prob(z, predict(z, predictor.system_parameters.system()))[:, :, 1:].mean((1, 2))
    found = training_objective(z, predictions, FILTER, False, factors)
    assert torch.allclose(found.alignment, terms, atol=1e-5)
    profiled = training_objective(z, predictions, LOG_DET, False, factors)
    assert torch.equal(profiled.alignment, training_objective(z, predictions, LOG_DET, False).alignment)
    assert bool((profiled.alignment > found.alignment + 1e-3).all())


def test_noise_from_the_input_enters_the_gain_and_no_density():
    predictor = _predictor(KalmanConfig(3, 0.0, (4,)))
    generator = torch.Generator().manual_seed(0)
    z, y = torch.randn(2, 3, 6, 2, generator=generator), torch.randn(2, 3, 6, 5, generator=generator)
    predictions, factors = predictor.law(z, y)
    assert factors is None
    other = y.clone()
    other[:, :, 2] *= 5
    moved = (predictor(z, other) - predictions).detach().abs().amax((0, 1, 3))
    assert float(moved[:2].max()) < 1e-7
    assert bool((moved[2:] > 0).all())
    with pytest.raises(ValueError, match="y=None; the noise of this filter depends on the inputs of the encoder"):
        predictor(z)


def test_a_run_goes_on_from_its_checkpoint(tmp_path):
    config = small(method=FILTER, predictor=KalmanConfig(3, warm_start=0.5), steps=8)
    for stop in (3, 6):
        whole, first, second = (_training(config) for _ in range(3))
        for _ in range(8):
            whole.advance()
        for _ in range(stop):
            first.advance()
        first.save(tmp_path / f"{stop}.safetensors")
        second.restore(tmp_path / f"{stop}.safetensors")
        for _ in range(8 - stop):
            second.advance()
        for a, b in zip(whole.network.parameters(), second.network.parameters(), strict=True):
            assert torch.equal(a, b)


def test_a_diverging_network_is_frozen_and_harms_no_other():
    config = small(method=FILTER, predictor=KalmanConfig(3, warm_start=0.5), steps=8)
    sick, well = _training(config), _training(config)
    for training in (sick, well):
        for step in range(8):
            if step == 2 and training is sick:
                next(training.network.encoder.parameters()).data[1] = math.nan
            training.advance()
    assert sick.diverged.tolist() == [False, True]
    for a, b in zip(sick.network.parameters(), well.network.parameters(), strict=True):
        assert torch.allclose(a[0], b[0], atol=1e-5)


def test_bad_configurations_are_named():
    with pytest.raises(ValueError, match="states=0; a filter needs at least one state"):
        KalmanConfig(0)
    with pytest.raises(ValueError, match=r"warm_start=1\.0; it is a share of the steps"):
        KalmanConfig(warm_start=1.0)
    with pytest.raises(ValueError, match=r"input_noise=\(0,\); every hidden width must be at least 1"):
        KalmanConfig(input_noise=(0,))
    with unchecked_types(), pytest.raises(ValueError, match="covariance='filter' needs the covariances of a filter"):
        small(method=FILTER)
    with pytest.raises(ValueError, match=r"covariance='filter' with input_noise: .* give covariance='full'"):
        small(method=FILTER, predictor=KalmanConfig(3, input_noise=(4,)))
    with pytest.raises(ValueError, match="window=2; a Kalman predictor starts from two lags, give at least 3 frames"):
        small(predictor=KalmanConfig(3), window=2)
