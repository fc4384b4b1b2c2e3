"""log det of a covariance for small off-diagonal entries, the form in which VICReg's covariance penalty appears.

With S = D + e O, D = diag(d_i) and O symmetric with zero diagonal (entries a_ij):

    log det S = sum_i log d_i - e^2/2 sum_{i != j} a_ij^2 / (d_i d_j) + e^3 sum_{i<j<k} 2 a_ij a_jk a_ik / (d_i d_j
    d_k) + O(e^4)

[mikulasch2026ldm] prints the second-order term in section 5 and A.5.3 with the factor 1/2, in eq. 42 without it. The
machine expands the determinant of the generic matrix as a polynomial in e and takes the logarithm of the series.
"""

from __future__ import annotations

import itertools
import math
from functools import partial

import sympy

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.verification import Derivation

_SIZES = (2, 3, 4)


def _symbols(n: int) -> tuple[list[sympy.Symbol], dict[tuple[int, int], sympy.Symbol]]:
    variances = list(sympy.symbols(f"d1:{n + 1}", positive=True))
    covariances = {(i, j): sympy.Symbol(f"a{i + 1}{j + 1}", real=True) for i in range(n) for j in range(i + 1, n)}
    return variances, covariances


def _claim(second: sympy.Rational, third: int) -> dict[str, sympy.Expr]:
    """Orders 2 and 3 for each size: second * sum over ordered pairs i != j, third * sum over triples i < j < k."""
    claim = {}
    for n in _SIZES:
        d, a = _symbols(n)
        pairs = [2 * covariance**2 / (d[i] * d[j]) for (i, j), covariance in a.items()]
        triples = [
            a[i, j] * a[j, k] * a[i, k] / (d[i] * d[j] * d[k]) for i, j, k in itertools.combinations(range(n), 3)
        ]
        claim[f"order 2, n = {n}"] = second * sympy.Add(*pairs)
        claim[f"order 3, n = {n}"] = third * sympy.Add(*triples)
    return claim


def _verify(claim: dict[str, sympy.Expr], work: Derivation) -> None:
    e = sympy.Symbol("e", real=True)
    for n in _SIZES:
        d, a = _symbols(n)
        matrix = sympy.Matrix(n, n, lambda i, j, d=d, a=a: d[i] if i == j else e * a[min(i, j), max(i, j)])
        relative = sympy.Poly(matrix.det(method="berkowitz") / sympy.prod(d), e)
        order = [relative.coeff_monomial(e**k) for k in range(4)]
        work.show(f"det S / prod d, n = {n}", relative.as_expr())
        work.equal(f"order 0 of det S / prod d, n = {n}", order[0], 1)
        work.equal(f"order 1 vanishes, n = {n}", order[1], 0)
        # log(1 + e^2 c2 + e^3 c3 + O(e^4)) = e^2 c2 + e^3 c3 + O(e^4)
        work.equal(f"order 2, n = {n}", order[2], claim[f"order 2, n = {n}"])
        work.equal(f"order 3, n = {n}", order[3], claim[f"order 3, n = {n}"])


def _witness() -> Witness:
    """S = [[1, .1], [.1, 1]]: the sum over i != j has two terms of .01 each."""
    terms = 2 * 0.1**2
    return Witness("log det of [[1, .1], [.1, 1]]", math.log1p(-(0.1**2)), -terms, -terms / 2)


CHECKS = (
    Check(
        id="eq-42",
        aliases=("section-5", "a.5.3"),
        theme="entropies",
        statement=(
            r"\log|\Sigma| = \sum_i \log\Sigma_{ii} - \frac{1}{2}\sum_{i\neq"
            r" j}\frac{\Sigma_{ij}^2}{\Sigma_{ii}\Sigma_{jj}}"
            r" + 2\sum_{i<j<k}\frac{\Sigma_{ij}\Sigma_{jk}\Sigma_{ik}}{\Sigma_{ii}\Sigma_{jj}\Sigma_{kk}} +"
            r" O(\epsilon^4)"
        ),
        source=Source("mikulasch2026ldm", "eq. 42, section 5, A.5.3"),
        kinds=("S",),
        assumptions=(
            "The covariance is symmetric with positive diagonal entries.",
            "Its off-diagonal entries are proportional to a small number epsilon.",
        ),
        proved="All terms up to the third order for generic matrices of size n = 2, 3 and 4.",
        not_proved="Sizes beyond 4; the radius of convergence.",
        verify=_verify,
        claim=partial(_claim, sympy.Rational(-1, 2), 2),
        twins=(
            Twin("the second order without its factor 1/2, as in eq. 42", partial(_claim, sympy.Integer(-1), 2)),
            Twin("the third order with the opposite sign", partial(_claim, sympy.Rational(-1, 2), -2)),
        ),
        erratum=Erratum(
            printed=r"\log|\Sigma|\approx\sum_i\log\Sigma_{ii}-\sum_{i\ne j}C_{ij},\quad"
            r" C_{ij}=\frac{\Sigma_{ij}^2}{\Sigma_{ii}\Sigma_{jj}}",
            correct=r"\log|\Sigma|\approx\sum_i\log\Sigma_{ii}-\frac{1}{2}\sum_{i\ne j}C_{ij}",
            witness=_witness,
            consequence="Eq. 42 in the transcription of v3 that we checked weighs the covariance penalty twice"
            " as much as the log determinant does; section 5 and A.5.3 have the factor 1/2.",
        ),
    ),
)
