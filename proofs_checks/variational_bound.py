"""The variational bound on mutual information, and why the empirical prior cancels one entropy.

    <log P(z | z')> + H[z] = I[z; z'] - <KL(R(z | z') || P(z | z'))> <= I[z; z'],

and with the prior P(z') = R(z') the objective F_MI = <log P(z | z')> + <log P(z')> + H[z] + H[z'] is the left side.
[mikulasch2026ldm, eq. 19 and 20; agakov2003im]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.discrete_joint import entropy, mutual_information, random_channel, random_joint
from proofs_checks.verification import Derivation

_JOINT, _TRUE, _MODEL = sympy.symbols("r s t", positive=True)
_CONDITIONAL, _PRIOR, _H1, _H2 = sympy.symbols("A B H1 H2", real=True)


def _claim(mass: int = 1) -> dict[str, Any]:
    """A = <log P(z | z')>, B = <log P(z')>, H1 = H[z], H2 = H[z']; r = R(z, z'), s = R(z | z'), t = P(z | z')."""
    return {
        "objective": _CONDITIONAL + _PRIOR + _H1 + _H2,
        "bound": _CONDITIONAL + _H1,
        "summand of the gap": _JOINT * sympy.log(_TRUE / _MODEL),
        "mass of P(z | z')": sympy.Integer(mass),
    }


def _with(name: str, expression: sympy.Expr) -> dict[str, Any]:
    return _claim() | {name: expression}


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    _generic_table(claim, work)
    _random_tables(claim, work)


def _random_tables(claim: dict[str, Any], work: Derivation) -> None:
    """The first 10 models are the true conditional, the others mix it with a random one; all have the claimed mass."""
    draw = np.random.default_rng(63)
    gap_of = sympy.lambdify([_JOINT, _TRUE, _MODEL], claim["summand of the gap"], "numpy")
    work.require("P(z | z') is positive", claim["mass of P(z | z')"] > 0)
    bounds, objectives, informations, gaps = [], [], [], []
    for trial in range(40):
        rows, columns = draw.integers(2, 6, size=2)
        table = random_joint(draw, rows, columns)
        prior = table.sum(axis=0)
        conditional = table / prior
        share = 0.0 if trial < 10 else draw.uniform()
        model = (1 - share) * conditional + share * random_channel(draw, columns, rows).T
        model *= float(claim["mass of P(z | z')"])
        averages = {
            _CONDITIONAL: (table * np.log(model)).sum(),
            _PRIOR: (prior * np.log(prior)).sum(),
            _H1: entropy(table.sum(axis=1)),
            _H2: entropy(prior),
        }
        bounds.append(complex(claim["bound"].xreplace(averages)))
        objectives.append(complex(claim["objective"].xreplace(averages)))
        informations.append(mutual_information(table))
        gaps.append(gap_of(table, conditional, model).sum())
    slack = np.array(informations) - np.array(bounds)
    work.close("40 random tables: I - bound is the gap", slack, gaps, atol=1e-12)
    work.require(
        "40 random tables: the bound holds, smallest gap", slack.real.min() > -1e-12, f"{slack.real.min():.1e}"
    )
    work.close("40 random tables: F_MI with the empirical prior is the bound", objectives, bounds, atol=1e-12)
    work.close("10 random tables: tight where P(z | z') = R(z | z')", slack[:10], 0.0, atol=1e-12)


def _generic_table(claim: dict[str, Any], work: Derivation) -> None:
    """R(z, z') = a conditional s_ij with sum_i s_ij = 1 times a prior c_j; any positive P(z | z')."""
    s1, s2, c = sympy.symbols("s1 s2 c", positive=True)
    prior = (c, 1 - c)
    truth = sympy.Matrix([[s1, s2], [1 - s1, 1 - s2]])
    model = sympy.Matrix(2, 2, sympy.symbols("t1:5", positive=True))
    joint = truth * sympy.diag(*prior)
    first = [sum(joint[i, :]) for i in range(2)]
    averages = {
        _CONDITIONAL: sum(joint[k] * sympy.log(model[k]) for k in range(4)),
        _PRIOR: sum(mass * sympy.log(mass) for mass in prior),
        _H1: -sum(mass * sympy.log(mass) for mass in first),
        _H2: -sum(mass * sympy.log(mass) for mass in prior),
    }
    information = sum(joint[i, j] * (sympy.log(truth[i, j]) - sympy.log(first[i])) for i in range(2) for j in range(2))
    summand = sympy.expand_log(claim["summand of the gap"], force=True)
    gap = sum(summand.subs({_JOINT: joint[k], _TRUE: truth[k], _MODEL: model[k]}, simultaneous=True) for k in range(4))
    unit = dict.fromkeys((s1, s2, c), (0, 1))
    bound = work.show("bound, generic 2 x 2 table", claim["bound"].xreplace(averages))
    work.equal("I - bound is the gap, generic 2 x 2 table", information - bound, gap, domain=unit)
    work.equal("F_MI, empirical prior", claim["objective"].xreplace(averages), bound, domain=unit)


CHECKS = (
    Check(
        id="eq-19",
        aliases=("eq-20",),
        theme="mutual information",
        statement=(
            r"\langle\log P(z\,|\,z')\rangle + H[z] = I[z;z'] - \langle KL(R(z\,|\,z')\,\|\,P(z\,|\,z'))\rangle"
            r" \leq I[z;z']"
        ),
        source=Source("mikulasch2026ldm", "eq. 19 and 20"),
        kinds=("S", "H"),
        assumptions=(
            "z and z' take finitely many values and P(z | z') is positive.",
            "P(z | z') sums to 1 over z for every z'; for eq. 20 the prior P(z') is R(z').",
        ),
        proved=(
            "The gap for a generic 2 x 2 table; the bound, its gap, its tightness at P = R and the cancelled entropy on"
            " 40 random tables."
        ),
        not_proved="Continuous variables (the same lines with integrals, where these exist).",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("P(z | z') sums to 2", partial(_claim, mass=2)),
            Twin("the prior's term kept", partial(_with, "bound", _CONDITIONAL + _PRIOR + _H1)),
        ),
    ),
)
