"""Cases of the certificate's error rates: observable violations, which must not be certified, and their intact twins.

A false certificate is any certificate in a world that breaks an assumption, also where the code happens to be affine to
the latents. Case k takes world k modulo the number of worlds; mixing, latents and starts are drawn from (seed, k).
V2's twin is left out of the positive worlds: its last latent is unpredicted, which the certificate refuses by design,
because there a fold costs nothing (V9).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from identify.certificate import certify
from reports.encoder_input import encoder_input
from synthetic import Violation, violations

SEQUENCES, LENGTH = 800, 16
STARTS = 3
VIOLATED = {
    "V1": "constant_predictor",
    "V2": "deficiency_two",
    "V3": "context_covariance",
    "V4": "level_set_flow",
    "V6": "delayed_copy",
    "V7": "encoder_of_the_past",
    "V9": "free_coordinate",
    "V9-fold": "fold",
}
"""The violations that data can show, and their worlds."""
POSITIVE = {
    "V1, V7, V9": "constant_predictor",
    "V3": "context_covariance",
    "V4": "level_set_flow",
    "V6": "delayed_copy",
}
"""Violations whose intact twin satisfies every assumption; the first is one world for three of them."""


@dataclass(frozen=True)
class Case:
    """A world to draw from: the violation's own or its intact twin."""

    number: int
    violation: str
    factory: Callable[..., Violation]
    intact: bool
    past: bool


def case(number: int, intact: bool) -> Case:
    """Case `number` of the intact or of the violated worlds."""
    table = POSITIVE if intact else VIOLATED
    label = list(table)[number % len(table)]
    return Case(number, label, violations()[table[label]], intact, label == "V7" and not intact)


def run_case(number: int, intact: bool, seed: int) -> dict[str, Any]:
    """Draw, certify, and say what was found."""
    one = case(number, intact)
    drawn = int(np.random.SeedSequence([seed, number, int(intact)]).generate_state(1)[0] % 2**31)
    made = one.factory(seed=drawn)
    world = made.twin if intact else made.world
    x = world.sample(SEQUENCES, LENGTH, torch.Generator().manual_seed(drawn)).x
    started = time.process_time()
    found = certify(
        encoder_input(x, "past") if one.past else x,
        dim=world.dim,
        seeds=[drawn % 10_000 + start for start in range(STARTS)],
    )
    return {
        "number": number,
        "violation": one.violation,
        "world": world.name,
        "intact": intact,
        "certified": found.certified,
        "not_supported": list(found.rows_that("not supported")),
        "open": list(found.rows_that("could not be told")),
        "seconds": time.process_time() - started,
    }
