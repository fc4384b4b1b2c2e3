"""Codes of the wrong dimension: too many coordinates send the entropy to minus infinity, too few can fit perfectly.

m > n.  A code W s of n true latents in R^m lies on an n-dimensional set. Smeared by noise of variance e it has

    det(W W^T + e I_m) = e^(m - n) det(W^T W + e I_n),    so  H -> -infinity like (m - n)/2 log e,

and the nearest-neighbour estimate from N points of a closed curve (n = 1) has the mean (1 - m)(psi(N) - psi(1)) + log
V_m - m log 2 for arc lengths of total 1: it falls by (m - 1) log 2 with every doubling of N.

m < n.  If a part a of the latents drives itself (A_ab = 0), the code a alone has a_t given its past ~ N(A_aa a_{t-1},
Sigma_aa): KL = 0 while b is lost. Theorem 1 needs equal dimensions. [mikulasch2026ldm, section 7, Fig A7B]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy
from scipy.spatial import cKDTree

from proofs_checks.check import Check, Source, Twin
from proofs_checks.verification import Derivation

_M, _N, _COUNT = sympy.symbols("m n N", positive=True, integer=True)
_NOISE, _Y = sympy.symbols("e y", positive=True)
_SLOPES = sympy.Matrix(2, 2, sympy.symbols("A_aa A_ab A_ba A_bb", real=True))
_NOISE_COVARIANCE = sympy.Matrix(2, 2, lambda i, j: sympy.Symbol(f"Sigma_{'aabb'[i + j : i + j + 2]}", real=True))


def _surplus_claim(power: sympy.Expr = _M - _N, dimensions: sympy.Expr = 1 - _M) -> dict[str, sympy.Expr]:
    """The power of e; the slope of H in log e; the mean nearest-neighbour estimate on a closed curve."""
    ball = sympy.pi ** (_M / 2) / sympy.gamma(_M / 2 + 1)
    depth = sympy.digamma(_COUNT) - sympy.digamma(1)
    return {
        "power of e": power,
        "slope of H in log e": power / 2,
        "mean estimate": dimensions * depth + sympy.log(ball) - _M * sympy.log(2),
    }


def _verify_surplus(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    for n, m in ((1, 2), (1, 3), (2, 3), (2, 4)):
        w = sympy.Matrix(m, n, sympy.symbols(f"w1:{m * n + 1}", real=True))
        size = {_N: n, _M: m}
        determinant = (w * w.T + _NOISE * sympy.eye(m)).det(method="berkowitz")
        inner = (w.T * w + _NOISE * sympy.eye(n)).det(method="berkowitz")
        work.equal(f"det(W W^T + e I), n = {n}, m = {m}", determinant, _NOISE ** claim["power of e"].subs(size) * inner)
        lowest = min(power for (power,) in sympy.Poly(determinant, _NOISE).monoms())
        slope = sympy.Rational(lowest, 2)
        work.equal(f"slope of H in log e as e -> 0, n = {n}, m = {m}", slope, claim["slope of H in log e"].subs(size))
        work.require("the entropy falls without bound", slope > 0, f"slope {slope}")
    _nearest_neighbours(claim, work)


def _nearest_neighbours(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    """Uniform points on a closed curve of length 1: the distance x to the nearest has P(2 x > y) = (1 - y)^(N - 1)."""
    for count in (2, 4):
        density = -sympy.diff((1 - _Y) ** (count - 1), _Y)
        mean_log = sympy.integrate(sympy.expand(density) * sympy.log(_Y), (_Y, 0, 1)) - sympy.log(2)
        for m in (1, 2):
            ball = sympy.pi ** sympy.Rational(m, 2) / sympy.gamma(sympy.Rational(m, 2) + 1)
            estimate = sympy.harmonic(count - 1) + sympy.log(ball) + m * mean_log
            claimed = sympy.expand_func(claim["mean estimate"].subs({_COUNT: count, _M: m}))
            work.equal(f"mean estimate, N = {count}, m = {m}", estimate, claimed)
    draw, m = np.random.default_rng(71), 2
    formula = sympy.lambdify(_COUNT, claim["mean estimate"].subs(_M, m), "scipy")
    for count in (200, 800):
        found = []
        for _ in range(100):
            angle = 2 * np.pi * draw.random(count)
            code = np.column_stack([np.cos(angle), np.sin(angle)]) / (2 * np.pi)
            distance = cKDTree(code).query(code, k=2)[0][:, 1]
            found.append(np.sum(1 / np.arange(1, count)) + np.log(np.pi) + m * np.mean(np.log(distance)))
        what = f"simulation: nearest-neighbour entropy of a circle in the plane, N = {count}"
        work.within_errors(what, found, formula(count))


def _subprocess_claim(coupling: int = 0, innovation: sympy.Expr = _NOISE_COVARIANCE[0, 0]) -> dict[str, Any]:
    """Regression of a_t on (a_{t-1}, a_{t-2}), its residual variance, and whether b drives a (A_ab = coupling)."""
    return {"weights": sympy.Matrix([[_SLOPES[0, 0], 0]]), "innovation": innovation, "coupling": coupling}


def _verify_subprocess(claim: dict[str, Any], work: Derivation) -> None:
    """Stationary covariance P = A P A^T + Sigma, then the law of a_t given two steps of a alone, exactly."""
    slopes = _SLOPES.subs(_SLOPES[0, 1], claim["coupling"])
    unknown = sympy.symbols("P_aa P_ab P_bb", real=True)
    state = sympy.Matrix([[unknown[0], unknown[1]], [unknown[1], unknown[2]]])
    balance = slopes * state * slopes.T + _NOISE_COVARIANCE - state
    solution = sympy.solve([balance[0, 0], balance[0, 1], balance[1, 1]], unknown, dict=True)
    work.require("the stationary covariance is unique", len(solution) == 1, f"{len(solution)} solutions")
    state = work.show("stationary covariance", state.subs(solution[0]))
    lags = [(slopes**k * state)[0, 0] for k in range(3)]
    past = sympy.Matrix([[lags[0], lags[1]], [lags[1], lags[0]]])
    cross = sympy.Matrix([[lags[1], lags[2]]])
    weights, innovation = claim["weights"], claim["innovation"]
    work.equal("normal equations of a_t on (a_{t-1}, a_{t-2})", weights * past, cross)
    work.equal("residual variance", lags[0] - (weights * cross.T)[0], innovation)
    work.differs("b has a dynamics of its own, which the code misses", slopes[1, 1], 0)


CHECKS = (
    Check(
        id="dim-up",
        theme="dimension",
        statement=(
            r"\det(W W^{\top} + \epsilon I_m) = \epsilon^{m - n}\det(W^{\top}W + \epsilon I_n),\quad"
            r" m > n \;\Rightarrow\; H \to -\infty"
        ),
        source=Source("mikulasch2026ldm", "Theorem 1, equal dimensions; Fig A7B"),
        kinds=("S", "N"),
        assumptions=(
            "The code of n latents has m > n coordinates; W has full column rank.",
            "For the estimate: independent uniform points on a closed curve, neighbours along the curve.",
        ),
        proved=(
            "The determinant and the slope of the entropy in log e for (n, m) = (1, 2), (1, 3), (2, 3), (2, 4); the"
            " mean nearest-neighbour estimate on a closed curve for N = 2, 4 exactly and N = 200, 800 by simulation."
        ),
        not_proved="Curved codes of dimension above 1 (locally the same); other entropy estimators.",
        verify=_verify_surplus,
        claim=_surplus_claim,
        twins=(
            Twin("no excess power: a finite entropy", partial(_surplus_claim, power=sympy.S.Zero)),
            Twin("an estimate that rises with N", partial(_surplus_claim, dimensions=_M - 1)),
        ),
    ),
    Check(
        id="dim-down",
        theme="dimension",
        statement=(
            r"A_{ab} = 0 \;\Rightarrow\; a_t\,|\,a_{:t} \sim \mathcal{N}(A_{aa}a_{t-1}, \Sigma_{aa}),\quad"
            r" \mathrm{KL} = 0\;\mathrm{although}\;b\;\mathrm{is\;lost}"
        ),
        source=Source("mikulasch2026ldm", "Theorem 1, equal dimensions"),
        kinds=("S",),
        assumptions=(
            "Stationary linear Gaussian latents (a, b) whose part a is not driven by b.",
            "The noise of a and b may be correlated.",
        ),
        proved="The conditional law of a given two steps of its own past, exactly, for scalar a and b.",
        not_proved="Longer pasts and nonlinear autonomous parts (the transition density factorises the same way).",
        verify=_verify_subprocess,
        claim=_subprocess_claim,
        twins=(
            Twin("a part driven by the rest", partial(_subprocess_claim, coupling=1)),
            Twin("the noise of b for that of a", partial(_subprocess_claim, innovation=_NOISE_COVARIANCE[1, 1])),
        ),
    ),
)
