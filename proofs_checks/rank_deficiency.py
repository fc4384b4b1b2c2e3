"""Theorem 1 when predicted means do not span: which functionals of the code are still affine, and when all are.

Let r < n be the dimension of span{q(c') - q(c)}, q = p_R o h. The log-density identity at two pasts gives

    u^T h(z) = v^T z + const,    u = S_R^-1 (q(c') - q(c)),    v = S^-1 (p(c') - p(c)),

so r functionals are identified. The coordinate e^T z with e orthogonal to all p(c') - p(c) has a mean that does not
move and is independent of every v^T z given the past. If n - r = 1, h maps one line onto one line for each value of the
identified functionals, and carries a normal law to a normal law: a continuous injection of the line is monotone, and
the monotone transport between normal laws is affine. If n - r = 2, a rotation of the two remaining coordinates by an
angle that depends on an identified one goes unnoticed. [mikulasch2026ldm, Theorem 1 (iii) weakened]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.matrix_formula import column, evaluate, symmetric
from proofs_checks.verification import Derivation

_N = sympy.Symbol("n", integer=True, positive=True)
_PR, _P = (sympy.MatrixSymbol(name, _N, _N) for name in ("P_R", "P"))
_Q0, _Q1, _P0, _P1 = (sympy.MatrixSymbol(name, _N, 1) for name in ("q", "qq", "p", "pp"))
_E = sympy.MatrixSymbol("e", _N, 1)
_B, _M0, _M1, _ANGLE_RATE, _C, _PHI = sympy.symbols("b m M k c phi", real=True)
_S0, _S1 = sympy.symbols("s S", positive=True)
_Z = column("z", 3)
_HALF = sympy.Rational(1, 2)


def _claim(
    slope: sympy.MatrixExpr = _P * (_P1 - _P0),
    direction: tuple[int, int, int] = (1, 0, 0),
    spread: sympy.Expr = _S1 / _S0,
    turn: sympy.Expr = _ANGLE_RATE * _Z[0],
) -> dict[str, Any]:
    """u, v and the constant; the two monotone transports; where means move and the unseen map at n - r = 2."""
    cos, sin = sympy.cos(turn), sympy.sin(turn)
    quadratic = (_Q1.T * _PR * _Q1 - _Q0.T * _PR * _Q0) - (_P1.T * _P * _P1 - _P0.T * _P * _P0)
    return {
        "u": _PR * (_Q1 - _Q0),
        "v": slope,
        "constant": _HALF * quadratic,
        "increasing transport": _M1 + spread * (_B - _M0),
        "decreasing transport": _M1 - spread * (_B - _M0),
        "direction of the means": direction,
        "unseen map": sympy.Matrix([_Z[0], cos * _Z[1] - sin * _Z[2], sin * _Z[1] + cos * _Z[2]]),
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    for n in (2, 3):
        _functionals(claim, work, n)
    _remaining_coordinate(claim, work)
    _transport(claim, work)
    _deficiency_two(claim, work)
    _simulate(claim, work)


def _functionals(claim: dict[str, Any], work: Derivation, n: int) -> None:
    """h(z) and log |J_h(z)| are unknown numbers here; the difference of the identity is taken at any two pasts."""
    z, h, log_volume = column("z", n), column("h", n), sympy.Symbol("l", real=True)
    q0, q1, p0, p1 = (column(name, n) for name in ("q", "qq", "p", "pp"))
    model, truth = symmetric("R", n), symmetric("P", n)

    def identity(q: sympy.Matrix, p: sympy.Matrix) -> sympy.Expr:
        return log_volume - ((h - q).T * model * (h - q))[0] / 2 + ((z - p).T * truth * (z - p))[0] / 2

    values = {_Q0: q0, _Q1: q1, _P0: p0, _P1: p1, _PR: model, _P: truth}
    u, v, constant = (evaluate(claim[name], values) for name in ("u", "v", "constant"))
    found = work.show(f"identity at c' minus identity at c, n = {n}", identity(q1, p1) - identity(q0, p0))
    work.equal(f"it says u^T h(z) = v^T z + const, n = {n}", found, (u.T * h - v.T * z - constant)[0])


def _remaining_coordinate(claim: dict[str, Any], work: Derivation) -> None:
    """The covariance e^T S v of e^T z and v^T z is e^T (p(c') - p(c)), the shift of the mean of e^T z."""
    work.equal("e^T S v, every n", _E.T * _P.inverse() * claim["v"], _E.T * (_P1 - _P0))


def _transport(claim: dict[str, Any], work: Derivation) -> None:
    """F with N(M, S^2) as image of N(m, s^2): the distribution functions agree at F(b), or add up to 1.

    The distribution function has a positive derivative, so that either equation has one solution F(b).
    """

    def cumulative(x: sympy.Expr, mean: sympy.Expr, spread: sympy.Expr) -> sympy.Expr:
        return (1 + sympy.erf((x - mean) / (sympy.sqrt(2) * spread))) / 2

    slope = work.show("derivative of the distribution function", sympy.diff(cumulative(_B, _M0, _S0), _B))
    work.require("the distribution function increases strictly", slope.is_positive)
    before = cumulative(_B, _M0, _S0)
    rising, falling = claim["increasing transport"], claim["decreasing transport"]
    work.equal("increasing transport", cumulative(rising, _M1, _S1), before)
    work.equal("decreasing transport", cumulative(falling, _M1, _S1), 1 - before)
    for name, transport in (("increasing", rising), ("decreasing", falling)):
        work.equal(f"the {name} transport is affine", sympy.diff(transport, _B, 2), 0)


def _deficiency_two(claim: dict[str, Any], work: Derivation) -> None:
    """n = 3, S = I: |h(z) - p| = |z - p| for every past and det J_h = 1, so N(p, I) is mapped to itself."""
    mean, h = _PHI * _C * sympy.Matrix(claim["direction of the means"]), claim["unseen map"]
    differences = sympy.Matrix.hstack(*(mean.subs(_C, c) - mean.subs(_C, 0) for c in (1, 2, 3)))
    work.require("predicted means on a line: n - r = 2", 3 - differences.rank() == 2, differences.T.tolist())
    deviation, image = _Z - mean, h - mean
    work.equal("|h(z) - p(c)| = |z - p(c)|", image.dot(image), deviation.dot(deviation))
    work.equal("det J_h = 1", h.jacobian(_Z).det(), 1)
    work.equal("the identified functional is kept", h[0], _Z[0])
    work.differs("h is not affine", h.diff(_Z[0], 2), sympy.zeros(3, 1))


def _simulate(claim: dict[str, Any], work: Derivation) -> None:
    """Two pasts, n = 3, S not diagonal; code B h(T z), T z ~ N((0 or 1, 0, 0), I): the functional u from code alone.

    Regression of u^T code on z returns v of fresh draws; the code itself is far from affine in z.
    """
    draw, size = np.random.default_rng(61), 4000
    whiten, mix = np.array([[1.2, 0.3, 0.0], [-0.4, 0.9, 0.2], [0.1, 0.5, 1.1]]), draw.normal(size=(3, 3))
    unseen = sympy.lambdify(list(_Z), list(claim["unseen map"].subs(_ANGLE_RATE, 2)), "numpy")
    sized = {name: claim[name].subs(_N, 3) for name in ("u", "v")}
    u_of = sympy.lambdify([sympy.MatrixSymbol("P_R", 3, 3), *_columns("q", "qq")], sized["u"], "numpy")
    v_of = sympy.lambdify([sympy.MatrixSymbol("P", 3, 3), *_columns("p", "pp")], sized["v"], "numpy")

    def groups() -> list[np.ndarray]:
        return [(draw.normal(size=(size, 3)) + np.array([c, 0.0, 0.0])) @ np.linalg.inv(whiten).T for c in (0.0, 1.0)]

    def encode(z: np.ndarray) -> np.ndarray:
        return np.stack(unseen(*(z @ whiten.T).T), axis=1) @ mix.T

    def moments(samples: list[np.ndarray]) -> tuple[np.ndarray, ...]:
        precision = np.linalg.inv(np.mean([np.cov(sample.T) for sample in samples], axis=0))
        return precision, *(sample.mean(axis=0)[:, None] for sample in samples)

    found, explained = [], []
    for _ in range(40):
        z = groups()
        code = [encode(group) for group in z]
        u, v = u_of(*moments(code)), v_of(*moments(groups()))
        points, target = np.concatenate(z), np.concatenate(code)
        design = np.column_stack([points, np.ones(len(points))])
        found.append(np.linalg.lstsq(design, target @ u, rcond=None)[0][:3, 0] - v[:, 0])
        residual = target - design @ np.linalg.lstsq(design, target, rcond=None)[0]
        explained.append(1 - residual.var(axis=0) / target.var(axis=0))
    work.within_errors("simulation: slope of u^T code minus v", found, np.zeros(3))
    worst = float(np.mean(explained, axis=0).min())
    work.require("simulation: some coordinate of the code is not affine in z", worst < 0.8, f"R2 {worst:.2f}")


def _columns(*names: str) -> list[sympy.MatrixSymbol]:
    return [sympy.MatrixSymbol(name, 3, 1) for name in names]


CHECKS = (
    Check(
        id="thm-1r",
        theme="theorem 1",
        statement=(
            r"u^{\top}h(z) = v^{\top}z + \mathrm{const},\; u = \Sigma_R^{-1}(q(c') - q(c)),\;"
            r" v = \Sigma^{-1}(p(c') - p(c));\quad n - r = 1 \Rightarrow h(z) = A z + b"
        ),
        source=Source("mikulasch2026ldm", "Theorem 1 with a predictor of rank r < n"),
        kinds=("S", "N"),
        assumptions=(
            "True and recovered latents follow Gaussian predictors with constant invertible covariances.",
            "The same homeomorphism h acts at every step; the conditional log densities agree.",
            "The differences of predicted means span a space of dimension r.",
        ),
        proved=(
            "The identity for u^T h at any two pasts (n = 2, 3); that the remaining coordinate is independent of the"
            " identified ones and keeps its mean (every n); that the monotone transports between normal laws are"
            " affine, which settles deficiency one; a map that is not affine and goes unseen at deficiency two (n = 3);"
            " simulated there."
        ),
        not_proved=(
            "That a continuous injection of the line is monotone, and that its direction cannot jump between lines"
            " (continuity of h); deficiency above two (rotate two of the remaining coordinates)."
        ),
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("means that move within the plane that is turned", partial(_claim, direction=(1, 1, 0))),
            Twin("the true precision left out of v", partial(_claim, slope=_P1 - _P0)),
            Twin("a transport that scales by the wrong ratio", partial(_claim, spread=_S0 / _S1)),
            Twin("an angle that depends on a coordinate it turns", partial(_claim, turn=_ANGLE_RATE * _Z[1])),
        ),
    ),
)
