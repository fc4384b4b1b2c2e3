"""Entropy maximisation charges for a fold, but never more than log 2 for two preimages.

    H[f(x)] = H[x] + <log |f'|> - <h(w)>,   h(w) = -w log w - (1 - w) log(1 - w) <= log 2,

w the weight of one of two preimages. The barrier is finite: stretching or alignment can pay it. x -> |x| with a
half-normal latent model is a fold at the optimum of the objective. [mikulasch2026ldm, A.4.2]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy
from scipy.integrate import quad

from proofs_checks.check import Check, Source, Twin
from proofs_checks.verification import Derivation

_W, _X = sympy.symbols("w x", positive=True)
_HX, _STRETCH, _FOLD = sympy.symbols("H L F", real=True)
_LOG_TWO = sympy.log(2)
_HALF = sympy.Rational(1, 2)
_UNIT = {_W: (0, 1)}


def _claim(formula: sympy.Expr = _HX + _STRETCH - _FOLD, bound: sympy.Expr = _LOG_TWO) -> dict[str, Any]:
    """H = H[x], L = <log |f'|>, F = <h(w)>; the values of x^2 and |x| at x ~ N(0, 1)."""
    return {
        "formula": formula,
        "fold": -_W * sympy.log(_W) - (1 - _W) * sympy.log(1 - _W),
        "bound": bound,
        "stretching of x^2": (_LOG_TWO - sympy.EulerGamma) / 2,
        "entropy of x^2": _HALF + sympy.log(sympy.pi) / 2 - sympy.EulerGamma / 2,
        "alignment gained by |x|": _LOG_TWO,
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    _bound(claim, work)
    _square(claim, work)
    _absolute_value(claim, work)
    _sliding_fold(claim, work)


def _bound(claim: dict[str, Any], work: Derivation) -> None:
    """h is concave with its maximum at w = 1/2, and vanishes where one preimage has all the weight."""
    fold = claim["fold"]
    work.equal("h'' = -1 / (w (1 - w)) < 0", sympy.diff(fold, _W, 2), -1 / (_W * (1 - _W)), domain=_UNIT)
    work.equal("h'(1/2) = 0", sympy.diff(fold, _W).subs(_W, _HALF), 0)
    work.equal("h(1/2) is the bound", fold.subs(_W, _HALF), claim["bound"])
    work.equal("h tends to 0 as w tends to 0", sympy.limit(fold, _W, 0, "+"), 0)


def _square(claim: dict[str, Any], work: Derivation) -> None:
    """x^2 stretches on average, <log |2 x|> = .058 > 0, and folds nevertheless: w = 1/2 everywhere."""
    a = sympy.Symbol("a", positive=True)
    density = sympy.sqrt(2 / sympy.pi) * sympy.exp(-(_X**2) / 2)  # of |x|
    moment = work.show("<|x|^a>", sympy.simplify(sympy.integrate(_X**a * density, (_X, 0, sympy.oo))))
    mean_log = sympy.expand_func(sympy.diff(moment, a).subs(a, 0))
    stretching = sympy.log(2) + mean_log
    work.equal("<log |2 x|>", stretching, claim["stretching of x^2"])
    work.require("x^2 stretches on average", claim["stretching of x^2"].is_positive, sympy.N(stretching, 4))
    # density of y = x^2 at y: exp(-y/2) / sqrt(2 pi y)
    direct = sympy.log(2 * sympy.pi) / 2 + mean_log + moment.subs(a, 2) / 2
    work.equal("H[x^2], from its density", sympy.expand_log(direct), claim["entropy of x^2"])
    values = {_HX: sympy.log(2 * sympy.pi * sympy.E) / 2, _STRETCH: stretching, _FOLD: claim["fold"].subs(_W, _HALF)}
    work.equal(
        "H[x^2], from the formula", sympy.expand_log(claim["formula"].xreplace(values)), sympy.expand_log(direct)
    )


def _absolute_value(claim: dict[str, Any], work: Derivation) -> None:
    """|x| against the half-normal model P = 2 phi on z > 0: alignment pays the fold exactly, F_LDM = 0, the optimum."""
    log_phi = -sympy.log(2 * sympy.pi) / 2 - _X**2 / 2
    entropy_of_x = sympy.log(2 * sympy.pi * sympy.E) / 2
    mean = sympy.expand(sympy.log(2) + log_phi).subs(_X**2, 1)
    gained = sympy.expand(mean - log_phi.subs(_X**2, 1))
    work.equal("<log P(|x|)> exceeds <log phi(x)> by", gained, claim["alignment gained by |x|"])
    values = {_HX: entropy_of_x, _STRETCH: sympy.S.Zero, _FOLD: claim["bound"]}
    objective = log_phi.subs(_X**2, 1) + claim["alignment gained by |x|"] + claim["formula"].xreplace(values)
    work.equal("the fold |x| reaches F_LDM = 0 against a half-normal model", sympy.expand_log(objective), 0)


def _sliding_fold(claim: dict[str, Any], work: Derivation) -> None:
    """f = |x + c|: the fold moves out of the data and its charge falls from log 2 to 0, steadily."""
    fold = sympy.lambdify(_W, claim["fold"], "numpy")
    entropy_of_x, charges = 0.5 * np.log(2 * np.pi * np.e), []

    def phi(x: float) -> float:
        return np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)

    for c in (0.0, 0.5, 1.0, 2.0, 3.0):

        def density(y: float, c: float = c) -> float:
            return phi(y - c) + phi(-y - c)

        found, _ = quad(lambda y, r=density: -r(y) * np.log(r(y)), 0, c + 12, epsabs=1e-11)
        charge, _ = quad(
            lambda y, r=density, c=c: r(y) * fold(phi(y - c) / r(y)) if phi(-y - c) > 1e-15 * r(y) else 0.0,
            0, c + 12, epsabs=1e-11, limit=200,
        )  # fmt: skip
        formula = complex(claim["formula"].xreplace({_HX: entropy_of_x, _STRETCH: 0.0, _FOLD: charge}))
        work.close(f"H[|x + {c}|]", found, formula, atol=1e-8)
        charges.append(charge)
    falls = np.all(np.diff(charges) < 0) and charges[0] <= float(claim["bound"]) + 1e-9 and charges[-1] < 0.02
    work.require("the charge falls from log 2 to 0 as the fold leaves the data", falls, np.round(charges, 4).tolist())


CHECKS = (
    Check(
        id="a4.2",
        theme="folding",
        statement=(
            r"H[f(x)] = H[x] + \langle\log|f'|\rangle - \langle h(w)\rangle,\quad 0 \leq h(w) = -w\log w -"
            r" (1-w)\log(1-w) \leq \log 2"
        ),
        source=Source("mikulasch2026ldm", "A.4.2"),
        kinds=("S", "N"),
        assumptions=(
            "x has a density on the line; f is piecewise smooth with at most two preimages.",
            "w is the weight of one preimage given f(x).",
        ),
        proved=(
            "The bound; x^2 of a normal variable in closed form, which folds although it stretches on average; |x|"
            " against a half-normal model, a fold with F_LDM = 0; |x + c|, whose charge falls from log 2 to 0."
        ),
        not_proved="That training meets such folds; more than two preimages (log of their number, likewise).",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("no charge for the fold", partial(_claim, _HX + _STRETCH)),
            Twin("a larger barrier, log 4", partial(_claim, bound=2 * _LOG_TWO)),
        ),
    ),
)
