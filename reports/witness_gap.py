r"""How far a witness is from the optimum of its objective, in the violation's world and in the intact twin.

| violation | gap, a mean over draws |
| law of h(z) (`Violation`) | log p_R(h(z) given the past) - log density of h(z) given the past, = -KL, nats a step |
| signal under a condition (`InfoViolation`) | what is asked of -KL and I[z; z_c] minus its value at the code, nats |
| alignment (`AlignmentViolation`) | sum of correlations of h(z), h(z') minus that of z, z' (less abs(E h)^2, see L5) |

The first two are 0 at the optimum. The third compares with the best linear code: 0 or more shows that no linear code
is better. abs(E h)^2 is taken off where E h = 0 is asked for and h has another mean. Where only the law of codes is
asked for (L3), the gap is log N(h(z); 0, I) - log density of h(z), nats.
[mikulasch2026ldm; mikulasch2026infoldm; klindt2026lejepa]
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic import (
    AlignmentObjective,
    AlignmentViolation,
    InfoObjective,
    InfoViolation,
    Mixing,
    Violation,
    density_gap,
)
from synthetic.info_violation import InfoTerms, info_samples
from synthetic.sequence_map import SequenceMap

AnyViolation = Violation | InfoViolation | AlignmentViolation

_SEQUENCES, _LENGTH = 2000, 3
_CONDITIONED = 600  # every draw is averaged over up to 2,809 conditions
_PAIRS = 40_000


class Gap(NamedTuple):
    """Mean over draws, its standard error, and the unit: nats, or a sum of correlation coefficients."""

    value: float
    standard_error: float
    unit: Literal["nats", "correlation"]


def witness_gap(violation: AnyViolation, intact: bool, generator: torch.Generator) -> Gap:
    """The gap of the witness in the violation's world, or in its twin with `intact`."""
    if isinstance(violation, Violation):
        return _law_gap(violation, intact, generator)
    if isinstance(violation, InfoViolation):
        return _information_gap(violation, intact, generator)
    return _alignment_gap(violation, intact, generator)


def witness_codes(
    violation: AnyViolation, rows: int, length: int, generator: torch.Generator
) -> tuple[Float[Tensor, "n t d"], Float[Tensor, "n t m"]]:
    """True latents (the signal alone, where there is nuisance) and the witness's codes of the same frames."""
    if isinstance(violation, InfoViolation):
        pairs = violation.signal.pairs(rows, generator)
        return pairs[..., : violation.world.dim], violation.witness(pairs)
    z = violation.world.latents(rows, length, generator)
    return z, violation.witness(z)


def _law_gap(violation: Violation, intact: bool, generator: torch.Generator) -> Gap:
    world = violation.twin if intact else violation.world
    model = (violation.twin_recovered or world.transition) if intact else violation.recovered
    z = world.latents(_SEQUENCES, _LENGTH, generator)
    return _mean(density_gap(violation.witness, world.transition, model, z).mean(1), "nats")


def _information_gap(violation: InfoViolation, intact: bool, generator: torch.Generator) -> Gap:
    signal, model, objective = violation.signal, violation.recovered, violation.objective
    asked = violation.asked
    if intact:
        signal, model, objective = violation.twin, violation.twin_recovered, InfoObjective.INFO_LDM
        asked = signal.signal_information
    found = info_samples(signal, violation.witness, model, signal.pairs(_CONDITIONED, generator))
    values = [
        objective.at(InfoTerms(divergence, information))
        for divergence, information in zip(found.divergence.tolist(), found.information.tolist(), strict=True)
    ]
    return _mean(torch.tensor(values, dtype=torch.float64) - asked, "nats")


def _alignment_gap(violation: AlignmentViolation, intact: bool, generator: torch.Generator) -> Gap:
    world = violation.twin if intact else violation.world
    objective = violation.twin_objective if intact else violation.objective
    z = world.latents(_PAIRS, 2, generator)
    if objective is AlignmentObjective.LAW_ALONE:
        return _mean(_normal_gap(violation.witness, z[:, 1]), "nats")
    code = violation.witness(z)
    values = _products(code) - _products(z)
    if objective.centred and (violation.twin_attained if intact else violation.attained).offset:
        values = values - (code[:, 0] * code[:, 1].mean(0)).sum(-1)
    return _mean(values, "correlation")


def _products(code: Float[Tensor, "n 2 m"]) -> Float[Tensor, "n"]:
    """Terms of the sum of correlation coefficients; stationary, so both frames share mean and variance."""
    centred = code - code.mean((0, 1))
    return (centred[:, 0] * centred[:, 1] / centred.square().mean((0, 1))).sum(-1)


def _normal_gap(witness: Mixing | SequenceMap, z: Float[Tensor, "n d"]) -> Float[Tensor, "n"]:
    """log N(h(z); 0, I) - log density of h(z), where z ~ N(0, I)."""
    assert isinstance(witness, Mixing)
    volume = torch.linalg.slogdet(witness.jacobian(z)).logabsdet
    return volume - (witness(z).square().sum(-1) - z.square().sum(-1)) / 2


def _mean(values: Float[Tensor, "n"], unit: Literal["nats", "correlation"]) -> Gap:
    return Gap(float(values.mean()), float(values.std()) / math.sqrt(len(values)), unit)
