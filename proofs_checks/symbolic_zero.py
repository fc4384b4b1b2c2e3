"""Does an expression vanish identically? Refuted at an exact rational point, or shown by a rewriting that is named.

Order matters: a point where the expression does not vanish settles the question cheaply, so it is looked for first;
only then do the rewritings run: expanding, cos^2 + sin^2 = 1, clearing denominators (valid where they do not vanish),
simplifying.
An undefined function, its derivatives and their values at a point are replaced by independent real unknowns: the jet
of a smooth function at a point is arbitrary, so an expression vanishes for every such function iff it vanishes in them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import sympy
from sympy.core.function import AppliedUndef

_DIGITS = 40
_THRESHOLD = sympy.Float("1e-25")


class RationalWitness(NamedTuple):
    """A point, as text, and the value that does not vanish there."""

    point: str
    value: Any


def entries_of_difference(left: Any, right: Any) -> Iterator[tuple[str, sympy.Expr]]:
    """The entries of left - right with a label each; a matrix expression of symbolic size is one entry."""
    difference = sympy.sympify(left) - sympy.sympify(right)
    if isinstance(difference, sympy.MatrixBase):
        for i in range(difference.rows):
            for j in range(difference.cols):
                yield f"[{i + 1}, {j + 1}]", difference[i, j]
    else:
        yield "", difference


def reason_for_zero(expression: Any) -> str | None:
    """The rewriting that turns the expression into zero, or None if none of them does."""
    if isinstance(expression, sympy.MatrixExpr):
        return "matrix algebra at symbolic size" if _vanishing_matrix(expression) else None
    plain = _jets_as_unknowns(expression)
    if sympy.expand(plain) == 0:
        return "expanding"
    if plain.has(sympy.sin) and pythagoras(plain) == 0:
        return "cos^2 + sin^2 = 1"
    numerator, _ = sympy.fraction(sympy.together(plain))
    if sympy.expand(numerator) == 0:
        return "clearing denominators"
    for rewriting in (plain, sympy.expand_log(plain), sympy.factor(plain, deep=True)):
        if sympy.simplify(rewriting) == 0:
            return "simplifying"
    return None


def pythagoras(expression: sympy.Expr) -> sympy.Expr:
    """Expanded, with sin^2 as 1 - cos^2: a normal form of polynomials in the sines and cosines of angles."""

    def is_high_power_of_sine(part: sympy.Expr) -> bool:
        return bool(part.is_Pow and isinstance(part.base, sympy.sin) and part.exp.is_Integer and part.exp > 1)

    def lower(power: sympy.Expr) -> sympy.Expr:
        half, rest = divmod(int(power.exp), 2)
        return (1 - sympy.cos(power.base.args[0]) ** 2) ** half * power.base**rest

    return sympy.expand(sympy.expand(expression).replace(is_high_power_of_sine, lower))


def counterexample(
    expression: Any, domain: Mapping[sympy.Symbol, tuple[Any, Any]] | None = None, points: int = 3
) -> RationalWitness | None:
    """A rational point, among `points` admissible ones of a fixed seed, at which the expression does not vanish."""
    draw = random.Random(20260503)
    everywhere = "every point"
    if isinstance(expression, sympy.MatrixExpr):
        expression, everywhere = _at_random_matrices(expression, draw), "random rational matrices (squared norm)"
    expression = _jets_as_unknowns(expression)
    tried = 0
    for _ in range(20 * points):
        symbols = sorted(expression.free_symbols, key=lambda symbol: symbol.sort_key())
        point = {symbol: _rational_for(symbol, (domain or {}).get(symbol), draw) for symbol in symbols}
        value = expression.xreplace(point)
        value = value if value.is_Rational else value.evalf(_DIGITS)
        if not value.is_number or value.has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
            continue
        if abs(value) > _THRESHOLD:
            named = ", ".join(f"{symbol} = {number}" for symbol, number in point.items())
            return RationalWitness(named or everywhere, value if value.is_Rational else value.evalf(8))
        tried += 1
        if tried == points or not symbols:
            return None
    return None


def _rational_for(symbol: sympy.Symbol, bounds: tuple[Any, Any] | None, draw: random.Random) -> sympy.Rational:
    if bounds is not None:
        low, high = map(sympy.Rational, bounds)
        return low + (high - low) * sympy.Rational(draw.randint(1, 96), 97)
    number = sympy.Rational(draw.randint(1, 291), 97) if not symbol.is_integer else sympy.Integer(draw.randint(1, 9))
    if symbol.is_positive or symbol.is_nonnegative:
        return number
    return -number if symbol.is_negative or draw.random() < 0.5 else number


def _jets_as_unknowns(expression: sympy.Expr) -> sympy.Expr:
    """Values and derivatives of undefined functions become independent real symbols, outermost first."""
    plain = sympy.sympify(expression).doit()
    jets = plain.atoms(sympy.Subs, sympy.Derivative, AppliedUndef)
    ordered = sorted(jets, key=sympy.default_sort_key)
    return plain.xreplace({jet: sympy.Symbol(f"<{jet}>", real=True) for jet in ordered})


def _vanishing_matrix(expression: sympy.MatrixExpr) -> bool:
    """Distribute, transpose and cancel inverses until nothing changes."""
    for _ in range(10):
        rewritten = sympy.expand(expression.doit()).doit()
        if rewritten == expression:
            break
        expression = rewritten
    return isinstance(expression, sympy.ZeroMatrix) or expression == sympy.S.Zero


def _at_random_matrices(expression: sympy.MatrixExpr, draw: random.Random) -> sympy.Expr:
    """The squared Frobenius norm of the expression at random rational matrices; symbolic sizes become 3, 4, ..."""
    sizes = {size for symbol in expression.atoms(sympy.MatrixSymbol) for size in symbol.shape} | set(expression.shape)
    unknown = sorted({s for size in sizes for s in sympy.sympify(size).free_symbols}, key=str)
    sized = expression.subs({symbol: 3 + k for k, symbol in enumerate(unknown)})
    values = {
        symbol: sympy.ImmutableMatrix(*symbol.shape, lambda *_: sympy.Rational(draw.randint(-30, 30), 7))
        for symbol in sorted(sized.atoms(sympy.MatrixSymbol), key=str)
    }
    explicit = sympy.Matrix(sized.xreplace(values).doit().as_explicit())
    return sum((entry**2 for entry in explicit), sympy.S.Zero)
