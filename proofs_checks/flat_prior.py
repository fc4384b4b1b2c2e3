"""VICReg as matching with a flat prior: what the Gaussian formulas are, and what the flat prior takes away.

With P(z) = 1, P(z' | z) = N(z'; z, v I), jointly Gaussian codes and equal marginal entropies,

    F_MI  = <log P(z, z')> + H[z] + H[z'] = -<|z - z'|^2> / (2 v) +     log |S_z|      + constant(n, v),
    F_LDM = <log P(z, z')> + H[z, z']     = -<|z - z'|^2> / (2 v) + 1/2 log |S_(z, z')| + constant(n, v).

Both are MAXIMAL in the scale of the codes at <|z - z'|^2> = 2 n v, although the model says n v; the empirical prior,
P(z) = R(z), restores n v. And F_MI - I[z; z'] = F_LDM is no longer -KL <= 0: P(z, z') has infinite mass.
[mikulasch2026ldm, eq. 7-9, 39-41 and 43]
"""

from __future__ import annotations

import math
from functools import partial

import sympy
from scipy.integrate import quad
from scipy.stats import norm

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.matrix_formula import column, symmetric
from proofs_checks.verification import Derivation

_N = sympy.Symbol("n", integer=True, positive=True)
_D, _V, _S = sympy.symbols("D v s", positive=True)  # <|z - z'|^2>, sigma^2, variance of z
_RHO = sympy.Symbol("rho", positive=True)
_LOG_Z, _LOG_JOINT = sympy.symbols("log_S_z log_S_zz", real=True)
_NORMAL = sympy.log(2 * sympy.pi * sympy.E)
_HALF = sympy.Rational(1, 2)
_ENTROPY = _N * sympy.log(2 * sympy.pi * sympy.E * _S) / 2  # of N(0, s I)


def _identities(
    weight: sympy.Expr = sympy.S.One, joint: sympy.Expr = _HALF, curvature: sympy.Expr = -4 * _N
) -> dict[str, sympy.Expr]:
    """Coefficients of the two log determinants, and the second derivative of F_MI in the log scale at its best."""
    constant = _N * _NORMAL - _N * sympy.log(2 * sympy.pi * _V) / 2
    return {
        "F_MI": -_D / (2 * _V) + weight * _LOG_Z + constant,
        "F_LDM": -_D / (2 * _V) + joint * _LOG_JOINT + constant,
        "curvature in the log scale": curvature,
    }


def _verify_identities(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    for n in (1, 2):
        here, there = symmetric("S", n), symmetric("T", n)
        cross = sympy.Matrix(n, n, sympy.symbols(f"c1:{n * n + 1}", real=True))
        alignment = _alignment(work, n, here, there, cross)
        joint = sympy.Matrix(sympy.BlockMatrix([[here, cross], [cross.T, there]]))
        found = alignment + _entropy(work, joint)
        values = {_N: n, _D: here.trace() + there.trace() - 2 * cross.trace(), _LOG_JOINT: _log_det(joint)}
        work.equal(f"F_LDM, n = {n}", found, claim["F_LDM"].subs(values), domain=_dominant(joint))
        equal_laws = {entry: here[i] for i, entry in enumerate(there)}
        found = alignment.subs(equal_laws) + 2 * _entropy(work, here)
        values = {_N: n, _D: values[_D].subs(equal_laws), _LOG_Z: _log_det(here)}
        work.equal(f"F_MI with equal marginals, n = {n}", found, claim["F_MI"].subs(values), domain=_dominant(joint))
    u = sympy.Symbol("u", real=True)
    scaled = -_D * sympy.exp(2 * u) / (2 * _V) + _log_det_growth(work, u, per_latent=1)
    stationary = _only(sympy.solve(sympy.diff(scaled, u), u))
    curvature = sympy.diff(scaled, u, 2).subs(u, stationary)
    work.equal("second derivative of F_MI at the stationary scale", curvature, claim["curvature in the log scale"])


def _dominant(covariance: sympy.Matrix) -> dict[sympy.Symbol, tuple[sympy.Expr, sympy.Expr]]:
    """Bounds that keep the matrix diagonally dominant, hence positive definite, when points are drawn."""
    small = sympy.Rational(1, covariance.rows)
    bounds = dict.fromkeys(covariance, (-small, small))
    return bounds | {covariance[i, i]: (sympy.Integer(1), sympy.Integer(3)) for i in range(covariance.rows)}


def _alignment(work: Derivation, n: int, here: sympy.Matrix, there: sympy.Matrix, cross: sympy.Matrix) -> sympy.Expr:
    """<log N(z'; z, v I)> from the moments of a zero-mean pair; the flat prior contributes log 1."""
    z, other = column("z", n), column("w", n)
    squared = sympy.Poly(((other - z).T * (other - z))[0], *z, *other)
    moments = sympy.Matrix(sympy.BlockMatrix([[here, cross], [cross.T, there]]))
    mean = _quadratic_mean(squared, moments)
    return work.show(f"<log P>, n = {n}", -mean / (2 * _V) - n * sympy.log(2 * sympy.pi * _V) / 2)


def _entropy(work: Derivation, covariance: sympy.Matrix) -> sympy.Expr:
    """-<log N(x; 0, S)>: the quadratic form's mean is a rational function, cleared by det S, which is not zero."""
    size = covariance.rows
    x = column("x", size)
    form = sympy.Poly((x.T * covariance.adjugate() * x)[0], *x)
    determinant = sympy.expand(covariance.det(method="berkowitz"))
    ratio = sympy.cancel(_quadratic_mean(form, covariance) / determinant)
    return work.show(f"H, size {size}", size * sympy.log(2 * sympy.pi) / 2 + _log_det(covariance) / 2 + ratio / 2)


def _quadratic_mean(form: sympy.Poly, moments: sympy.Matrix) -> sympy.Expr:
    total = sympy.S.Zero
    for powers, coefficient in form.terms():
        i, j = [index for index, power in enumerate(powers) for _ in range(power)]
        total += coefficient * moments[i, j]
    return sympy.expand(total)


def _log_det(matrix: sympy.Matrix) -> sympy.Expr:
    return sympy.log(sympy.expand(matrix.det(method="berkowitz")))


def _log_det_growth(work: Derivation, u: sympy.Symbol, per_latent: int) -> sympy.Expr:
    """What entropies gain when codes grow by e^u: log |e^(2u) S| - log |S| = 2 n u, so n u for each code."""
    for n in (1, 2, 3):
        grown = (sympy.exp(2 * u) * symmetric("S", n)).det(method="berkowitz")
        ratio = sympy.cancel(grown / symmetric("S", n).det(method="berkowitz"))
        work.equal(f"|e^(2u) S| = e^(2nu) |S|, n = {n}", ratio, sympy.exp(2 * n * u))
    return 2 * per_latent * _N * u


def _only(solutions: list[sympy.Expr]) -> sympy.Expr:
    (solution,) = solutions
    return solution


def _readings(flat: int = 2, empirical: int = 1, excess: sympy.Expr = _ENTROPY) -> dict[str, sympy.Expr]:
    """<|z - z'|^2> at the best scale under three objectives and under the model; F_MI - I, matched and at its best."""
    return {
        "best distance, F_MI": flat * _N * _V,
        "best distance, F_LDM": flat * _N * _V,
        "best distance, empirical prior": empirical * _N * _V,
        "distance under the model": _N * _V,
        "F_MI - I, conditional matched": excess,
        "F_MI - I at the best scale": _N * sympy.log(2 * sympy.pi * _V * (1 + _RHO) / (1 - _RHO)) / 2,
    }


def _verify_readings(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    u = sympy.Symbol("u", real=True)
    both = _log_det_growth(work, u, per_latent=1)
    for name, entropies in (("F_MI", both), ("F_LDM", both), ("empirical prior", both / 2)):
        scaled = work.show(f"{name} at scale e^u", -_D * sympy.exp(2 * u) / (2 * _V) + entropies)
        best = _only(sympy.solve(sympy.diff(scaled, u), u))
        work.equal(f"best distance, {name}", _D * sympy.exp(2 * best), claim[f"best distance, {name}"])
        bend = sympy.simplify(sympy.diff(scaled, u, 2))
        work.require(f"{name} is strictly concave in the log scale", bend.is_negative, bend)
    step = sympy.Symbol("e", real=True)
    density = sympy.exp(-(step**2) / (2 * _V)) / sympy.sqrt(2 * sympy.pi * _V)
    second = sympy.integrate(step**2 * density, (step, -sympy.oo, sympy.oo))
    work.equal("distance under the model, a latent at a time", _N * second, claim["distance under the model"])
    identity = _identities()["F_LDM"]
    matched = {_D: _N * _V, _LOG_JOINT: _N * sympy.log(sympy.Matrix([[_S, _S], [_S, _S + _V]]).det())}
    work.equal("z' | z ~ N(z, v)", identity.subs(matched), claim["F_MI - I, conditional matched"])
    variance = _V / (1 - _RHO)  # stationary pair of correlation rho: distance 2 n variance (1 - rho) = 2 n v
    pair = sympy.factor(variance**2 * sympy.Matrix([[1, _RHO], [_RHO, 1]]).det())
    at_best = identity.subs({_D: 2 * _N * variance * (1 - _RHO), _LOG_JOINT: _N * sympy.log(pair)})
    domain = {_RHO: (0, 1)}
    work.equal(
        "stationary pair at the best scale",
        sympy.exp(2 * (at_best / _N).expand()),
        sympy.exp(2 * (claim["F_MI - I at the best scale"] / _N).expand()),
        domain=domain,
    )
    strong = claim["F_MI - I at the best scale"].subs({_N: 1, _V: 1, _RHO: sympy.Rational(9, 10)})
    work.require("F_MI exceeds I at its best scale (rho = .9)", strong > 0, sympy.N(strong, 6))


def _maximum() -> Witness:
    """n = 1, v = 1, distance 2 at the best scale; F_MI = -distance / 2 + log variance there and at twice the scale."""
    gain = (-2 / 2) - (-8 / 2 + 2 * math.log(2))
    setting = "sign of F_MI(stationary scale) - F_MI(twice that scale), n = 1"
    return Witness(setting, math.copysign(1.0, gain), -1.0, 1.0)


def _excess() -> Witness:
    """z ~ N(0, 100), z' | z ~ N(z, 1): the truth by quadrature of <log P(z' | z)> + H[z' | z] + H[z]."""

    def mean_log(deviation: float) -> float:
        edge = 12 * deviation
        return float(quad(lambda e: norm.pdf(e, 0, deviation) * norm.logpdf(e, 0, deviation), -edge, edge)[0])

    truth = mean_log(1.0) - mean_log(1.0) - mean_log(10.0)
    setting = "F_MI - I, n = 1, z ~ N(0, 100), z' given z ~ N(z, 1), P(z) = 1"
    return Witness(setting, truth, 0.0, math.log(2 * math.pi * math.e * 100) / 2)


CHECKS = (
    Check(
        id="eq-7",
        aliases=("eq-8", "eq-9", "eq-39", "eq-40", "eq-41", "eq-43"),
        theme="flat prior",
        statement=(
            r"\mathcal{F}_{MI} = -\frac{1}{2\sigma^2}\langle\|z-z'\|^2\rangle + \log|\Sigma_z| + c,\quad"
            r" \mathcal{F}_{LDM} = -\frac{1}{2\sigma^2}\langle\|z-z'\|^2\rangle +"
            r" \frac{1}{2}\log|\Sigma_{(z,z')}| + c,\quad c = n\log(2\pi e) - \frac{n}{2}\log(2\pi\sigma^2)"
        ),
        source=Source("mikulasch2026ldm", "eq. 7-9, 39-41, 43"),
        kinds=("S",),
        assumptions=(
            "P(z) = 1 and P(z'|z) = N(z'; z, sigma^2 I).",
            "(z, z') is jointly Gaussian with mean zero; for F_MI both codes have the same covariance.",
        ),
        proved=(
            "Both formulas with their constant for generic covariances of n = 1 and 2 latents; for every n, that F_MI"
            " has one stationary scale and that it is a maximum."
        ),
        not_proved="n above 2 for generic covariances; codes that are not Gaussian (then the log det is a bound).",
        verify=_verify_identities,
        claim=_identities,
        twins=(
            Twin("coefficient 1/2 in eq. 8", partial(_identities, weight=_HALF)),
            Twin("coefficient 1 in eq. 9", partial(_identities, joint=sympy.S.One)),
            Twin("the stationary scale a minimum, as 'minimizing' wants", partial(_identities, curvature=4 * _N)),
        ),
        erratum=Erratum(
            printed=r"\mathrm{minimizing}\;-\frac{1}{2\sigma^2}\langle\|f(x)-f(x')\|^2\rangle + \log|\Sigma_z|",
            correct=r"\mathrm{maximizing}\;-\frac{1}{2\sigma^2}\langle\|f(x)-f(x')\|^2\rangle + \log|\Sigma_z|",
            witness=_maximum,
            consequence="In the transcription of v3 that we checked, eq. 43 is introduced as a goal to minimise; it has"
            " no minimum (it falls without bound when codes collapse or explode).",
        ),
    ),
    Check(
        id="flat-prior",
        theme="flat prior",
        statement=(
            r"P(z) = 1:\quad \langle\|z-z'\|^2\rangle_{best} = 2n\sigma^2 \neq n\sigma^2,\quad"
            r" \mathcal{F}_{MI} - I[z;z'] = H[z] = \frac{n}{2}\log(2\pi e s^2)\;\mathrm{if}\;P(z'|z) = R(z'|z)"
        ),
        source=Source("mikulasch2026ldm", "eq. 5-9"),
        kinds=("S", "N"),
        assumptions=(
            "Gaussian codes, P(z'|z) = N(z'; z, sigma^2 I), sigma fixed; the scale of the codes is free.",
            "Flat prior P(z) = 1, or the empirical prior P(z) = R(z).",
            "Matched case: z ~ N(0, s^2 I) and z'|z ~ N(z, sigma^2 I). Best scale: a stationary pair, correlation rho.",
        ),
        proved=(
            "For every n: the best scale of F_MI, F_LDM and of the form with the empirical prior; that only the last"
            " agrees with the model; F_MI - I in closed form when the conditional is matched and at the best scale,"
            " where it is positive and unbounded in rho."
        ),
        not_proved=(
            "Another constant for the flat prior shifts F_MI - I; no constant makes it at most 0 for all scales."
        ),
        verify=_verify_readings,
        claim=_readings,
        twins=(
            Twin("calibrated flat prior", partial(_readings, flat=1)),
            Twin("the empirical prior with the flat prior's scale", partial(_readings, empirical=2)),
            Twin("-KL = 0 when the conditional is matched", partial(_readings, excess=sympy.S.Zero)),
        ),
        erratum=Erratum(
            printed=r"\mathcal{F}_{MI} - I[z;z'] = -\mathrm{KL}(R\,\|\,P) \leq 0\;\mathrm{with}\;P(z)\;\mathrm{flat}",
            correct=r"\mathcal{F}_{MI} - I[z;z'] = H[z] - \langle\mathrm{KL}(R(z'|z)\,\|\,P(z'|z))\rangle",
            witness=_excess,
            consequence="With an improper prior eq. 5 and 6 are not a divergence and not a bound on the mutual"
            " information, and the learned distance of views is twice what the model's sigma says; the empirical prior"
            " of eq. 20 has none of this.",
        ),
    ),
)
