"""What the strategies promise, as properties of everything they draw; each property has a twin that must fail.

All draws are derandomized: the same examples on every run, so no test has a false-alarm rate. Properties are exact
identities up to rounding, and tolerances stand a factor of ten or more above it.
"""

from __future__ import annotations

import doctest
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from proofs_checks import strategies
from proofs_checks.strategies import (
    AffineMap,
    FoldedMap,
    GaussianProcess,
    InjectiveMap,
    affine_maps,
    discrete_joints,
    folded_maps,
    gaussian_processes,
    injective_maps,
    rotations,
    spd_matrices,
)

Property = Callable[..., None]
POINTS = np.random.default_rng(5).normal(size=(40, 3))


def _try(strategy: st.SearchStrategy, holds: Property) -> None:
    """The property of 60 draws; failures are not shrunk, since only whether one exists is asked."""
    fixed = settings(
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=60,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    fixed(given(strategy)(lambda drawn: holds(drawn)))()


def _is_spd(matrix: np.ndarray, condition: float = 100.0) -> None:
    assert np.array_equal(matrix, matrix.T)
    values = np.linalg.eigvalsh(matrix)
    assert values[0] > 0
    assert values[-1] / values[0] <= condition * (1 + 1e-9)


def _obeys_hadamard(matrix: np.ndarray) -> None:
    assert np.linalg.slogdet(matrix)[1] <= np.log(np.diag(matrix)).sum() + 1e-9


def _reverses_hadamard(matrix: np.ndarray) -> None:
    assert np.linalg.slogdet(matrix)[1] >= np.log(np.diag(matrix)).sum() - 1e-9


def _is_diagonal(matrix: np.ndarray) -> None:
    assert np.allclose(matrix, np.diag(np.diag(matrix)))


def _is_rotation(turn: np.ndarray, determinant: float = 1.0) -> None:
    assert np.allclose(turn @ turn.T, np.eye(len(turn)), atol=1e-12)
    assert np.isclose(np.linalg.det(turn), determinant)


def _is_reflection(turn: np.ndarray) -> None:
    _is_rotation(turn, determinant=-1.0)


def _returns(drawn: AffineMap | InjectiveMap) -> None:
    assert np.allclose(drawn.inverse(drawn(POINTS)), POINTS, atol=1e-9)


def _is_its_own_inverse(drawn: AffineMap | InjectiveMap) -> None:
    assert np.allclose(drawn(drawn(POINTS)), POINTS, atol=1e-9)


def _is_affine(drawn: Callable[[np.ndarray], np.ndarray]) -> None:
    middle = (drawn(POINTS) + drawn(-POINTS)) / 2
    assert np.allclose(middle, drawn(0 * POINTS), atol=1e-9)


def _is_well_conditioned(drawn: AffineMap, condition: float = 100.0) -> None:
    assert np.linalg.cond(drawn.slope) <= condition * (1 + 1e-9)


def _declares_its_volume(drawn: InjectiveMap) -> None:
    """Central differences of step 1e-5: their error is of order 1e-9."""
    step = 1e-5 * np.eye(3)
    columns = [(drawn(POINTS + e) - drawn(POINTS - e)) / 2e-5 for e in step]
    found = np.linalg.slogdet(np.stack(columns, axis=2))[1]
    assert np.allclose(found, drawn.log_abs_det(POINTS), atol=1e-6)


def _preserves_volume(drawn: InjectiveMap) -> None:
    assert np.allclose(drawn.log_abs_det(POINTS), 0.0, atol=1e-6)


def _folds(drawn: FoldedMap) -> None:
    mirrored = drawn.mirror(POINTS)
    assert np.allclose(drawn(mirrored), drawn(POINTS), atol=1e-9)
    assert np.all(np.linalg.norm(mirrored - POINTS, axis=1) > 1e-9)
    assert np.allclose(drawn.mirror(mirrored), POINTS, atol=1e-12)


def _is_injective(drawn: FoldedMap) -> None:
    """Distinct points of the sample and of its mirror image have distinct images."""
    images = drawn(np.concatenate([POINTS, drawn.mirror(POINTS)]))
    distances = np.linalg.norm(images[:, None] - images[None], axis=2)
    assert np.all(distances[~np.eye(len(images), dtype=bool)] > 1e-9)


def _entropy(law: np.ndarray) -> float:
    mass = law[law > 0]
    return float(-(mass * np.log(mass)).sum())


def _information(joint: np.ndarray) -> float:
    return _entropy(joint.sum(axis=1)) + _entropy(joint.sum(axis=0)) - _entropy(joint)


def _is_a_law(joint: np.ndarray) -> None:
    assert joint.shape == (3, 4)
    assert np.all(joint >= 0)
    assert np.isclose(joint.sum(), 1.0)


def _has_information(joint: np.ndarray) -> None:
    assert _information(joint) >= -1e-12


def _loses_by_merging(joint: np.ndarray) -> None:
    """Data processing: merging two states of the second variable loses information or keeps it."""
    assert _information(np.add.reduceat(joint, [0, 2, 3], axis=1)) <= _information(joint) + 1e-12


def _gains_by_merging(joint: np.ndarray) -> None:
    assert _information(np.add.reduceat(joint, [0, 2, 3], axis=1)) >= _information(joint) - 1e-12


def _is_independent(joint: np.ndarray) -> None:
    assert _information(joint) <= 1e-12


def _has_a_chain_rule(drawn: GaussianProcess) -> None:
    """log det of the covariance is the sum of those of the innovations."""
    innovations = [np.linalg.slogdet(drawn.predict(step)[1])[1] for step in range(len(drawn.mean))]
    assert np.isclose(np.linalg.slogdet(drawn.covariance)[1], sum(innovations), atol=1e-7)


def _is_markov(drawn: GaussianProcess) -> None:
    weights, _ = drawn.predict(2)
    assert np.allclose(weights[:, :2], 0.0, atol=1e-7)


def _is_white(drawn: GaussianProcess) -> None:
    weights, _ = drawn.predict(2)
    assert np.allclose(weights, 0.0, atol=1e-7)


def _is_stationary(drawn: GaussianProcess) -> None:
    assert np.allclose(drawn.covariance[:2, :2], drawn.covariance[-2:, -2:])


HOLDS_AND_TWIN = [
    (spd_matrices(3), _is_spd, _is_diagonal),
    (spd_matrices(1), _is_spd, lambda matrix: _is_spd(matrix - 1)),
    (spd_matrices(3), _obeys_hadamard, _reverses_hadamard),
    (rotations(3), _is_rotation, _is_reflection),
    (affine_maps(3), _returns, _is_its_own_inverse),
    (affine_maps(3), _is_affine, lambda drawn: _is_affine(lambda z: drawn(z) ** 2)),
    (affine_maps(3), _is_well_conditioned, lambda drawn: _is_well_conditioned(drawn, 10.0)),
    (injective_maps(3), _returns, _is_its_own_inverse),
    (injective_maps(3), _declares_its_volume, _preserves_volume),
    (folded_maps(3), _folds, _is_injective),
    (discrete_joints(3, 4), _is_a_law, lambda joint: _is_a_law(joint.T)),
    (discrete_joints(3, 4), _has_information, _is_independent),
    (discrete_joints(3, 4), _loses_by_merging, _gains_by_merging),
    (gaussian_processes(2, 4), _has_a_chain_rule, _is_stationary),
    (gaussian_processes(2, 4), _is_markov, _is_white),
]


@pytest.mark.parametrize(("strategy", "holds", "twin"), HOLDS_AND_TWIN, ids=[row[1].__name__ for row in HOLDS_AND_TWIN])
def test_a_property_holds_and_its_twin_fails(strategy: st.SearchStrategy, holds: Property, twin: Property) -> None:
    _try(strategy, holds)
    with pytest.raises(AssertionError):
        _try(strategy, twin)


def test_no_injective_map_is_affine() -> None:
    """Not one of 60; an affine map passes where each of these fails."""

    def bends(drawn: InjectiveMap) -> None:
        with pytest.raises(AssertionError):
            _is_affine(lambda z: drawn(3 * z + 1))

    _try(injective_maps(3), bends)


def test_positive_tables_have_no_zero() -> None:
    _try(discrete_joints(2, 2, positive=True), lambda joint: _all_positive(joint))
    with pytest.raises(AssertionError):
        _try(discrete_joints(2, 2), lambda joint: _all_positive(joint))


def _all_positive(joint: np.ndarray) -> None:
    assert np.all(joint > 0)


def test_predictions_agree_with_regression() -> None:
    """Weights and innovation of one drawn process against the least-squares solution of its own moments."""

    def agrees(drawn: GaussianProcess) -> None:
        root = np.linalg.cholesky(drawn.covariance)  # rows: variables; columns: independent unit noises
        weights, innovation = drawn.predict(3)
        past, now = root[:6], root[6:]
        fitted = np.linalg.lstsq(past.T, now.T, rcond=None)[0].T
        assert np.allclose(fitted, weights, atol=1e-7)
        residual = now - fitted @ past
        assert np.allclose(residual @ residual.T, innovation, atol=1e-7)

    _try(gaussian_processes(2, 4), agrees)


def test_the_example_of_the_module_runs() -> None:
    result = doctest.testmod(strategies)
    assert result.attempted >= 5
    assert result.failed == 0


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: spd_matrices(0), "n=0: give 1 or more"),
        (lambda: spd_matrices(2, condition=0.5), r"condition=0\.5: give 1 or more"),
        (lambda: rotations(1), "n=1: give 2 or more"),
        (lambda: affine_maps(2, condition=0.0), r"condition=0\.0"),
        (lambda: injective_maps(2, layers=0), "layers=0"),
        (lambda: folded_maps(0), "n=0"),
        (lambda: discrete_joints(), "number of states of every variable"),
        (lambda: discrete_joints(2, 0), "shape=0"),
        (lambda: gaussian_processes(1, 0), "t=0"),
        (
            lambda: GaussianProcess(np.zeros((2, 1)), np.eye(2)).predict(2),
            "step=2: give the number of past steps, 0 to 1",
        ),
    ],
)
def test_bad_input(call: Callable[[], object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call()
