"""Dirichlet energy and the approximate theorem of LeJEPA.

Energy. For h = sum_n a_n He_n / sqrt(n!) of z ~ N(0, 1): <h'^2> = sum_n n a_n^2 >= sum_{n >= 1} a_n^2 = Var h, so maps
of R^n with identity covariance have <|J_h|^2> >= n, with equality for orthogonal maps only. The twist h = R(k |z|^2 /
2) z in the plane has mean 2 + 8 k^2.

Approximation. Write a zero-mean h = B z + g, g of Hermite degree 2 and more. With delta the excess of <|h(z) -
h(z')|^2> over 2 (1 - rho) tr Cov h, gap = 2 rho (1 - rho), D = delta / gap, eps = |Cov h - I|:

    <|g|^2> <= D,    |B B^T - I| <= eps + D,    min over orthogonal Q of |B - Q|^2 <= |B B^T - I|^2,
    min_Q <|h(z) - Q z|^2> <= D + (eps + D)^2.

The input sqrt(1 - w) z + sqrt(w) He_2 / sqrt(2) has D = w exactly: it alone tells the gap from 2 (1 - rho).
h = z + 1 has error 1 and bound 0; excess over 2 (1 - rho) n instead would be negative at h = c z, c < 1.
[klindt2026lejepa, Dirichlet energy; approximate theorem]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.verification import Derivation

_X, _K = sympy.symbols("x k", real=True)
_Z = sympy.Matrix(sympy.symbols("z1:3", real=True))
_DEGREE = sympy.Symbol("n", integer=True, positive=True)
_RHO, _W, _D, _EPS, _SIGMA, _Q = sympy.symbols("rho w D epsilon sigma q", positive=True)
_DENSITY = sympy.exp(-(_X**2) / 2) / sympy.sqrt(2 * sympy.pi)
_HIGHEST = 4


def _moment(power: int) -> sympy.Expr:
    """<x^power> under N(0, 1)."""
    return sympy.S.Zero if power % 2 else sympy.factorial2(power - 1)


def _mean(polynomial: sympy.Expr, *variables: sympy.Symbol) -> sympy.Expr:
    """Mean of a polynomial of independent N(0, 1) variables."""
    terms = sympy.Poly(polynomial, *variables).terms()
    return sympy.Add(*(factor * sympy.prod(_moment(int(power)) for power in powers) for powers, factor in terms))


def _hermite(n: int) -> sympy.Expr:
    return sympy.expand(sympy.hermite(n, _X / sympy.sqrt(2)) / sympy.sqrt(2) ** n)


def _energy_claim(
    energy: sympy.Expr = _DEGREE, squared: int = 8, angle: sympy.Expr = _K * (_Z[0] ** 2 + _Z[1] ** 2) / 2
) -> dict[str, Any]:
    """<h'^2> of the whitened feature of degree n; the twist, its squared Jacobian and the mean of that."""
    cos, sin = sympy.cos(angle), sympy.sin(angle)
    return {
        "energy": energy,
        "twist": sympy.Matrix([cos * _Z[0] - sin * _Z[1], sin * _Z[0] + cos * _Z[1]]),
        "squared Jacobian": 2 + _K**2 * (_Z[0] ** 2 + _Z[1] ** 2) ** 2,
        "mean energy": 2 + squared * _K**2,
    }


def _verify_energy(claim: dict[str, Any], work: Derivation) -> None:
    for m in range(_HIGHEST + 1):
        for n in range(m, _HIGHEST + 1):
            product = sympy.diff(_hermite(m), _X) * sympy.diff(_hermite(n), _X)
            norm = sympy.sqrt(sympy.factorial(m) * sympy.factorial(n))
            expected = claim["energy"].subs(_DEGREE, n) if m == n > 0 else 0
            work.equal(f"<He_{m}' He_{n}'> over the norms", _mean(product, _X) / norm, expected)
    surplus = work.show("energy less variance", claim["energy"].subs(_DEGREE, _DEGREE + 1) - 1)
    work.equal("degree 1 has energy 1", claim["energy"].subs(_DEGREE, 1), 1)
    work.require("higher degrees cost more than their variance", surplus.is_positive, surplus)
    h = claim["twist"]
    work.equal("|h| = |z|", h.dot(h), _Z.dot(_Z))
    work.equal("det J_h = 1, so h(z) ~ N(0, I)", h.jacobian(_Z).det(), 1)
    jacobian = h.jacobian(_Z)
    squared = sympy.Add(*(entry**2 for entry in jacobian))
    work.equal("squared Jacobian of the twist", squared, claim["squared Jacobian"])
    work.equal("mean energy of the twist", _mean(sympy.expand(claim["squared Jacobian"]), *_Z), claim["mean energy"])
    work.require("it is at least n = 2", (claim["mean energy"] - 2).is_nonnegative, claim["mean energy"])


def _bound_claim(
    gap: sympy.Expr = 2 * _RHO * (1 - _RHO),
    gram: sympy.Expr = _EPS + _D,
    polar: sympy.Expr = (_SIGMA**2 - 1) ** 2,
    mean: int = 0,
) -> dict[str, Any]:
    """The gap; bounds on |B B^T - I| and, per singular value sigma of B, on (sigma - 1)^2; the bound; the mean of h."""
    return {"gap": gap, "gram": gram, "polar": polar, "bound": _D + (_EPS + _D) ** 2, "mean": mean}


def _verify_bound(claim: dict[str, Any], work: Derivation) -> None:
    _gap(claim, work)
    _polar(claim, work)
    composed = _D + claim["polar"].subs(_SIGMA, sympy.sqrt(1 + claim["gram"]))
    work.equal("bound: <|g|^2> plus the polar step at |B B^T - I|", composed, claim["bound"])
    _examples(claim, work)
    _random_maps(claim, work)


def _gap(claim: dict[str, Any], work: Derivation) -> None:
    """Excess of a whitened feature of degree n is 2 (1 - rho^n) - 2 (1 - rho); degree 2 has the least of them."""
    excess = 2 * (1 - _RHO**_DEGREE) - 2 * (1 - _RHO)
    work.equal("degree 1 has no excess", excess.subs(_DEGREE, 1), 0)
    work.equal("the gap is the excess of degree 2", claim["gap"], excess.subs(_DEGREE, 2))
    for n in (3, 4, 5, 6):
        more = excess.subs(_DEGREE, n) - claim["gap"]
        more = sympy.factor(sympy.together(more.subs(_RHO, 1 / (1 + _Q))))
        work.require(f"degree {n} has more for 0 < rho < 1", more.is_positive, more)


def _polar(claim: dict[str, Any], work: Derivation) -> None:
    """(sigma^2 - 1)^2 - (sigma - 1)^2 = sigma (sigma + 2) (sigma - 1)^2, nonnegative for sigma >= 0."""
    slack = sympy.factor(sympy.expand(claim["polar"] - (_SIGMA - 1) ** 2))
    work.equal("slack of the polar step", slack, _SIGMA * (_SIGMA + 2) * (_SIGMA - 1) ** 2)
    work.require("it is not negative", slack.is_nonnegative, slack)


def _examples(claim: dict[str, Any], work: Derivation) -> None:
    """The structured input: g has norm w and B = sqrt(1 - w), so eps = 0, D = w and |B B^T - I| = w, all tight."""
    tilted = sympy.sqrt(1 - _W) * _X + sympy.sqrt(_W) * _hermite(2) / sympy.sqrt(2) + claim["mean"]
    unit = {_W: (0, 1), _RHO: (0, 1)}
    mean, variance = _mean(tilted, _X), _mean(sympy.expand(tilted**2), _X)
    work.equal("structured input: zero mean", mean, 0)
    work.equal("structured input: unit variance", variance, 1, domain=unit)
    alignment = 2 * (1 - _W) * (1 - _RHO) + 2 * _W * (1 - _RHO**2)
    d = (alignment - 2 * (1 - _RHO) * variance) / claim["gap"]
    work.equal("structured input: D = <|g|^2>", d, _W, domain=unit)
    work.equal("structured input: |B B^T - I| = eps + D", _W, claim["gram"].subs({_EPS: 0, _D: _W}))
    shifted = claim["bound"].subs({_D: 0, _EPS: 0})
    work.require("z + mean, which has D = eps = 0: squared mean within the bound", claim["mean"] ** 2 <= shifted)
    shrunk, rho = sympy.Rational(9, 10), sympy.Rational(1, 2)
    over_n = 2 * (1 - rho) * (shrunk**2 - 1) / claim["gap"].subs(_RHO, rho)
    at_shrunk = claim["bound"].subs({_D: over_n, _EPS: 1 - shrunk**2})
    work.require("delta over 2 (1 - rho) n: the bound fails at h = .9 z", at_shrunk < (1 - shrunk) ** 2, at_shrunk)
    work.equal("scaled input sqrt(1 + e) z: |B B^T - I| = eps", _EPS, claim["gram"].subs(_D, 0))


def _random_maps(claim: dict[str, Any], work: Derivation) -> None:
    """h = B z + g with random B near orthogonal, g of degrees 2 and 3, n = 2: exact moments, never above the bound."""
    draw, rho, worst = np.random.default_rng(92), 0.7, np.inf
    bound = sympy.lambdify([_D, _EPS], claim["bound"], "numpy")
    gap = float(claim["gap"].subs(_RHO, rho))
    for size in (0.01, 0.1, 0.3):
        for _ in range(50):
            linear = np.linalg.qr(draw.normal(size=(2, 2)))[0] + size * draw.normal(size=(2, 2))
            degrees = [size * draw.normal(size=(2, 5)) for _ in range(2)]  # coefficients of normalised features
            curved = [coefficients @ coefficients.T for coefficients in degrees]
            covariance = linear @ linear.T + sum(curved)
            parts = [(1, linear @ linear.T), (2, curved[0]), (3, curved[1])]
            delta = sum(2 * (rho - rho**k) * np.trace(part) for k, part in parts)
            error = np.sum((np.linalg.svd(linear, compute_uv=False) - 1) ** 2) + sum(np.trace(part) for part in curved)
            worst = min(worst, float(bound(delta / gap, np.linalg.norm(covariance - np.eye(2))) - error))
    work.require("150 random maps: bound less error is not negative", worst >= 0, f"least {worst:.2e}")


CHECKS = (
    Check(
        id="lj-3",
        theme="lejepa",
        statement=(
            r"\mathrm{Cov}\,h = I \;\Rightarrow\; \langle\|J_h\|^2\rangle \geq n;\quad"
            r" h = R(k|z|^2/2)\,z:\; \langle\|J_h\|^2\rangle = 2 + 8k^2"
        ),
        source=Source("klindt2026lejepa", "Dirichlet energy"),
        kinds=("S",),
        assumptions=("z ~ N(0, I); h has identity covariance and finite energy.",),
        proved=(
            "<He_m' He_n'> up to degree 4, energy n against variance 1 for whitened features of every degree; the twist"
            " keeps N(0, I) and its energy."
        ),
        not_proved="Completeness of the Hermite basis; degrees above 4 one by one.",
        verify=_verify_energy,
        claim=_energy_claim,
        twins=(
            Twin("energy 1 at every degree", partial(_energy_claim, energy=sympy.S.One)),
            Twin("mean 2 + 4 k^2", partial(_energy_claim, squared=4)),
            Twin("a twist by k z1", partial(_energy_claim, angle=_K * _Z[0])),
        ),
    ),
    Check(
        id="lj-4",
        theme="lejepa",
        statement=(
            r"\min_Q\langle\|h(z) - Q z\|^2\rangle \leq D + (\epsilon + D)^2,\quad"
            r" D = \frac{\delta}{2\rho(1 - \rho)},\; \epsilon = \|\mathrm{Cov}\,h - I\|"
        ),
        source=Source("klindt2026lejepa", "approximate theorem"),
        kinds=("S", "N"),
        assumptions=(
            "z, z' jointly normal with correlation 0 < rho < 1 in every coordinate; h has mean zero.",
            "delta is the excess of the alignment loss over 2 (1 - rho) tr Cov h; norms are Frobenius norms.",
        ),
        proved=(
            "The gap (degrees up to 6), the polar step per singular value, the bound as their composition; tightness of"
            " D and of eps + D on structured inputs; no violation on 150 random maps of degree up to 3."
        ),
        not_proved=(
            "The triangle inequality |B B^T - I| <= |Cov h - I| + tr Cov g; degrees above 6 (rho^n decreases). With"
            " delta measured against 2 (1 - rho) n instead the bound fails at h = c z, c slightly below 1."
        ),
        verify=_verify_bound,
        claim=_bound_claim,
        twins=(
            Twin("the gap 2 (1 - rho)", partial(_bound_claim, gap=2 * (1 - _RHO))),
            Twin("a map of mean 1", partial(_bound_claim, mean=1)),
            Twin("the Gram step without eps", partial(_bound_claim, gram=_D)),
            Twin("the polar step with half the bound", partial(_bound_claim, polar=(_SIGMA**2 - 1) ** 2 / 2)),
        ),
    ),
)
