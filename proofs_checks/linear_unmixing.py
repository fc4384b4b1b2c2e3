"""Linear encoders: the entropy they add, and which of them known variances can tell apart.

    H[W x] = H[x] + 1/2 log |W W^T|   for square invertible W,
    W = V^(1/2) Q V^(-1/2) keeps the covariance V of two sources and has |W| = 1 for every rotation Q,

so known variances and a determinant of 1 leave a circle of solutions; an orthogonal W and distinct variances leave
signs. [mikulasch2026ldm, eq. 3, caption of figure 2C]. Entropies are compared through exp(2 H), which is injective and
free of logarithms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import sympy

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.matrix_formula import symmetric
from proofs_checks.normal_law import divergence, entropy
from proofs_checks.verification import Derivation

_GRAM = sympy.Symbol("G", positive=True)
_ALIGNMENT, _CHANGE, _ENTROPY = sympy.symbols("A C H", real=True)
_S1, _S2 = sympy.symbols("s1 s2", positive=True)
_ANGLE, _L1, _L2 = sympy.symbols("a l1 l2", real=True)
_V = sympy.diag(_S1**2, _S2**2)
_TURN = sympy.Matrix([[sympy.cos(_ANGLE), -sympy.sin(_ANGLE)], [sympy.sin(_ANGLE), sympy.cos(_ANGLE)]])


def _volume(shape: tuple[int, int] = (2, 2)) -> dict[str, Any]:
    """G = |W W^T| for W of the given shape; A = <log P(W x)>, C the change, H = H[x]."""
    return {"change": sympy.log(_GRAM) / 2, "objective": _ALIGNMENT + _CHANGE + _ENTROPY, "shape": shape}


def _replaced(name: str, expression: sympy.Expr) -> dict[str, Any]:
    return _volume() | {name: expression}


def _verify_volume(claim: dict[str, Any], work: Derivation) -> None:
    rows, columns = claim["shape"]
    unmixing = sympy.Matrix(rows, columns, sympy.symbols(f"w1:{rows * columns + 1}", real=True))
    # a generic positive definite covariance through its Cholesky root
    root = sympy.Matrix([[_S1, 0], [_L1, _S2]])
    covariance = root * root.T
    gram = sympy.expand((unmixing * unmixing.T).det())
    change = claim["change"].subs(_GRAM, gram)
    added = entropy(unmixing * covariance * unmixing.T) - entropy(covariance)
    work.equal("exp(2 H[W x] - 2 H[x]), normal x", sympy.exp(2 * added), sympy.exp(2 * change))
    v1, v2 = sympy.symbols("v1 v2", positive=True)
    model = sympy.diag(v1, v2)
    law = unmixing * covariance * unmixing.T
    alignment = -sympy.log(4 * sympy.pi**2 * v1 * v2) / 2 - (model.inv() * law).trace() / 2
    values = {_ALIGNMENT: alignment, _CHANGE: change, _ENTROPY: entropy(covariance)}
    objective = work.show("F_ICA", claim["objective"].xreplace(values))
    gap = sympy.exp(2 * sympy.expand(objective + divergence(law, model)))
    work.equal("exp(2 F_ICA + 2 KL) = 1, normal x and prior", gap, 1)
    corners = [unmixing * sympy.Matrix(corner) for corner in ((0, 0), (1, 0), (1, 1), (0, 1))]
    area = sum(sympy.Matrix.hstack(p, q).det() for p, q in zip(corners, corners[1:] + corners[:1], strict=True)) / 2
    # a uniform law has H = log(area)
    work.equal("exp(2 H[W x]), x uniform on the unit square", sympy.expand(area**2), sympy.exp(2 * change))
    _larger_sizes(claim, work)


def _larger_sizes(claim: dict[str, Any], work: Derivation) -> None:
    for n in (3, 4):

        def residual(point: Sequence[sympy.Rational], n: int = n) -> sympy.Expr:
            unmixing, law = sympy.Matrix(n, n, point[: n * n]), symmetric("S", n)
            law = law.subs(dict(zip(sorted(law.free_symbols, key=str), point[n * n :], strict=True)))
            ratio = sympy.exp(2 * claim["change"].subs(_GRAM, (unmixing * unmixing.T).det()))
            return (unmixing * law * unmixing.T).det() - ratio * law.det()

        work.polynomial_identity(
            f"|W S W^T| = exp(2 change) |S|, n = {n}", residual, arity=n * n + n * (n + 1) // 2, degree=3 * n, points=2
        )


def _freedom(unmixing: sympy.MatrixBase | None = None, sign: int = -1) -> dict[str, Any]:
    """Sources with standard deviations s1, s2 and lag-one autocorrelations l1, l2; the W that V and |W| = 1 admit."""
    ratio = _S1 / _S2
    if unmixing is None:
        sine, cosine = sympy.sin(_ANGLE), sympy.cos(_ANGLE)
        unmixing = sympy.Matrix([[cosine, -ratio * sine], [sine / ratio, cosine]])
    difference = _S1**2 + sign * _S2**2
    return {
        "unmixing": unmixing,
        "correlation with the source": sympy.cos(_ANGLE),
        "cross-talk, orthogonal": difference * sympy.sin(2 * _ANGLE) / 2,
        "variance gained, orthogonal": -difference * sympy.sin(_ANGLE) ** 2,
        "lagged cross-talk": _S1 * _S2 * (_L1 - _L2) * sympy.sin(2 * _ANGLE) / 2,
    }


def _verify_freedom(claim: dict[str, Any], work: Derivation) -> None:
    unmixing = work.show("W", claim["unmixing"])
    law = (unmixing * _V * unmixing.T).applyfunc(sympy.expand)
    work.equal("W V W^T = V at every angle", law, _V)
    work.equal("|W| = 1 at every angle", unmixing.det(), 1)
    work.equal("W V^(1/2) = V^(1/2) Q", unmixing * sympy.diag(_S1, _S2), sympy.diag(_S1, _S2) * _TURN)
    generic = sympy.Matrix(2, 2, sympy.symbols("w1:5", real=True))
    scaled = sympy.diag(1 / _S1, 1 / _S2)
    whitened = scaled * generic * sympy.diag(_S1, _S2)
    found = scaled * generic * _V * generic.T * scaled
    work.equal("Q Q^T = V^(-1/2) (W V W^T) V^(-1/2) for every W: no other W keeps V", whitened * whitened.T, found)
    correlation = (unmixing * _V)[0, 0] / _S1**2  # output 1 and source 1 both have variance s1^2
    work.equal("correlation of output 1 with source 1", correlation, claim["correlation with the source"])
    turned = (_TURN * _V * _TURN.T).applyfunc(sympy.expand)
    cross = sympy.expand_trig(claim["cross-talk, orthogonal"])
    work.equal("orthogonal W: covariance of the outputs", turned[0, 1], cross)
    work.equal(
        "orthogonal W: change of the first variance", turned[0, 0] - _S1**2, claim["variance gained, orthogonal"]
    )
    work.equal("equal variances leave no trace of the rotation", turned.subs(_S2, _S1), _V.subs(_S2, _S1))
    angles = sympy.solveset(sympy.sin(_ANGLE) ** 2, _ANGLE, sympy.Interval(0, sympy.pi))
    work.require("orthogonal W, distinct variances: only signs remain", angles == {0, sympy.pi}, angles)
    lagged = unmixing * sympy.diag(_L1 * _S1**2, _L2 * _S2**2) * unmixing.T
    work.equal("covariance over one lag", lagged[0, 1], sympy.expand_trig(claim["lagged cross-talk"]))


def _witness() -> Witness:
    """Two Ornstein-Uhlenbeck sources, theta 2 and .2, sigma .3: variances .0225 and .225, Q by 45 degrees."""
    v1, v2 = 0.3**2 / (2 * 2.0), 0.3**2 / (2 * 0.2)
    half = math.sqrt(0.5)
    w11, w12 = half, -math.sqrt(v1 / v2) * half
    truth = w11 * v1 / math.sqrt(v1 * (w11**2 * v1 + w12**2 * v2))
    return Witness("correlation of output 1 with source 1, W = V^(1/2) Q V^(-1/2)", truth, 1.0, math.cos(math.pi / 4))


CHECKS = (
    Check(
        id="eq-3",
        theme="linear ICA",
        statement=r"H[Wx] = H[x] + \frac{1}{2}\log|WW^{\top}|,\quad F_{ICA} = \langle\log P(Wx)\rangle + H[Wx]",
        source=Source("mikulasch2026ldm", "eq. 3"),
        kinds=("S",),
        assumptions=("W is square and invertible.", "x has a density with finite entropy."),
        proved=(
            "Normal x with every covariance, and uniform x, for every 2 x 2 matrix; the determinants for n = 3 and 4;"
            " that F_ICA is minus the divergence for normal x and prior."
        ),
        not_proved="Other laws (a constant Jacobian: the change of variables of eq-23).",
        verify=_verify_volume,
        claim=_volume,
        twins=(
            Twin("W = [w1, w2], which is not square", partial(_volume, shape=(1, 2))),
            Twin("without the factor 1/2", partial(_replaced, "change", sympy.log(_GRAM))),
        ),
    ),
    Check(
        id="fig-2c",
        theme="linear ICA",
        statement=(
            r"W = V^{1/2}QV^{-1/2}\;\Rightarrow\; WVW^{\top} = V,\;|W| = 1;\quad WW^{\top} = I,\;"
            r" v_1 \neq v_2,\; WVW^{\top} = V\;\Rightarrow\; W = \mathrm{diag}(\pm 1,\pm 1)"
        ),
        source=Source("mikulasch2026ldm", "figure 2C, caption"),
        kinds=("S",),
        assumptions=(
            "Two uncorrelated normal sources with known variances v1, v2.",
            "The latent model constrains the law of the sources at one time only.",
        ),
        proved=(
            "Every rotation Q gives an admissible W, and no other W is; the correlation with the source is cos(a);"
            " orthogonal W leave the covariance (v1 - v2) sin(2a)/2 and change v1 by -(v1 - v2) sin^2(a); the"
            " covariance over a lag, s1 s2 (l1 - l2) sin(2a)/2, does see the rotation when time constants differ."
        ),
        not_proved="More than two sources.",
        verify=_verify_freedom,
        claim=_freedom,
        twins=(
            Twin("orthogonal W said to keep V", partial(_freedom, unmixing=_TURN)),
            Twin("v1 + v2 for v1 - v2", partial(_freedom, sign=1)),
        ),
        erratum=Erratum(
            printed=r"\mathrm{known\;variances},\;|W| = 1\;\Rightarrow\;\mathrm{sources\;recovered}",
            correct=r"\mathrm{known\;distinct\;variances},\;WW^{\top} = I\;\Rightarrow\;\mathrm{sources\;recovered}",
            witness=_witness,
            consequence="As captioned, a whole circle of unmixings fits normal sources equally well; the figure needs W"
            " orthogonal and distinct variances, or a model of the sources' different time constants.",
        ),
    ),
)
