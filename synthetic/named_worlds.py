"""The worlds that have a name, each as a factory without arguments."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from synthetic.leaky_network import MIXINGS
from synthetic.markov_gaussian import markov_gaussian
from synthetic.wobbly import wobbly_in_view, wobbly_published, wobbly_selected
from synthetic.world import World


def worlds() -> dict[str, Callable[[], World]]:
    """Name -> factory; the name is the world's own."""
    named: dict[str, Callable[[], World]] = {}
    for mixing in MIXINGS:
        for dim in (2, 4, 10):
            named[f"markov_gaussian_{dim}_{mixing}"] = partial(markov_gaussian, dim, mixing=mixing)
    named["wobbly_published"] = wobbly_published
    named["wobbly_in_view"] = wobbly_in_view
    named["wobbly_selected"] = wobbly_selected
    return named
