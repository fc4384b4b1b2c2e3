"""Facts of a derivation: each kind accepts what is true, refutes what is false, and says when it cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

from proofs_checks import Derivation, Disproved, Undecided, verification
from proofs_checks.symbolic_zero import pythagoras

X, Y = sympy.symbols("x y", real=True)
P = sympy.Symbol("p", positive=True)
N = sympy.Symbol("n", integer=True, positive=True)
A, B = sympy.MatrixSymbol("A", N, N), sympy.MatrixSymbol("B", N, N)
F = sympy.Function("F", real=True)


@pytest.mark.parametrize(
    ("left", "right", "method"),
    [
        ((X + Y) ** 3, X**3 + 3 * X**2 * Y + 3 * X * Y**2 + Y**3, "expanding"),
        (1 / (X - Y) - 1 / (X + Y), 2 * Y / (X**2 - Y**2), "clearing denominators"),
        (sympy.cos(X) ** 4 - sympy.sin(X) ** 4, sympy.cos(X) ** 2 - sympy.sin(X) ** 2, "cos^2 + sin^2 = 1"),
        (sympy.sqrt(P**2 + 2 * P + 1), P + 1, "simplifying"),
        (sympy.diff(F(X) ** 2, X), 2 * F(X) * sympy.diff(F(X), X), "expanding"),
        ((A * B).T, B.T * A.T, "matrix algebra"),
        ((A * B).inverse() * A, B.inverse(), "matrix algebra"),
        (sympy.Matrix([[X, Y]]) * sympy.Matrix([Y, X]), sympy.Matrix([2 * X * Y]), "expanding"),
    ],
)
def test_equal_names_its_method(left: sympy.Expr, right: sympy.Expr, method: str) -> None:
    work = Derivation()
    work.equal("identity", left, right)
    assert method in work.facts[0]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (X**2, X**2 + sympy.Rational(1, 10**6)),
        (sympy.diff(F(X), X), F(X)),
        (A * B, B * A),
        (A.T, A),
        (sympy.log(P), sympy.log(P + 1)),
        (sympy.Matrix([X, Y]), sympy.Matrix([X, X])),
    ],
)
def test_unequal_is_refuted_at_a_point(left: sympy.Expr, right: sympy.Expr) -> None:
    with pytest.raises(Disproved, match=r"left - right = .* at "):
        Derivation().equal("identity", left, right)


def test_what_no_rewriting_decides_is_undecided_unless_a_reason_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "reason_for_zero", lambda expression: None)
    left, right = sympy.exp(X + Y), sympy.exp(X) * sympy.exp(Y)
    with pytest.raises(Undecided, match="no rewriting shows"):
        Derivation().equal("exponentials", left, right)
    work = Derivation()
    work.equal("exponentials", left, right, pointwise="both sides are entire")
    assert "12 rational points (both sides are entire)" in work.facts[0]


def test_a_domain_restricts_the_points() -> None:
    work = Derivation()
    work.equal("|x| = x on (0, 1)", sympy.Abs(X).subs(X, P), P)
    work.differs("|x| and x", sympy.Abs(X), X, domain={X: (-2, -1)})
    with pytest.raises(Disproved, match="agree at every point tried"):
        work.differs("|x| and x", sympy.Abs(X), X, domain={X: (1, 2)})


def test_polynomial_identity() -> None:
    work = Derivation()

    def square(point: list) -> sympy.Expr:
        return (point[0] + point[1]) ** 2 - point[0] ** 2 - 2 * point[0] * point[1] - point[1] ** 2

    work.polynomial_identity("binomial", square, arity=2, degree=2)
    assert "chance of error below 1e-24" in work.facts[0]
    with pytest.raises(Disproved, match="the residual is"):
        work.polynomial_identity("wrong", lambda point: square(point) + 1, arity=2, degree=2)
    with pytest.raises(Undecided, match="not a rational number"):
        work.polynomial_identity("root", lambda point: sympy.sqrt(2), arity=1, degree=1)


def test_numeric_facts() -> None:
    work = Derivation()
    work.close("near", np.array([1.0, 2.0]), [1.0, 2.0 + 1e-9], atol=1e-8)
    work.apart("far", [1.0, 2.0], 1.0, by=0.5)
    work.require("rank", True, 2)
    assert len(work.facts) == 3
    with pytest.raises(Disproved, match="largest deviation 1, allowed"):
        work.close("near", 1.0, 2.0, atol=0.5)
    with pytest.raises(Disproved, match="wanted at least"):
        work.apart("far", 1.0, 1.0, by=0.1)
    with pytest.raises(Disproved, match="not finite"):
        work.close("near", np.nan, 1.0, atol=1.0)
    with pytest.raises(Disproved, match="found 3"):
        work.require("rank", False, 3)
    with pytest.raises(ValueError, match="cannot be compared"):
        work.close("near", np.zeros(2), np.zeros(3), atol=1.0)


def test_within_errors_accepts_the_mean_and_rejects_twelve_errors() -> None:
    """Mean of 10,000 normal draws: false-alarm rate 1.2e-15; a shift of 12 standard errors is missed at 3.2e-5."""
    draws = np.random.default_rng(0).normal(size=10_000)
    work = Derivation()
    work.within_errors("mean", draws, 0.0)
    with pytest.raises(Disproved, match="standard errors away"):
        work.within_errors("mean", draws, 0.12)


def test_pythagoras_is_a_normal_form() -> None:
    assert pythagoras(sympy.sin(X) ** 4) == sympy.expand((1 - sympy.cos(X) ** 2) ** 2)
    assert pythagoras(sympy.sin(X) ** 3) == sympy.expand(sympy.sin(X) * (1 - sympy.cos(X) ** 2))
