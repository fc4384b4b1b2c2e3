"""The profile `theorems`: every assumption of every theorem removed in turn, and worlds that stay identified.

A claim stands behind each row: its witness cell, exact and without training, and training cells where our latent models
contain the model class that the witness needs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from reports.claim import SUPPORTED, Claim
from reports.decision_rules import REFUTING_LOSS, recovered_up_to
from reports.falsification_methods import ROWS, method_cells
from reports.falsification_rules import falsified, identified
from reports.falsification_training import SETTINGS, control_cells, round_noise_cell, violation_cells
from reports.profiles import Profile
from reports.theorem import Removal, Theorem
from reports.theorems import COROLLARY_1, THEOREM_1, THEOREM_2
from reports.theorems_follow_up import FOLLOW_UP, INFO_LDM
from reports.theorems_lejepa import LEJEPA, LEJEPA_CONVERSE
from reports.theorems_stronger import THEOREM_1_COVARIANCE, THEOREM_1_PLUS, THEOREM_1_RANK
from reports.witness_cell import WitnessCell
from reports.witness_gap import AnyViolation
from synthetic import alignment_violations, info_violations, violations

THEOREMS = (
    THEOREM_1,
    THEOREM_1_PLUS,
    THEOREM_1_RANK,
    THEOREM_1_COVARIANCE,
    COROLLARY_1,
    THEOREM_2,
    INFO_LDM,
    FOLLOW_UP,
    LEJEPA,
    LEJEPA_CONVERSE,
)
THRESHOLD = 0.99

_CONTROLS = {
    "moment_curve": (THEOREM_1_PLUS, "predicted means on a parabola, their Jacobian of rank one"),
    "jumps": (THEOREM_1_PLUS, "piecewise constant predictions, their Jacobian zero almost everywhere"),
    "one_dimension": (THEOREM_1_RANK, "one latent that nothing predicts"),
    "deficiency_one": (THEOREM_1_RANK, "two of three latents predicted"),
}
_RULE_TEXT = (
    "SUPPORTED: for every draw the witness's gap is within five standard errors of 0 (alignment: not below the best "
    "linear code), it is outside the theorem's class by a certified verdict, or by an affine R² whose interval lies "
    f"below {1 - REFUTING_LOSS:g} (or breaks the bound alone, where the row says so), and in the intact twin its gap "
    "lies more than five standard errors below 0. Codes trained from the witness, where there are any, stay: within "
    "three standard errors of the optimum and outside (or breaking the bound alone); in the intact twin none does. "
    "Random starts are counted, not judged. REFUTED: the witness is not optimal, or inside the class, or as good in "
    "the twin (less than a standard error below 0), or a code in the twin reached the optimum outside the class. "
    "INCONCLUSIVE: anything else."
)


def all_violations() -> dict[str, Callable[..., AnyViolation]]:
    """Name of the world -> factory, of all three kinds."""
    return {**violations(), **info_violations(), **alignment_violations()}


def theorems() -> Profile:
    """All rows, all controls."""
    rows = tuple(row_claim(theorem, row) for theorem in THEOREMS for row in theorem.violations if is_run(row))
    claims = (*rows, *(_control(name) for name in _CONTROLS), _round_noise())
    checks = tuple(dict.fromkeys(check for theorem in THEOREMS for check in checks_of(theorem)))
    return Profile("theorems", claims, THEOREMS, checks)


def is_run(row: Removal) -> bool:
    """Whether this profile runs the row: those that are in the quick profile alone train on another claim's terms."""
    return bool(row.world) and row.claim not in ("thm-1/no-coverage", "thm-1/fold")


def row_claim(theorem: Theorem, row: Removal, trained: bool = True) -> Claim:
    """The claim behind a row; without `trained` the witness alone."""
    witness = WitnessCell(
        id=f"{row.world.replace('_', '-')}/witness",
        factory=all_violations()[row.world],
        arguments=_arguments(row.world),
        pooled=row.world == "encoder_of_the_time",
    )
    return Claim(
        id=row.claim,
        theorem=theorem.id,
        statement=f"{theorem.name} needs its assumption. Removed: {row.assumption}",
        source=theorem.source.partition(";")[0],
        published="",
        score="r2_affine",
        cells=(witness, *((*violation_cells(row.world), *method_cells(row.world)) if trained else ())),
        rule=falsified(theorem.conclusion),
        rule_text=_RULE_TEXT,
        expected=SUPPORTED,
    )


def _arguments(world: str) -> tuple[tuple[str, Any], ...]:
    """Those that its codes are trained with, unless the row's witness is another; none where it is not trained."""
    if world in ROWS:
        return ROWS[world].witnessed
    return SETTINGS[world].arguments if world in SETTINGS else ()


def _control(name: str) -> Claim:
    theorem, described = _CONTROLS[name]
    return Claim(
        id=f"{theorem.id}/{name.replace('_', '-')}",
        theorem=theorem.id,
        statement=f"LDM recovers the latents up to an affine map all the same: {described}",
        source=theorem.source,
        published="",
        score="r2_affine",
        cells=control_cells(name),
        rule=identified("affine", "r2_affine", THRESHOLD),
        rule_text=(
            f"SUPPORTED: from every random start affine is certified with R² of at least {THRESHOLD:g}, and codes that "
            "start at the map of the violation that this world resembles return or end more than three standard errors "
            "below the optimum. REFUTED: a code at the optimum is certified outside affine. INCONCLUSIVE: anything "
            "else."
        ),
        expected=SUPPORTED,
    )


def _round_noise() -> Claim:
    return Claim(
        id="cor-1/round-noise",
        theorem=COROLLARY_1.id,
        statement="With a covariance known to be round LDM recovers two Markov latents up to a similarity",
        source=COROLLARY_1.source,
        published="",
        score="r2_affine",
        cells=(round_noise_cell(),),
        rule=recovered_up_to("similarity", "r2_affine", THRESHOLD),
        rule_text=(
            "SUPPORTED: the verdict certifies similarity (or smaller) for every seed, with affine R² of at least "
            f"{THRESHOLD:g}. REFUTED: a run at the optimum is certified outside similarity. INCONCLUSIVE: anything "
            "else."
        ),
        expected=SUPPORTED,
    )


def checks_of(theorem: Theorem) -> tuple[str, ...]:
    """Ids of the checks behind a theorem and behind each row of its table."""
    return (*theorem.checks, *(row.check for row in theorem.violations if row.check))
