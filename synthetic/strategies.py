"""Hypothesis strategies for worlds that satisfy or break a chosen assumption, to property-test theorems of your own.

| strategy | draws |
|---|---|
| `satisfying(clause, ..)` | worlds in which these assumptions hold; any other may be broken |
| `violating(clause)` | worlds in which this assumption is broken, and of the others only `FALL_WITH[clause]` |
| `noises(dim, violating=None)` | innovations: Gaussian of constant, invertible covariance unless told otherwise |
| `predictors(dim, violating=..)` | predicted means: linear of full rank unless told otherwise |
| `transitions(dim, violating=..)` | both together |
| `mixings(dim, violating=None)` | injective maps of `dim` variables, or folds and projections |

A clause is a member of `Assumption`, or its name in words ("coverage", "gaussian noise", ..). Every drawn world carries
its declaration in `world.assumptions`, with the reason, and says what it is in `world.description`. Latents are white:
$z'=Mz+e$ with $M=U\\,\\mathrm{diag}(s)\\,V^T$, $\\mathrm{Cov}\\,e=I-MM^T$, started from N(0, I), wherever the broken
clause allows it. Draws shrink towards laws that turn nothing and plain building blocks.

    >>> from hypothesis import given, settings
    >>> from synthetic import Assumption
    >>> from synthetic.strategies import violating
    >>> @settings(derandomize=True, database=None, max_examples=10)
    ... @given(violating("coverage"))
    ... def coverage_is_broken(world):
    ...     assert not world.assumptions[Assumption.COVERAGE].holds
    ...     assert world.assumptions[Assumption.GAUSSIAN_NOISE].holds
    >>> coverage_is_broken()

`synthetic` itself does not import this module, so that worlds cost no import of hypothesis. ValueError for an unknown
clause, one that no data can break, or dim < 1 (< 2 where the clause needs two).
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import hypothesis.strategies as st
import torch

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import INJECTIVE, Ceiling
from synthetic.coupling import additive_coupling
from synthetic.drawn_transitions import DRAWN_TRANSITIONS, SEEDS, drawn_rotation
from synthetic.initial_law import DiagonalNormal
from synthetic.input_noise import SignalNoise
from synthetic.leaky_network import narrow
from synthetic.mixing import Composition, Linear, Mixing
from synthetic.noise import Noise
from synthetic.nuisance import PrivateNormal
from synthetic.orthogonal import random_conditioned
from synthetic.predictor import LinearPredictor, Predictor
from synthetic.shear import Banana, SineShear
from synthetic.tent_fold import TentFold
from synthetic.transition import AdditiveNoise
from synthetic.twist import Twist
from synthetic.world import World

Clause = str | Assumption

FALL_WITH: dict[Assumption, frozenset[Assumption]] = {
    Assumption.GAUSSIAN_NOISE: frozenset({Assumption.STATIONARY, Assumption.GAUSSIAN_MARGINAL}),
    Assumption.CONSTANT_COVARIANCE: frozenset({Assumption.STATIONARY, Assumption.GAUSSIAN_MARGINAL}),
    Assumption.NONSINGULAR_COVARIANCE: frozenset(),
    Assumption.COVERAGE: frozenset({Assumption.ROW_RANK}),
    Assumption.ROW_RANK: frozenset({Assumption.STATIONARY, Assumption.GAUSSIAN_MARGINAL}),
    Assumption.INJECTIVE_MIXING: frozenset(),
    Assumption.NO_NUISANCE: frozenset(),
    Assumption.STATIONARY: frozenset(),
    Assumption.GAUSSIAN_MARGINAL: frozenset({Assumption.STATIONARY}),
}
"""What else is off in the worlds of `violating(clause)`: they start from N(0, I), and some steps do not keep it."""

_UNKNOWN = Ceiling(math.nan, 0.0, 1.0, "not computed for a drawn world")
_DIMS = st.integers(2, 3)


def satisfying(*clauses: Clause, dim: int | None = None) -> st.SearchStrategy[World]:
    """Worlds in which these clauses hold, intact ones first; each of the others is broken in some draws."""
    kept = {named(clause) for clause in clauses}
    free = [one for one, fallen in FALL_WITH.items() if not ({one} | fallen) & kept and _fits(one, dim)]
    return st.one_of(_worlds(None, dim), *(_worlds(one, dim) for one in free))


def violating(clause: Clause, *, dim: int | None = None) -> st.SearchStrategy[World]:
    """Worlds that break this clause; of the others those of `FALL_WITH` do not hold either, all the rest do."""
    broken = named(clause)
    if not _fits(broken, dim):
        raise ValueError(f"dim={dim}: breaking {_words(broken)!r} needs two latents, take dim >= 2")
    return _worlds(broken, dim)


def noises(dim: int, *, violating: Clause | None = None) -> st.SearchStrategy[Noise]:
    """Innovations in `dim` dimensions, as they stand in `transitions`."""
    return transitions(dim, violating=violating).map(lambda transition: transition.noise)


def predictors(dim: int, *, violating: Clause | None = None) -> st.SearchStrategy[Predictor]:
    """Predicted means in `dim` dimensions, as they stand in `transitions`."""
    return transitions(dim, violating=violating).map(lambda transition: transition.predictor)


def transitions(dim: int, *, violating: Clause | None = None) -> st.SearchStrategy[AdditiveNoise]:
    """Laws of the next latent; `violating` is a clause about noise, covariance, coverage, row rank or marginals.

    ValueError for a clause that a transition does not decide.
    """
    broken = None if violating is None else named(violating)
    if broken not in DRAWN_TRANSITIONS:
        known = ", ".join(_words(one) for one in DRAWN_TRANSITIONS if one is not None)
        raise ValueError(f"violating={violating!r} is not decided by a transition: take one of {known}")
    if dim < 1 or not _fits(broken, dim):
        raise ValueError(f"dim={dim}: take dim >= {1 if broken not in _NEED_TWO else 2}")
    return DRAWN_TRANSITIONS[broken](dim)


def mixings(dim: int, *, violating: Clause | None = None) -> st.SearchStrategy[Mixing]:
    """Injective maps of `dim` variables, or ones that are not; ValueError for a clause other than injectivity."""
    if dim < 1:
        raise ValueError(f"dim={dim}: take dim >= 1")
    if violating is None:
        return _injective(dim)
    if named(violating) is not Assumption.INJECTIVE_MIXING:
        raise ValueError(f"violating={violating!r} is not decided by a mixing: take 'injective mixing'")
    folded = _injective(dim).map(lambda mixing: Composition((TentFold(dim), mixing)))
    if dim == 1:
        return folded
    projected = SEEDS.map(lambda seed: Linear(drawn_rotation(dim, seed)[: dim - 1]))
    return st.one_of(folded, projected)


def named(clause: Clause) -> Assumption:
    """The assumption of this name; ValueError where there is none, or where it speaks of the model and not of data."""
    if isinstance(clause, str):
        by_words = {_words(one): one for one in Assumption}
        words = clause.lower().replace("_", " ").replace("-", " ")
        if words not in by_words:
            raise ValueError(f"clause={clause!r} is unknown: take one of {', '.join(map(_words, FALL_WITH))}")
        clause = by_words[words]
    if clause not in FALL_WITH:
        raise ValueError(f"clause={_words(clause)!r} speaks of what is fitted: no world decides it")
    return clause


_NEED_TWO = (Assumption.NONSINGULAR_COVARIANCE,)


def _fits(clause: Assumption | None, dim: int | None) -> bool:
    return dim is None or dim > 1 or clause not in _NEED_TWO


def _words(clause: Assumption) -> str:
    return clause.name.lower().replace("_", " ")


def _injective(dim: int) -> st.SearchStrategy[Mixing]:
    def generator(seed: int) -> torch.Generator:
        return torch.Generator().manual_seed(seed)

    kinds: list[st.SearchStrategy[Mixing]] = [
        st.builds(lambda c, seed: Linear(random_conditioned(dim, c, generator(seed))), st.floats(1.0, 10.0), SEEDS),
        SEEDS.map(lambda seed: narrow(dim, generator(seed), observed_dim=4 * dim)),
    ]
    if dim > 1:
        kinds += [
            SEEDS.map(lambda seed: additive_coupling(dim, generator(seed))),
            st.builds(Twist, st.floats(0.2, 1.0), st.sampled_from((1, 2)), st.just(dim)),
        ]
    if dim == 2:
        kinds.append(st.sampled_from((Banana(), SineShear())))
    return st.one_of(kinds)


def _worlds(broken: Assumption | None, dim: int | None) -> st.SearchStrategy[World]:
    if dim is not None:
        return _of_dim(broken, dim)
    return _DIMS.flatmap(lambda drawn: _of_dim(broken, drawn))


def _of_dim(broken: Assumption | None, dim: int) -> st.SearchStrategy[World]:
    steps = transitions(dim, violating=broken if broken in DRAWN_TRANSITIONS else None)
    starts = st.just(1.0)
    if broken is Assumption.STATIONARY:
        starts = st.one_of(st.floats(0.1, 0.7), st.floats(1.5, 4.0))
    return st.builds(partial(_world, broken), steps, starts, _seen(broken, dim))


def _world(broken: Assumption | None, transition: AdditiveNoise, start: float, seen: dict[str, Any]) -> World:
    fallen = {broken} | FALL_WITH[broken] if broken else frozenset()
    return World(
        name="drawn",
        description=_description(transition, seen["mixing"], start, broken),
        initial=DiagonalNormal((start,) * transition.dim),
        transition=transition,
        joint_declarations={
            Assumption.STATIONARY: _about_stationarity(Assumption.STATIONARY not in fallen, start),
            Assumption.GAUSSIAN_MARGINAL: _about_marginals(Assumption.GAUSSIAN_MARGINAL not in fallen),
        },
        **seen,
    )


def _seen(broken: Assumption | None, dim: int) -> st.SearchStrategy[dict[str, Any]]:
    """How the latents are seen: the fields of a world from mixing to observation."""
    if broken is Assumption.NO_NUISANCE:
        return _hidden(dim)
    if broken is Assumption.INJECTIVE_MIXING:
        return mixings(dim, violating=broken).map(lambda mixing: {"mixing": mixing, "ceiling": _UNKNOWN})
    return mixings(dim).map(lambda mixing: {"mixing": mixing, "ceiling": INJECTIVE})


def _hidden(dim: int) -> st.SearchStrategy[dict[str, Any]]:
    """What stands between z and x: private variables that are mixed in, or noise whose size depends on the signal."""

    def mixed_in(mixing: Mixing) -> dict[str, Any]:
        return {"mixing": mixing, "ceiling": INJECTIVE, "nuisance": PrivateNormal(mixing.input_dim - dim)}

    def under_noise(mixing: Mixing, floor: float, gain: float) -> dict[str, Any]:
        return {"mixing": mixing, "ceiling": _UNKNOWN, "observation": SignalNoise(mixing.output_dim, floor, gain)}

    wide = st.integers(1, 2).flatmap(lambda beside: _injective(dim + beside))
    noisy = st.builds(under_noise, _injective(dim), st.floats(0.05, 0.5), st.floats(0.0, 0.5))
    return st.one_of(wide.map(mixed_in), noisy)


def _about_stationarity(holds: bool, start: float) -> Declaration:
    if holds:
        return Declaration(True, "M M^T + Cov e = I")
    return Declaration(False, f"started from N(0, {start:g} I), which a step does not keep")


def _about_marginals(holds: bool) -> Declaration:
    return Declaration(
        holds, "a linear map of Gaussians" if holds else "what a step adds or makes of z is not Gaussian"
    )


def _description(transition: AdditiveNoise, mixing: Mixing, start: float, broken: Assumption | None) -> str:
    predictor, noise = transition.predictor, transition.noise
    means = type(predictor).__name__
    if isinstance(predictor, LinearPredictor):
        means = f"M z, M = {[[round(one, 3) for one in row] for row in predictor.matrix.tolist()]}"
    kind = "intact" if broken is None else f"broken: {_words(broken)}"
    return (
        f"{transition.dim} latents, {kind}; means {means}; noise {type(noise).__name__}; started from "
        f"N(0, {start:g} I); mixing {type(mixing).__name__}"
    )
