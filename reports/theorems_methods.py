"""What the two forms of the objective have to do with each other: the theorem behind table 2 of the LDM paper."""

from __future__ import annotations

from reports.theorem import Theorem

TWO_FORMS = Theorem(
    id="two-forms",
    name="Two forms of one objective",
    statement=(
        r"$F_{MI} = F_{LDM} + I_R[z, z']$, and $I_R[z, z']$ is the same for all encoders that are invertible on the "
        r"data. Among those both forms have the same optima; where the world's law is in the model class these are the "
        r"true latents up to the symmetries that the class leaves: affine maps on the plane, rotations on the sphere. "
        r"Entropies are exact here; what is trained has estimates of them."
    ),
    source="mikulasch2026ldm, eq. 5, 6, 30, 31; Theorems 1 and 2; table 2",
    assumptions=(
        "encoder invertible on the data",
        "world in the model class",
        "entropies known exactly, not estimated",
    ),
    conclusion="affine",
    checks=("eq-5", "eq-6", "eq-30"),
    worlds=("markov_gaussian_2_narrow", "sphere_walk", "simplex_walk"),
)
