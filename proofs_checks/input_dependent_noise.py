"""Observation noise that depends on the input is no density inside the LDM objective: the objective has no maximum.

    F = <log N(z; m, S_e + r(x))> + H[z],   z = f(x), r a free function of the input, m and S_e predicted from the past.

As a function of z = f(x), N(z; m, S_e + r(f^-1(z))) need not integrate to 1, so F is no -KL, and H[z] does not charge
for what r knows about z. The smallest witness is one latent without dynamics (A = 0, so m = 0 and S_e = q):

    x ~ N(0, 1), r = z^2, q -> 0:   F = (gamma + log 2) / 2 = 0.635 > 0 for the true latent z = x,
                                    F = log lambda, without bound, for the bijective code z = exp(lambda x),

whose affine R2 against x is lambda^2 / (e^(lambda^2) - 1). Also for every q > 0 the supremum is infinite. A covariance
that is constant in the density restores F = log lambda - lambda^2 < 0 there, against 0 for z = x; r(x) may then still
enter the gain. [mikulasch2026ldm, section 6.1, eq. 15]
"""

from __future__ import annotations

import math
from functools import cache, partial

import numpy as np
import sympy
from scipy.integrate import quad
from scipy.stats import norm

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.verification import Derivation

_X, _Z = sympy.symbols("x z", real=True)
_RATE, _SCALE, _Q, _SPREAD = sympy.symbols("lambda c q s", positive=True)
_GAUSS = sympy.exp(-(_X**2) / 2) / sympy.sqrt(2 * sympy.pi)
_H_X = sympy.log(2 * sympy.pi * sympy.E) / 2
_CODE = _SCALE * sympy.exp(_RATE * _X)


def _claim(leak: int = 1, charged: int = 0, remedy: int = 1) -> dict[str, sympy.Expr]:
    """`charged`: how much of <log lambda> the entropy would have to charge for; c exp(lambda x) is the code."""
    return {
        "true latent": leak * (sympy.EulerGamma + sympy.log(2)) / 2,
        "code exp(lambda x)": (1 - charged) * sympy.log(_RATE),
        "code exp(lambda x), q > 0, at least": sympy.log(_RATE) - _Q * sympy.exp(2 * _RATE**2) / (2 * _SCALE**2),
        "affine R2 of the code": _RATE**2 / (sympy.exp(_RATE**2) - 1),
        "code exp(lambda x), constant covariance": sympy.log(_RATE) - remedy * _RATE**2,
        "true latent, constant covariance": sympy.S.Zero,
    }


def _verify(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    best = _best_noise(work)
    mean_log = _mean_log_of_normal(work)
    true_latent = _H_X - sympy.log(2 * sympy.pi * sympy.E) / 2 - mean_log
    work.equal("F of z = x with r = z^2", true_latent, claim["true latent"])
    work.require("a proper density would give F <= 0", claim["true latent"] > 0, sympy.N(claim["true latent"], 6))
    entropy = _H_X + _mean(sympy.log(sympy.diff(_CODE, _X)))
    free = work.show("F of the code", entropy + _mean(sympy.expand_log(best.subs(_Z, _CODE))))
    work.show("<exp(b x)>", _moment_generating(sympy.Symbol("b", real=True)))
    work.equal("F of z = c exp(lambda x) with r = z^2", free, claim["code exp(lambda x)"])
    _with_process_noise(claim, work, entropy)
    _is_no_density(work)
    covariance = _mean(_X * _CODE)
    score = covariance**2 / (_mean(_CODE**2) - _mean(_CODE) ** 2)
    work.equal("affine R2 between x and the code", score, claim["affine R2 of the code"])
    _remedy(claim, work, entropy)
    _simulate(claim, work)


def _best_noise(work: Derivation) -> sympy.Expr:
    """max over S > 0 of log N(z; 0, S) is at S = z^2."""
    log_density = -sympy.log(2 * sympy.pi * _SPREAD) / 2 - _Z**2 / (2 * _SPREAD)
    (spread,) = sympy.solve(sympy.diff(log_density, _SPREAD), _SPREAD)
    work.equal("best variance for one z", spread, _Z**2)
    bend = sympy.diff(log_density, _SPREAD, 2).subs(_SPREAD, spread)
    work.equal("the likelihood bends down there", bend, -1 / (2 * _Z**4))
    return work.show("log density at the best variance", log_density.subs(_SPREAD, spread))


def _mean_log_of_normal(work: Derivation) -> sympy.Expr:
    """<log |x|> from the derivative of <|x|^a> at a = 0."""
    a, x = sympy.symbols("a x", positive=True)
    moment = sympy.integrate(2 * x**a * _GAUSS.subs(_X, x), (x, 0, sympy.oo))
    return work.show("<log |x|>", sympy.diff(moment, a).subs(a, 0))


def _mean(expression: sympy.Expr) -> sympy.Expr:
    """Average over x ~ N(0, 1) of terms x^k e^(b x): k-th derivative in b of the moment generating function."""
    b = sympy.Symbol("b", real=True)
    total = sympy.S.Zero
    for term in sympy.Add.make_args(sympy.expand(sympy.expand_log(expression, force=True))):
        coefficient, rest = term.as_independent(_X)
        power, rate = 0, sympy.S.Zero
        for factor in sympy.Mul.make_args(rest):
            if isinstance(factor, sympy.exp):
                rate += sympy.diff(factor.args[0], _X)
            else:
                power += sympy.degree(factor, _X)
        total += coefficient * sympy.diff(_moment_generating(b), b, power).subs(b, rate)
    return sympy.expand(total)


@cache
def _moment_generating(b: sympy.Symbol) -> sympy.Expr:
    return sympy.simplify(sympy.integrate(sympy.exp(b * _X) * _GAUSS, (_X, -sympy.oo, sympy.oo)))


def _with_process_noise(claim: dict[str, sympy.Expr], work: Derivation, entropy: sympy.Expr) -> None:
    """q > 0: log(q + z^2) <= log z^2 + q / z^2 and z^2 / (q + z^2) <= 1 bound F from below, and the bound diverges."""
    ratio = sympy.Symbol("u", positive=True)  # q / z^2
    gap = ratio - sympy.log(1 + ratio)
    work.equal("u - log(1 + u) vanishes at u = 0", gap.subs(ratio, 0), 0)
    slope = sympy.factor(sympy.diff(gap, ratio))
    work.require("u - log(1 + u) rises", slope.is_positive, slope)
    floor = -_H_X - _mean(sympy.log(_CODE)) - _Q / 2 * _mean(1 / _CODE**2) + entropy
    work.equal("lower bound of F at q > 0", floor, claim["code exp(lambda x), q > 0, at least"])
    along = claim["code exp(lambda x), q > 0, at least"].subs(_SCALE, sympy.sqrt(_Q) * sympy.exp(_RATE**2))
    limit = sympy.limit(sympy.expand(along), _RATE, sympy.oo)
    work.require("the bound grows without end along c^2 = q exp(2 lambda^2)", limit == sympy.oo, limit)


def _is_no_density(work: Derivation) -> None:
    """N(z; 0, q + z^2) is at least e^(-1/2) / sqrt(2 pi (q + z^2)), whose integral over |z| < L is not bounded in L."""
    edge = sympy.Symbol("L", positive=True)
    primitive = 2 * sympy.asinh(edge / sympy.sqrt(_Q))
    work.equal("d/dL of the integral over |z| < L", sympy.diff(primitive, edge), 2 / sympy.sqrt(_Q + edge**2))
    work.require(
        "total mass of N(z; 0, q + z^2)", sympy.limit(primitive.subs(_Q, 1), edge, sympy.oo) == sympy.oo, "infinite"
    )


def _remedy(claim: dict[str, sympy.Expr], work: Derivation, entropy: sympy.Expr) -> None:
    """One variance for all inputs, at its best <z^2>: F = -KL <= 0, with 0 for the true latent."""
    log_density = -sympy.log(2 * sympy.pi * _SPREAD) / 2
    of_code = log_density.subs(_SPREAD, _mean(_CODE**2)) - sympy.Rational(1, 2) + entropy
    work.equal("constant covariance: F of the code", of_code, claim["code exp(lambda x), constant covariance"])
    of_truth = log_density.subs(_SPREAD, _mean(_X**2)) - sympy.Rational(1, 2) + _H_X
    work.equal("constant covariance: F of the true latent", of_truth, claim["true latent, constant covariance"])
    (stationary,) = sympy.solve(sympy.diff(claim["code exp(lambda x), constant covariance"], _RATE), _RATE)
    top = claim["code exp(lambda x), constant covariance"].subs(_RATE, stationary)
    work.require("constant covariance: no such code comes near 0", top < 0, sympy.N(top, 6))


def _simulate(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    """lambda = 2: <log N(z; 0, z^2)> + H[x] + <log f'(x)> from draws, and the affine R2 of the code by quadrature."""
    draw, rate = np.random.default_rng(7), 2.0
    x = draw.normal(size=20_000)
    values = norm.logpdf(np.exp(rate * x), 0.0, np.exp(rate * x)) + math.log(rate) + rate * x
    expected = float(claim["code exp(lambda x)"].subs(_RATE, 2)) - float(_H_X)
    work.close("lambda = 2: every draw has the claimed F - H[x]", values, np.full_like(values, expected), atol=1e-9)
    known = float(claim["true latent"]) - float(_H_X)
    work.within_errors("draws of log N(x; 0, x^2)", norm.logpdf(x, 0.0, np.abs(x)), known)


def _witness() -> Witness:
    """<log N(x; 0, x^2)> + H[x] by quadrature; a KL divergence would keep it at most 0."""
    mean = 2 * quad(lambda x: norm.pdf(x) * norm.logpdf(x, 0.0, x), 0, 12, limit=200)[0]
    truth = mean + math.log(2 * math.pi * math.e) / 2
    setting = "F_LDM of the true latent x ~ N(0, 1) with noise variance x^2 (the print's value is its upper bound)"
    return Witness(setting, truth, 0.0, (float(np.euler_gamma) + math.log(2)) / 2)


CHECKS = (
    Check(
        id="kalman-input-noise",
        theme="kalman",
        statement=(
            r"x \sim \mathcal{N}(0,1),\; z = e^{\lambda x},\; r(x) = z^2:\quad"
            r" \langle\log\mathcal{N}(z; 0, r(x))\rangle + H[z] = \log\lambda \rightarrow \infty,\quad"
            r" R^2 = \frac{\lambda^2}{e^{\lambda^2}-1} \rightarrow 0"
        ),
        source=Source("mikulasch2026ldm", "section 6.1, eq. 15"),
        kinds=("S", "N"),
        assumptions=(
            "The noise variance in the predictive density is a free function of the same input that is encoded.",
            "The model class contains A = 0, and the encoder class z = c exp(lambda x) for large lambda.",
            "One latent, x ~ N(0, 1), independent over time.",
        ),
        proved=(
            "F in closed form for the true latent and for the code, process noise zero; for any process noise q > 0 a"
            " lower bound that grows without end; that N(z; 0, q + z^2) has infinite mass in z; the code's R2; that a"
            " constant covariance makes F at most 0 again, attained by the true latent."
        ),
        not_proved=(
            "How fast training finds such codes; noise variances bounded on both sides, for which F is bounded but"
            " still no divergence."
        ),
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("F = 0 for the true latent, as a divergence would have", partial(_claim, leak=0)),
            Twin("the entropy charges for the scale", partial(_claim, charged=1)),
            Twin("constant covariance does not restrain the code", partial(_claim, remedy=0)),
        ),
        erratum=Erratum(
            printed=r"\mathcal{F}_{LDM} = -\mathrm{KL} \leq 0\;\mathrm{with\;noise}\;\Sigma_D(x_t)\;\mathrm{in}\;P",
            correct=r"\sup\mathcal{F}_{LDM} = \infty\;\mathrm{with\;noise}\;\Sigma_D(x_t)\;\mathrm{in}\;P",
            witness=_witness,
            consequence="Noise that depends on the input may shape the gain of the filter, but the density inside the"
            " objective needs a covariance predicted from the past alone; otherwise the loss falls while the latents"
            " are lost.",
        ),
    ),
)
