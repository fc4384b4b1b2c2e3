"""A statement, its proof by machine, the corrupted twins that the same proof must reject, and the erratum, if any.

How to write one. The statement is a *claim*, a plain value built by a function: preferably a dict or named tuple of
SymPy expressions, so that its coefficients, signs and exponents can be corrupted automatically. `verify(claim, work)`
derives the truth from the assumptions and holds the claim against it through the facts of
`proofs_checks.verification.Derivation`. The twins are other claims; they go through the same `verify`, so their
rejection says that the proof can tell them apart.

    def _determinant(claim: dict[str, sympy.Expr], work: Derivation) -> None:
        a, b = sympy.symbols("a b", positive=True)
        work.equal("determinant of diag(a, b)", sympy.diag(a, b).det(), claim["determinant"])

    CHECKS = (
        Check(
            id="det-2",
            theme="determinants",
            statement=r"\\det \\mathrm{diag}(a, b) = a b",
            source=Source("mikulasch2026ldm", "eq. 3"),
            kinds=("S",),
            assumptions=("a and b are positive.",),
            proved="The determinant of a diagonal 2 x 2 matrix.",
            not_proved="Other sizes.",
            verify=_determinant,
            claim=_product_of_the_diagonal,          # () -> {"determinant": a * b}
            twins=(Twin("the sum for the product", _sum_of_the_diagonal),),
        ),
    )

Rules. Functions are module-level (or `functools.partial` of such), because checks travel to worker processes. Seeds
are literals inside `verify`. torch is imported inside functions only. A `verify` that establishes no fact is an
error, and so is a twin that fails for any reason but `Disproved`. The theme's `CHECKS` tuple is listed in
`proofs_checks/catalogue.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from proofs_checks.verification import Derivation, Disproved

KINDS = {"S": "symbolic", "A": "automatic differentiation", "N": "numeric", "H": "property test", "E": "training"}


@dataclass(frozen=True)
class Source:
    """Where the statement stands: a key of references.bib and the place in that work."""

    key: str
    place: str

    def __str__(self) -> str:
        return f"{self.key}, {self.place}"


@dataclass(frozen=True)
class Twin:
    """A corrupted claim: `corruption` says in words what was spoilt; `claim` builds it."""

    corruption: str
    claim: Callable[[], Any]


class TwinOutcome(NamedTuple):
    """What the proof said of a twin: rejected only if it raised `Disproved`; `reason` is its first line."""

    corruption: str
    rejected: bool
    reason: str


class Witness(NamedTuple):
    """Numbers that convict a printed formula: its value, the corrected one and the truth, all at one `setting`."""

    setting: str
    truth: complex | float
    printed: complex | float
    correct: complex | float

    def __str__(self) -> str:
        return (
            f"{self.setting}: truth {_number(self.truth)}, printed {_number(self.printed)}, "
            f"corrected {_number(self.correct)}"
        )

    @property
    def convicts(self) -> bool:
        """The printed value misses the truth by more than ten times the error of the corrected one, plus 1e-9."""
        return abs(self.printed - self.truth) > 10 * abs(self.correct - self.truth) + 1e-9


@dataclass(frozen=True)
class Erratum:
    """What is printed and what is correct (LaTeX), a computation that tells them apart, and what follows from it."""

    printed: str
    correct: str
    witness: Callable[[], Witness]
    consequence: str


@dataclass(frozen=True)
class Check:
    """One statement with everything needed to believe or to doubt it; fields as described at the top of the module.

    Raises `ValueError` when a field is malformed: an id that is not lower case, an unknown kind, no assumption, no
    twin.
    """

    id: str
    theme: str
    statement: str
    source: Source
    kinds: tuple[str, ...]
    assumptions: tuple[str, ...]
    proved: str
    not_proved: str
    verify: Callable[[Any, Derivation], None]
    claim: Callable[[], Any]
    twins: tuple[Twin, ...]
    aliases: tuple[str, ...] = ()
    erratum: Erratum | None = None

    def __post_init__(self) -> None:
        for name in (self.id, *self.aliases):
            if not re.fullmatch(r"[a-z0-9][a-z0-9.+\-]*", name):
                raise ValueError(f"id={name!r}: use lower case letters, digits, '.', '+' and '-', as in 'eq-14'")
        if not self.kinds or set(self.kinds) - set(KINDS):
            raise ValueError(f"{self.id}: kinds={self.kinds}: name one or more of {', '.join(KINDS)}")
        for field in ("assumptions", "twins"):
            if not getattr(self, field):
                raise ValueError(f"{self.id}: {field} is empty: name at least one")

    @property
    def names(self) -> tuple[str, ...]:
        """The id and its aliases."""
        return (self.id, *self.aliases)

    def prove(self) -> tuple[str, ...]:
        """Run the proof: its facts, one line each; raises `Disproved` with every intermediate expression."""
        return _facts(self, self.claim)

    def twin(self) -> tuple[TwinOutcome, ...]:
        """Run every twin through the same proof."""
        return tuple(_judge(self, twin) for twin in self.twins)


def _facts(check: Check, claim: Callable[[], Any]) -> tuple[str, ...]:
    work = Derivation()
    check.verify(claim(), work)
    if not work.facts:
        raise RuntimeError(f"{check.id}: the proof establishes no fact, so it could not fail")
    return tuple(work.facts)


def _judge(check: Check, twin: Twin) -> TwinOutcome:
    try:
        _facts(check, twin.claim)
    except Disproved as rejection:
        return TwinOutcome(twin.corruption, True, str(rejection).splitlines()[0])
    except Exception as error:
        return TwinOutcome(twin.corruption, False, f"{type(error).__name__}: {error}".splitlines()[0])
    return TwinOutcome(twin.corruption, False, "the proof accepts it")


def _number(value: complex | float) -> str:
    return f"{value.real:.6g}" if complex(value).imag == 0 else f"{value:.6g}"
