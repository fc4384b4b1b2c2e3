"""The assumptions an identifiability theorem can lean on, and what a world says about each of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple


class Assumption(Enum):
    """One clause of a theorem; the value is the clause in words.

    The first group speaks of the data and every world declares it; the second speaks of what is fitted, so only a
    violation (a world together with a model class) can break it.
    """

    GAUSSIAN_NOISE = "z_t given its past is Gaussian"
    CONSTANT_COVARIANCE = "the covariance of z_t given its past is the same for every past"
    NONSINGULAR_COVARIANCE = "the covariance of z_t given its past is invertible"
    COVERAGE = "the predicted means p(past) are not confined to a hyperplane (n + 1 of them affinely independent)"
    ROW_RANK = "the Jacobian of p with respect to the past has full row rank"
    INJECTIVE_MIXING = "the mixing g is injective on what is sampled"
    NO_NUISANCE = "x is a function of z alone"
    STATIONARY = "the law of z_t is the same at every t"
    GAUSSIAN_MARGINAL = "z_t is Gaussian at every t"

    INSTANTANEOUS_ENCODER = "the encoder sees x_t and nothing else"
    SHARED_ENCODER = "the encoder is the same at every t"
    INVERTIBLE_ENCODER = "h = f o g is invertible"
    EQUAL_DIMENSION = "the code has as many dimensions as the latents"
    RESTRICTED_MODEL = "the model's conditional density is of the assumed family, not a free density"

    @property
    def of_the_world(self) -> bool:
        """Whether the clause speaks of the data (and not of the encoder or the model)."""
        return self not in _OF_THE_MODEL


_OF_THE_MODEL = frozenset(
    {
        Assumption.INSTANTANEOUS_ENCODER,
        Assumption.SHARED_ENCODER,
        Assumption.INVERTIBLE_ENCODER,
        Assumption.EQUAL_DIMENSION,
        Assumption.RESTRICTED_MODEL,
    }
)


class Declaration(NamedTuple):
    """Whether an assumption holds, and the reason, in one sentence."""

    holds: bool
    why: str


Declarations = Mapping[Assumption, Declaration]
