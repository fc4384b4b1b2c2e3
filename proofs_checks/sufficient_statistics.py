"""The follow-up theorem: predictive information saturates exactly when the code keeps what the condition says about s.

x = g(s, n) with a private nuisance (n independent of c given s), code z = f(x), code of the condition z_c. Then

    I[s; c] - I[z; z_c] = I[s; c | z] + I[z; c | z_c],

both terms on the right being nonnegative. Where they vanish, p(c | s) = p(c | z); if p(s | c) and p(z | c) are
exponential families with natural parameters a(c), b(c) and statistics tau(s), tau_z(z), two conditions give

    (a(c') - a(c))^T tau(s) = (b(c') - b(c))^T tau_z(z) + const,

and r_s + 1 conditions whose a(c) are affinely independent give tau(s) = A tau_z(z) + b. [mikulasch2026infoldm]

Information of rational laws is decided exactly: it is a rational combination of logarithms of primes, and these are
linearly independent over the rationals.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import Any

import sympy

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.matrix_formula import column, evaluate
from proofs_checks.verification import Derivation

_I_SC, _I_ZZ, _I_SC_Z, _I_ZC_ZC = sympy.symbols("I_sc I_zzc I_sc_given_z I_zc_given_zc")
_RS, _RZ = sympy.symbols("r_s r_z", integer=True, positive=True)
_A0, _A1, _TAU = (sympy.MatrixSymbol(name, _RS, 1) for name in ("a", "aa", "tau"))
_B0, _B1, _TAU_Z = (sympy.MatrixSymbol(name, _RZ, 1) for name in ("b", "bb", "tau_z"))
_DA, _DB = sympy.MatrixSymbol("D_a", _RS, _RS), sympy.MatrixSymbol("D_b", _RS, _RZ)
_PARTITIONS = sympy.symbols("F_a F_aa F_b F_bb", real=True)
_WEIGHTS = sympy.symbols("w1:4", positive=True)

Law = dict[tuple[int, ...], sympy.Rational]


def _claim(sign: int = 1, private: bool = True, parameters: sympy.MatrixExpr = _A1 - _A0) -> dict[str, Any]:
    """The chain (vanishes), the difference over two conditions (vanishes), the matrix A; who sees the nuisance."""
    before, after, before_z, after_z = _PARTITIONS
    return {
        "chain": _I_SC - _I_ZZ - _I_SC_Z - sign * _I_ZC_ZC,
        "difference": parameters.T * _TAU - (_B1 - _B0).T * _TAU_Z,
        "constant": after - before - (after_z - before_z),
        "A": _DA.inverse() * _DB,
        "private nuisance": private,
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    for seed in (81, 82):
        _chain(claim, work, _random_law(seed, claim["private nuisance"]), f"random model {seed}")
    _saturation(claim, work)
    _difference(claim, work)
    for sizes in ((1, 1), (1, 2), (2, 2), (2, 3)):
        _readout(claim, work, *sizes)


def _random_law(seed: int, private: bool) -> Law:
    """Joint law of (c, s, z, z_c): c, s in three states, n in two, z = f(s, n) in four, z_c = f(c) in two."""
    draw = random.Random(seed)

    def weights(size: int) -> list[sympy.Rational]:
        raw = [draw.randint(1, 6) for _ in range(size)]
        return [sympy.Rational(value, sum(raw)) for value in raw]

    condition, signal = weights(3), [weights(3) for _ in range(3)]
    nuisance = {(c, s): weights(2) for c in range(3) for s in range(3)}
    encode = {(s, n): draw.randrange(4) for s in range(3) for n in range(2)}
    law: Law = defaultdict(lambda: sympy.S.Zero)
    for c, s, n in itertools.product(range(3), range(3), range(2)):
        given = nuisance[0 if private else c, s]
        law[c, s, encode[s, n], min(c, 1)] += condition[c] * signal[c][s] * given[n]
    return dict(law)


def _entropy(law: Law, axes: Sequence[int]) -> sympy.Expr:
    """Entropy of some variables as sum of rational multiples of logarithms of primes."""
    marginal: Law = defaultdict(lambda: sympy.S.Zero)
    for state, mass in law.items():
        marginal[tuple(state[axis] for axis in axes)] += mass
    of_prime: dict[int, sympy.Rational] = defaultdict(lambda: sympy.S.Zero)
    for mass in marginal.values():
        for prime, power in sympy.factorrat(mass).items():
            of_prime[prime] -= mass * power
    return sympy.Add(*(weight * sympy.log(prime) for prime, weight in of_prime.items()))


def _information(law: Law, one: int, other: int, *given: int) -> sympy.Expr:
    joint, base = (one, other, *given), given
    total = _entropy(law, (one, *given)) + _entropy(law, (other, *given)) - _entropy(law, joint) - _entropy(law, base)
    return sympy.expand(total)


def _informations(law: Law) -> dict[sympy.Symbol, sympy.Expr]:
    c, s, z, z_c = range(4)
    return {
        _I_SC: _information(law, s, c),
        _I_ZZ: _information(law, z, z_c),
        _I_SC_Z: _information(law, s, c, z),
        _I_ZC_ZC: _information(law, z, c, z_c),
    }


def _chain(claim: dict[str, Any], work: Derivation, law: Law, name: str) -> None:
    values = _informations(law)
    work.equal(f"{name}: chain of informations", claim["chain"].xreplace(values), 0)
    for symbol, value in values.items():
        work.require(f"{name}: {symbol} > 0", value.evalf(30) > 0, value.evalf(6))


def _saturation(claim: dict[str, Any], work: Derivation) -> None:
    """s in four states, the last two with proportional p(c, s); z merges these two and z_c = c: nothing is lost."""
    columns = [(4, 1, 2, 4), (1, 5, 1, 2)]  # p(c, s) up to the total of 20
    law: Law = defaultdict(lambda: sympy.S.Zero)
    for c, row in enumerate(columns):
        for s, mass in enumerate(row):
            law[c, s, min(s, 2), c] += sympy.Rational(mass, 20)
    values = _informations(law)
    work.equal("merging states of equal posterior: chain", claim["chain"].xreplace(values), 0)
    work.equal("merging states of equal posterior: I[s; c] = I[z; z_c]", values[_I_SC], values[_I_ZZ])
    for s in range(4):
        of_s = sympy.Rational(columns[0][s], columns[0][s] + columns[1][s])
        alike = [t for t in range(4) if min(t, 2) == min(s, 2)]
        of_z = sympy.Rational(sum(columns[0][t] for t in alike), sum(row[t] for row in columns for t in alike))
        work.equal(f"p(c | s) = p(c | z) at s = {s}", of_s, of_z)


def _difference(claim: dict[str, Any], work: Derivation) -> None:
    """log p(c' | s) - log p(c | s) by Bayes' rule: base measure, p(s) and p(c) cancel. r_s = 2, r_z = 3."""
    values = {_A0: column("a", 2), _A1: column("aa", 2), _TAU: column("tau", 2)}
    values |= {_B0: column("b", 3), _B1: column("bb", 3), _TAU_Z: column("tz", 3)}
    before, after, before_z, after_z = _PARTITIONS
    base, base_z, log_s, log_z, log_c, log_cc = sympy.symbols("l_s l_z P_s P_z P_c P_cc", real=True)

    def posterior(prior: sympy.Expr, parameter: sympy.Matrix, partition: sympy.Expr, of_s: bool) -> sympy.Expr:
        statistic = values[_TAU if of_s else _TAU_Z]
        likelihood = parameter.dot(statistic) - partition + (base if of_s else base_z)
        return prior + likelihood - (log_s if of_s else log_z)

    of_s = posterior(log_cc, values[_A1], after, True) - posterior(log_c, values[_A0], before, True)
    of_z = posterior(log_cc, values[_B1], after_z, False) - posterior(log_c, values[_B0], before_z, False)
    claimed = evaluate(claim["difference"].subs({_RS: 2, _RZ: 3}), _sized(values))[0] - claim["constant"]
    work.equal("equal posteriors at two conditions", of_s - of_z, claimed)


def _sized(values: dict[sympy.MatrixSymbol, sympy.Matrix]) -> dict[sympy.MatrixSymbol, sympy.Matrix]:
    return {symbol.subs({_RS: 2, _RZ: 3}): value for symbol, value in values.items()}


def _readout(claim: dict[str, Any], work: Derivation, r_s: int, r_z: int) -> None:
    """D_a tau = D_b tau_z + const has the claimed A; times det D_a it is a polynomial."""

    def residual(point: Sequence[sympy.Rational]) -> sympy.Rational:
        da, truth = sympy.Matrix(r_s, r_s, point[: r_s * r_s]), sympy.Matrix(r_s, r_z, point[r_s * r_s :])
        size = {_RS: r_s, _RZ: r_z}
        sized = claim["A"].subs(size)
        found = evaluate(sized, {_DA.subs(size): da, _DB.subs(size): da * truth})
        return sum(((da.det() * entry) ** 2 for entry in found - truth), sympy.S.Zero)

    arity = r_s * (r_s + r_z)
    work.polynomial_identity(f"the matrix A, r_s = {r_s}, r_z = {r_z}", residual, arity, degree=4 * r_s + 4, points=2)
    deficient = sympy.Matrix(r_s, r_z, lambda i, j: (i + 1) * (j + 2))
    for normal in deficient.T.nullspace():
        statistic = deficient * column("t", r_z) + column("b", r_s)
        on_plane = (normal.T * statistic)[0]
        work.equal("A without full row rank: tau lies in a hyperplane", on_plane, (normal.T * column("b", r_s))[0])


def _diversity_claim(pairs: str = "weighted", factor: int = 1) -> dict[str, Any]:
    """Covariance of the natural parameter over three conditions of probabilities w_i, from its differences."""
    points = [column(name, 2) for name in "fgh"]
    total = sympy.zeros(2, 2)
    for i, j in itertools.combinations(range(3), 2):
        weight = _WEIGHTS[i] * _WEIGHTS[j] if pairs == "weighted" else sympy.S.One
        total += factor * weight * (points[i] - points[j]) * (points[i] - points[j]).T
    return {"covariance": total}


def _verify_diversity(claim: dict[str, Any], work: Derivation) -> None:
    """Differences between conditions count by their probabilities: conditions of probability zero teach nothing."""
    points = [column(name, 2) for name in "fgh"]
    mean, second = sympy.zeros(2, 1), sympy.zeros(2, 2)
    for weight, point in zip(_WEIGHTS, points, strict=True):
        mean, second = mean + weight * point, second + weight * point * point.T
    complete = {_WEIGHTS[2]: 1 - _WEIGHTS[0] - _WEIGHTS[1]}
    covariance = second - mean * mean.T
    work.equal("Cov[a(c)]", covariance.subs(complete), claim["covariance"].subs(complete))
    never = {_WEIGHTS[0]: 1, _WEIGHTS[1]: 0, _WEIGHTS[2]: 0}
    work.equal("conditions of probability 0: Cov[a(c)] = 0", claim["covariance"].subs(never), sympy.zeros(2, 2))
    spread = sympy.Matrix.hstack(*(point - points[0] for point in points[1:]))
    work.require("yet their parameters span affinely", spread.rank() == 2, f"rank {spread.rank()}")


def _diversity_witness() -> Witness:
    """c uniform on [0, 1], a(c) = 1 at c = 1 and 0 elsewhere: Var[a(c)] = 0, so s is independent of c."""
    c = sympy.Symbol("c", real=True)
    a = sympy.Piecewise((1, sympy.Eq(c, 1)), (0, True))
    variance = sympy.integrate(a**2, (c, 0, 1)) - sympy.integrate(a, (c, 0, 1)) ** 2
    rank, spread = float(variance != 0), float(a.subs(c, 1) != a.subs(c, 0))
    return Witness("statistics that c tells anything about, c uniform, a(c) = 1{c = 1}", rank, spread, 0.0)


CHECKS = (
    Check(
        id="fu-1",
        theme="follow-up",
        statement=(
            r"I[s;c] - I[z;z_c] = I[s;c\,|\,z] + I[z;c\,|\,z_c];\quad"
            r" (a(c') - a(c))^{\top}\tau(s) = (b(c') - b(c))^{\top}\tau_z(z) + \mathrm{const} \;\Rightarrow\;"
            r" \tau(s) = A\,\tau_z(z) + b"
        ),
        source=Source("mikulasch2026infoldm", "main theorem"),
        kinds=("S", "N"),
        assumptions=(
            "The nuisance is private: independent of the condition given the signal.",
            "p(s | c) and p(z | c) are exponential families; KL = 0 and I[z; z_c] = I[s; c] < infinity.",
            "At r_s + 1 conditions of positive probability the natural parameters are affinely independent.",
        ),
        proved=(
            "The chain, exactly, on random rational laws, and that a code which merges states of equal posterior loses"
            " nothing; the difference over two conditions (r_s = 2, r_z = 3); the matrix A, and that a deficient A"
            " puts tau into a hyperplane, for (r_s, r_z) = (1, 1), (1, 2), (2, 2), (2, 3)."
        ),
        not_proved="The chain for continuous variables; existence of a perfect match; larger r_s, r_z.",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("a nuisance that knows the condition", partial(_claim, private=False)),
            Twin("the last information subtracted", partial(_claim, sign=-1)),
            Twin("the parameter itself for its difference", partial(_claim, parameters=_A1)),
        ),
    ),
    Check(
        id="fu-1-diversity",
        theme="follow-up",
        statement=(
            r"\mathrm{Cov}[a(c)] = \sum_{i<j}w_iw_j(a_i - a_j)(a_i - a_j)^{\top},\quad"
            r" w_i = P(c = c_i)"
        ),
        source=Source("mikulasch2026infoldm", "diversity assumption, main text"),
        kinds=("S",),
        assumptions=("Three conditions with probabilities w_i that add up to 1, r_s = 2.",),
        proved=(
            "The covariance of the natural parameter from its weighted differences; that it vanishes at conditions of"
            " probability zero although their parameters span."
        ),
        not_proved="Continuous conditions in general (one is computed in the witness).",
        verify=_verify_diversity,
        claim=_diversity_claim,
        twins=(
            Twin("differences without their probabilities", partial(_diversity_claim, pairs="plain")),
            Twin("every pair counted twice", partial(_diversity_claim, factor=2)),
        ),
        erratum=Erratum(
            printed=r"\exists\, c_0, \ldots, c_{r_s}:\; \mathrm{span}\{a(c_j) - a(c_0)\} = R^{r_s}",
            correct=r"\mathrm{Cov}[a(c)]\;\mathrm{is\;nonsingular}",
            witness=_diversity_witness,
            consequence="Conditions that have probability zero satisfy the assumption as worded in the main text and"
            " identify nothing: with c uniform on [0, 1] and a(c) = 1 at c = 1 only, a constant code is optimal."
            " The wording of the appendix repairs it.",
        ),
    ),
)
