"""The profiles `paper` and `full`: every claim of every other profile, with the seeds that a paper needs.

Headline claims are those that the quick profile trains. `paper` gives each of their cells ten seeds, others three at
least, and keeps within three hours on two cores by the costs that cells state. `full` gives them fifty seeds and ten,
adds dimensions, and takes what is too long for `paper`; it is meant for a cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from identify.encoders import EncoderConfig
from identify.methods import KDE, KNN, LOG_DET, Method
from identify.predictors import PredictorConfig
from identify.training import FitConfig
from reports.cell import Cell
from reports.claim import INCONCLUSIVE, SUPPORTED, Claim
from reports.composition import in_parts, together, with_cells, with_seeds
from reports.decision_rules import recovered_up_to
from reports.profiles import Profile, smaller_profiles
from reports.theorems import THEOREM_1
from reports.training_cell import TrainingCell
from reports.witness_cell import WitnessCell
from reports.world_choice import SampleSizes, WorldChoice
from synthetic import markov_gaussian

HEADLINE_SEEDS = 10
LEAST_SEEDS = 3
SECONDS = 3 * 3600.0
CORES = 2
FULL_HEADLINE_SEEDS = 50
FULL_SEEDS = 10

TOO_LONG: frozenset[str] = frozenset()
"""Claims that do not fit into `paper` and are made in `full` alone."""

_WIDE = ((20, 3000, 60.0), (50, 6000, 400.0))
_WIDE_THRESHOLD = 0.99


def paper() -> Profile:
    """Every claim that fits into three hours on two cores."""
    others = _others("paper")
    raised = _raise(HEADLINE_SEEDS, LEAST_SEEDS)
    return _with_claims(others, tuple(with_cells(claim, raised) for claim in others.claims if claim.id not in TOO_LONG))


def full() -> Profile:
    """Every claim at fifty seeds (headline) or ten, and the Markov worlds in 20 and 50 dimensions."""
    others = _others("full")
    raised = _raise(FULL_HEADLINE_SEEDS, FULL_SEEDS)
    ours = headline_cells()
    claims = tuple(_in_parts(with_cells(claim, raised), ours) for claim in others.claims)
    return _with_claims(others, (*claims, *(_wide_claim(*row) for row in _WIDE)))


def headline_cells() -> frozenset[str]:
    """Ids of the cells that the quick profile trains."""
    return frozenset(
        cell.id
        for profile in smaller_profiles()
        if profile.name == "quick"
        for claim in profile.claims
        for cell in claim.cells
        if not isinstance(cell, WitnessCell)
    )


def _others(name: str) -> Profile:
    return together(name, smaller_profiles())


def _with_claims(profile: Profile, claims: tuple[Claim, ...]) -> Profile:
    return Profile(profile.name, claims, profile.theorems, profile.checks)


def _raise(headline: int, least: int) -> Callable[[Cell], Cell]:
    ours = headline_cells()
    return lambda cell: with_seeds(cell, headline if cell.id in ours else least)


def _in_parts(claim: Claim, ours: frozenset[str]) -> Claim:
    """Headline cells that train all seeds at once in parts of ten: rules of their claims pool the runs of all cells."""
    split = [isinstance(cell, TrainingCell) and cell.id in ours for cell in claim.cells]
    parts = (in_parts(cell, HEADLINE_SEEDS) if one else (cell,) for cell, one in zip(claim.cells, split, strict=True))
    return replace(claim, cells=tuple(part for some in parts for part in some))


def _wide_config(dim: int, method: Method, steps: int) -> FitConfig:
    return FitConfig(
        method=method,
        encoder=EncoderConfig(dim, (2 * dim + 24,) * 3, "leaky_relu", skip=True),
        predictor=PredictorConfig("mlp", (16,), skip=True, activation="leaky_relu"),
        steps=steps,
        batch=768,
        window=2,
    )


def _wide_claim(dim: int, steps: int, cost: float) -> Claim:
    world = WorldChoice(f"markov-{dim}", markov_gaussian, (("dim", dim), ("alpha", 0.1), ("mixing", "narrow")))
    whole = (
        TrainingCell(
            id=f"markov-{dim}/{slug}",
            world=world,
            config=_wide_config(dim, method, steps),
            sample=SampleSizes(train=60_000, test=6_000, length=2),
            seeds=tuple(range(FULL_SEEDS)),
            cost=cost * FULL_SEEDS,
        )
        for slug, method in (("knn", KNN), ("kde", KDE), ("log-det", LOG_DET))
    )
    return Claim(
        id=f"thm-1/markov-{dim}",
        theorem=THEOREM_1.id,
        statement=(
            f"LDM recovers {dim} Markov latents from 100 observed channels up to an affine map (kNN, KDE, log det)"
        ),
        source="LDM Fig. A7A, beyond its ten dimensions",
        published="",
        score="r2_affine",
        cells=tuple(part for cell in whole for part in in_parts(cell, 2)),
        rule=recovered_up_to("affine", "r2_affine", _WIDE_THRESHOLD),
        rule_text=(
            "SUPPORTED: the verdict certifies affine (or smaller) for every seed, and its held-out affine R² is at "
            f"least {_WIDE_THRESHOLD}. REFUTED: a run at the optimum has a certified verdict outside affine. "
            "INCONCLUSIVE: anything else, which training at this size may well be."
        ),
        expected=SUPPORTED | INCONCLUSIVE,
    )
