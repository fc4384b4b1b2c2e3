"""LeJEPA's alignment in Hermite polynomials: why linear features win, and where they do not.

For jointly normal z, z' with unit variances and correlation rho, and He_n the probabilists' Hermite polynomials,

    <He_m(z) He_n(z')> = rho^n n! delta_mn,    so  <h(z) h(z')> = sum_n a_n^2 rho^n  for h = sum_n a_n He_n / sqrt(n!).

Degree 1 wins among whitened features because rho > rho^n for n >= 2, which needs 0 < rho < 1 and one rho for all
coordinates. At rho = -0.6 the even feature He_2 has correlation .36; at rho = (.99, .05) the fold

    h = (Phi^-1(2 Phi(|z1|) - 1), sign(z1) |z2|),

again N(0, I), has total correlation 1.51 > .99 + .05. [klindt2026lejepa, main theorem]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy
from scipy.special import ndtr, ndtri

from proofs_checks.check import Check, Source, Twin
from proofs_checks.verification import Derivation

_RHO, _S, _T, _X = sympy.symbols("rho s t x", real=True)
_DEGREE = sympy.Symbol("n", integer=True, nonnegative=True)
_FACTORIAL = sympy.factorial(_DEGREE)
_HIGHEST = 5


def _claim(
    moment: sympy.Expr = _RHO**_DEGREE, norm: sympy.Expr = _FACTORIAL, cross: int = 1, best: int = 1
) -> dict[str, Any]:
    """Generating function, moment at equal degrees, best degree at rho = 3/5 and -3/5; <sign sign'> and <|z| |z'|>."""
    return {
        "generating function": sympy.exp(cross * _RHO * _S * _T),
        "moment": moment * norm,
        "best degree": {sympy.Rational(3, 5): best, sympy.Rational(-3, 5): 2},
        "signs": 2 * sympy.asin(_RHO) / sympy.pi,
        "moduli": 2 * (sympy.sqrt(1 - _RHO**2) + _RHO * sympy.asin(_RHO)) / sympy.pi,
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    _generating_function(claim, work)
    _moments(claim, work)
    _best_degree(claim, work)
    _signs_and_moduli(claim, work)
    _fold(claim, work)


def _generating_function(claim: dict[str, Any], work: Derivation) -> None:
    """sum_n He_n(z) t^n / n! = e^(t z - t^2/2), and <e^(t z + s z')> = e^(variance / 2) for the normal t z + s z'."""
    for n in range(_HIGHEST + 1):
        series = sympy.diff(sympy.exp(_T * _X - _T**2 / 2), _T, n).subs(_T, 0)
        work.equal(f"He_{n}", series, _hermite(n, _X))
    u, v = sympy.symbols("u v", real=True)
    spread = sympy.sqrt(1 - _RHO**2)
    exponent = sympy.expand(_T * u + _S * (_RHO * u + spread * v))
    variance = exponent.coeff(u) ** 2 + exponent.coeff(v) ** 2
    mean = work.show("mean of the product of generating functions", sympy.exp(variance / 2 - (_T**2 + _S**2) / 2))
    work.equal("generating function", mean, claim["generating function"])


def _hermite(n: int, x: sympy.Expr) -> sympy.Expr:
    return sympy.expand(sympy.hermite(n, x / sympy.sqrt(2)) / sympy.sqrt(2) ** n)


def _moments(claim: dict[str, Any], work: Derivation) -> None:
    """Coefficients of s^n t^m, times m! n!: the generating function depends on s t alone, so degrees do not mix."""
    function = claim["generating function"]
    for n in range(_HIGHEST + 1):
        of_s = sympy.diff(function, _S, n).subs(_S, 0)
        for m in range(_HIGHEST + 1):
            coefficient = sympy.diff(of_s, _T, m).subs(_T, 0)
            expected = claim["moment"].subs(_DEGREE, n) if m == n else 0
            work.equal(f"<He_{m}(z) He_{n}(z')>", coefficient, expected)


def _best_degree(claim: dict[str, Any], work: Derivation) -> None:
    """Correlation of the whitened feature He_n / sqrt(n!) is moment / moment at rho = 1."""
    moment = claim["moment"]
    for rho, best in claim["best degree"].items():
        correlations = [
            (moment.subs(_RHO, rho) / moment.subs(_RHO, 1)).subs(_DEGREE, n) for n in range(1, _HIGHEST + 1)
        ]
        found = correlations.index(max(correlations)) + 1
        work.require(f"best whitened feature at rho = {rho}", found == best, f"degree {found} of {correlations}")
    rho = sympy.Symbol("r", positive=True)
    unit = moment.subs(_RHO, rho / (1 + rho)) / moment.subs(_RHO, 1)
    for n in range(2, _HIGHEST + 1):
        gap = sympy.factor(sympy.together(unit.subs(_DEGREE, 1) - unit.subs(_DEGREE, n)))
        work.require(f"0 < rho < 1: degree 1 beats degree {n}", gap.is_positive, gap)


def _signs_and_moduli(claim: dict[str, Any], work: Derivation) -> None:
    """d/d rho <g(z) g(z')> = <g'(z) g'(z')>, since He_n' = n He_{n-1}; for g = |z| and for g = sign, g' = 2 delta."""
    density = sympy.exp(-(_X**2) / 2) / sympy.sqrt(2 * sympy.pi)
    mean_modulus = 2 * sympy.integrate(_X * density, (_X, 0, sympy.oo))
    unit = {_RHO: (-1, 1)}
    work.equal("moduli at rho = 0", claim["moduli"].subs(_RHO, 0), mean_modulus**2)
    work.equal("slope of the moduli", sympy.diff(claim["moduli"], _RHO), claim["signs"], domain=unit)
    at_origin = 1 / (2 * sympy.pi * sympy.sqrt(1 - _RHO**2))  # density of (z, z') at (0, 0)
    work.equal("signs at rho = 0", claim["signs"].subs(_RHO, 0), 0)
    work.equal("slope of the signs", sympy.diff(claim["signs"], _RHO), 4 * at_origin, domain=unit)


def _fold(claim: dict[str, Any], work: Derivation) -> None:
    """h at rho = (.99, .05): moments up to the second are those of N(0, I), correlations add up to more than 1.04."""
    draw, rho = np.random.default_rng(91), (0.99, 0.05)
    noise = draw.normal(size=(4, 200_000))
    first, second = ((z, r * z + np.sqrt(1 - r**2) * e) for r, z, e in zip(rho, noise[:2], noise[2:], strict=True))
    folded = [ndtri(2 * ndtr(np.abs(z)) - 1) for z in first]
    signed = [np.sign(z) * np.abs(y) for z, y in zip(first, second, strict=True)]
    moments = np.stack([folded[0], signed[0], folded[0] * signed[0], folded[0] ** 2 - 1, signed[0] ** 2 - 1], axis=1)
    work.within_errors("simulation: the fold keeps N(0, I) up to second moments", moments, np.zeros(5))
    of_second = float(claim["signs"].subs(_RHO, rho[0]) * claim["moduli"].subs(_RHO, rho[1]))
    work.within_errors("simulation: correlation of the second coordinate", signed[0] * signed[1], of_second)
    total = folded[0] * folded[1] + signed[0] * signed[1]
    gap = (total.mean() - sum(rho)) / (total.std() / np.sqrt(len(total)))
    work.require("simulation: total above .99 + .05 by 8 standard errors", gap > 8, f"{total.mean():.3f}")


CHECKS = (
    Check(
        id="lj-1",
        theme="lejepa",
        statement=(
            r"\langle He_m(z)\,He_n(z')\rangle = \rho^n\,n!\,\delta_{mn},\quad"
            r" 0 < \rho < 1 \;\Rightarrow\; \rho > \rho^n\;(n \geq 2)"
        ),
        source=Source("klindt2026lejepa", "main theorem: alignment in the Hermite basis"),
        kinds=("S", "N"),
        assumptions=(
            "z and z' are jointly normal with unit variances and correlation rho, the same in every coordinate.",
            "Features are whitened; 0 < rho < 1 for the conclusion.",
        ),
        proved=(
            "The generating function, hence all moments; these one by one up to degree 5; that degree 1 wins for every"
            " 0 < rho < 1 and degree 2 at rho = -3/5; a fold that beats the linear map at rho = (.99, .05), by"
            " simulation, with <sign sign'> and <|z| |z'|> in closed form."
        ),
        not_proved="Completeness of the Hermite basis; degrees above 5 one by one.",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("no factorial", partial(_claim, norm=sympy.S.One)),
            Twin("correlation rho at every degree", partial(_claim, moment=_RHO)),
            Twin("a generating function with 2 rho", partial(_claim, cross=2)),
            Twin("degree 2 as the best at rho = 3/5", partial(_claim, best=2)),
        ),
    ),
)
