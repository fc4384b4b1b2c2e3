"""Worlds composed of the building blocks, one for each kind of space, noise and transition; all injective.

| world | latents |
|---|---|
| student_noise | z' = .9 R z + e, e Student with 5 degrees of freedom |
| heteroscedastic | z' = .6 z + e, normal with variance .2 + .3 z^2 |
| independent_sources | Laplace, uniform, Student and bimodal coordinates without memory, turned: linear ICA |
| figure_eight | noisy undamped oscillators of frequencies w and 2 w: autoregression of order two |
| damped_oscillators | the same with damping .9, stationary |
| circle_path, square_path | an even motion along the path, drawn towards it |
| lorenz | the chaotic flow with noise at each observation |
| switching_linear | two hidden regimes that turn one way or the other |
| resets | a stationary autoregression that starts afresh in one step of ten |
| box_walk | a normal walk cut off at the faces of a square, stationary |
| sphere_walk, torus_flow | von Mises-Fisher about the last direction, or about two turning ones, stationary |
| simplex_walk | Dirichlet about the last vector, entries moved round |
"""

from __future__ import annotations

import math

import torch

from synthetic.assumptions import Assumption, Declaration
from synthetic.autoregression import OnLissajous, oscillators, stationary_window
from synthetic.box_walk import BoxWalk, BoxWalkStart
from synthetic.burned_in import BurnedIn
from synthetic.ceiling import INJECTIVE
from synthetic.dirichlet_walk import DirichletWalk
from synthetic.gaussian_autoregression import gaussian_autoregression
from synthetic.independent_noise import HeteroscedasticNoise, IndependentNoise, NoiseStart
from synthetic.initial_law import InitialLaw, StandardNormal, UniformOn
from synthetic.latent_space import Box, Simplex, Sphere, torus
from synthetic.lorenz import Lorenz
from synthetic.markov_gaussian import drawn_mixing
from synthetic.mixing import Linear, Mixing
from synthetic.noise import GaussianNoise
from synthetic.orthogonal import random_rotation
from synthetic.path_flow import Circle, ClosedPath, OnPath, PathFlow, Square
from synthetic.predictor import LinearPredictor
from synthetic.product_transition import ProductTransition
from synthetic.resets import Resets
from synthetic.standard_law import LAPLACE, NORMAL, GaussianMixture, StudentT, Uniform
from synthetic.switching_linear import SwitchingLinear
from synthetic.transition import AdditiveNoise, Transition
from synthetic.turned_direction import TurnedDirection
from synthetic.von_mises_fisher import Latest, VonMisesFisher
from synthetic.world import World

_PATHS: dict[str, ClosedPath] = {"circle": Circle(), "square": Square()}


def student_noise(degrees: float = 5.0, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """Two latents with heavy-tailed noise; ValueError for degrees <= 2."""
    predictor = LinearPredictor(0.9 * random_rotation(2, torch.Generator().manual_seed(seed)))
    noise = IndependentNoise.alike(StudentT(degrees), 2, math.sqrt(0.1))
    return _moving(
        "student_noise",
        f"z' = .9 R z + e in 2 dimensions, e Student with {degrees:g} degrees of freedom, variance .1",
        StandardNormal(2),
        AdditiveNoise(predictor, noise),
        mixing,
        seed,
    )


def heteroscedastic(floor: float = 0.2, slope: float = 0.3, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """Two latents whose noise widens with them; ValueError for floor <= 0 or slope <= 0."""
    noise = HeteroscedasticNoise((NORMAL, NORMAL), floor, slope)
    return _moving(
        "heteroscedastic",
        f"z' = .6 z + e in 2 dimensions, e normal with variance {floor:g} + {slope:g} z^2",
        StandardNormal(2),
        AdditiveNoise(LinearPredictor(0.6 * torch.eye(2, dtype=torch.float64)), noise),
        mixing,
        seed,
    )


def independent_sources(mixing: Mixing | None = None, seed: int = 0) -> World:
    """Four sources of four shapes without memory; a random rotation unless another mixing of four is given."""
    laws = (LAPLACE, Uniform(), StudentT(5.0), GaussianMixture((0.5, 0.5), (-1.0, 1.0), (0.4, 0.4)))
    noise = IndependentNoise(laws, (1.0,) * 4)
    predictor = LinearPredictor(torch.zeros(4, 4, dtype=torch.float64))
    drawn = mixing or Linear(random_rotation(4, torch.Generator().manual_seed(seed)))
    return _world(
        "independent_sources",
        "Laplace, uniform, Student and bimodal coordinates of variance 1, independent over coordinates and time",
        NoiseStart(noise),
        AdditiveNoise(predictor, noise),
        drawn,
        seed,
        Declaration(True, "every step is a draw of the same law"),
        "coordinates of four other shapes",
    )


def figure_eight(variance: float = 0.002, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """A point on (sin b, sin 2 b), 25 steps to a round, that wanders off; ValueError for variance <= 0."""
    advance = 2 * math.pi / 25
    return _moving(
        "figure_eight",
        f"two undamped oscillators, 25 and 12.5 steps to a round, noise of variance {variance:g}: order two",
        OnLissajous((1, 2), advance),
        AdditiveNoise(oscillators((advance, 2 * advance)), GaussianNoise.isotropic(2, variance)),
        mixing,
        seed,
    )


def damped_oscillators(
    damping: float = 0.9, variance: float = 0.1, mixing: str | Mixing = "narrow", seed: int = 0
) -> World:
    """Two damped oscillators driven by noise, stationary: order two. ValueError for damping >= 1 or variance <= 0."""
    predictor = oscillators((2 * math.pi / 25, 4 * math.pi / 25), damping)
    noise = GaussianNoise.isotropic(2, variance)
    return _world(
        "damped_oscillators",
        f"two oscillators, 25 and 12.5 steps to a round, damping {damping:g}, noise variance {variance:g}: order two",
        stationary_window(predictor, noise),
        AdditiveNoise(predictor, noise),
        mixing,
        seed,
        Declaration(True, "two steps are drawn from their stationary law"),
        None,
    )


def path_world(path: str, variance: float = 0.02, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """Along a circle or a square; ValueError for another path or variance <= 0."""
    if path not in _PATHS:
        raise ValueError(f"path={path!r} is unknown: take one of {', '.join(_PATHS)}")
    return _moving(
        f"{path}_path",
        f"an even motion along a {path}, 25 steps to a round, drawn towards it, noise of variance {variance:g}",
        OnPath(_PATHS[path]),
        AdditiveNoise(PathFlow(_PATHS[path]), GaussianNoise.isotropic(2, variance)),
        mixing,
        seed,
    )


def lorenz(variance: float = 0.01, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """The Lorenz flow in units of 10, .05 of time a step; ValueError for variance <= 0."""
    transition = AdditiveNoise(Lorenz(), GaussianNoise.isotropic(3, variance))
    return _world(
        "lorenz",
        f"the Lorenz flow over .05 of time a step, in units of 10, noise of variance {variance:g}",
        BurnedIn(StandardNormal(3), transition, 200),
        transition,
        mixing,
        seed,
        Declaration(True, "200 steps from N(0, I), ten units of time: it has settled on the noisy attractor"),
        "the latents lie around the attractor",
    )


def switching_linear(stay: float = 0.9, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """Two hidden regimes, kept with probability `stay`; ValueError for a stay outside [0, 1)."""
    angles = torch.tensor([0.3, -0.9], dtype=torch.float64)
    turns = torch.stack((angles.cos(), -angles.sin(), angles.sin(), angles.cos()), -1).reshape(2, 2, 2)
    transition = SwitchingLinear(
        0.95 * turns,
        torch.zeros(2, 2, dtype=torch.float64),
        torch.tensor([0.02, 0.05], dtype=torch.float64)[:, None, None] * torch.eye(2, dtype=torch.float64),
        torch.tensor([[stay, 1 - stay], [1 - stay, stay]], dtype=torch.float64),
    )
    return _moving(
        "switching_linear",
        f"two hidden regimes, kept with probability {stay:g}: turns by .3 or -.9 radians, shrinking by .95",
        StandardNormal(2),
        transition,
        mixing,
        seed,
    )


def resets(probability: float = 0.1, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """z' = .95 z + .., or a fresh N(0, I); ValueError for a probability outside (0, 1)."""
    smooth = gaussian_autoregression(drawn_mixing(mixing, 2, torch.Generator().manual_seed(seed)), 0.95)
    return _world(
        "resets",
        f"z' = .95 z + sqrt(1 - .95^2) eta in 2 dimensions, or afresh from N(0, I) with probability {probability:g}",
        StandardNormal(2),
        Resets(smooth.transition, GaussianNoise.isotropic(2, 1.0), probability),
        smooth.mixing,
        seed,
        Declaration(True, "both ways of moving keep N(0, I)"),
        None,
    )


def box_walk(deviation: float = 0.5, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """A walk in [-1, 1]^2; ValueError for deviation <= 0 or above 20."""
    box = Box((-1.0, -1.0), (1.0, 1.0))
    still = LinearPredictor(torch.eye(2, dtype=torch.float64))
    return _world(
        "box_walk",
        f"a walk in {box.statement}, steps normal with standard deviation {deviation:g}, cut off at the faces",
        BoxWalkStart(box, deviation),
        BoxWalk(still, deviation, box),
        mixing,
        seed,
        Declaration(True, "started from the law in detailed balance with the step"),
        "the latents lie in a box",
    )


def sphere_walk(dim: int = 3, kappa: float = 10.0, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """Directions about the last one; ValueError for kappa <= 0."""
    return _world(
        "sphere_walk",
        f"unit vectors in R^{dim} around the last one, kappa {kappa:g}",
        UniformOn(Sphere(dim)),
        VonMisesFisher(Latest(dim), kappa),
        mixing,
        seed,
        Declaration(True, "the kernel is symmetric in the two directions, so the even law is kept"),
        "the latents lie on a sphere",
    )


def torus_flow(kappa: float = 3.0, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """Two circles, turning by incommensurable angles; ValueError for kappa <= 0."""
    angles = (0.5, 0.5 * math.sqrt(2))
    return _world(
        "torus_flow",
        f"two directions in the plane, .5 and .5 sqrt 2 radians further each step, von Mises with kappa {kappa:g}",
        UniformOn(torus(2)),
        ProductTransition(tuple(VonMisesFisher(TurnedDirection(angle), kappa) for angle in angles)),
        mixing,
        seed,
        Declaration(True, "turning and even noise keep the even law"),
        "the latents lie on a torus",
    )


def simplex_walk(kappa: float = 30.0, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """Vectors of three probabilities; ValueError for kappa < 15."""
    around = torch.eye(3, dtype=torch.float64).roll(1, 0)
    return _moving(
        "simplex_walk",
        f"vectors of three probabilities, moved round and a fifth of the way to the middle, Dirichlet kappa {kappa:g}",
        UniformOn(Simplex(3)),
        DirichletWalk(around, kappa),
        mixing,
        seed,
    )


def _moving(
    name: str, description: str, initial: InitialLaw, transition: Transition, mixing: str | Mixing, seed: int
) -> World:
    """A world that is not started from a law it keeps."""
    why = "the law that it starts from is not the one that it settles on"
    marginal = (
        "not Gaussian after the first step" if isinstance(initial, StandardNormal) else "starts on a curve or a face"
    )
    return _world(name, description, initial, transition, mixing, seed, Declaration(False, why), marginal)


def _world(
    name: str,
    description: str,
    initial: InitialLaw,
    transition: Transition,
    mixing: str | Mixing,
    seed: int,
    stationary: Declaration,
    not_gaussian: str | None,
) -> World:
    marginal = (
        Declaration(False, not_gaussian) if not_gaussian else Declaration(True, "the same normal law at every step")
    )
    return World(
        name=name,
        description=description,
        initial=initial,
        transition=transition,
        mixing=drawn_mixing(mixing, transition.dim, torch.Generator().manual_seed(seed)),
        ceiling=INJECTIVE,
        joint_declarations={Assumption.STATIONARY: stationary, Assumption.GAUSSIAN_MARGINAL: marginal},
    )
