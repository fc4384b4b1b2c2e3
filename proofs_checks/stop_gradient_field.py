"""Predicting a detached target with fixed sigma: a field that is no gradient and does not know the scale.

s_t stationary with variance 1 and <s_t s_{t-1}> = rho, code z = a s, predictor w z_{t-1}, log P = -(z_t - p)^2 / (2 v):

    V_a = a w (rho - w) / v,   V_w = a^2 (rho - w) / v,   dV_w/da - dV_a/dw = a rho / v,

which is no gradient field; a^2 - w^2 is conserved, so the initial scale decides the final one, and at w = rho every
scale is stationary, collapse included. The LDM objective adds H[z_t | z_:t] and pins a^2 (1 - rho^2) = v. For vectors,
z = B s and s_t = M s_{t-1} + noise, the field vanishes at W = B M B^-1 for every invertible B, whereas LDM pins the
residual covariance. The two agree in a only if v = a^2 (1 - w rho), the residual variance once w = rho.
[mikulasch2026ldm, eq. 59 and 60]
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import sympy
from scipy.integrate import solve_ivp

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.matrix_formula import column, evaluate, symmetric
from proofs_checks.verification import Derivation

_A, _W, _RHO = sympy.symbols("a w rho", real=True)
_V = sympy.Symbol("v", positive=True)
_N = sympy.Symbol("n", integer=True, positive=True)
_B, _M, _C, _P, _PREDICTOR = (sympy.MatrixSymbol(name, _N, _N) for name in ("B", "M", "C", "P", "W"))


def _claim(detached: bool = True, curl: int = 1, conserved: int = -1) -> dict[str, Any]:
    """`detached`: whether the target is; the field is then V, otherwise the gradient of the log likelihood."""
    through_target = sympy.S.Zero if detached else _A * (1 - _W * _RHO) / _V
    return {
        "V_a": _A * _W * (_RHO - _W) / _V - through_target,
        "V_w": _A**2 * (_RHO - _W) / _V,
        "curl": curl * _A * _RHO / _V,
        "conserved": _A**2 + conserved * _W**2,
        "LDM gradient in a": 1 / _A - _A * (1 - 2 * _W * _RHO + _W**2) / _V,
        "a^2 that LDM pins": _V / (1 - _RHO**2),
        "v at which they agree": _A**2 * (1 - _W * _RHO),
        "V_B": _PREDICTOR.T * _P * (_B * _M - _PREDICTOR * _B) * _C,
        "V_W": _P * (_B * _M - _PREDICTOR * _B) * _C * _B.T,
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    _by_moments(claim, work)
    _not_a_gradient(claim, work)
    _against_ldm(claim, work)
    for n in (1, 2):
        _vectors(claim, work, n)
    stationary = {_PREDICTOR: _B * _M * _B.inverse()}
    for name in ("V_B", "V_W"):
        field = claim[name].xreplace(stationary).doit()
        work.equal(f"{name} vanishes at W = B M B^-1, every n and B", field, sympy.ZeroMatrix(_N, _N))
    _with_autograd(claim, work)
    _follow(claim, work)


def _by_moments(claim: dict[str, Any], work: Derivation) -> None:
    """Differentiate with a frozen copy of a in the target, then average s_t, s_{t-1} by their second moments."""
    now, before, frozen = sympy.symbols("s_t s_past a_SG", real=True)
    log_density = -((frozen * now - _W * _A * before) ** 2) / (2 * _V)
    for name, parameter in (("V_a", _A), ("V_w", _W)):
        slope = sympy.diff(log_density, parameter).subs(frozen, _A)
        work.equal(name, _average(slope, now, before), claim[name])


def _average(expression: sympy.Expr, now: sympy.Symbol, before: sympy.Symbol) -> sympy.Expr:
    moments = {(2, 0): 1, (0, 2): 1, (1, 1): _RHO}
    form = sympy.Poly(expression, now, before)
    return sympy.Add(*(coefficient * moments[powers] for powers, coefficient in form.terms()))


def _not_a_gradient(claim: dict[str, Any], work: Derivation) -> None:
    curl = sympy.diff(claim["V_w"], _A) - sympy.diff(claim["V_a"], _W)
    work.equal("dV_w/da - dV_a/dw", curl, claim["curl"])
    change = sympy.diff(claim["conserved"], _A) * claim["V_a"] + sympy.diff(claim["conserved"], _W) * claim["V_w"]
    work.equal("conserved along the field", change, 0)
    at_optimum = sympy.Matrix([claim["V_a"], claim["V_w"]]).subs(_W, _RHO)
    work.equal("every scale is stationary at w = rho", at_optimum, sympy.zeros(2, 1))
    collapsed = sympy.Matrix([claim["V_a"], claim["V_w"]]).subs(_A, 0)
    work.equal("collapse is stationary for every predictor", collapsed, sympy.zeros(2, 1))


def _against_ldm(claim: dict[str, Any], work: Derivation) -> None:
    """True LDM: -<(z_t - w z_{t-1})^2> / (2 v) + 1/2 log(2 pi e a^2 (1 - rho^2))."""
    now, before = sympy.symbols("s_t s_past", real=True)
    residual = _A**2 * _average((now - _W * before) ** 2, now, before)
    objective = -residual / (2 * _V) + sympy.log(2 * sympy.pi * sympy.E * _A**2 * (1 - _RHO**2)) / 2
    slope = sympy.diff(objective, _A)
    work.equal("LDM gradient in a", slope, claim["LDM gradient in a"])
    square = sympy.Symbol("a2", positive=True)
    balance = sympy.expand(_A * slope.subs(_W, _RHO)).subs(_A**2, square)
    (pinned,) = sympy.solve(balance, square)
    work.equal(
        "the one squared scale that LDM pins at w = rho", pinned, claim["a^2 that LDM pins"], domain={_RHO: (0, 1)}
    )
    gap = sympy.together(claim["V_a"] - slope)
    agreeing = sympy.solve(sympy.numer(gap), _V)
    work.equal(
        "variance at which the two agree in a", sympy.Matrix(agreeing), sympy.Matrix([claim["v at which they agree"]])
    )
    difference = claim["v at which they agree"] - residual
    work.equal("that is the residual variance at w = rho", difference.subs(_W, _RHO), 0)
    work.differs("and not elsewhere", difference, 0)


def _vectors(claim: dict[str, Any], work: Derivation, n: int) -> None:
    """Generic B, W, M, C, P: <e s_{t-1}^T> = (B M - W B) C; and the stationary point of LDM in B."""
    names = {
        symbol: sympy.Matrix(n, n, sympy.symbols(f"{symbol}:{n * n}", real=True)) for symbol in (_B, _M, _PREDICTOR)
    }
    names |= {_C: symmetric("C", n), _P: symmetric("P", n)}
    encoder, predictor, precision = names[_B], names[_PREDICTOR], names[_P]
    frozen = sympy.Matrix(n, n, sympy.symbols(f"B_SG:{n * n}", real=True))
    before, noise = column("s", n), column("e", n)
    error = frozen * (names[_M] * before + noise) - predictor * encoder * before
    log_density = -(error.T * precision * error)[0] / 2
    thaw = dict(zip(frozen, encoder, strict=True))
    for name, parameters in (("V_B", encoder), ("V_W", predictor)):
        found = sympy.zeros(n, n)
        for i in range(n):
            for j in range(n):
                slope = sympy.Poly(sympy.diff(log_density, parameters[i, j]).subs(thaw), *before, *noise)
                found[i, j] = sympy.Add(*(c * _moment(powers, names[_C], n) for powers, c in slope.terms()))
        work.equal(f"{name}, n = {n}", found, evaluate(claim[name], names))
    spread = symmetric("S", n)
    objective = -(precision * encoder * spread * encoder.T).trace() / 2 + sympy.log(encoder.det() ** 2) / 2
    slope = sympy.Matrix(n, n, [sympy.diff(objective, entry) for entry in encoder])
    pinned = (encoder * spread * encoder.T).inv()
    at_match = slope.subs(dict(zip(precision, pinned, strict=True)))
    work.equal(
        f"LDM is stationary in B where the residual covariance is the model's, n = {n}", at_match, sympy.zeros(n, n)
    )
    at_twice = slope.subs(dict(zip(precision, 2 * pinned, strict=True)))
    work.differs(f"and not at half of it, n = {n}", at_twice, sympy.zeros(n, n))


def _moment(powers: tuple[int, ...], covariance: sympy.Matrix, n: int) -> sympy.Expr:
    """<s s^T> = C; the noise is independent of the past, and no slope is quadratic in it."""
    i, j = [index for index, power in enumerate(powers) for _ in range(power)]
    if j >= n:
        return sympy.S.Zero if i < n else sympy.nan
    return covariance[i, j]


def _with_autograd(claim: dict[str, Any], work: Derivation) -> None:
    """Four pairs (s_{t-1}, s_t) = (e, rho e + sqrt(1 - rho^2) d), e, d = +-1, have the moments exactly."""
    import torch

    rho, variance = 0.6, 0.7
    sign = torch.tensor([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]], dtype=torch.float64)
    before, now = sign[:, 0], rho * sign[:, 0] + math.sqrt(1 - rho**2) * sign[:, 1]
    field = sympy.lambdify([_A, _W, _RHO, _V], [claim["V_a"], claim["V_w"]], "math")
    for scale, weight in ((1.3, 0.2), (0.4, 0.9), (2.0, 0.6)):
        a, w = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in (scale, weight))
        log_density = (-(((a * now).detach() - w * a * before) ** 2) / (2 * variance)).mean()
        found = [float(part) for part in torch.autograd.grad(log_density, [a, w])]
        label = f"detached target, gradient at a = {scale}, w = {weight}"
        work.close(label, found, field(scale, weight, rho, variance), atol=1e-12)


def _follow(claim: dict[str, Any], work: Derivation) -> None:
    """rho = 1/2, v = 1, from two starts: one keeps a scale set by its start, one collapses."""
    field = sympy.lambdify([_A, _W], [claim[name].subs({_RHO: 0.5, _V: 1}) for name in ("V_a", "V_w")], "math")
    kept = sympy.lambdify([_A, _W], claim["conserved"], "math")
    for start in ((1.0, 0.0), (0.3, 0.9)):
        path = solve_ivp(lambda _, state: field(*state), (0, 200), start, rtol=1e-10, atol=1e-12)
        a, w = path.y[:, -1]
        left = kept(*start) + 0.25  # a^2 at w = rho
        expected = (math.sqrt(left), 0.5) if left > 0 else (0.0, math.sqrt(-kept(*start)))
        work.close(f"from a = {start[0]}, w = {start[1]} to", np.array([a, w]), np.array(expected), atol=1e-5)


def _witness() -> Witness:
    """rho = w = .5, a = 2, v = 1: the slope of LDM in a by differences; the detached target's field is 0."""
    rho, a, step = 0.5, 2.0, 1e-5

    def objective(scale: float) -> float:
        return -(scale**2) * (1 - rho**2) / 2 + math.log(scale)

    truth = (objective(a + step) - objective(a - step)) / (2 * step)
    return Witness("slope of F_LDM in the scale, w = rho = .5, a = 2, sigma = 1", truth, 0.0, 1 / a - a * (1 - rho**2))


CHECKS = (
    Check(
        id="sg-dyn",
        aliases=("eq-59", "eq-60"),
        theme="stop-gradient",
        statement=(
            r"V_a = \frac{a w(\rho-w)}{\sigma^2},\; V_w = \frac{a^2(\rho-w)}{\sigma^2},\quad"
            r" \partial_a V_w - \partial_w V_a = \frac{a\rho}{\sigma^2},\quad a^2 - w^2 = \mathrm{const},\quad"
            r" V = 0\;\mathrm{for\;all}\;a\;\mathrm{at}\;w=\rho"
        ),
        source=Source("mikulasch2026ldm", "eq. 59, 60"),
        kinds=("S", "A", "N"),
        assumptions=(
            "Linear encoder and predictor, stationary latents with <s_t s_{t-1}> = rho (vectors: s_t = M s_{t-1} +"
            " noise).",
            "The target is detached, sigma fixed; averages are over the population.",
            "Comparison with LDM: Gaussian noise, H[z_t|z_:t] exact, |rho| < 1.",
        ),
        proved=(
            "The field, its curl, the conserved quantity, its stationary points, and the scale LDM pins; for vectors"
            " that the field vanishes at the best predictor of every invertible encoder (every n, the field derived for"
            " n = 1, 2) while LDM pins the residual covariance; the field by automatic differentiation; two"
            " trajectories, one of which collapses."
        ),
        not_proved="Nonlinear encoders, learned sigma, momentum, finite step sizes.",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("the target not detached", partial(_claim, detached=False)),
            Twin("a gradient field", partial(_claim, curl=0)),
            Twin("a^2 + w^2 conserved", partial(_claim, conserved=1)),
        ),
        erratum=Erratum(
            printed=r"\partial\mathcal{F}_{JEPA} \approx \partial\mathcal{F}_{LDM}\;\mathrm{at\;fixed}\;\sigma",
            correct=(
                r"\partial_a\mathcal{F}_{LDM} = V_a + \frac{1}{a} - \frac{a(1-w\rho)}{\sigma^2},\quad"
                r" \mathrm{equal\;iff}\;\sigma^2 = a^2(1-w\rho)"
            ),
            witness=_witness,
            consequence="With a fixed sigma the detached target leaves the scale to the starting point, up to collapse;"
            " it follows LDM only where sigma^2 equals the current residual variance and the predictor is optimal.",
        ),
    ),
)
