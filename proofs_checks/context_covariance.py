"""Theorem 1 fails when the covariance may depend on the past: a closed-form counterexample in three dimensions.

    M(u) = beta [[0, 0, u2], [0, 0, -u1], [u2, -u1, 0]],    beta^2 (u1^2 + u2^2) < 1,
    truth      z    ~ N(p, L^-1),     L = I + M,    p = L^-1 u,
    recovered  h(z) ~ N(p_R, L_R^-1),  L_R = I - M,  p_R = L_R^-1 u,

where h turns (z1, z2) by -2 arctan(beta z3) and keeps z3. Every other assumption of Theorem 1 holds: u is any function
of the past that covers a neighbourhood of 0, the Jacobian of p has full rank, h is a diffeomorphism with det J_h = 1,
and the two conditional log densities agree for every z and every u. [mikulasch2026ldm, Theorem 1 (i) weakened]

A rewriting that `simplify` does not find alone: cos and sin of 2 arctan t are (1 - t^2) / (1 + t^2) and 2 t / (1 + t^2)
for every real t, which `expand_trig` reaches through cos(arctan t) and sin(arctan t).
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.matrix_formula import column
from proofs_checks.verification import Derivation

_BETA = sympy.Symbol("beta", positive=True)
_U, _Z = column("u", 3), column("z", 3)
_B, _M0, _M1 = sympy.symbols("b m M", real=True)
_S0, _S1 = sympy.symbols("s S", positive=True)
_EYE = sympy.eye(3)
_HALF_TURN = sympy.atan(_BETA * _Z[2])


def _coupling() -> sympy.Matrix:
    return _BETA * sympy.Matrix([[0, 0, _U[1]], [0, 0, -_U[0]], [_U[1], -_U[0], 0]])


def _claim(half_turns: int = -2, model_sign: int = -1) -> dict[str, Any]:
    """Both precisions, the angle of h, the common log det, the largest eigenvalue of M, the Jacobian of p at u = 0.

    `transport` is for n = 1, where one past already decides: the image of N(m, s^2) that is N(M, S^2).
    """
    size = _BETA**2 * (_U[0] ** 2 + _U[1] ** 2)
    return {
        "precision": _EYE + _coupling(),
        "model precision": _EYE + model_sign * _coupling(),
        "angle": half_turns * _HALF_TURN,
        "det L": 1 - size,
        "squared eigenvalue of M": size,
        "J_p at 0": _EYE,
        "transport": _M1 + _S1 * (_B - _M0) / _S0,
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    truth, model = claim["precision"], claim["model precision"]
    h = work.show("h", _turned(claim["angle"]))
    cleared = h.applyfunc(lambda entry: sympy.together(sympy.expand_trig(entry)))
    _range_of_the_precision(claim, work)
    work.equal("det J_h = 1", cleared.jacobian(_Z).det(), 1)
    work.equal("h keeps z3", cleared[2], _Z[2])
    work.equal("log det L = log det L_R", truth.det(), model.det())
    work.equal("u^T L^-1 u = u^T L_R^-1 u", (_U.T * truth.inv() * _U)[0], (_U.T * model.inv() * _U)[0])
    exponent = ((_U.T * _Z) - _Z.T * truth * _Z / 2)[0]
    model_exponent = ((_U.T * cleared) - cleared.T * model * cleared / 2)[0]
    work.equal("exponents of both densities agree for every z and u", model_exponent, exponent)
    means = truth.LUsolve(_U)
    work.equal(
        "h(p(u)) = p_R(u)", cleared.subs(dict(zip(_Z, means, strict=True)), simultaneous=True), model.LUsolve(_U)
    )
    slope = means.jacobian(_U).subs(dict.fromkeys(_U, 0))
    work.equal("J_p at u = 0", slope, claim["J_p at 0"])
    work.require("J_p has full rank there", slope.det() != 0, f"determinant {slope.det()}")
    work.differs("L depends on the past", truth.diff(_U[0]), sympy.zeros(3, 3))
    work.differs("h is not affine", cleared.diff(_Z[2], 2), sympy.zeros(3, 1))
    _one_dimension_is_rigid(claim, work)
    _simulate(claim, work)


def _turned(angle: sympy.Expr) -> sympy.Matrix:
    cos, sin = sympy.cos(angle), sympy.sin(angle)
    return sympy.Matrix([cos * _Z[0] - sin * _Z[1], sin * _Z[0] + cos * _Z[1], _Z[2]])


def _range_of_the_precision(claim: dict[str, Any], work: Derivation) -> None:
    """L = I + M has eigenvalues 1, 1 + mu and 1 - mu with mu^2 = beta^2 |u_perp|^2, positive exactly where mu < 1."""
    x = sympy.Symbol("x", real=True)
    coupling = claim["precision"] - _EYE
    eigenvalue = claim["squared eigenvalue of M"]
    work.equal("L is symmetric", coupling, coupling.T)
    work.equal("characteristic polynomial of M", (x * _EYE - coupling).det(), x**3 - eigenvalue * x)
    work.equal("det L", claim["precision"].det(), claim["det L"])
    work.equal("L is positive definite where its determinant is: (1 + mu)(1 - mu)", claim["det L"], 1 - eigenvalue)


def _one_dimension_is_rigid(claim: dict[str, Any], work: Derivation) -> None:
    """n = 1: h is monotone, and already one past makes it the monotone transport between normal laws, an affine map."""
    transport = claim["transport"]

    def density(x: sympy.Expr, mean: sympy.Expr, spread: sympy.Expr) -> sympy.Expr:
        return sympy.exp(-(((x - mean) / spread) ** 2) / 2) / (sympy.sqrt(2 * sympy.pi) * spread)

    pulled_back = density(transport, _M1, _S1) * sympy.diff(transport, _B)
    work.equal("n = 1: the transport carries N(m, s^2) to N(M, S^2)", pulled_back, density(_B, _M0, _S0))
    work.equal("n = 1: it is affine", sympy.diff(transport, _B, 2), 0)


def _simulate(claim: dict[str, Any], work: Derivation) -> None:
    """u_t = tanh(z_{t-1}) scaled into the admissible cylinder, beta = .9: the recovered model fits h(z_t) perfectly.

    Residuals whitened by the claimed model, e = L_R^(1/2) (h(z_t) - p_R(u_t)), have the moments of N(0, I) up to
    order 4, and none of their products depends on u; yet the best affine map from z to h(z) misses much of it.
    """
    draw, chains, steps = np.random.default_rng(62), 4000, 8
    names = [_BETA, *_U]
    truth, model = (sympy.lambdify(names, claim[name], "numpy") for name in ("precision", "model precision"))
    h = sympy.lambdify([_BETA, *_Z], list(_turned(claim["angle"])), "numpy")
    z, moments, latents, codes = np.zeros((chains, 3)), [], [], []
    for step in range(steps):
        u = np.tanh(z) * [0.5, 0.5, 1.0]
        precision, model_precision = (np.array([f(0.9, *row) for row in u]) for f in (truth, model))
        noise = np.linalg.solve(np.linalg.cholesky(precision).transpose(0, 2, 1), draw.normal(size=(chains, 3, 1)))
        z = np.linalg.solve(precision, u[:, :, None])[:, :, 0] + noise[:, :, 0]
        code = np.stack(h(0.9, *z.T), axis=1)
        if step < 2:  # before the past spreads out
            continue
        deviation = code[:, :, None] - np.linalg.solve(model_precision, u[:, :, None])
        e = (np.linalg.cholesky(model_precision).transpose(0, 2, 1) @ deviation)[:, :, 0]
        products = [e[:, i] * e[:, j] - (i == j) for i in range(3) for j in range(i, 3)]
        centred = [*e.T, *products, *(e**4 - 3).T]
        moments.append(np.stack([*centred, *(row * column for row in centred[:9] for column in u.T)], axis=1))
        latents.append(z)
        codes.append(code)
    work.within_errors("simulation: moments of the whitened residuals", np.mean(moments, axis=0), 0.0)
    points, target = np.concatenate(latents), np.concatenate(codes)
    design = np.column_stack([points, np.ones(len(points))])
    residual = target - design @ np.linalg.lstsq(design, target, rcond=None)[0]
    explained = 1 - residual.var(axis=0) / target.var(axis=0)
    work.require("simulation: R2 of h1 given z is below .5", explained[0] < 0.5, f"R2 {explained.round(2).tolist()}")


CHECKS = (
    Check(
        id="thm-1h",
        theme="theorem 1",
        statement=(
            r"L = I + M(u),\; L_R = I - M(u):\quad \mathcal{N}(h(z); L_R^{-1}u, L_R^{-1})\,|\det J_h| ="
            r" \mathcal{N}(z; L^{-1}u, L^{-1}),\; h = R(-2\arctan(\beta z_3))"
        ),
        source=Source("mikulasch2026ldm", "Theorem 1 with a covariance that depends on the past"),
        kinds=("S", "N"),
        assumptions=(
            "n = 3; u is a function of the past with beta^2 (u1^2 + u2^2) < 1.",
            "Noise is Gaussian with precision I + M(u); all other assumptions of Theorem 1 hold.",
        ),
        proved=(
            "Equality of the two conditional densities (exponents, log partitions, determinants) for every z, u and"
            " beta; positive definiteness; det J_h = 1; full rank of J_p at u = 0; h maps means to means; h is not"
            " affine; for n = 1 the transport is affine. Simulated as a chain."
        ),
        not_proved="Whether n = 2 with full row rank admits such a map; monotonicity of continuous injections (n = 1).",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("half the angle", partial(_claim, half_turns=-1)),
            Twin("the opposite angle", partial(_claim, half_turns=2)),
            Twin("the same precision on both sides", partial(_claim, model_sign=1)),
        ),
    ),
)
