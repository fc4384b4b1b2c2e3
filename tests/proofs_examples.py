"""Small checks, right and wrong, on which the machinery of checks is tried. Module-level: workers import them."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from functools import partial
from typing import Any

import sympy

from proofs_checks import Check, Derivation, Erratum, Source, Twin, Witness

X, Y = sympy.symbols("x y", real=True)


def value(claim: Any) -> Any:
    return claim


def square_of_sum(claim: sympy.Expr, work: Derivation) -> None:
    work.show("the square", (X + Y) ** 2)
    work.equal("(x + y)^2", (X + Y) ** 2, claim)


def no_fact(claim: Any, work: Derivation) -> None:
    work.show("claim", claim)


def hang(claim: float, work: Derivation) -> None:
    time.sleep(claim)
    work.require("it woke up", True)


def divide(claim: int, work: Derivation) -> None:
    work.close("1 / claim", 1 / claim, 1.0, atol=0.0)


def die(claim: int, work: Derivation) -> None:
    os._exit(claim)


def one_half_off() -> Witness:
    return Witness("at 1", 1.0, 1.5, 1.0)


def harmless() -> Witness:
    return Witness("at 1", 1.0, 1.0, 1.0)


TRUE_CLAIM = X**2 + 2 * X * Y + Y**2

HOLDS = Check(
    id="square",
    aliases=("square-of-sum",),
    theme="examples",
    statement=r"(x + y)^2 = x^2 + 2xy + y^2",
    source=Source("mikulasch2026ldm", "example"),
    kinds=("S",),
    assumptions=("x and y are real.",),
    proved="The expansion.",
    not_proved="Other powers.",
    verify=square_of_sum,
    claim=partial(value, TRUE_CLAIM),
    twins=(Twin("no cross term", partial(value, X**2 + Y**2)),),
)
FALSE = replace(HOLDS, id="false", aliases=(), claim=partial(value, X**2 + X * Y + Y**2))
PASSING_TWIN = replace(HOLDS, id="passing-twin", aliases=(), twins=(Twin("the same, reordered", HOLDS.claim),))
RAISING = replace(
    HOLDS,
    id="raising",
    aliases=(),
    verify=divide,
    claim=partial(value, 0),
    twins=(Twin("raises too", partial(value, 0)),),
)
TWIN_RAISES = replace(RAISING, id="twin-raises", claim=partial(value, 1))
HANGING = replace(
    HOLDS,
    id="hanging",
    aliases=(),
    verify=hang,
    claim=partial(value, 60.0),
    twins=(Twin("sleeps", partial(value, 60.0)),),
)
HANGING_TWIN = replace(HANGING, id="hanging-twin", claim=partial(value, 0.0))
DYING = replace(HOLDS, id="dying", aliases=(), verify=die, claim=partial(value, 3))
WITHOUT_FACT = replace(HOLDS, id="without-fact", aliases=(), verify=no_fact)
CONVICTED = replace(
    HOLDS, id="convicted", aliases=(), erratum=Erratum("x = 3/2", "x = 1", one_half_off, "An example of an erratum.")
)
ACQUITTED = replace(CONVICTED, id="acquitted", erratum=Erratum("x = 1", "x = 1", harmless, "None."))
