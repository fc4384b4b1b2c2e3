"""A derivation written down step by step: the facts it establishes, and how each was established.

A check's `verify(claim, work)` receives a `Derivation` and calls

=====================================  ===================================================================
`work.show(name, expression)`          note an intermediate expression, returned unchanged; printed on failure
`work.equal(what, left, right)`        exact symbolic equality of scalars, matrices or matrix expressions
`work.differs(what, left, right)`      the two sides differ at an exact rational point
`work.polynomial_identity(...)`        equality of polynomials too large to expand, at random exact points
`work.require(what, condition)`        a discrete truth: a rank, a count, a sign
`work.close(what, value, expected)`    floating-point agreement within a stated absolute tolerance
`work.apart(what, value, other, by)`   floating-point disagreement by at least `by`
`work.within_errors(...)`              a Monte Carlo mean within so many standard errors
=====================================  ===================================================================

A fact that fails raises `Disproved` with a witness and every intermediate expression. A symbolic equality that is
neither shown nor refuted raises `Undecided`, so that a weak simplifier can neither prove a statement nor reject a
twin.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import sympy
from numpy.typing import ArrayLike

from proofs_checks.symbolic_zero import counterexample, entries_of_difference, reason_for_zero


class Disproved(Exception):
    """A fact of the derivation is false: the message names it, its witness, and every intermediate expression."""


class Undecided(Exception):
    """An equality could be neither shown nor refuted; neither a proof nor the rejection of a twin may rest on it."""


class Derivation:
    """The steps of one derivation: `facts` established so far and intermediate expressions `shown`."""

    def __init__(self) -> None:
        self.facts: list[str] = []
        self.shown: list[tuple[str, Any]] = []

    def show(self, name: str, expression: Any) -> Any:
        """Note an intermediate expression and return it."""
        self.shown.append((name, expression))
        return expression

    def equal(
        self,
        what: str,
        left: Any,
        right: Any,
        *,
        domain: Mapping[sympy.Symbol, tuple[Any, Any]] | None = None,
        pointwise: str | None = None,
    ) -> None:
        """`left == right` exactly, entry by entry: refuted at an exact rational point, or shown symbolically.

        `domain` bounds symbols when points are drawn (low, high); beyond it, points respect the symbols' assumptions.
        Undefined functions and their derivatives count as independent unknowns, which is what "for every smooth f"
        means. `pointwise` is the reason why agreement to 40 digits at 12 rational points may stand in where no
        rewriting decides; without it such an equality raises `Undecided`.
        """
        methods = []
        for label, entry in entries_of_difference(left, right):
            self.show(f"{what}{label}: left - right", entry)
            witness = counterexample(entry, domain)
            if witness is not None:
                self._fail(f"{what}{label}", f"left - right = {witness.value} at {witness.point}")
            method = reason_for_zero(entry)
            if method is None and pointwise is None:
                raise Undecided(self._with_trail(f"{what}{label}: no rewriting shows that left - right vanishes"))
            if method is None:
                witness = counterexample(entry, domain, points=12)
                if witness is not None:
                    self._fail(f"{what}{label}", f"left - right = {witness.value} at {witness.point}")
                method = f"agreement to 40 digits at 12 rational points ({pointwise})"
            if method not in methods:
                methods.append(method)
        self.facts.append(f"{what}: by {', '.join(methods)}")

    def differs(
        self, what: str, left: Any, right: Any, *, domain: Mapping[sympy.Symbol, tuple[Any, Any]] | None = None
    ) -> None:
        """`left != right` at an exact rational point, which is named in the evidence."""
        for label, entry in entries_of_difference(left, right):
            self.show(f"{what}{label}: left - right", entry)
            witness = counterexample(entry, domain)
            if witness is not None:
                self.facts.append(f"{what}: they differ{label} by {witness.value} at {witness.point}")
                return
        self._fail(what, "the two sides agree at every point tried")

    def polynomial_identity(
        self, what: str, residual: Callable[[Sequence[sympy.Rational]], Any], arity: int, degree: int, points: int = 4
    ) -> None:
        """A polynomial of total degree <= `degree` in `arity` unknowns vanishes identically.

        It is evaluated exactly at `points` random integer points of {-10^6..10^6}^arity; a polynomial that is not zero
        passes with probability at most (degree / (2 10^6 + 1))^points (Schwartz and Zippel), named in the evidence.
        """
        size, draw = 10**6, random.Random(what)
        for _ in range(points):
            point = [sympy.Integer(draw.randint(-size, size)) for _ in range(arity)]
            value = sympy.sympify(residual(point))
            if not value.is_Rational:
                raise Undecided(f"{what}: the residual at an integer point is {value}, not a rational number")
            if value != 0:
                self._fail(what, f"the residual is {value} at {point}")
        chance = (degree / (2 * size + 1)) ** points
        self.facts.append(f"{what}: polynomial identity at {points} exact points, chance of error below {chance:.0e}")

    def require(self, what: str, condition: Any, found: Any = None) -> None:
        """A discrete truth; `found` is shown when it fails."""
        if condition is None or not bool(condition):
            self._fail(what, "does not hold" if found is None else f"does not hold, found {found}")
        self.facts.append(what if found is None else f"{what}: {found}")

    def close(self, what: str, value: ArrayLike | Any, expected: ArrayLike | Any, atol: float) -> None:
        """Every entry of `value` lies within `atol` of `expected` (same shape, or one of them a scalar), all finite."""
        deviation = self._deviation(what, value, expected)
        if not deviation <= atol:
            self._fail(what, f"largest deviation {deviation:.6g}, allowed {atol:.1e}")
        self.facts.append(f"{what}: largest deviation {deviation:.1e} within {atol:.1e}")

    def apart(self, what: str, value: ArrayLike | Any, other: ArrayLike | Any, by: float) -> None:
        """Some entry of `value` lies at least `by` away from `other`."""
        deviation = self._deviation(what, value, other)
        if not deviation >= by:
            self._fail(what, f"largest deviation {deviation:.6g}, wanted at least {by:.1e}")
        self.facts.append(f"{what}: largest deviation {deviation:.4g}, at least {by:.1e}")

    def within_errors(self, what: str, draws: ArrayLike | Any, expected: ArrayLike | Any, sigmas: float = 8.0) -> None:
        """The mean of independent `draws` [n ...] lies within `sigmas` standard errors of `expected`, entry by entry.

        Null law: the mean is asymptotically normal; at 8 standard errors the false-alarm rate is 1.2e-15 an entry; a
        bias of 12 standard errors is missed with probability 3.2e-5. The seed of the draws is the caller's and fixed.
        """
        sample = np.asarray(draws, dtype=float)
        error = sample.std(axis=0, ddof=1) / np.sqrt(len(sample))
        score = float(np.max(np.abs(sample.mean(axis=0) - np.asarray(expected, dtype=float)) / error))
        if not score <= sigmas:
            self._fail(what, f"the mean of {len(sample)} draws is {score:.1f} standard errors away, allowed {sigmas:g}")
        self.facts.append(f"{what}: {score:.1f} standard errors from it over {len(sample)} draws (allowed {sigmas:g})")

    def _deviation(self, what: str, value: Any, other: Any) -> float:
        left, right = np.asarray(value, dtype=complex), np.asarray(other, dtype=complex)
        self.show(f"{what}: value", value)
        self.show(f"{what}: against", other)
        if left.shape != right.shape and left.ndim and right.ndim:
            raise ValueError(f"{what}: shapes {left.shape} and {right.shape} cannot be compared; give equal shapes")
        if not (np.isfinite(left).all() and np.isfinite(right).all()):
            self._fail(what, "a value is not finite")
        return float(np.max(np.abs(left - right)))

    def _fail(self, what: str, finding: str) -> None:
        raise Disproved(self._with_trail(f"{what}: {finding}"))

    def _with_trail(self, headline: str) -> str:
        return "\n".join([headline, *(f"  {name} = {expression}" for name, expression in self.shown)])
