"""The worlds and violations that have a name, each as a factory without arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from synthetic.constant_predictor import constant_predictor
from synthetic.fold import fold, free_coordinate
from synthetic.gaussian_autoregression import PLANE_MIXINGS, plane_world
from synthetic.leaky_network import MIXINGS
from synthetic.markov_gaussian import markov_gaussian
from synthetic.ornstein_uhlenbeck import ornstein_uhlenbeck
from synthetic.violation import Violation
from synthetic.wobbly import wobbly_in_view, wobbly_published, wobbly_selected
from synthetic.world import World

_VIOLATIONS: dict[str, Callable[[], Violation]] = {
    "constant_predictor": constant_predictor,
    "free_coordinate": free_coordinate,
    "fold": fold,
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
        **{name: partial(_world_of, make) for name, make in _VIOLATIONS.items()},
    }


def violations() -> dict[str, Callable[[], Violation]]:
    """Name of the world -> factory of the violation."""
    return dict(_VIOLATIONS)


def _world_of(make: Callable[[], Violation]) -> World:
    return make().world
