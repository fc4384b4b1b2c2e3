"""Maximal entropy is not maximal information when a bottleneck must choose between shared content and nuisance.

Two views share s (variance 1, correlation rho) and carry a private n (variance v). The code z = cos(a) s + sin(a) n
with u = cos^2(a) has

    H[z] = 1/2 log(2 pi e (u + v (1 - u))),   I[z; z'] = -1/2 log(1 - rho^2 (u / (u + v (1 - u)))^2).

For v > 1 the entropy is largest at u = 0, where the information vanishes. [mikulasch2026ldm, A.4.3]
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import sympy

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.normal_law import entropy
from proofs_checks.verification import Derivation

_U, _V = sympy.symbols("u v", positive=True)
_RHO = sympy.Symbol("rho", real=True)
_RANGE = {_U: (0, 1), _RHO: (-1, 1), _V: (1, 9)}


def _claim(largest_entropy: int = 0) -> dict[str, Any]:
    """As above; the slopes are those of exp(2 H) / (2 pi e) and of the share of s in the variance of z."""
    variance = _U + _V * (1 - _U)
    return {
        "entropy": sympy.log(2 * sympy.pi * sympy.E * variance) / 2,
        "information": -sympy.log(1 - _RHO**2 * (_U / variance) ** 2) / 2,
        "slope of the variance": 1 - _V,
        "slope of the share": _V / variance**2,
        "largest information": -sympy.log(1 - _RHO**2) / 2,
        "u of largest entropy, v > 1": sympy.Integer(largest_entropy),
        "u of largest information": sympy.S.One,
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    """exp is injective and free of logarithms, so entropies are compared through exp(2 H), information likewise."""
    readout = sympy.Matrix([[sympy.sqrt(_U), sympy.sqrt(1 - _U), 0, 0], [0, 0, sympy.sqrt(_U), sympy.sqrt(1 - _U)]])
    views = sympy.diag(1, _V, 1, _V)
    views[0, 2] = views[2, 0] = _RHO
    law = work.show("covariance of (z, z')", (readout * views * readout.T).applyfunc(sympy.expand))
    entropies = [entropy(law[:1, :1]), entropy(law[1:, 1:]), entropy(law)]
    information = entropies[0] + entropies[1] - entropies[2]
    work.equal("exp(2 H[z])", sympy.exp(2 * claim["entropy"]), sympy.exp(2 * entropies[0]), domain=_RANGE)
    left, right = (sympy.exp(-2 * part) for part in (claim["information"], information))
    work.equal("exp(-2 I[z; z'])", left, right, domain=_RANGE)
    work.equal("slope of the variance in u", sympy.diff(law[0, 0], _U), claim["slope of the variance"])
    work.equal("slope of the share in u", sympy.diff(_U / law[0, 0], _U), claim["slope of the share"], domain=_RANGE)
    above, below = sympy.Symbol("e", positive=True), sympy.Rational(1, 4)
    steep = claim["slope of the variance"].subs(_V, 1 + above)
    work.require("a nuisance above variance 1: entropy falls in u", steep.is_negative, steep)
    mild = claim["slope of the variance"].subs(_V, below)
    work.require("a nuisance of variance 1/4: entropy rises in u, with the information", mild.is_positive, mild)
    share = sympy.diff(_U / law[0, 0], _U).subs(_U, sympy.Rational(1, 2))
    work.require("the share of s, and with it the information, rises in u", sympy.simplify(share).is_positive, share)
    ends = (0, 1)
    loudest = max(ends, key=lambda u: law[0, 0].subs({_V: 4, _U: u}))
    work.equal("v = 4: u of largest entropy", loudest, claim["u of largest entropy, v > 1"])
    best = max(ends, key=lambda u: (_U / law[0, 0]).subs({_V: 4, _U: u}))
    work.equal("v = 4: u of largest information", best, claim["u of largest information"])
    at = [information.subs({_V: 4, _U: u}) for u in (loudest, best)]
    work.equal("v = 4: no information at the largest entropy", sympy.simplify(at[0]), 0)
    largest = (sympy.exp(-2 * part) for part in (at[1], claim["largest information"]))
    work.equal("v = 4: exp(-2 I) at the best code", *largest, domain=_RANGE)
    value = complex(claim["largest information"].subs(_RHO, sympy.Rational(9, 10)).evalf())
    work.close("rho = .9: the best code has .830 nats", value, 0.8304, atol=1e-4)


def _witness() -> Witness:
    """rho = .9, v = 4: covariance of the codes that output n alone, against the best code."""
    variance, shared, best = 4.0, 0.0, -0.5 * math.log(1 - 0.9**2)
    truth = 0.5 * math.log(1 / (1 - (shared / variance) ** 2))
    return Witness("I[z; z'] at the largest entropy, shared variance 1, private 4", truth, best, 0.0)


CHECKS = (
    Check(
        id="a4.3",
        theme="mutual information",
        statement=(
            r"z = \cos(a)s + \sin(a)n,\;\mathrm{Var}\,n > \mathrm{Var}\,s = 1:\quad \arg\max_a H[z]\;\mathrm{has}"
            r"\;I[z;z'] = 0,\;\max_a I[z;z'] = -\frac{1}{2}\log(1-\rho^2)"
        ),
        source=Source("mikulasch2026ldm", "A.4.3"),
        kinds=("S", "N"),
        assumptions=(
            "Shared and private parts are normal and independent, private parts independent across views.",
            "The code is one-dimensional, linear, of unit norm, the same for both views.",
        ),
        proved=(
            "Entropy and information of every such code; their monotony in u = cos^2(a) for v > 1, where they oppose"
            " each other, and at v = 1/4, where they agree; .830 nats at rho = .9."
        ),
        not_proved=(
            "Other encoders. With equal dimension and no nuisance an injective encoder has I[z; z'] = I[x; x'] whatever"
            " its entropy (eq-1)."
        ),
        verify=_verify,
        claim=_claim,
        twins=(Twin("entropy largest where information is", partial(_claim, largest_entropy=1)),),
        erratum=Erratum(
            printed=r"\mathrm{maximal}\;H[z]\;\Rightarrow\;\mathrm{maximal}\;I[z;z']",
            correct=r"\mathrm{maximal}\;H[z]\;\Rightarrow\;\mathrm{maximal}\;I[z;z']\;\;\mathrm{only\;for\;equal"
            r"\;dimension\;and\;no\;nuisance}",
            witness=_witness,
            consequence="Under a bottleneck, entropy maximisation can spend the whole code on private nuisance and keep"
            " nothing of the shared content.",
        ),
    ),
)
