"""The wobbly system in polar form: the angle runs at constant speed, the radius only follows the angle.

    x' = a k cos(th) cos(k (th - th0)) - r sin(th),   y' = a k sin(th) cos(k (th - th0)) + r cos(th),
    r = |(x, y)|, th = atan2(y, x)      <=>      r' = a k cos(k (th - th0)),  th' = 1.

So r - a sin(k (th - th0)) never changes: for whole k every orbit is closed with period 2 pi, none attracts its
neighbours, and under noise the radius wanders without restoring force. The flow over one observed step multiplies areas
by r(t) / r(0), so noise that enters twice per step has a covariance that depends on the state: assumption (i) of
Theorem 1 wants it once per observed step. [mikulasch2026ldm, eq. 16]
"""

from __future__ import annotations

from functools import partial

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.verification import Derivation

_R, _T = sympy.symbols("r t", positive=True)
_THETA, _OFFSET, _AMPLITUDE = sympy.symbols("theta theta0 a", real=True)
_K = sympy.Symbol("k", integer=True, positive=True)
_X, _Y = sympy.symbols("x y", real=True)
_RATE = _AMPLITUDE * _K * sympy.cos(_K * (_THETA - _OFFSET))
_PUBLISHED = {_K: 4, _AMPLITUDE: sympy.Rational(1, 2), _OFFSET: -3 * sympy.pi / 8}


def _claim(turn: int = 1, wobble: int = 1, speed: int = 1, area_power: int = 1) -> dict[str, sympy.Expr]:
    """`turn`, `wobble`: signs inside x'; the orbit is r after time t; `area` is the flow's Jacobian determinant."""
    orbit = _R + _AMPLITUDE * (sympy.sin(_K * (_THETA + _T - _OFFSET)) - sympy.sin(_K * (_THETA - _OFFSET)))
    return {
        "x'": wobble * sympy.cos(_THETA) * _RATE - turn * _R * sympy.sin(_THETA),
        "y'": sympy.sin(_THETA) * _RATE + _R * sympy.cos(_THETA),
        "r'": _RATE,
        "theta'": sympy.Integer(speed),
        "conserved": _R - _AMPLITUDE * sympy.sin(_K * (_THETA - _OFFSET)),
        "orbit": orbit,
        "area": (orbit / _R) ** area_power,
    }


def _verify(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    _polar_form(claim, work)
    change = sum(sympy.diff(claim["conserved"], v) * claim[f"{v}'"] for v in (_R, _THETA))
    work.equal("the conserved quantity does not change", change, 0)
    steepness = sympy.diff(claim["conserved"], _R)
    work.equal("it grows with the radius at rate 1, so neighbouring orbits keep their distance", steepness, 1)
    later = claim["orbit"].subs(_T, _T + 2 * sympy.pi)
    work.equal(
        "every orbit closes after 2 pi",
        sympy.expand_trig(sympy.expand(later)),
        sympy.expand_trig(sympy.expand(claim["orbit"])),
    )
    work.equal("the orbit starts at r", claim["orbit"].subs(_T, 0), _R)
    ahead = claim["r'"].subs(_THETA, _THETA + claim["theta'"] * _T)
    work.equal("the orbit solves r' = ...", sympy.diff(claim["orbit"], _T), ahead)
    _conserved_along_the_orbit(claim, work)
    _area(claim, work)
    _arctangent(claim, work)
    _integrate(claim, work)


def _polar_form(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    """r r' = x x' + y y' and r^2 th' = x y' - y x', at x = r cos(th), y = r sin(th)."""
    x, y = _R * sympy.cos(_THETA), _R * sympy.sin(_THETA)
    radial = work.show("r r'", x * claim["x'"] + y * claim["y'"])
    angular = work.show("r^2 theta'", x * claim["y'"] - y * claim["x'"])
    work.equal("r r' = x x' + y y'", radial, _R * claim["r'"])
    work.equal("r^2 theta' = x y' - y x'", angular, _R**2 * claim["theta'"])


def _conserved_along_the_orbit(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    moved = claim["conserved"].subs({_R: claim["orbit"], _THETA: _THETA + _T}, simultaneous=True)
    work.equal("the orbit keeps the conserved quantity", moved, claim["conserved"])


def _area(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    """Flow over time t in the plane: J = d(x, y)(t) / d(r, th) times the inverse of d(x, y)(0) / d(r, th)."""
    end = sympy.Matrix([claim["orbit"] * sympy.cos(_THETA + _T), claim["orbit"] * sympy.sin(_THETA + _T)])
    start = sympy.Matrix([_R * sympy.cos(_THETA), _R * sympy.sin(_THETA)])
    polar = sympy.Matrix([_R, _THETA])
    determinant = sympy.trigsimp(start.jacobian(polar).det())
    work.equal("determinant of the flow", end.jacobian(polar).det() / determinant, claim["area"])
    jacobian = end.jacobian(polar) * start.jacobian(polar).inv()
    spread = (sympy.eye(2) + jacobian * jacobian.T).subs(_PUBLISHED).subs(_T, sympy.Rational(3, 20))
    here, there = (spread.subs({_R: radius, _THETA: sympy.Rational(1, 3)}).evalf(30) for radius in (1, 2))
    work.differs("noise entering twice per step: I + J J^T at radius 1 and 2", here, there)


def _arctangent(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    """Left of the y axis arctan(y / x) = th - pi: for even k the whole field changes sign, so atan2 is meant."""
    for name in ("x'", "y'"):
        field = claim[name].subs(_K, 4)
        wrong = sympy.expand(field.subs(_THETA, _THETA - sympy.pi), trig=False)
        work.equal(
            f"{name} with arctan left of the axis, k = 4",
            sympy.expand_trig(wrong),
            sympy.expand_trig(sympy.expand(-field)),
        )
    right = sympy.atan2(_Y, _X).subs({_X: -1, _Y: 1})
    work.equal("atan2(1, -1) - arctan(1 / -1)", right - sympy.atan(-1), sympy.pi)


def _integrate(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    """Classical Runge-Kutta on the Cartesian field at the published constants, against the orbit, over one turn."""
    field = sympy.lambdify([_R, _THETA], [claim[name].subs(_PUBLISHED) for name in ("x'", "y'")], "numpy")
    orbit = sympy.lambdify([_R, _THETA, _T], claim["orbit"].subs(_PUBLISHED), "numpy")

    def slope(point: np.ndarray) -> np.ndarray:
        return np.array(field(np.hypot(*point), np.arctan2(point[1], point[0])))

    point, steps = np.array([1.2 * np.cos(0.4), 1.2 * np.sin(0.4)]), 1500
    step = 2 * np.pi / steps
    for done in range(1, steps + 1):
        first = slope(point)
        second = slope(point + step / 2 * first)
        third = slope(point + step / 2 * second)
        point = point + step / 6 * (first + 2 * second + 2 * third + slope(point + step * third))
        if done in (400, steps):
            time = done * step
            work.close(f"radius at t = {time:.2f}", np.hypot(*point), orbit(1.2, 0.4, time), atol=1e-8)
    work.close("back at the start after 2 pi", point, np.array([1.2 * np.cos(0.4), 1.2 * np.sin(0.4)]), atol=1e-8)


CHECKS = (
    Check(
        id="eq-16",
        theme="limit cycle",
        statement=(
            r"\dot r = a k\cos(k(\theta-\theta_0)),\quad \dot\theta = 1,\quad"
            r" \frac{d}{dt}\,(r - a\sin(k(\theta-\theta_0))) = 0"
        ),
        source=Source("mikulasch2026ldm", "eq. 16"),
        kinds=("S", "N"),
        assumptions=(
            "r > 0, theta = atan2(y, x), k a positive integer; no noise inside a step.",
            "The orbit stays away from the origin.",
        ),
        proved=(
            "The polar form for every a, k and offset; the conserved quantity, so that a continuum of closed orbits"
            " takes the place of one attracting cycle; the flow in closed form, its area factor r(t)/r(0), and that"
            " noise entering twice per step has a state-dependent covariance (to first order in its variance); that"
            " arctan for atan2 reverses the field left of the axis at k = 4; Runge-Kutta over one turn."
        ),
        not_proved=(
            "Anything about the published integrator's error at its step of .3, or about orbits through the origin."
        ),
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("the rotation's sign flipped in x'", partial(_claim, turn=-1)),
            Twin("the wobble's sign flipped in x'", partial(_claim, wobble=-1)),
            Twin("theta' = 2", partial(_claim, speed=2)),
            Twin("a flow that keeps areas", partial(_claim, area_power=0)),
        ),
    ),
)
