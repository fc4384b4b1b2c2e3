"""Claims about categorical LDM on handwritten digits: what it finds, when it collapses, and what the MI term changes.

Pilot runs on seeds 0 to 2 chose training and thresholds; the claims use seeds 10 to 19.
"""

from __future__ import annotations

from typing import Literal

from reports.categorical_cell import FIRST_MATCH, NEAR, CategoricalCell
from reports.categorical_rules import (
    APART,
    CALIBRATED,
    CERTAIN,
    FOUND,
    MERGED,
    SAME,
    finds_the_digits,
    forms_agree,
    parts_where_few_matches_are_expected,
    shares_categories_as_modelled,
    stops_short,
)
from reports.claim import SUPPORTED, Claim, Rule
from reports.theorem import Theorem

SEEDS = tuple(range(10, 20))
MATCHES = (FIRST_MATCH, 0.6, 0.9, 0.99, 0.999)
PUBLISHED = 0.99
"""p_theta of LDM Fig. A8."""

CATEGORICAL_LDM = Theorem(
    id="categorical-ldm",
    name="Categorical LDM",
    statement=(
        r"Let views share a class among $K$ equally frequent ones. At $p_\theta$ near 1 both $F_{LDM}$ and $F_{MI}$ "
        r"are largest for codes that give each class a category of its own; collapse is no maximum of either."
    ),
    source="mikulasch2026ldm, A.8",
    assumptions=("views of one pair show one class", "equally frequent classes", "as many categories as classes"),
    conclusion="permutation_sign",
    checks=("eq-79", "a.8"),
)


def categorical_claims() -> tuple[Claim, ...]:
    """Digits found in both forms, collapse of both as an effect of optimisation, and what p_theta sets."""
    raised = {form: cell(form, PUBLISHED, True) for form in ("LDM", "MI")}
    held = [cell(form, match, False) for form in ("LDM", "MI") for match in MATCHES]
    calibrated = [
        *(cell(form, match, match > FIRST_MATCH) for form in ("LDM", "MI") for match in MATCHES),
    ]
    found = (
        f"SUPPORTED: in every run the objective comes within {NEAR:g} nats of its largest value, and {FOUND:g} of the "
        f"held-out images or more are in their digit's category. REFUTED: a run that close is right on less than "
        f"{MERGED:g}. INCONCLUSIVE: anything else."
    )
    return (
        *(
            _claim(
                f"finds-digits-{form.lower()}",
                f"The {form} form of categorical LDM tells ten digits apart from pairs alone, p_theta raised to .99",
                {"LDM": ".99 (MNIST)", "MI": "collapse (MNIST)"}[form],
                (raised[form], cell("supervised", 1.0, False)) if form == "LDM" else (raised[form],),
                _without_labels(finds_the_digits()),
                found,
            )
            for form in ("LDM", "MI")
        ),
        *(
            _claim(
                f"collapse-{form.lower()}",
                f"With p_theta = .99 from the first step the {form} form merges digits, off its optimum",
                {"LDM": ".99 (MNIST)", "MI": "collapse (MNIST)"}[form],
                (cell(form, PUBLISHED, False),),
                stops_short(),
                f"SUPPORTED: every run is right on less than {MERGED:g} of the held-out images and ends more than "
                f"{NEAR:g} nats below the largest value of its objective. REFUTED: a run merges digits at the optimum. "
                "INCONCLUSIVE: anything else.",
            )
            for form in ("LDM", "MI")
        ),
        _claim(
            "same-optimum",
            "At their optima at p_theta = .99 both forms are equally accurate: the MI term does not decide",
            ".99 against collapse (MNIST)",
            tuple(raised.values()),
            forms_agree(raised["LDM"].id, raised["MI"].id),
            "SUPPORTED: all runs are at their optimum and the 95 % interval of LDM's accuracy less MI's, seed by seed, "
            f"lies within {SAME:g} of 0. REFUTED: it lies outside. INCONCLUSIVE: anything else.",
            "difference of accuracies",
        ),
        _claim(
            "misspecified",
            "Held from the start, a p_theta below the truth keeps digits apart, in both forms",
            "no collapse of MI where misspecified",
            tuple(held),
            parts_where_few_matches_are_expected(),
            f"SUPPORTED: in each form the accuracy at p_theta = {MATCHES[0]:g} is above that at {MATCHES[-1]:g} by "
            f"more than {APART:g}, lower against upper end of the intervals. INCONCLUSIVE: anything else.",
        ),
        _claim(
            "shared-category",
            "At the optimum LDM codes share a category with probability p_theta, and are unsure accordingly; MI codes "
            "are sure whatever p_theta says",
            "",
            tuple(calibrated),
            shares_categories_as_modelled(),
            f"SUPPORTED: all runs are at their optimum, LDM codes of a pair share a category with p_theta within "
            f"{CALIBRATED:g}, MI codes with {CERTAIN:g} or more. REFUTED: all are at their optimum and one differs. "
            "INCONCLUSIVE: anything else.",
            "match",
        ),
    )


def cell(form: Literal["LDM", "MI", "supervised"], match: float, raised: bool) -> CategoricalCell:
    """The cell of one form at one p_theta."""
    if form == "supervised":
        return CategoricalCell("digits/supervised", form, match, raised, SEEDS)
    schedule = "raised" if raised else "held"
    return CategoricalCell(f"digits/{form.lower()}-{match:g}-{schedule}", form, match, raised, SEEDS)


def _without_labels(rule: Rule) -> Rule:
    """The rule on the cells that saw pairs alone."""
    return lambda summaries: rule({name: one for name, one in summaries.items() if one["form"] != "supervised"})


def _claim(
    name: str,
    statement: str,
    published: str,
    cells: tuple[CategoricalCell, ...],
    rule: Rule,
    rule_text: str,
    score: str = "accuracy",
) -> Claim:
    return Claim(
        id=f"categorical/{name}",
        theorem=CATEGORICAL_LDM.id,
        statement=statement,
        source="mikulasch2026ldm, Fig. A8, on another data set",
        published=published,
        score=score,
        cells=cells,
        rule=rule,
        rule_text=rule_text,
        expected=SUPPORTED,
    )
