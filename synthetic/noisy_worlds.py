r"""Latents seen through noise: dot images with noisy pixels, a linear map with noise, spike counts of place cells.

| motion | latents |
|---|---|
| rotation | $z'=.98Rz+\sqrt{1-.98^2}\,e$, R a turn by .3 rad: stationary N(0, I) |
| figure_eight | two undamped oscillators, of 25 and 12.5 steps to a round, noise of variance .0002 |
| square | an even motion along a square, drawn towards it |

A world's `ceiling` is that of one observation; `filtering` is that of all observations up to it, where memory helps.
"""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from synthetic.assumptions import Assumption, Declaration
from synthetic.beside import Beside
from synthetic.ceiling import Ceiling
from synthetic.composed_worlds import figure_eight, path_world
from synthetic.cramer_rao import exact_ceiling, filter_errors, frame_error
from synthetic.dot_image import DotImage
from synthetic.initial_law import UniformOn
from synthetic.input_noise import LevelByPlace, SignalNoise
from synthetic.latent_space import Sphere
from synthetic.linear_gaussian import linear_gaussian
from synthetic.mixing import Linear, Mixing
from synthetic.observation import Observation
from synthetic.orthogonal import random_orthonormal
from synthetic.pixel_noise import NoiseLevel, PixelNoise
from synthetic.place_cells import VonMisesCells
from synthetic.recorded_ceilings import RECORDED_CEILINGS, Ceilings
from synthetic.spike_counts import SpikeCounts
from synthetic.turned_direction import TurnedDirection
from synthetic.von_mises_fisher import VonMisesFisher
from synthetic.world import World

_HALF_WIDTHS = {"rotation": 4.0, "figure_eight": 3.0, "square": 2.5}
_DAMPING, _TURN = 0.98, 0.3
_LENGTH = 100
_UNKNOWN = Ceiling(math.nan, 0.0, 1.0, "not computed for these parameters")
_NONE = Ceilings(_UNKNOWN, _UNKNOWN)
CONSTANT, VARYING = NoiseLevel.constant(0.1), NoiseLevel(0.1, 0.5)


def noisy_dots(motion: str, level: NoiseLevel = CONSTANT, side: int = 10) -> World:
    """A motion as dot images with noise of this level in every pixel; the level is the trajectories' nuisance.

    Ceilings are known for `CONSTANT` and `VARYING` at side 10. ValueError for an unknown motion.
    """
    if motion not in _HALF_WIDTHS:
        raise ValueError(f"motion={motion!r} is unknown: take one of {', '.join(_HALF_WIDTHS)}")
    image = _frame(motion, side)
    base = _moving(motion, image)
    name = f"{motion}_dots_varying" if level.low < level.high else f"{motion}_dots"
    known = side == 10 and level in (CONSTANT, VARYING)
    ceilings = RECORDED_CEILINGS.get(name, _NONE) if known else _NONE
    return replace(
        base,
        name=name,
        description=f"{base.description}; {side}x{side} dot images, pixel noise of level {level.statement}",
        mixing=Beside(image),
        nuisance=level,
        observation=PixelNoise(image.output_dim),
        ceiling=ceilings.frame,
        filtering=ceilings.past,
    )


def signal_noise_dots(floor: float = 0.1, gain: float = 1.0, side: int = 10) -> World:
    """The rotation as dot images whose bright pixels are the noisy ones: sigma = floor + gain |clean pixel|.

    Ceilings are known for the defaults. ValueError for floor <= 0 or gain < 0.
    """
    image = _frame("rotation", side)
    return _with_noise(
        "rotation_dots_signal_noise",
        f"pixel noise of standard deviation {floor:g} + {gain:g} |clean pixel|",
        image,
        image,
        SignalNoise(image.output_dim, floor, gain),
        known=(floor, gain, side) == (0.1, 1.0, 10),
    )


def place_noise_dots(
    low: float = 0.05, high: float = 0.6, weights: tuple[float, float] = (2.0, 0.0), side: int = 10
) -> World:
    """The rotation as dot images whose noise level depends on where the dot is: logistic in `weights` . z.

    Ceilings are known for the defaults. ValueError unless 0 < low < high, or where no weight is other than 0.
    """
    image = _frame("rotation", side)
    levelled = LevelByPlace(image, low, high, weights)
    return _with_noise(
        "rotation_dots_place_noise",
        f"pixel noise of a level {levelled.statement}",
        image,
        levelled,
        PixelNoise(image.output_dim),
        known=(low, high, weights, side) == (0.05, 0.6, (2.0, 0.0), 10),
    )


def noisy_linear(level: float = 0.5, observed_dim: int = 10, seed: int = 0) -> World:
    """The rotation behind a linear map with orthonormal columns and noise: every ceiling in closed form.

    ValueError for a level that is not positive or fewer than two channels.
    """
    if not 0 < level < math.inf:
        raise ValueError(f"level={level}: take a finite level > 0, the ceiling without noise is 1")
    lift = Linear(random_orthonormal(observed_dim, 2, torch.Generator().manual_seed(seed)))
    base = _moving("rotation", lift)
    prior, matrix, noise = rotation_law()
    information = lift.matrix.T @ lift.matrix / level**2
    return replace(
        base,
        name="rotation_linear",
        description=f"{base.description}; {observed_dim} linear channels, noise of level {level:g} in each",
        mixing=Beside(lift),
        nuisance=NoiseLevel.constant(level),
        observation=PixelNoise(observed_dim),
        ceiling=exact_ceiling(prior, frame_error(prior, information), "1 - P_ii with P = (I + A^T A / s^2)^-1"),
        filtering=exact_ceiling(
            prior,
            filter_errors(prior, matrix, noise, information, _LENGTH),
            f"Kalman filter, mean over sequences of {_LENGTH}",
        ),
    )


def place_cells(neurons: int = 120, bin: float = 0.025, kappa: float = 25.0, seed: int = 0) -> World:
    """A position on a circular track, seen as spike counts of place cells with von Mises tuning drawn with `seed`.

    Ceilings are known for the defaults. ValueError for neurons < 1, bin <= 0 or kappa <= 0.
    """
    turn = 0.1
    known = (neurons, bin, kappa, seed) == (120, 0.025, 25.0, 0)
    ceilings = RECORDED_CEILINGS.get("place_cells", _NONE) if known else _NONE
    return World(
        name="place_cells",
        description=(
            f"a direction in the plane, {turn:g} radians further each step, von Mises with kappa {kappa:g}, as spike "
            f"counts of {neurons} place cells in bins of {1000 * bin:g} ms"
        ),
        initial=UniformOn(Sphere(2)),
        transition=VonMisesFisher(TurnedDirection(turn), kappa),
        mixing=VonMisesCells.drawn(neurons, torch.Generator().manual_seed(seed)),
        ceiling=ceilings.frame,
        joint_declarations={
            Assumption.STATIONARY: Declaration(True, "turning and even noise keep the even law"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(False, "the latents lie on a circle"),
        },
        observation=SpikeCounts(neurons, bin),
        filtering=ceilings.past,
    )


def rotation_law() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Stationary covariance, matrix and noise covariance of the damped rotation."""
    turn = torch.tensor([[math.cos(_TURN), -math.sin(_TURN)], [math.sin(_TURN), math.cos(_TURN)]], dtype=torch.float64)
    identity = torch.eye(2, dtype=torch.float64)
    return identity, _DAMPING * turn, (1 - _DAMPING**2) * identity


def _frame(motion: str, side: int) -> DotImage:
    return DotImage.in_frame(-_HALF_WIDTHS[motion], _HALF_WIDTHS[motion], side)


def _with_noise(
    name: str, noise: str, image: DotImage, mixing: Mixing, observation: Observation, *, known: bool
) -> World:
    """The rotation seen through noise that is a function of the latents."""
    base = _moving("rotation", image)
    ceilings = RECORDED_CEILINGS.get(name, _NONE) if known else _NONE
    return replace(
        base,
        name=name,
        description=f"{base.description}; {image.side}x{image.side} dot images, {noise}",
        mixing=mixing,
        observation=observation,
        ceiling=ceilings.frame,
        filtering=ceilings.past,
    )


def _moving(motion: str, mixing: DotImage | Linear) -> World:
    """The motion seen without noise."""
    if motion == "figure_eight":
        return figure_eight(2e-4, mixing)
    if motion == "square":
        return path_world("square", mixing=mixing)
    _, matrix, noise = rotation_law()
    described = f"a rotation by {_TURN:g} radians a step, damped by {_DAMPING:g}, stationary"
    return linear_gaussian("rotation", described, matrix, noise, (1.0, 1.0), mixing)
