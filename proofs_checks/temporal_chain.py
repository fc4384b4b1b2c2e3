"""The objective along time: chain rules for alignment, entropy and information of a sequence.

    F_LDM = sum_t <log P(z_t | z_:t)> + H[z_t | z_:t],    F_MI = F_LDM + sum_t I[z_t; z_:t],
    sum_t I[z_t; z_:t] = sum_t H[z_t] - H[z_1 .. z_T]  (the total correlation).

[mikulasch2026ldm, eq. 12 and 13]. Autoregressions of order one and two make every term explicit; the second order
tells the whole past from the last step.
"""

from __future__ import annotations

from functools import partial

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.discrete_joint import entropy as entropy_of_table
from proofs_checks.discrete_joint import marginal, random_joint
from proofs_checks.matrix_formula import symmetric
from proofs_checks.normal_law import autoregression, divergence
from proofs_checks.verification import Derivation

_S, _V, _W = sympy.symbols("s v w", positive=True)
_RHO, _SLOPE, _FIRST, _SECOND = sympy.symbols("rho b c k", real=True)
_STABLE = dict.fromkeys((_RHO, _SLOPE, _FIRST, _SECOND), (-1, 1))
_SUM, _NOW, _PAST = sympy.symbols("A H_now H_past", real=True)
_JOINT_PAST = sympy.Symbol("H_upto", real=True)


def _normal_entropy(variance: sympy.Expr) -> sympy.Expr:
    return sympy.log(2 * sympy.pi * sympy.E * variance) / 2


def _objective(conditional: sympy.Expr | None = None) -> dict[str, sympy.Expr]:
    """Truth: stationary AR(1), variance s, correlation rho; model: z_1 ~ N(0, v), z_t = b z_(t-1) + N(0, w)."""
    return {
        "first alignment": -sympy.log(2 * sympy.pi * _V) / 2 - _S / (2 * _V),
        "alignment": -sympy.log(2 * sympy.pi * _W) / 2 - _S * (1 - 2 * _SLOPE * _RHO + _SLOPE**2) / (2 * _W),
        "first entropy": _normal_entropy(_S),
        "conditional entropy": _normal_entropy(_S * (1 - _RHO**2)) if conditional is None else conditional,
        "H[z_t | past]": _JOINT_PAST - _PAST,
    }


def _verify_objective(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    for length in (2, 3, 4):
        truth = _S * sympy.Matrix(length, length, lambda i, j: _RHO ** abs(i - j))
        model = autoregression(_V, _SLOPE, _W, length)
        objective = work.show(f"-KL, T = {length}", -divergence(truth, model))
        steps = claim["alignment"] + claim["conditional entropy"]
        total = claim["first alignment"] + claim["first entropy"] + (length - 1) * steps
        # exp is injective, and exp(2 F) is free of logarithms
        work.equal(f"exp(2 F_LDM), T = {length}", *(sympy.exp(2 * side) for side in (objective, total)), domain=_STABLE)
    _terms(claim, work)
    generic = symmetric("S", 3)
    schur = [generic[:t, :t].det() / (generic[: t - 1, : t - 1].det() if t > 1 else 1) for t in (1, 2, 3)]
    regressed = generic[2, 2] - (generic[2:, :2] * generic[:2, :2].inv() * generic[:2, 2:])[0]
    work.equal("ratio of determinants is the variance given the past, n = 3", schur[2], regressed)
    _random_tables(claim, work)


def _terms(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    """Each term from the moments of (z_(t-1), z_t): variance s, covariance rho s."""
    now, last = sympy.symbols("z z'", real=True)
    moments = {now**2: _S, last**2: _S, now * last: _RHO * _S}
    log_first = -sympy.log(2 * sympy.pi * _V) / 2 - now**2 / (2 * _V)
    log_step = -sympy.log(2 * sympy.pi * _W) / 2 - (now - _SLOPE * last) ** 2 / (2 * _W)
    for name, log_density in (("first alignment", log_first), ("alignment", log_step)):
        mean = sympy.expand(log_density).subs(moments, simultaneous=True)
        work.equal(name, mean, claim[name], domain=_STABLE)
    pair = _S * sympy.Matrix([[1, _RHO], [_RHO, 1]])
    for name, variance in (("first entropy", _S), ("conditional entropy", pair.det() / _S)):
        left, right = sympy.exp(2 * claim[name]), 2 * sympy.pi * sympy.E * variance
        work.equal(f"exp(2 H), {name}", left, right, domain=_STABLE)


def _random_tables(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    """Three steps, no Markov property in truth or model: the sum over steps is -KL of the joint laws."""
    draw, found, expected = np.random.default_rng(66), [], []
    for _ in range(20):
        truth, model = random_joint(draw, 3, 2, 4), random_joint(draw, 3, 2, 4)
        total = 0.0j
        for t in range(3):
            upto, past = range(t + 1), range(t)
            conditional = marginal(model, upto) / marginal(model, past)[..., None]
            values = {_JOINT_PAST: entropy_of_table(marginal(truth, upto)), _PAST: 0.0}
            if t:
                values[_PAST] = entropy_of_table(marginal(truth, past))
            alignment = (marginal(truth, upto) * np.log(conditional)).sum()
            total += alignment + complex(claim["H[z_t | past]"].xreplace(values))
        found.append(total)
        expected.append(-(truth * np.log(truth / model)).sum())
    work.close("20 random tables of three steps: the sum over steps is -KL", found, expected, atol=1e-12)


def _correlation(pairwise: bool = False) -> dict[str, sympy.Expr]:
    """AR(1) with correlation rho; AR(2) with lag-one correlation c and partial correlation k at lag two."""
    second_step = -sympy.log(1 - _FIRST**2) / 2
    return {
        "AR(1)": -sympy.log(1 - _RHO**2) / 2,
        "AR(2), second step": second_step,
        "AR(2), later steps": second_step if pairwise else second_step - sympy.log(1 - _SECOND**2) / 2,
        "total correlation": _SUM - _JOINT_PAST,
    }


def _verify_correlation(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    """Normal laws of unit variance: I[z_t; z_:t] = -1/2 log(|C_t| / |C_(t-1)|), total correlation -1/2 log |C_T|.

    Lag two of the AR(2) is c^2 + k (1 - c^2), by definition of k; lag three follows from its regression on two steps.
    """
    slopes = (_FIRST * (1 - _SECOND), _SECOND)
    lags = [sympy.S.One, _FIRST, _FIRST**2 + _SECOND * (1 - _FIRST**2)]
    lags.append(sympy.expand(slopes[0] * lags[2] + slopes[1] * lags[1]))
    work.equal("the regression on two steps has lag one c", slopes[0] + slopes[1] * lags[1], _FIRST)
    processes = {
        "AR(1)": ([_RHO**k for k in range(4)], [claim["AR(1)"]] * 3),
        "AR(2)": (lags, [claim["AR(2), second step"], *[claim["AR(2), later steps"]] * 2]),
    }
    for name, (lag, terms) in processes.items():
        laws = [sympy.Matrix(t, t, lambda i, j, lag=lag: lag[abs(i - j)]) for t in (1, 2, 3, 4)]
        for t in (2, 3, 4):
            variance = work.show(f"{name}: variance of z_{t} given its past", laws[t - 1].det() / laws[t - 2].det())
            label = f"{name}: exp(-2 I[z_{t}; past])"
            work.equal(label, sympy.exp(-2 * terms[t - 2]), variance, domain=_STABLE)
            total = sympy.exp(-2 * sympy.Add(*terms[: t - 1]))
            work.equal(f"{name}: exp(-2 sum) = |C|, T = {t}", total, laws[t - 1].det(), domain=_STABLE)
    _random_sums(claim, work)


def _random_sums(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    draw, found, expected = np.random.default_rng(67), [], []
    for _ in range(20):
        table = random_joint(draw, 3, 2, 4)
        single = [entropy_of_table(marginal(table, (t,))) for t in range(3)]
        pair, whole = entropy_of_table(marginal(table, (0, 1))), entropy_of_table(table)
        found.append((single[0] + single[1] - pair) + (pair + single[2] - whole))
        expected.append(complex(claim["total correlation"].xreplace({_SUM: sum(single), _JOINT_PAST: whole})))
    work.close("20 random tables of three steps: sum of I is the total correlation", found, expected, atol=1e-12)


CHECKS = (
    Check(
        id="eq-12",
        theme="temporal objective",
        statement=(r"-KL(R\,\|\,P) = \sum_t \langle\log P(z_t\,|\,z_{:t})\rangle + H[z_t\,|\,z_{:t}]"),
        source=Source("mikulasch2026ldm", "eq. 12"),
        kinds=("S", "N"),
        assumptions=(
            "P is a normalised density that factorises along time.",
            "The entropies and the alignment are finite.",
        ),
        proved=(
            "A stationary autoregression against every autoregressive model, T = 2, 3, 4; three steps without Markov"
            " property on 20 random tables; the variance given the past as a ratio of determinants, n = 3."
        ),
        not_proved="Infinite sequences; T above 4 for normal laws.",
        verify=_verify_objective,
        claim=_objective,
        twins=(Twin("H[z_t] for H[z_t | past]", partial(_objective, conditional=_normal_entropy(_S))),),
    ),
    Check(
        id="eq-13",
        theme="temporal objective",
        statement=r"\sum_t I[z_t;z_{:t}] = \sum_t H[z_t] - H[z_1,\ldots,z_T]",
        source=Source("mikulasch2026ldm", "eq. 13"),
        kinds=("S", "N"),
        assumptions=("All entropies are finite.",),
        proved=(
            "Every term and every sum for stationary normal autoregressions of order one and two, T = 2, 3, 4; the"
            " identity on 20 random tables."
        ),
        not_proved="T above 4 for normal laws.",
        verify=_verify_correlation,
        claim=_correlation,
        twins=(Twin("information about the last step only, AR(2)", partial(_correlation, pairwise=True)),),
    ),
)
