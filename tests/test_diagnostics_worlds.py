"""The declarations of every world and the diagnostics of its latents agree.

Null laws: Student over sequences (residual tests), Bonferroni over columns and over the table. False-alarm rate 1e-7 a
world for all its tests together, nominal: so far out the law cannot be measured. What an assumption declared off must
look like is asserted for the worlds of VIOLATED; elsewhere "off" may be too small to see, but nothing that is declared
to hold is ever violated.
The miss rates are those that the diagnostics state: `supported` excludes the defect that matters at POWER = .9.
"""

from functools import cache

import numpy as np
import pytest

import synthetic
from identify.diagnostics import (
    Diagnosis,
    constant_covariance,
    coverage,
    diagnose,
    dimension,
    gaussian_residuals,
    noise_rank,
    residuals,
    span_of_means,
    stationarity,
)
from identify.diagnostics.diagnose import TESTS
from identify.diagnostics.sequence_check import as_sequences
from synthetic import Assumption
from tests.diagnostics_cases import latents

RATE = 1e-7
N, LENGTH = 600, 8
SAYS = {
    Assumption.GAUSSIAN_NOISE: "gaussian_residuals",
    Assumption.CONSTANT_COVARIANCE: "constant_covariance",
    Assumption.NONSINGULAR_COVARIANCE: "noise_rank",
    Assumption.COVERAGE: "coverage",
    Assumption.STATIONARY: "stationarity",
}
VIOLATED = {
    ("constant_predictor", "coverage"),  # V1
    ("deficiency_two", "coverage"),  # V2
    ("context_covariance", "constant_covariance"),  # V3
    ("level_set_flow", "constant_covariance"),  # V4
    ("warped_latents", "gaussian_residuals"),  # V5
    ("delayed_copy", "noise_rank"),  # V6
    ("constant_circle", "gaussian_residuals"),
    ("markov_gaussian_4_narrow", "stationarity"),
    ("context_covariance", "stationarity"),
}
SAME_LATENTS = ("_wide", "_deep", "_skewed")
NAMES = [
    name for name in synthetic.worlds() if not name.endswith(SAME_LATENTS) and name not in ("banana", "sine_shear")
]


@pytest.fixture
def rng():
    return np.random.default_rng(5)


@cache
def diagnosed(name: str) -> dict[str, Diagnosis]:
    """The declared assumptions, each at RATE over the number of tests of a table; true means are given."""
    z, means = latents(synthetic.worlds()[name](), N, LENGTH, 11)
    rng = np.random.default_rng(1)
    found = residuals(as_sequences(z), means, rng=rng)
    covariance = constant_covariance(found, alpha=RATE / TESTS, rng=rng)
    moving = covariance.decision == "violated"
    return {
        "gaussian_residuals": gaussian_residuals(found, alpha=RATE / TESTS, context_dependent=moving, rng=rng),
        "constant_covariance": covariance,
        "noise_rank": noise_rank(found, alpha=RATE / TESTS),
        "coverage": coverage(found, alpha=RATE / TESTS),
        "stationarity": stationarity(z, alpha=RATE / TESTS, rng=rng),
    }


@pytest.mark.parametrize("name", NAMES)
def test_nothing_declared_to_hold_is_violated(name):
    assumptions = synthetic.worlds()[name]().assumptions
    table = diagnosed(name)
    wrong = [said for clause, said in SAYS.items() if assumptions[clause].holds and table[said].decision == "violated"]
    assert not wrong, [table[one] for one in wrong]


@pytest.mark.parametrize(("name", "assumption"), sorted(VIOLATED))
def test_what_is_broken_is_found(name, assumption):
    assert diagnosed(name)[assumption].decision == "violated"


@pytest.mark.parametrize("name", ["constant_circle", "axial_sphere"])
def test_latents_on_a_sphere_have_one_dimension_less(name, rng):
    z, _ = latents(synthetic.worlds()[name](), N, LENGTH, 11)
    assert dimension(z, z.shape[2], alpha=RATE, rng=rng).decision == "violated"


def test_deficiency_one_is_no_violation():
    """A world without coverage whose missing direction is harmless: rank and the sentence that says so."""
    assert not synthetic.worlds()["deficiency_one"]().assumptions[Assumption.COVERAGE].holds
    row = diagnosed("deficiency_one")["coverage"]
    assert row.decision == "supported"
    assert "deficiency one" in row.findings[1]


@pytest.mark.parametrize(("name", "rank"), [("constant_predictor", 0), ("deficiency_two", 1), ("deficiency_one", 2)])
def test_the_rank_of_the_span(name, rank, rng):
    """Given the true means: the rank is exact, since shares of absent directions are exactly 0."""
    z, means = latents(synthetic.worlds()[name](), N, LENGTH, 11)
    span = span_of_means(residuals(as_sequences(z), means, rng=rng), RATE)
    assert (span.lowest_rank, span.highest_rank) == (rank, rank)


@pytest.mark.parametrize("name", ["markov_gaussian_2_narrow", "spiral", "ornstein_uhlenbeck"])
def test_intact_worlds_are_supported_with_fitted_means(name):
    """Everything the theorem asks of the latents, from latents alone; the false alarm of each is RATE / 8.

    900 sequences: a kurtosis of 1 is seen at that rate with probability above .97, .9 is needed.
    """
    z, _ = latents(synthetic.worlds()[name](), 900, 10, 12)
    table = diagnose(z, alpha=RATE, seed=2)
    assert table.predictor != "given"
    wanted = ("gaussian_residuals", "constant_covariance", "noise_rank", "coverage", "dimension")
    assert {table[one].decision for one in wanted} == {"supported"}
    assert table["memory"].decision != "violated"


@pytest.mark.parametrize(
    ("name", "assumption"),
    [
        ("constant_predictor", "coverage"),
        ("deficiency_two", "coverage"),
        ("context_covariance", "constant_covariance"),
        ("level_set_flow", "constant_covariance"),
        ("delayed_copy", "noise_rank"),
    ],
)
def test_violations_are_found_with_fitted_means(name, assumption):
    z, _ = latents(synthetic.worlds()[name](), N, 10, 13)
    table = diagnose(z, alpha=1e-5, seed=3)
    assert table[assumption].decision == "violated"
