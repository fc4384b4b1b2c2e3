"""The worlds and violations that have a name, each as a factory without arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from synthetic.alignment_violation import AlignmentViolation, negative_correlation, unequal_correlations
from synthetic.common_cause import common_cause
from synthetic.composed_worlds import (
    box_walk,
    damped_oscillators,
    figure_eight,
    heteroscedastic,
    independent_sources,
    lorenz,
    path_world,
    resets,
    simplex_walk,
    sphere_walk,
    student_noise,
    switching_linear,
    torus_flow,
)
from synthetic.constant_predictor import constant_predictor
from synthetic.context_covariance import context_covariance
from synthetic.coupling_world import coupling_world
from synthetic.cubed_signal import cubed_signal
from synthetic.deficiency_two import deficiency_two
from synthetic.delayed_copy import delayed_copy
from synthetic.fold import fold, free_coordinate
from synthetic.follow_up import follow_up_world
from synthetic.free_density import free_density
from synthetic.gaussian_autoregression import PLANE_MIXINGS, plane_world
from synthetic.ignored_signal import ignored_signal
from synthetic.independent_coordinate import independent_coordinate
from synthetic.info_violation import InfoViolation
from synthetic.laplace_latents import laplace_latents
from synthetic.leaky_network import MIXINGS
from synthetic.level_set_flow import level_set_flow
from synthetic.markov_gaussian import markov_gaussian
from synthetic.moving_rotation import encoder_of_the_past, encoder_of_the_time
from synthetic.no_alignment import no_alignment
from synthetic.noisy_worlds import (
    CONSTANT,
    VARYING,
    noisy_dots,
    noisy_linear,
    place_cells,
    place_noise_dots,
    signal_noise_dots,
)
from synthetic.ornstein_uhlenbeck import ornstein_uhlenbeck
from synthetic.positive_control import PositiveControl, deficiency_one, jumps, moment_curve, one_dimension
from synthetic.redundant_statistic import redundant_statistic
from synthetic.reflected_walk import uniform_latents
from synthetic.shifted_code import shifted_code
from synthetic.sphere_worlds import axial_sphere, constant_circle
from synthetic.two_contexts import two_contexts
from synthetic.violation import Violation
from synthetic.warped_latents import warped_latents
from synthetic.wobbly import wobbly_in_view, wobbly_published, wobbly_selected
from synthetic.world import World

_VIOLATIONS: dict[str, Callable[[], Violation]] = {
    "constant_predictor": constant_predictor,
    "deficiency_two": deficiency_two,
    "context_covariance": context_covariance,
    "level_set_flow": level_set_flow,
    "warped_latents": warped_latents,
    "delayed_copy": delayed_copy,
    "encoder_of_the_past": encoder_of_the_past,
    "encoder_of_the_time": encoder_of_the_time,
    "free_coordinate": free_coordinate,
    "fold": fold,
    "independent_coordinate": independent_coordinate,
    "free_density": free_density,
    "axial_sphere": axial_sphere,
    "constant_circle": constant_circle,
}

_CONTROLS: dict[str, Callable[[], PositiveControl]] = {
    "one_dimension": one_dimension,
    "deficiency_one": deficiency_one,
    "moment_curve": moment_curve,
    "jumps": jumps,
}

_ALIGNMENT: dict[str, Callable[[], AlignmentViolation]] = {
    "negative_correlation": negative_correlation,
    "unequal_correlations": unequal_correlations,
    "no_alignment": no_alignment,
    "laplace_latents": laplace_latents,
    "uniform_latents": uniform_latents,
    "shifted_code": shifted_code,
}

_INFO: dict[str, Callable[[], InfoViolation]] = {
    "ignored_signal": ignored_signal,
    "cubed_signal": cubed_signal,
    "common_cause": common_cause,
    "two_contexts": two_contexts,
    "redundant_statistic": redundant_statistic,
}

_COMPOSED: dict[str, Callable[[], World]] = {
    "student_noise": student_noise,
    "heteroscedastic": heteroscedastic,
    "independent_sources": independent_sources,
    "figure_eight": figure_eight,
    "damped_oscillators": damped_oscillators,
    "circle_path": partial(path_world, "circle"),
    "square_path": partial(path_world, "square"),
    "lorenz": lorenz,
    "switching_linear": switching_linear,
    "resets": resets,
    "box_walk": box_walk,
    "sphere_walk": sphere_walk,
    "torus_flow": torus_flow,
    "simplex_walk": simplex_walk,
}

_NOISY: dict[str, Callable[[], World]] = {
    "rotation_linear": noisy_linear,
    "rotation_dots": partial(noisy_dots, "rotation", CONSTANT),
    "rotation_dots_varying": partial(noisy_dots, "rotation", VARYING),
    "figure_eight_dots": partial(noisy_dots, "figure_eight", CONSTANT),
    "figure_eight_dots_varying": partial(noisy_dots, "figure_eight", VARYING),
    "square_dots": partial(noisy_dots, "square", CONSTANT),
    "square_dots_varying": partial(noisy_dots, "square", VARYING),
    "rotation_dots_signal_noise": signal_noise_dots,
    "rotation_dots_place_noise": place_noise_dots,
    "place_cells": place_cells,
}

_EXPERIMENTS: dict[str, Callable[[], World]] = {
    "additive_coupling_8": partial(coupling_world, 8, "additive"),
    "affine_coupling_8": partial(coupling_world, 8, "affine"),
    "follow_up_10": partial(follow_up_world, 10),
}


def worlds() -> dict[str, Callable[[], World]]:
    """Name -> factory; the name is the world's own."""
    return {
        **{f"markov_gaussian_{d}_{m}": partial(markov_gaussian, d, mixing=m) for m in MIXINGS for d in (2, 4, 10)},
        "wobbly_published": wobbly_published,
        "wobbly_in_view": wobbly_in_view,
        "wobbly_selected": wobbly_selected,
        **{name: partial(plane_world, name) for name in PLANE_MIXINGS},
        "ornstein_uhlenbeck": ornstein_uhlenbeck,
        **_COMPOSED,
        **_NOISY,
        **_EXPERIMENTS,
        **{name: partial(_world_of, make) for name, make in _CONTROLS.items()},
        **{name: partial(_world_of, make) for name, make in _ALIGNMENT.items()},
        **{name: partial(_world_of, make) for name, make in _INFO.items()},
        **{name: partial(_world_of, make) for name, make in _VIOLATIONS.items()},
    }


def violations() -> dict[str, Callable[[], Violation]]:
    """Name of the world -> factory of the violation."""
    return dict(_VIOLATIONS)


def positive_controls() -> dict[str, Callable[[], PositiveControl]]:
    """Name of the world -> factory of the control: identified, though an assumption as printed does not hold."""
    return dict(_CONTROLS)


def alignment_violations() -> dict[str, Callable[[], AlignmentViolation]]:
    """Name of the world -> factory of a violation of the alignment objective's theorem."""
    return dict(_ALIGNMENT)


def info_violations() -> dict[str, Callable[[], InfoViolation]]:
    """Name of the world -> factory of a violation of the follow-up theorem on signals under nuisance."""
    return dict(_INFO)


def _world_of(make: Callable[[], Violation | PositiveControl | AlignmentViolation | InfoViolation]) -> World:
    return make().world
