"""The profiles paper and full: all claims of all others, enough seeds, no cell twice, within the stated time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from reports.cell import CellResult
from reports.claim import Claim, Judgement, Outcome
from reports.commands.report import PROFILES
from reports.composition import in_parts, together, with_seeds
from reports.evaluation import unique_cells
from reports.paper_profile import (
    CORES,
    FULL_HEADLINE_SEEDS,
    HEADLINE_SEEDS,
    LEAST_SEEDS,
    SECONDS,
    TOO_LONG,
    headline_cells,
)
from reports.plan import makespan
from reports.profiles import Profile, profile, profile_with, smaller_profiles


@pytest.fixture(scope="module")
def paper():
    return profile("paper")


@pytest.fixture(scope="module")
def full():
    return profile("full")


def seeds_of(claim):
    """Seeds of each cell of a claim, parts of one cell together."""
    seeds = {}
    for cell in claim.cells:
        if getattr(cell, "seeds", ()):
            seeds.setdefault(cell.id.partition("/seeds-")[0], []).extend(cell.seeds)
    return seeds


def test_every_claim_of_every_profile_is_there(paper, full):
    claims = {claim.id for one in smaller_profiles() for claim in one.claims}
    assert {claim.id for claim in paper.claims} == claims - TOO_LONG
    assert {claim.id for claim in full.claims} >= claims
    assert {theorem.id for one in smaller_profiles() for theorem in one.theorems} == {t.id for t in paper.theorems}
    assert {check for one in smaller_profiles() for check in one.checks} == set(paper.checks)


def test_the_command_line_names_every_profile():
    assert (*(one.name for one in smaller_profiles()), "paper", "full") == PROFILES


def test_published_values_come_along(paper):
    published = {claim.id: claim.published for one in smaller_profiles() for claim in one.claims}
    assert all(claim.published == published[claim.id] for claim in paper.claims)


def test_the_paper_profile_takes_three_hours_on_two_cores_at_most(paper):
    costs = [cell.cost for cell in unique_cells(paper.claims)] + [1.0] * len(paper.checks)
    assert makespan(costs, CORES) <= SECONDS
    assert all(cost > 0 for cost in costs)


def test_names_of_claims_and_of_cells_are_unique(paper, full):
    for one in (paper, full):
        assert len({claim.id for claim in one.claims}) == len(one.claims)
        cells = unique_cells(one.claims)  # raises where different cells share a name
        told = [str(sorted(cell.configuration().items(), key=str)) for cell in cells]
        assert len(set(told)) == len(told)


def test_there_are_seeds_enough(paper, full):
    headline = headline_cells()
    assert len(headline) > 15
    for one, many, least in ((paper, HEADLINE_SEEDS, LEAST_SEEDS), (full, FULL_HEADLINE_SEEDS, LEAST_SEEDS)):
        for claim in one.claims:
            for name, seeds in seeds_of(claim).items():
                assert len(set(seeds)) == len(seeds) >= (many if name in headline else least), (one.name, name)


def test_names_are_looked_up_in_the_smallest_profile_first():
    assert profile_with(["thm-1/markov-2"]).name == "quick"
    assert profile_with(["thm-1/markov-2", "follow-up/leakage"]).name == "paper"
    assert profile_with(["thm-1/markov-50"]).name == "full"
    with pytest.raises(ValueError, match="unknown claim 'thm-1/markov-51': profile 'quick' has "):
        profile_with(["thm-1/markov-51"])


@dataclass(frozen=True)
class Cell:
    id: str
    seeds: tuple[int, ...] = (3, 4)
    cost: float = 8.0
    size: int = 1

    def configuration(self) -> dict[str, Any]:
        return {"id": self.id, "seeds": list(self.seeds), "size": self.size}

    def compute(self, device: str, progress: Any) -> CellResult:
        return CellResult({})


def claim(name, *cells, rule=lambda summaries: Judgement(Outcome.SUPPORTED, None, ",".join(summaries))):
    return Claim(name, "thm", "", "", "", "r2_affine", cells, rule, "", frozenset({Outcome.SUPPORTED}))


def composed(*profiles):
    return together("all", [Profile(f"p{i}", claims, (), ("b", "a")) for i, claims in enumerate(profiles)])


def test_a_cell_of_two_profiles_is_one():
    made = composed((claim("x", Cell("one")),), (claim("y", Cell("one"), Cell("two")),))
    assert [cell.id for cell in unique_cells(made.claims)] == ["one", "two"]
    assert made.checks == ("b", "a")


def test_different_cells_of_one_name_are_told_apart_and_the_rule_does_not_notice():
    made = composed((claim("x", Cell("one")),), (claim("y", Cell("one", size=2)), claim("z", Cell("one", size=2))))
    assert [cell.id for cell in unique_cells(made.claims)] == ["one", "p1/one"]
    assert [one.judge({cell.id: {} for cell in one.cells}).reason for one in made.claims] == ["one", "one", "one"]


def test_of_two_claims_of_one_name_the_larger_stays():
    made = composed((claim("x", Cell("one")),), (claim("x", Cell("one"), Cell("two")),), (claim("x", Cell("two")),))
    assert [[cell.id for cell in one.cells] for one in made.claims] == [["one", "two"]]


def test_seeds_are_added_at_their_cost_and_parted_again():
    raised = with_seeds(Cell("one"), 5)
    assert (raised.seeds, raised.cost) == ((3, 4, 5, 6, 7), 20.0)
    assert with_seeds(raised, 5) is raised
    parts = in_parts(raised, 2)
    assert [(part.id, part.seeds, part.cost) for part in parts] == [
        ("one/seeds-3-4", (3, 4), 8.0),
        ("one/seeds-5-6", (5, 6), 8.0),
        ("one/seeds-7-7", (7,), 4.0),
    ]
    assert in_parts(Cell("one"), 2) == (Cell("one"),)


def test_a_cell_whose_seeds_cannot_be_changed_is_refused():
    class Fixed:
        id, cost, seeds = "fixed", 1.0, (1,)

        def configuration(self) -> dict[str, Any]:
            return {}

        def compute(self, device: str, progress: Any) -> CellResult:
            return CellResult({})

    with pytest.raises(ValueError, match=r"cell 'fixed' cannot change its \['seeds', 'cost'\]"):
        with_seeds(Fixed(), 2)
