"""Claims as matrix formulas of symbolic size, held against generic explicit matrices of size n = 1, 2, 3, ...

A claim such as `A.T * P_R * A` is written once with `sympy.MatrixSymbol`s of symbolic size; `evaluate` puts explicit
matrices of unknown numbers or of abstract functions in their place.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy


def evaluate(
    formula: sympy.MatrixExpr, values: Mapping[sympy.MatrixSymbol, sympy.MatrixBase]
) -> sympy.MutableDenseMatrix:
    """The formula with every matrix symbol replaced by its explicit value."""
    explicit = {symbol: sympy.ImmutableMatrix(value) for symbol, value in values.items()}
    return sympy.Matrix(formula.xreplace(explicit).doit())


def column(name: str, n: int) -> sympy.MutableDenseMatrix:
    """Real unknowns name1, ..., name<n> as a column."""
    return sympy.Matrix(sympy.symbols(f"{name}1:{n + 1}", real=True))


def function_column(name: str, arguments: sympy.MatrixBase, n: int) -> sympy.MutableDenseMatrix:
    """Abstract smooth functions name1, ..., name<n> of the arguments as a column."""
    return sympy.Matrix([sympy.Function(f"{name}{i + 1}", real=True)(*arguments) for i in range(n)])


def symmetric(name: str, n: int, *arguments: sympy.Symbol) -> sympy.MutableDenseMatrix:
    """A symmetric matrix of real unknowns or, given arguments, of abstract functions of them."""
    matrix = sympy.zeros(n, n)
    for i in range(n):
        for j in range(i, n):
            label = f"{name}{i + 1}{j + 1}"
            unknown = sympy.Function(label, real=True)(*arguments) if arguments else sympy.Symbol(label, real=True)
            matrix[i, j] = matrix[j, i] = unknown
    return matrix
