"""Predictors and linear processes: their inverses, Jacobians, stationary laws and paths, all exact."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy import integrate, linalg

import synthetic
from synthetic import (
    AdditiveNoise,
    Assumption,
    AutoRegression,
    BlockPredictor,
    Circle,
    GaussianNoise,
    GaussianWindow,
    Jumps,
    LimitCycle,
    LinearPredictor,
    Lorenz,
    MomentCurve,
    OnLissajous,
    OnPath,
    PathFlow,
    Predictor,
    RotationTanh,
    Square,
    TanhPredictor,
    TurnedDirection,
    linear_diffusion,
    oscillators,
    stationary_window,
)
from tests import declaration_evidence as evidence
from tests.unchecked_types import unchecked_types

EYE = torch.eye(2, dtype=torch.float64)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def tensor(*values) -> torch.Tensor:
    return torch.tensor(values, dtype=torch.float64)


TURN = synthetic.markov_gaussian(3).transition.predictor.rotation
COUPLED = torch.stack((tensor([0.5, 0.3], [-0.2, 0.4]), tensor([0.1, -0.3], [0.2, 0.2])))
INVERTIBLE = {
    "rotation_tanh": RotationTanh(TURN, 0.1),
    "steep_rotation_tanh": RotationTanh(TURN, 8.0),
    "linear": LinearPredictor(tensor([0.5, 2.0], [-0.3, 0.4])),
    "tanh": TanhPredictor(2, 1.5),
    "blocks": BlockPredictor((TanhPredictor(1, 2.0), LinearPredictor(EYE / 2))),
    "circle": PathFlow(Circle()),
    "square": PathFlow(Square(), advance=1.0, keep=0.6),
}
SMOOTH = {
    **INVERTIBLE,
    "autoregression": AutoRegression(COUPLED),
    "lorenz": Lorenz(),
    "limit_cycle": LimitCycle(),
    "moment_curve": MomentCurve(),
    "jumps": Jumps(2),
    "turned": TurnedDirection(0.3),
}
VARIANCE = tensor([0.5, 0.2], [0.2, 0.4])


def pasts(predictor: Predictor, n: int = 40) -> torch.Tensor:
    return torch.randn(n, predictor.lags, predictor.dim, generator=seeded(), dtype=torch.float64)


@pytest.mark.parametrize("name", INVERTIBLE)
def test_inverses_undo(name):
    """From values back and forth, near and far; a value a hundredth off, the twin, comes from elsewhere."""
    predictor = INVERTIBLE[name]
    far = 1.0 if name in ("tanh", "blocks") else 100.0  # tanh saturates
    past = far * pasts(predictor)
    torch.testing.assert_close(predictor.inverse(predictor(past)), past[:, -1], rtol=1e-6, atol=1e-8)
    assert (predictor.inverse(0.99 * predictor(past)) - past[:, -1]).abs().max() > 1e-3


@pytest.mark.parametrize("name", SMOOTH)
def test_jacobians_are_the_derivative(name):
    """Against central differences, away from corners; a step twice as long, the twin, is not."""
    predictor, past = SMOOTH[name], pasts(SMOOTH[name])
    step = 1e-5
    moves = step * torch.eye(predictor.dim, dtype=torch.float64)
    ends = [torch.stack([predictor(_moved(past, sign * move)) for move in moves], -1) for sign in (1, -1)]
    numeric = (ends[0] - ends[1]) / (2 * step)
    torch.testing.assert_close(predictor.jacobian(past), numeric, rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(predictor.jacobian(past), Predictor.jacobian(predictor, past), rtol=1e-9, atol=1e-10)
    if name != "jumps":
        assert (predictor.jacobian(past) - numeric / 2).abs().max() > 1e-2


def _moved(past: torch.Tensor, move: torch.Tensor) -> torch.Tensor:
    return torch.cat((past[:, :-1], past[:, -1:] + move), 1)


@pytest.mark.parametrize("name", SMOOTH)
def test_row_rank_is_as_declared(name):
    """Jacobian by the whole window, for several lags; on the circle along the circle only."""
    predictor = SMOOTH[name]
    step = AdditiveNoise(predictor, GaussianNoise.isotropic(predictor.dim, 1.0))
    if isinstance(predictor, TurnedDirection):
        step = synthetic.VonMisesFisher(predictor, 2.0)
    base = synthetic.worlds()["lorenz"]() if predictor.dim == 3 else synthetic.worlds()["student_noise"]()
    world = dataclasses.replace(base, transition=step)
    z = pasts(predictor, 60).new_empty(60, 4, predictor.dim).normal_(generator=seeded())
    if isinstance(predictor, TurnedDirection):
        z = torch.nn.functional.normalize(z, dim=-1)
    volumes = evidence.predictor_volumes(world, z)
    assert (float(volumes.median()) > 1e-6) is predictor.declarations[Assumption.ROW_RANK].holds


@pytest.mark.parametrize("path", [Circle(), Square()], ids=["circle", "square"])
def test_paths_are_closed_even_and_unit(path):
    """Gauge 1, phases come back, equal steps of phase are equally long (within a side)."""
    phase = 2 * math.pi * torch.arange(0.5, 400, dtype=torch.float64) / 400
    points = path.point(phase)
    back = path.coordinates(1.7 * points)
    torch.testing.assert_close(back.phase, phase)
    torch.testing.assert_close(back.gauge, torch.full_like(phase, 1.7))
    lengths = (points.roll(-1, 0) - points).norm(dim=-1)
    straight = (points.roll(-1, 0) - 2 * points + points.roll(1, 0)).norm(dim=-1) < 1e-2 * lengths
    torch.testing.assert_close(lengths[straight], lengths.max().expand(int(straight.sum())))
    assert int(straight.sum()) > 0.9 * len(phase) or isinstance(path, Circle)
    torch.testing.assert_close(path.point(phase + 2 * math.pi), points)
    (start,) = OnPath(path).sample(1, seeded())
    assert float(path.coordinates(start).gauge) == pytest.approx(1)


def test_the_square_has_corners():
    expected = tensor([1, 0], [1, 1], [0, 1], [-1, 1], [-1, 0], [-1, -1], [0, -1], [1, -1])
    eighths = math.pi / 4 * torch.arange(8, dtype=torch.float64)
    torch.testing.assert_close(Square().point(eighths), expected.double())


@pytest.mark.parametrize("name", ["circle", "square"])
def test_path_flows_have_the_stated_volume(name):
    flow, past = INVERTIBLE[name], pasts(INVERTIBLE[name])
    found = torch.linalg.det(flow.jacobian(past))
    torch.testing.assert_close(found, flow.volume(past[:, 0]))
    assert (dataclasses.replace(flow, keep=0.5).volume(past[:, 0]) - found).abs().max() > 0.1


@pytest.mark.parametrize("name", ["circle", "square"])
def test_path_flows_go_round_and_draw_in(name):
    """Phase rises by `advance` a step and the gauge tends to 1 by its power."""
    flow, z = INVERTIBLE[name], pasts(INVERTIBLE[name])
    start = flow.path.coordinates(z[:, 0])
    for _ in range(20):
        z = flow(z).unsqueeze(1)
    end = flow.path.coordinates(z[:, 0])
    torch.testing.assert_close(end.gauge, start.gauge ** (flow.keep**20))
    turned = (start.phase + 20 * flow.advance) % (2 * math.pi)
    torch.testing.assert_close(end.phase, turned)


def test_the_figure_eight_is_traced_exactly():
    """25 steps without noise: (sin b, sin 2 b) at b, b + a, ..; other frequencies, the twin, leave it."""
    advance = 2 * math.pi / 25
    z = OnLissajous((1, 2), advance).sample(30, seeded())
    for frequencies, fits in (((advance, 2 * advance), True), ((advance, 2.2 * advance), False)):
        traced = z
        for _ in range(25):
            traced = torch.cat((traced, oscillators(frequencies)(traced).unsqueeze(1)), 1)
        x, y = traced.unbind(-1)
        on_curve = y**2 - 4 * x**2 * (1 - x**2)
        assert (float(on_curve.abs().max()) < 1e-9) is fits
        assert torch.allclose(traced[:, 25], traced[:, 0], atol=1e-9) is fits


def test_one_step_does_not_tell_the_branch_of_the_figure_eight():
    """Two windows that end at the crossing go on to different points: no function of the last point alone predicts."""
    advance = 2 * math.pi / 25
    phases = tensor(0.0, math.pi)[:, None, None] + tensor([-advance], [0.0])
    windows = torch.sin(phases * tensor(1.0, 2.0))
    torch.testing.assert_close(windows[0, 1], windows[1, 1])
    onward = oscillators((advance, 2 * advance))(windows)
    assert (onward[0] - onward[1]).norm() > 0.4


def test_the_stationary_law_of_an_autoregression_is_the_textbook_one():
    """Order two in one dimension: variance s^2 (1 - f2) / ((1 + f2) ((1 - f2)^2 - f1^2)), correlation f1 / (1 - f2)."""
    f1, f2, variance = 0.5, -0.3, 2.0
    window = stationary_window(AutoRegression(tensor([[f1]], [[f2]])), GaussianNoise.isotropic(1, variance))
    expected = variance * (1 - f2) / ((1 + f2) * ((1 - f2) ** 2 - f1**2))
    assert window.steps == 2
    assert float(window.covariance[0, 0]) == pytest.approx(expected)
    assert float(window.covariance[0, 1]) == pytest.approx(expected * f1 / (1 - f2))


def test_the_stationary_window_is_kept_by_a_step():
    """(z_{t-2}, z_{t-1}) -> (z_{t-1}, z_t), earliest first; the window in the other order, the twin, changes."""
    predictor = AutoRegression(COUPLED)
    v = stationary_window(predictor, GaussianNoise(VARIANCE)).covariance
    step = torch.cat((torch.cat((0 * EYE, EYE), 1), torch.cat((COUPLED[1], COUPLED[0]), 1)))
    noise = torch.block_diag(0 * EYE, VARIANCE)
    torch.testing.assert_close(step @ v @ step.T + noise, v)
    turned = v.roll((2, 2), (0, 1))
    assert (step @ turned @ step.T + noise - turned).abs().max() > 0.05


def test_an_autoregressive_world_does_not_drift():
    """Null: moments at step 0 and 12 agree; a change of .15 deviations is missed < 1e-3. Started narrow, it drifts."""
    step = AdditiveNoise(AutoRegression(COUPLED), GaussianNoise(VARIANCE))
    settled = stationary_window(AutoRegression(COUPLED), GaussianNoise(VARIANCE))
    base = synthetic.worlds()["student_noise"]()
    for initial, kept in ((settled, True), (GaussianWindow(0.5 * settled.covariance, 2), False)):
        world = dataclasses.replace(base, initial=initial, transition=step)
        score, bound = evidence.drift(world.latents(8000, 13, seeded()))
        assert (score < bound) is kept


def test_windows_have_their_covariance():
    """A sample moment of 100,000 windows is within six standard errors, at most 6 sqrt(2) max V / sqrt(n)."""
    window = stationary_window(AutoRegression(COUPLED), GaussianNoise(VARIANCE))
    z = window.sample(100_000, seeded()).flatten(1)
    bound = 6 * math.sqrt(2) * float(window.covariance.max()) / math.sqrt(len(z))
    assert (torch.cov(z.T) - window.covariance).abs().max() < bound
    assert (torch.cov(z.T) - window.covariance.roll((2, 2), (0, 1))).abs().max() > bound


DRIFT = tensor([1.0, 2.0], [-2.0, 0.5])
DIFFUSION = tensor([0.4], [0.7])


def test_diffusions_are_integrated_exactly():
    """Noise of one step: the integral of exp(-A s) B B^T exp(-A^T s); Euler's B B^T step, the twin, is off."""
    law = linear_diffusion(DRIFT, DIFFUSION, 0.3).transition
    torch.testing.assert_close(law.predictor.matrix, torch.from_numpy(linalg.expm(-0.3 * DRIFT.numpy())))
    spread = (DIFFUSION @ DIFFUSION.T).numpy()

    def integrand(s: float) -> np.ndarray:
        decay = linalg.expm(-s * DRIFT.numpy())
        return (decay @ spread @ decay.T).ravel()

    expected = integrate.quad_vec(integrand, 0, 0.3)[0].reshape(2, 2)
    assert law.noise_covariance.numpy() == pytest.approx(expected, abs=1e-12)
    assert np.abs(0.3 * spread - expected).max() > 0.01


def test_two_half_steps_are_one_step():
    half, whole = (linear_diffusion(DRIFT, DIFFUSION, step).transition for step in (0.15, 0.3))
    m = half.predictor.matrix
    torch.testing.assert_close(m @ m, whole.predictor.matrix)
    torch.testing.assert_close(m @ half.noise_covariance @ m.T + half.noise_covariance, whole.noise_covariance)


def test_diffusions_keep_their_stationary_law():
    """M V M^T + noise = V; independent rates have variances s^2 / (2 theta), as the Ornstein-Uhlenbeck world states."""
    initial, law = linear_diffusion(DRIFT, DIFFUSION)
    m, v = law.predictor.matrix, initial.covariance
    torch.testing.assert_close(m @ v @ m.T + law.noise_covariance, v)
    known = synthetic.ornstein_uhlenbeck(theta=(2.0, 0.2), sigma=0.3, step=0.1)
    initial, law = linear_diffusion(torch.diag(tensor(2.0, 0.2)), 0.3 * EYE, 0.1)
    torch.testing.assert_close(torch.diagonal(initial.covariance), tensor(*known.initial.variances))
    torch.testing.assert_close(law.noise_covariance, known.transition.noise_covariance)


def test_lorenz_steps_follow_the_flow():
    """Within 1e-3 of SciPy's integrator at 1e-11; a slower fluid, the twin, goes elsewhere. Volume within 1e-3."""
    lorenz, past = Lorenz(), 0.8 * pasts(Lorenz(), 10)
    found = lorenz(past)
    for predictor, near in ((lorenz, True), (Lorenz(rayleigh=26.0), False)):
        centre = np.array([0, 0, predictor.rayleigh - 1])

        def velocity(_: float, state: np.ndarray, predictor: Lorenz = predictor) -> np.ndarray:
            return predictor.velocity(torch.from_numpy(state)).numpy()

        flows = [
            integrate.solve_ivp(velocity, (0, 0.05), 10 * z.numpy() + centre, rtol=1e-11, atol=1e-11).y[:, -1]
            for z in past[:, 0]
        ]
        gap = np.abs((np.stack(flows) - centre) / 10 - found.numpy()).max()
        assert bool(gap < 1e-3) is near
    volumes = torch.linalg.det(lorenz.jacobian(past))
    torch.testing.assert_close(volumes, torch.full_like(volumes, lorenz.volume), rtol=2e-3, atol=0)
    assert (volumes / Lorenz(aspect=2.0).volume - 1).abs().min() > 0.02


def test_blocks_look_as_far_back_as_their_longest():
    assert BlockPredictor((AutoRegression(COUPLED), TanhPredictor(1, 1.0))).lags == 2
    assert AdditiveNoise(AutoRegression(COUPLED), GaussianNoise(VARIANCE)).lags == 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: AutoRegression(COUPLED)(torch.zeros(3, 1, 2).double()),
            "past has 1 steps, lags=2: start from at least",
        ),
        (lambda: stationary_window(oscillators((0.3,)), GaussianNoise.isotropic(1, 1.0)), "spectral radius 1"),
        (lambda: stationary_window(AutoRegression(1.2 * EYE[None]), GaussianNoise(EYE)), "spectral radius 1.2: no law"),
        (lambda: stationary_window(AutoRegression(COUPLED), GaussianNoise.isotropic(3, 1.0)), "dimension 2, noise 3"),
        (
            lambda: stationary_window(
                AutoRegression(COUPLED), synthetic.IndependentNoise.alike(synthetic.LAPLACE, 2, 1.0)
            ),
            "noise=IndependentNoise: give Gaussian noise",
        ),
        (lambda: GaussianWindow(torch.eye(3).double(), 2), "steps=2 does not divide a covariance of size 3"),
        (
            lambda: GaussianWindow(torch.diag(tensor(1.0, -1.0))),
            "smallest eigenvalue -1: give a symmetric, positive",
        ),
        (lambda: oscillators((0.3, 4.0)), "each strictly between 0 and pi"),
        (lambda: oscillators((0.3,), damping=1.1), "damping=1.1: take 0 < damping <= 1"),
        (lambda: OnLissajous((0,), 0.3), r"harmonics=\(0,\): give at least one"),
        (lambda: linear_diffusion(DRIFT, DIFFUSION, 0.0), "step=0.0 does not advance time"),
        (
            lambda: linear_diffusion(-DRIFT, DIFFUSION),
            "drift has an eigenvalue of real part -0.75: no law is stationary",
        ),
        (lambda: linear_diffusion(torch.diag(tensor(1.0, 1.0)), DIFFUSION), "leaves a direction without noise"),
        (lambda: PathFlow(Circle(), keep=0.0), "keep=0.0, advance=.*: take 0 < keep <= 1"),
        (lambda: Lorenz(scale=-1.0), "scale=-1.0: take scale > 0"),
        (lambda: Lorenz(time=0.2, steps=2), "time=0.2 in steps=2: take at least time / 0.05 steps"),
        (
            lambda: LinearPredictor(0 * EYE).inverse(torch.ones(1, 2).double()),
            "matrix is singular, so p has no inverse",
        ),
        (lambda: LimitCycle().inverse(torch.ones(1, 2).double()), "LimitCycle has no known inverse"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: AutoRegression(EYE), r"matrices have shape \(2, 2\): give \[lags d d\]"),
        (lambda: AutoRegression(COUPLED[:0]), r"matrices have shape \(0, 2, 2\)"),
        (lambda: linear_diffusion(DRIFT, torch.ones(3, 1)), r"drift is \(2, 2\), diffusion \(3, 1\)"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(make, message):
    with unchecked_types(), pytest.raises(ValueError, match=message):
        make()
