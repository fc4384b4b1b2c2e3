"""Entropy and divergence of centred normal laws, written with the determinant and the trace of covariances.

H[N(0, S)] = n/2 log(2 pi e) + 1/2 log |S|,   KL(N(0, S) || N(0, V)) = 1/2 (tr(V^-1 S) - n + log |V| - log |S|)
"""

from __future__ import annotations

import sympy


def entropy(covariance: sympy.MatrixBase) -> sympy.Expr:
    """H[N(0, covariance)] in nats."""
    return covariance.rows * sympy.log(2 * sympy.pi * sympy.E) / 2 + sympy.log(covariance.det()) / 2


def divergence(truth: sympy.MatrixBase, model: sympy.MatrixBase) -> sympy.Expr:
    """KL(N(0, truth) || N(0, model)) in nats."""
    excess = (model.inv() * truth).trace() - truth.rows
    return (excess + sympy.log(model.det()) - sympy.log(truth.det())) / 2


def autoregression(first: sympy.Expr, slope: sympy.Expr, noise: sympy.Expr, length: int) -> sympy.MutableDenseMatrix:
    """Covariance of z_1 ~ N(0, first), z_t = slope z_(t-1) + N(0, noise), for `length` steps."""
    steps = sympy.eye(length) - slope * sympy.Matrix(length, length, lambda i, j: int(i == j + 1))
    spread = sympy.diag(first, *[noise] * (length - 1))
    return (steps.inv() * spread * steps.inv().T).applyfunc(sympy.expand)
