"""Predictors and linear processes: their inverses, Jacobians, stationary laws and paths, all exact."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from scipy import integrate

import synthetic
from synthetic import (
    AdditiveNoise,
    Assumption,
    AutoRegression,
    BlockPredictor,
    Circle,
    GaussianNoise,
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
    oscillators,
)
from tests import declaration_evidence as evidence

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
        (lambda: oscillators((0.3, 4.0)), "each strictly between 0 and pi"),
        (lambda: oscillators((0.3,), damping=1.1), "damping=1.1: take 0 < damping <= 1"),
        (lambda: OnLissajous((0,), 0.3), r"harmonics=\(0,\): give at least one"),
        (lambda: PathFlow(Circle(), keep=0.0), "keep=0.0, advance=.*: take 0 < keep <= 1"),
        (lambda: Lorenz(scale=-1.0), "scale=-1.0: take scale > 0"),
        (lambda: Lorenz(time=0.2, steps=2), "time=0.2 in steps=2: take at least time / 0.05 steps"),
        (
            lambda: LinearPredictor(0 * EYE).inverse(torch.ones(1, 2).double()),
            "matrix is singular, so p has no",
        ),
        (lambda: LimitCycle().inverse(torch.ones(1, 2).double()), "LimitCycle has no known inverse"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
