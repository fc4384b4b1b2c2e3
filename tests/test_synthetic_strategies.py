"""Drawn worlds are what they claim: every clause of every declaration is held against evidence in closed form.

All draws are derandomised, the same on every run, so no test has a false-alarm rate; sampled latents only say where a
closed form is evaluated. The one statistical check (residuals of drawn Gaussian noise) has 1e-8 a world, 20 worlds.
"""

from __future__ import annotations

import dataclasses
import doctest
from collections.abc import Callable

import pytest
import torch
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from synthetic import Assumption, Declaration, GaussianNoise, World, strategies
from synthetic.independent_noise import IndependentNoise, ScaledNoise
from synthetic.initial_law import DiagonalNormal
from synthetic.predictor import LinearPredictor
from synthetic.strategies import FALL_WITH, mixings, noises, predictors, satisfying, transitions, violating
from tests import declaration_evidence as evidence

# The type checker of the tests looks at a random item of every container, also inside strategies.
pytestmark = pytest.mark.filterwarnings("ignore:Do not use the `random` module inside strategies")

CLAUSES = list(FALL_WITH)
INTACT = satisfying(*CLAUSES)


def try_draws(strategy: st.SearchStrategy, holds: Callable[..., None], draws: int = 20) -> None:
    fixed = settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=draws,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    fixed(given(strategy)(lambda drawn: holds(drawn)))()


def sampled(world: World, n: int = 60, length: int = 4) -> torch.Tensor:
    return world.latents(n, length, torch.Generator().manual_seed(1))


def gaussian_noise(world: World) -> bool:
    noise = world.transition.noise
    return all(law.gaussian for law in noise.laws) if isinstance(noise, ScaledNoise) else True


def constant_covariance(world: World) -> bool:
    z = sampled(world)
    found = world.transition.covariance(z[:, :1])
    return torch.allclose(found, found[:1].expand_as(found))


def nonsingular_covariance(world: World) -> bool:
    return float(torch.linalg.eigvalsh(world.transition.covariance(sampled(world)[:, :1]))[:, 0].min()) > 1e-9


def coverage(world: World) -> bool:
    return evidence.spanned_dimensions(world, sampled(world, 400)) == world.dim


def row_rank(world: World) -> bool:
    return float(evidence.predictor_volumes(world, sampled(world)).min()) > 1e-6


def injective_mixing(world: World) -> bool:
    beside = world.mixing.input_dim - world.dim
    z = torch.cat((sampled(world), torch.randn(60, 4, beside, dtype=torch.float64, generator=torch.Generator())), -1)
    if not bool((torch.linalg.matrix_rank(world.mixing.jacobian(z)) == world.mixing.input_dim).all()):
        return False
    back = world.mixing.preimages(world.mixing(z))
    return len(back) == 1 and torch.allclose(back[0], z, atol=1e-6)


def no_nuisance(world: World) -> bool:
    drawn = world.sample(10, 3, torch.Generator().manual_seed(2), torch.float64)
    return world.mixing.input_dim == world.dim and torch.equal(world.mixing(drawn.z), drawn.x)


def stationary(world: World) -> bool:
    """N(0, V) is kept: for a linear Gaussian law M V M^T + Sigma = V; the other drawn laws keep no N(0, V)."""
    if not gaussian_marginal(world):
        return False
    matrix, start = world.transition.predictor.matrix, torch.diag(torch.tensor(world.initial.variances).double())
    return torch.allclose(matrix @ start @ matrix.T + world.transition.noise_covariance, start)


def gaussian_marginal(world: World) -> bool:
    """From a normal start: a linear map of it plus normal noise that does not look at the past, and nothing else."""
    linear = isinstance(world.transition.predictor, LinearPredictor) and isinstance(world.initial, DiagonalNormal)
    return linear and gaussian_noise(world) and constant_covariance(world)


EVIDENCE = {
    Assumption.GAUSSIAN_NOISE: gaussian_noise,
    Assumption.CONSTANT_COVARIANCE: constant_covariance,
    Assumption.NONSINGULAR_COVARIANCE: nonsingular_covariance,
    Assumption.COVERAGE: coverage,
    Assumption.ROW_RANK: row_rank,
    Assumption.INJECTIVE_MIXING: injective_mixing,
    Assumption.NO_NUISANCE: no_nuisance,
    Assumption.STATIONARY: stationary,
    Assumption.GAUSSIAN_MARGINAL: gaussian_marginal,
}


def is_as_declared(world: World) -> None:
    assert set(world.assumptions) == set(EVIDENCE)
    for clause, found in EVIDENCE.items():
        assert found(world) is world.assumptions[clause].holds, (clause, world.description)
        assert world.assumptions[clause].why


def off(world: World) -> set[Assumption]:
    return {clause for clause, said in world.assumptions.items() if not said.holds}


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda one: one.name.lower())
def test_a_broken_clause_is_broken_and_the_rest_holds(clause):
    def check(world: World) -> None:
        assert off(world) == {clause} | FALL_WITH[clause]
        is_as_declared(world)

    try_draws(violating(clause), check)


def test_intact_worlds_are_intact():
    def check(world: World) -> None:
        assert not off(world)
        is_as_declared(world)
        distance, bound = evidence.normality(evidence.whitened_residuals(world.transition, sampled(world, 300)))
        assert distance < bound

    try_draws(INTACT, check)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda one: one.name.lower())
def test_what_is_asked_for_holds_while_the_rest_may_not(clause):
    """The twin asks for nothing, and then the clause is off in some draw."""

    def check(world: World) -> None:
        assert clause not in off(world)

    try_draws(satisfying(clause), check, draws=60)
    with pytest.raises(AssertionError):
        try_draws(satisfying(), check, draws=400)


@pytest.mark.parametrize("clause", CLAUSES, ids=lambda one: one.name.lower())
def test_a_world_that_claims_too_much_is_noticed(clause):
    def check(world: World) -> None:
        lie = dict(world.joint_declarations) | {clause: Declaration(True, "so it says")}
        with pytest.raises(AssertionError, match=clause.name):
            is_as_declared(dataclasses.replace(world, joint_declarations=lie))

    try_draws(violating(clause), check, draws=5)


def test_parts_are_what_was_asked_for():
    def normal(noise: object) -> None:
        assert isinstance(noise, GaussianNoise)

    def shaped(noise: object) -> None:
        assert isinstance(noise, IndependentNoise)

    def covering(predictor: LinearPredictor) -> None:
        assert predictor.declarations[Assumption.COVERAGE].holds

    try_draws(noises(3), normal)
    try_draws(noises(1, violating="Gaussian-noise"), shaped)
    try_draws(predictors(2), covering)
    with pytest.raises(AssertionError):
        try_draws(predictors(2, violating="coverage"), covering)


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_mixings_are_injective_or_not(dim):
    def injective(mixing) -> None:
        assert mixing.injective.holds

    def shared(mixing) -> None:
        assert not mixing.injective.holds

    try_draws(mixings(dim), injective)
    try_draws(mixings(dim, violating="injective mixing"), shared)


def test_a_counterexample_shrinks_to_a_plain_law():
    """Nothing is turned and one direction is predicted, by a half: the plainest law without coverage."""
    found = find(
        transitions(2, violating="coverage"), lambda _: True, settings=settings(derandomize=True, database=None)
    )
    torch.testing.assert_close(found.predictor.matrix, torch.diag(torch.tensor([0.5, 0.0], dtype=torch.float64)))


def test_the_example_of_the_module_runs():
    assert doctest.testmod(strategies).attempted > 0
    assert doctest.testmod(strategies).failed == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: satisfying("convexity"), "clause='convexity' is unknown: take one of gaussian noise, constant"),
        (lambda: violating("restricted model"), "clause='restricted model' speaks of what is fitted"),
        (lambda: violating("nonsingular covariance", dim=1), "dim=1: breaking 'nonsingular covariance' needs two"),
        (lambda: transitions(2, violating="no nuisance"), "violating='no nuisance' is not decided by a transition"),
        (lambda: transitions(0), "dim=0: take dim >= 1"),
        (lambda: mixings(0), "dim=0: take dim >= 1"),
        (lambda: mixings(2, violating="coverage"), "violating='coverage' is not decided by a mixing"),
    ],
)
def test_impossible_wishes_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
