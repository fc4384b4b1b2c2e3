"""A density through an invertible generator: the logarithm of an absolute determinant.

    log p(x) = log P(g^-1(x)) + log abs det J_{g^-1}(x),    x = g(z), z ~ P.

[mikulasch2026ldm, eq. 23 and 63] write |M| for the determinant itself; a generator that reverses orientation then has
a complex log likelihood. The truth is taken from cumulative probabilities, from normal laws and from masses of images.
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import sympy
from numpy.polynomial.hermite_e import hermegauss

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.matrix_formula import column
from proofs_checks.verification import Derivation

_PRIOR = sympy.Symbol("P", positive=True)
_DET = sympy.Symbol("D", real=True)
_X, _Y = sympy.symbols("x y", real=True)
_POSITIVE = sympy.Symbol("x", positive=True)


_ABSOLUTE = _PRIOR * sympy.Abs(_DET)


def _claim(density: sympy.Expr = _ABSOLUTE) -> dict[str, Any]:
    """p(x) from P = P(g^-1(x)) and D = det J_{g^-1}(x), and its logarithm."""
    return {"density": density, "log density": sympy.log(_PRIOR) + sympy.log(sympy.Abs(_DET))}


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    _cumulative(claim, work)
    _normal_laws(claim, work)
    for determinant in (sympy.Integer(-3), sympy.Rational(1, 2)):
        values = {_PRIOR: sympy.Rational(2, 7), _DET: determinant}
        log_density, density = (claim[name].subs(values) for name in ("log density", "density"))
        work.equal(f"exp of the log density, D = {determinant}", sympy.exp(log_density), density)
        work.require(f"it is real, D = {determinant}", log_density.is_real, log_density)
    _images(claim, work)


def _density(claim: dict[str, Any], prior: sympy.Expr, inverse: sympy.Expr, point: sympy.Symbol) -> sympy.Expr:
    return claim["density"].subs({_PRIOR: prior, _DET: sympy.diff(inverse, point)}, simultaneous=True)


def _cumulative(claim: dict[str, Any], work: Derivation) -> None:
    """n = 1: p is the slope of P(x <= t) = F(g^-1(t)), or of 1 - F(g^-1(t)) when g decreases."""
    z = sympy.Symbol("z", real=True)
    laws = {
        "normal": (1 + sympy.erf(z / sympy.sqrt(2))) / 2,
        "logistic": 1 / (1 + sympy.exp(-z)),
    }
    inverses = {
        "g = -z": (-_X, -1, _X),
        "g = exp(-z)": (-sympy.log(_POSITIVE), -1, _POSITIVE),
        "g = sinh z": (sympy.asinh(_X), 1, _X),
        "g = 2 - 3 z": ((2 - _X) / 3, -1, _X),
    }
    for law, cumulative in laws.items():
        prior = sympy.diff(cumulative, z)
        for name, (inverse, orientation, point) in inverses.items():
            truth = orientation * sympy.diff(cumulative.subs(z, inverse), point)
            found = _density(claim, prior.subs(z, inverse), inverse, point)
            label = f"{law} z, {name}"
            work.show(f"{label}: density of x", truth)
            work.equal(f"{label}: P(g^-1) |slope| is the slope of the distribution function", found, truth)


def _normal_laws(claim: dict[str, Any], work: Derivation) -> None:
    """z ~ N(0, I), x = G z: N(0, G G^T). At det G = +1 and -1 times any size, n = 2 and 3, for every x."""
    for n in (2, 3):
        for reflect in (1, -1):
            lower = sympy.Matrix(n, n, lambda i, j: sympy.Rational(i + 2 * j + 1, 3) if i > j else int(i == j))
            sizes = sympy.symbols(f"c1:{n + 1}", positive=True)
            generator = lower * sympy.diag(reflect * sizes[0], *sizes[1:]) * lower.T
            x = column("x", n)
            z = generator.inv() * x
            prior = sympy.exp(-(z.T * z)[0] / 2) / sympy.sqrt(2 * sympy.pi) ** n
            covariance = generator * generator.T
            scale = sympy.sqrt((2 * sympy.pi) ** n) * sympy.prod(sizes)  # |G| up to its sign, since |lower| = 1
            work.equal(f"n = {n}: |G G^T| is that scale squared", covariance.det(), sympy.prod(sizes) ** 2)
            truth = sympy.exp(-(x.T * covariance.inv() * x)[0] / 2) / scale
            values = {_PRIOR: prior, _DET: generator.inv().det()}
            found = claim["density"].subs(values, simultaneous=True)
            ratio = (found / truth).replace(sympy.exp, lambda exponent: sympy.exp(sympy.expand(exponent)))
            work.equal(f"n = {n}, orientation {reflect}: density over that of N(0, G G^T)", ratio, 1)


def _images(claim: dict[str, Any], work: Derivation) -> None:
    """x = g(z) for bent g of either orientation: mean of a test function by p(x) on a grid and by quadrature over z."""
    nodes, weights = hermegauss(60)
    z1, z2 = np.meshgrid(nodes, nodes)
    mass = np.outer(weights, weights) / (2 * np.pi)
    grid = np.linspace(-1, 1, 801)
    x1, x2 = np.meshgrid(9 * grid, 30 * grid)
    cell = 9 * 30 * (grid[1] - grid[0]) ** 2
    inverse = {"keeps": (_X, _Y - _X**2 / 2), "reverses": (_Y - sympy.sin(_X), _X)}
    forward = {"keeps": (z1, z2 + z1**2 / 2), "reverses": (z2, z1 + np.sin(z2))}
    for name, (u, v) in inverse.items():
        jacobian = sympy.Matrix([u, v]).jacobian([_X, _Y])
        prior = sympy.exp(-(u**2 + v**2) / 2) / (2 * sympy.pi)
        found = claim["density"].subs({_PRIOR: prior, _DET: sympy.simplify(jacobian.det())}, simultaneous=True)
        density = sympy.lambdify([_X, _Y], found, "numpy")(x1, x2)
        for what, test in (
            ("mass", lambda p, q: np.ones_like(p)),
            ("mean of cos(x1 + x2)", lambda p, q: np.cos(p + q)),
        ):
            over_x, over_z = (density * test(x1, x2)).sum() * cell, (mass * test(*forward[name])).sum()
            work.close(f"a bent plane map that {name} orientation: {what}", over_x, over_z, atol=1e-6)


def _witness() -> Witness:
    """g^-1(x) = -x, z ~ N(0, 1), at x = 1: the density of x = -z is that of z."""
    normal = -0.5 * math.log(2 * math.pi) - 0.5
    printed = complex(normal, math.pi)  # log(-1) = i pi
    return Witness("log p(1) for g^-1(x) = -x, z ~ N(0, 1)", normal, printed, normal + math.log(abs(-1.0)))


CHECKS = (
    Check(
        id="eq-23",
        aliases=("eq-63",),
        theme="change of variables",
        statement=r"\log p(x) = \log P(g^{-1}(x)) + \log|\det J_{g^{-1}}(x)|",
        source=Source("mikulasch2026ldm", "eq. 23 and 63"),
        kinds=("S", "N"),
        assumptions=(
            "g is a diffeomorphism between open sets of equal dimension.",
            "z has the density P.",
        ),
        proved=(
            "Slopes of distribution functions for four generators of either orientation and two laws (n = 1); normal"
            " laws for families of matrices of either orientation (n = 2, 3); bent plane maps by quadrature."
        ),
        not_proved="The theorem for every diffeomorphism.",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("the determinant without its absolute value, as printed", partial(_claim, _PRIOR * _DET)),
            Twin("the Jacobian of g for that of its inverse", partial(_claim, _PRIOR / sympy.Abs(_DET))),
        ),
        erratum=Erratum(
            printed=r"\langle\log P(g^{-1}(x)) + \log|J_{g^{-1}}(x)|\rangle,\quad |M|\;\mathrm{the\;determinant}",
            correct=r"\langle\log P(g^{-1}(x)) + \log\,\mathrm{abs}\,|J_{g^{-1}}(x)|\rangle",
            witness=_witness,
            consequence="With |M| defined as the determinant, the log likelihood is complex for every generator that"
            " reverses orientation; read it as the absolute determinant.",
        ),
    ),
)
