"""A predictor's own log likelihood as an entropy: right in value and slope at the match, an upper bound elsewhere.

    -<log P>_R = H_R + KL(R || P) >= H_R,    d(-<log P>_R) = dH_R  where P = R,

for P held fixed while the encoder moves R. Normal laws show how the slope fails away from the match, and that second
derivatives differ even there. [mikulasch2026ldm, eq. 35]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.discrete_joint import entropy, marginal, random_joint
from proofs_checks.verification import Derivation

_S, _V = sympy.symbols("s v", positive=True)
_M, _PAST, _UPTO, _KL = sympy.symbols("m H_past H_upto KL", real=True)
_MATCH = _S**2


def _claim(match: sympy.Expr = _MATCH) -> dict[str, Any]:
    """Residual ~ N(m, s^2) under R, modelled as N(0, v); `match` is the v at which the slopes in s agree."""
    return {
        "plug-in": sympy.log(2 * sympy.pi * _V) / 2 + (_S**2 + _M**2) / (2 * _V),
        "divergence": ((_S**2 + _M**2) / _V - 1 - sympy.log(_S**2 / _V)) / 2,
        "slope": _S / _V,
        "slope of H": 1 / _S,
        "curvature": 1 / _V,
        "curvature of H": -1 / _S**2,
        "match": match,
        "bound": _UPTO - _PAST + _KL,
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    x = sympy.Symbol("x", real=True)
    log_model = -sympy.log(2 * sympy.pi * _V) / 2 - x**2 / (2 * _V)
    plug_in = work.show("-<log P>", -log_model.subs(x**2, _S**2 + _M**2))
    truth = sympy.log(2 * sympy.pi * sympy.E * _S**2) / 2
    work.equal("plug-in", plug_in, claim["plug-in"])
    work.equal("plug-in minus H is the divergence", sympy.expand_log(plug_in - truth - claim["divergence"]), 0)
    for name, function in (("", plug_in), (" of H", truth)):
        work.equal(f"slope{name}", sympy.diff(function, _S), claim[f"slope{name}"])
        work.equal(f"curvature{name}", sympy.diff(function, _S, 2), claim[f"curvature{name}"])
    work.equal("the slopes agree at the match", sympy.diff(plug_in, _S).subs(_V, claim["match"]), sympy.diff(truth, _S))
    at_match = {_V: claim["match"], _M: 0}
    work.equal("and the values", sympy.expand_log(plug_in.subs(at_match)), sympy.expand_log(truth))
    doubled = sympy.diff(plug_in, _S).subs(_V, 2 * claim["match"])
    work.equal("twice the variance: half the slope", doubled, sympy.diff(truth, _S) / 2)
    opposite = claim["curvature"].subs(_V, claim["match"]) + claim["curvature of H"]
    work.equal("second derivatives are opposite at the match", opposite, 0)
    _any_law(work)
    _random_tables(claim, work)


def _any_law(work: Derivation) -> None:
    """Three outcomes with abstract probabilities p(phi): d(-sum p log q) - dH = sum p' log(p/q), zero at q = p."""
    phi = sympy.Symbol("phi", real=True)
    first = [sympy.Function(f"p{i}", positive=True)(phi) for i in (1, 2)]
    law = [*first, 1 - sum(first)]
    fixed = sympy.symbols("q1:4", positive=True)
    entropy_slope = sympy.diff(-sum(p * sympy.log(p) for p in law), phi)
    plug_in_slope = sympy.diff(-sum(p * sympy.log(q) for p, q in zip(law, fixed, strict=True)), phi)
    at_match = plug_in_slope.subs(dict(zip(fixed, law, strict=True)), simultaneous=True)
    levels = {first[0]: sympy.Symbol("u1", positive=True), first[1]: sympy.Symbol("u2", positive=True)}
    slopes = {sympy.diff(p, phi): sympy.Symbol(f"slope{i}", real=True) for i, p in enumerate(first)}
    sides = (side.xreplace(slopes).xreplace(levels) for side in (at_match, entropy_slope))
    inside = dict.fromkeys(levels.values(), (0, sympy.Rational(1, 2)))
    work.equal("any smooth law of three outcomes: equal slopes at P = R", *sides, domain=inside)


def _random_tables(claim: dict[str, Any], work: Derivation) -> None:
    draw, found, expected, gaps = np.random.default_rng(75), [], [], []
    for _ in range(40):
        truth, model = random_joint(draw, 3, 4), random_joint(draw, 3, 4)
        conditional, true_conditional = (table / table.sum(axis=1, keepdims=True) for table in (model, truth))
        divergence = (truth * np.log(true_conditional / conditional)).sum()
        values = {_UPTO: entropy(truth), _PAST: entropy(marginal(truth, (0,))), _KL: divergence}
        found.append(complex(claim["bound"].xreplace(values)))
        expected.append(-(truth * np.log(conditional)).sum())
        gaps.append(divergence)
    work.close("40 random tables: -<log P(z_t | past)> = H[z_t | past] + <KL>", found, expected, atol=1e-12)
    work.require("40 random tables: an upper bound, smallest gap", min(gaps) >= 0, f"{min(gaps):.3f}")


CHECKS = (
    Check(
        id="eq-35",
        theme="entropies",
        statement=(
            r"-\langle\log P(z_t|z_{:t})\rangle = H[z_t|z_{:t}] + \langle KL(R\,\|\,P)\rangle \geq H[z_t|z_{:t}],\quad"
            r" d(-\langle\log P\rangle) = dH\;\mathrm{at}\;P = R"
        ),
        source=Source("mikulasch2026ldm", "eq. 35"),
        kinds=("S", "N"),
        assumptions=(
            "P is a normalised conditional density, held fixed while the encoder moves R.",
            "The entropies are finite and R depends smoothly on the encoder.",
        ),
        proved=(
            "Normal residuals with any mean, variance and modelled variance: value, slope, curvature; half the slope at"
            " twice the variance; opposite curvatures at the match; equal slopes at P = R for any smooth law of three"
            " outcomes; the bound on 40 random conditional tables."
        ),
        not_proved="Dynamics: equal first derivatives say nothing of the stability of the match.",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("slopes said to agree at twice the variance", partial(_claim, 2 * _S**2)),
            Twin("slopes said to agree at v = s", partial(_claim, _S)),
        ),
    ),
)
