"""Claims about linear ICA: known laws, photographs, and a prior on the wrong side of Gaussian."""

from __future__ import annotations

from reports.claim import NOT_SUPPORTED, SUPPORTED, Claim, Outcome
from reports.decision_rules import matched_correlation
from reports.ica_cell import ImageCell, OrnsteinUhlenbeckCell
from reports.ica_path_cell import early_stopping_claim
from reports.theorems import LINEAR_ICA


def linear_ica_claims(seeds: tuple[int, ...], unseen_cuts: tuple[int, ...]) -> tuple[Claim, ...]:
    """Two separations that work, one that must not, and early stopping on cuts that chose nothing."""

    def claim(name: str, cell: OrnsteinUhlenbeckCell | ImageCell, expected: frozenset[Outcome], **fields: str) -> Claim:
        return Claim(
            id=f"linear-ica/{name}",
            theorem=LINEAR_ICA.id,
            score="correlation",
            cells=(cell,),
            rule=matched_correlation(0.99),
            rule_text=(
                "SUPPORTED: every source of every seed is matched with absolute correlation of at least .99. REFUTED: "
                "it is not, at the optimum (held-out objective within 3 standard errors of the true unmixing's, or "
                "better)."
            ),
            expected=expected,
            **fields,
        )

    return (
        claim(
            "ornstein-uhlenbeck",
            OrnsteinUhlenbeckCell("ica/ornstein-uhlenbeck", seeds),
            SUPPORTED,
            statement="Linear ICA recovers two rotated Ornstein-Uhlenbeck processes whose laws are known",
            source="LDM Fig. 2C",
            published="shown as a picture",
        ),
        claim(
            "photographs",
            ImageCell("ica/photographs", seeds, "gradients", 1.0),
            SUPPORTED,
            statement="Linear ICA on pixel differences with a super-Gaussian prior separates two mixed photographs",
            source="LDM Fig. 2B",
            published="shown as a picture",
        ),
        claim(
            "photographs-flat-prior",
            ImageCell("ica/photographs-flat-prior", seeds, "pixels", 4.0),
            NOT_SUPPORTED,
            statement="Linear ICA on pixel values with the published flat-topped prior separates any two photographs",
            source="LDM Fig. 2B",
            published="shown as a picture",
        ),
        early_stopping_claim(LINEAR_ICA.id, unseen_cuts),
    )
