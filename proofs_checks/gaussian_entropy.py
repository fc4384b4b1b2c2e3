"""Entropy of the normal law with the data's covariance: exact for normal data, an upper bound for all others.

    H_plug = D/2 (1 + log 2 pi) + 1/2 log |S|,    H_plug - H = KL(R || N(mean, S)) >= 0,
    <log |S_hat|> - log |S| = sum_(i = 1..D) psi((N - i) / 2) + log 2 - log(N - 1)   (S_hat with N - 1, normal data).

[mikulasch2026ldm, eq. 34]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.matrix_formula import column
from proofs_checks.verification import Derivation

_D, _N, _I = sympy.symbols("D N i", integer=True, positive=True)
_LOG_DET = sympy.Symbol("L", real=True)
_HALF_LOG = _LOG_DET / 2


def _claim(volume: sympy.Expr = _HALF_LOG) -> dict[str, Any]:
    """L = log |S|; the i-th term of the bias of log |S_hat|; what the plug-in adds to a uniform law."""
    return {
        "plug-in": _D * (1 + sympy.log(2 * sympy.pi)) / 2 + volume,
        "excess, uniform": sympy.log(2 * sympy.pi * sympy.E / 12) / 2,
        "bias of log det": sympy.digamma((_N - _I) / 2) + sympy.log(2) - sympy.log(_N - 1),
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    for n in (1, 2, 3):
        _normal_laws(claim, work, n)
    _other_laws(claim, work)
    _bias(claim, work)


def _normal_laws(claim: dict[str, Any], work: Derivation, n: int) -> None:
    """-<log N(x; 0, L L^T)> with L generic lower triangular: x = L e turns the quadratic form into |e|^2."""
    root = sympy.Matrix(n, n, lambda i, j: sympy.Symbol(f"l{i}{j}", positive=i == j, real=True) if i >= j else 0)
    e = column("e", n)
    covariance, x = root * root.T, root * e
    log_density = (
        -n * sympy.log(2 * sympy.pi) / 2 - sympy.log(root.det()) - sympy.cancel((x.T * covariance.inv() * x)[0]) / 2
    )
    moments = {entry**2: 1 for entry in e} | {e[i] * e[j]: 0 for i in range(n) for j in range(i)}
    truth = -sympy.expand(log_density).subs(moments, simultaneous=True)
    plug_in = claim["plug-in"].subs({_D: n, _LOG_DET: 2 * sympy.log(root.det())})
    work.equal(f"normal law, n = {n}", sympy.expand_log(truth), sympy.expand_log(plug_in))


def _other_laws(claim: dict[str, Any], work: Derivation) -> None:
    """Three laws on the line from their densities: the excess is KL(R || N), which the machine integrates apart."""
    x = sympy.Symbol("x", real=True)
    laws = {
        "uniform on (0, 1)": (sympy.S.One, (x, 0, 1)),
        "triangular on (0, 1)": (2 * x, (x, 0, 1)),
        "exponential": (sympy.exp(-x), (x, 0, sympy.oo)),
    }
    for name, (density, bounds) in laws.items():
        mean, second = (sympy.integrate(x**k * density, bounds) for k in (1, 2))
        variance = second - mean**2
        negative_entropy = sympy.integrate(density * sympy.expand_log(sympy.log(density)), bounds)
        plug_in = claim["plug-in"].subs({_D: 1, _LOG_DET: sympy.log(variance)})
        excess = sympy.expand_log(plug_in + negative_entropy)
        log_normal = -sympy.log(2 * sympy.pi * variance) / 2 - (x - mean) ** 2 / (2 * variance)
        divergence = negative_entropy - sympy.integrate(sympy.expand(density * log_normal), bounds)
        work.equal(
            f"{name}: plug-in minus H is the divergence from the normal law", excess, sympy.expand_log(divergence)
        )
        work.require(f"{name}: the plug-in lies above H", sympy.N(excess) > 0, sympy.N(excess, 4))
        if density == 1:
            work.equal(f"{name}: the excess", excess, sympy.expand_log(claim["excess, uniform"]))


def _bias(claim: dict[str, Any], work: Derivation) -> None:
    """(N - 1) S_hat is L W L^T with W standard Wishart; |W| is a product of independent chi^2 of N - i degrees."""
    a, x, degrees = sympy.symbols("a x f", positive=True)
    density = x ** (degrees / 2 - 1) * sympy.exp(-x / 2) / (2 ** (degrees / 2) * sympy.gamma(degrees / 2))
    moment = sympy.simplify(sympy.integrate(x**a * density, (x, 0, sympy.oo)))
    mean_log = work.show("<log chi^2_f>", sympy.simplify(sympy.diff(moment, a).subs(a, 0)))
    term = mean_log.subs(degrees, _N - _I) - sympy.log(_N - 1)
    work.equal("one term of the bias", term, claim["bias of log det"])
    draw = np.random.default_rng(74)
    for dimension, size in ((2, 6), (5, 12)):
        terms = [claim["bias of log det"].subs({_N: size, _I: i}) for i in range(1, dimension + 1)]
        bias = complex(sympy.Add(*terms).evalf())
        sample = draw.normal(size=(20_000, size, dimension))
        centred = sample - sample.mean(axis=1, keepdims=True)
        found = np.linalg.slogdet(np.einsum("rni,rnj->rij", centred, centred) / (size - 1))[1]
        work.require(f"the bias is real, D = {dimension}", bias.imag == 0)
        work.within_errors(f"simulated bias, D = {dimension}, N = {size}", found, bias.real)
    work.close("bias of log |S_hat| at D = 5, N = 12", bias, -1.658, atol=5e-4)


CHECKS = (
    Check(
        id="eq-34",
        theme="entropies",
        statement=(
            r"\hat H = \frac{D}{2}(1+\log 2\pi) + \frac{1}{2}\log|\Sigma| = H + KL(R\,\|\,\mathcal{N}(\mu,\Sigma)),"
            r"\quad \langle\log|\hat\Sigma|\rangle = \log|\Sigma| +"
            r" \sum_{i=1}^{D}(\psi(\frac{N-i}{2}) + \log\frac{2}{N-1})"
        ),
        source=Source("mikulasch2026ldm", "eq. 34"),
        kinds=("S", "N"),
        assumptions=(
            "The covariance is nonsingular.",
            "For the bias the data are normal and the estimate of the covariance divides by N - 1.",
        ),
        proved=(
            "Every normal law in 1, 2 and 3 dimensions; the excess as a divergence for the uniform (.176), triangular"
            " and exponential laws; the bias by chi-square logarithms, simulated at (D, N) = (2, 6) and (5, 12), where"
            " it is -1.658."
        ),
        not_proved="The Bartlett decomposition of the Wishart law (simulated only); larger dimensions symbolically.",
        verify=_verify,
        claim=_claim,
        twins=(Twin("log |S| without its factor 1/2", partial(_claim, _LOG_DET)),),
    ),
)
