"""Calibration of a Kalman filter on codes: noise found, shrunken codes stretched, regions that cover, refusals.

Codes come from a known system, so that the truth is at hand; training is replaced by parameters that are off.
"""

import pytest
import torch
from scipy import stats

from identify.kalman_calibration import CalibrationConfig, calibrate
from identify.kalman_filter import log_prob
from identify.kalman_parameters import KalmanParameters
from identify.kalman_system import KalmanSystem
from tests.unchecked_types import unchecked_types

FEW = CalibrationConfig(steps=150, learning_rate=0.06, batch=64, window=10)
SHORT = CalibrationConfig(steps=60, learning_rate=0.1, batch=64, window=8)
SPREAD = (0.05, 0.2, 0.6)
"""Noise variance of three classes of frames."""
SHRUNK = (1.0, 0.9, 0.7)


def _system(noise=0.2):
    turn = 0.95 * torch.tensor([[0.95, -0.3], [0.3, 0.95]])
    eye = torch.eye(2)
    parts = (turn, eye - turn @ turn.mT, eye, noise * eye, torch.zeros(2), torch.zeros(2), eye)
    return KalmanSystem(*(part[None] for part in parts))


def _parameters(system, networks=1):
    parameters = KalmanParameters(2, 2, [torch.Generator().manual_seed(0) for _ in range(networks)])
    for network in range(networks):
        parameters.assign(system, network)
    return parameters


def _codes(n=200, t=40, seed=0, spread=SPREAD, shrunk=SHRUNK):
    """States [1 n t 2], codes shrunk and noisy by class, classes, which are drawn without looking at the state."""
    generator = torch.Generator().manual_seed(seed)
    system = _system()
    factor = torch.linalg.cholesky(system.process[0])
    h = torch.randn(n, 2, generator=generator)
    states = []
    for _ in range(t):
        states.append(h)
        h = h @ system.transition[0].mT + torch.randn(n, 2, generator=generator) @ factor.mT
    state = torch.stack(states, 1)
    classes = torch.randint(3, (n, t), generator=generator)
    noise = torch.tensor(spread)[classes][..., None].sqrt() * torch.randn(n, t, 2, generator=generator)
    return state[None], (torch.tensor(shrunk)[classes][..., None] * (state + noise))[None], classes[None]


def _covered(state, found):
    error = (state - found.state)[..., None]
    covariance = found.covariance.expand(*state.shape[:3], 2, 2)
    form = (error.mT @ torch.linalg.solve(covariance, error))[..., 0, 0]
    return float((form <= stats.chi2.ppf(0.95, 2)).double().mean())


@pytest.fixture(scope="module")
def calibrated():
    _, z, classes = _codes()
    return calibrate(z, _parameters(_system(0.05)), torch.Generator().manual_seed(1), classes, FEW)


def test_noise_and_stretch_of_every_class_are_found(calibrated):
    """Ratios between classes, since the state's scale is free. 8,000 frames, 2,667 a class, two directions: a variance
    known up to a filter's error P ~ .1 has relative standard error sqrt(2/5,333) (R + .15)/R = .08 for R = .05, a
    stretch one below .01. Six of them: .5 and .06 (.12 in the determinant), false alarm 2e-9 each. All classes start
    at one noise and no stretch, off by factors of 4, 12 and 1.4.
    """
    noise = calibrated.noise
    variances = torch.linalg.det(noise.covariance[0]).sqrt()
    stretches = torch.linalg.det(noise.stretch[0])
    for k in (1, 2):
        assert float(variances[k] / variances[0]) == pytest.approx(SPREAD[k] / SPREAD[0], rel=0.5)
        assert float(stretches[k] / stretches[0]) == pytest.approx(SHRUNK[k] ** -2, rel=0.12)


def test_regions_cover_as_they_say_and_did_not_before(calibrated):
    """Fresh sequences, 8,000 frames of which at least 1,000 count as independent: standard error .007, and the fitted
    noise moves coverage by less than .005. Bound .04: false alarm 6e-7 (5 standard errors). Without calibration less
    than .8 is covered, 20 standard errors away.
    """
    state, z, classes = _codes(seed=7)
    found = calibrated.filter(z, classes)
    slope = torch.linalg.lstsq(found.state.flatten(0, 2), state.flatten(0, 2)).solution
    carried = found._replace(state=found.state @ slope, covariance=slope.mT @ found.covariance @ slope)
    assert _covered(state, carried) == pytest.approx(0.95, abs=0.04)
    plain = calibrate(z, _parameters(_system(0.05)), torch.Generator(), None, CalibrationConfig(1, 1e-9, 1, 2))
    assert _covered(state, plain.filter(z)) < 0.8


def test_classes_that_know_the_state_are_no_noise_level(calibrated):
    """The twin: classes cut from the size of the code itself. Regions then miss, because given such a class the noise
    is not normal and not centred; the same bound as above rejects them.
    """
    _, z, _ = _codes(spread=(0.2,) * 3, shrunk=(1.0,) * 3)
    state, fresh, _ = _codes(seed=7, spread=(0.2,) * 3, shrunk=(1.0,) * 3)
    cut = torch.tensor([1.0, 2.0])
    peeking, peeked = (torch.bucketize(one.norm(dim=-1), cut) for one in (z, fresh))
    bad = calibrate(z, _parameters(_system()), torch.Generator().manual_seed(1), peeking, SHORT).filter(fresh, peeked)
    slope = torch.linalg.lstsq(bad.state.flatten(0, 2), state.flatten(0, 2)).solution
    carried = bad._replace(state=bad.state @ slope, covariance=slope.mT @ bad.covariance @ slope)
    assert abs(_covered(state, carried) - 0.95) > 0.04


def test_likelihood_of_new_sequences_rises_to_that_of_the_truth():
    """One class: the truth is a system. 8,000 frames fit some 15 parameters: fresh log likelihood a frame falls short
    of the truth's by about 15/16,000 = .001, bound .01; the start is .5 worse.
    """
    _, z, _ = _codes(spread=(0.2,) * 3, shrunk=(1.0,) * 3)
    _, fresh, _ = _codes(seed=7, spread=(0.2,) * 3, shrunk=(1.0,) * 3)
    off = _parameters(_system(0.02))
    found = calibrate(z, off, torch.Generator().manual_seed(1), None, CalibrationConfig(150, 0.1, 64, 40))
    assert found.noise is None
    best, start, reached = (
        float(log_prob(fresh, one)[:, :, 1:].mean().detach()) for one in (_system(), off.system(), found.system)
    )
    assert reached > best - 0.01
    assert start < best - 0.5


def test_the_start_stays_and_networks_do_not_mix():
    _, z, classes = _codes(n=60)
    alone, start = _parameters(_system(0.05)), _parameters(_system(0.05), networks=2)
    before = [part.detach().clone() for part in start.parameters()]
    quick = CalibrationConfig(steps=5, batch=8, window=10)
    both = calibrate(
        torch.cat([2 * z, z]), start, torch.Generator().manual_seed(3), torch.cat([classes, classes]), quick
    )
    one = calibrate(z, alone, torch.Generator().manual_seed(3), classes, quick)
    assert all(torch.equal(a, b) for a, b in zip(before, start.parameters(), strict=True))
    assert torch.allclose(both.system.noise[1], one.system.noise[0], atol=1e-6)
    assert torch.allclose(both.noise.stretch[1], one.noise.stretch[0], atol=1e-6)
    assert not torch.allclose(both.noise.stretch[0], one.noise.stretch[0], atol=1e-3)


def test_the_inferred_level_is_the_deviation_of_the_class(calibrated):
    _, _, classes = _codes(n=5)
    level = calibrated.noise.level(classes)
    for k in range(3):
        expected = torch.linalg.det(calibrated.noise.covariance[0, k]) ** 0.25
        assert torch.allclose(level[classes == k], expected.expand_as(level[classes == k]))


def test_bad_input_is_named(calibrated):
    _, z, classes = _codes(n=5)
    start, generator = _parameters(_system()), torch.Generator()
    with pytest.raises(ValueError, match=r"z has shape \(1, 5, 40, 2\); give .* at least window=50 frames"):
        calibrate(z, start, generator, None, CalibrationConfig(window=50))
    with pytest.raises(ValueError, match="z has a value that is not finite; calibrate networks that did not diverge"):
        calibrate(z * torch.nan, start, generator)
    with (
        unchecked_types(),
        pytest.raises(ValueError, match=r"classes has shape \(1, 5, 39\); give one class a frame, \(1, 5, 40\)"),
    ):
        calibrate(z, start, generator, classes[:, :, 1:])
    with pytest.raises(ValueError, match="class 0 of network 0 has 0 frames; give fewer classes"):
        calibrate(z, start, generator, torch.where(classes == 0, 4, classes))
    with pytest.raises(ValueError, match="classes are None: give classes if and only if the calibration had them"):
        calibrated.filter(z)
    with pytest.raises(ValueError, match="steps=0; it must be at least 1"):
        CalibrationConfig(steps=0)
    with pytest.raises(ValueError, match=r"learning_rate=0\.0; it must be above 0"):
        CalibrationConfig(learning_rate=0.0)
