"""Corollary 1: the affine map of Theorem 1 carries the predictor and the covariance along.

With h(z) = A z + b the log-density identity holds for all z and all pasts iff

    A^T S_R^-1 A = S^-1  (equivalently S_R = A S A^T)   and   p_R(h(c)) = A p(c) + b.

Known covariances leave A = S_R^(1/2) Q S^(-1/2) with Q any rotation or reflection: each is admissible, none else is.
[mikulasch2026ldm, Corollary 1]
"""

from __future__ import annotations

from functools import partial

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.matrix_formula import column, evaluate, symmetric
from proofs_checks.verification import Derivation

_N = sympy.Symbol("n", integer=True, positive=True)
_A, _S, _PR = (sympy.MatrixSymbol(name, _N, _N) for name in ("A", "S", "P_R"))
_MEAN, _B = sympy.MatrixSymbol("p", _N, 1), sympy.MatrixSymbol("b", _N, 1)
_L, _R, _ROTATION = (sympy.MatrixSymbol(name, _N, _N) for name in ("L", "R", "Q"))
_WHITENED, _COLOURED = _R.inverse() * _A * _L, _R * _ROTATION * _L.inverse()


def _claim(
    covariance: sympy.MatrixExpr = _A * _S * _A.T,
    mean: sympy.MatrixExpr = _A * _MEAN + _B,
    rotation: sympy.MatrixExpr = _WHITENED,
    freedom: sympy.MatrixExpr = _COLOURED,
) -> dict[str, sympy.MatrixExpr]:
    """L, R are the symmetric roots of S, S_R; `rotation` is orthogonal and `freedom` admissible for every Q."""
    return {
        "precision": _A.T * _PR * _A,
        "covariance": covariance,
        "mean": mean,
        "rotation": rotation,
        "freedom": freedom,
    }


def _verify(claim: dict[str, sympy.MatrixExpr], work: Derivation) -> None:
    precision_of_claimed_covariance = claim["precision"].subs(_PR, claim["covariance"].inverse())
    work.equal("A^T S_R^-1 A = S^-1 at the claimed covariance, every n", precision_of_claimed_covariance, _S.inverse())
    _known_covariances(claim, work)
    for n in (1, 2, 3):
        _match_coefficients(claim, work, n)
    _simulate(claim, work)


def _match_coefficients(claim: dict[str, sympy.MatrixExpr], work: Derivation, n: int) -> None:
    """The identity is quadratic in z: its Hessian gives the precision, then its gradient gives the mean."""
    z, p, q, b = (column(name, n) for name in "zpqb")
    slope = sympy.Matrix(n, n, sympy.symbols(f"a1:{n * n + 1}", real=True))
    model, truth = symmetric("R", n), symmetric("P", n)
    deviation = slope * z + b - q
    identity = ((z - p).T * truth * (z - p))[0] / 2 - (deviation.T * model * deviation)[0] / 2
    precision = evaluate(claim["precision"], {_A: slope, _PR: model})
    work.equal(f"Hessian in z, n = {n}", sympy.hessian(identity, list(z)), truth - precision)
    matched = identity.subs(dict(zip(list(truth), list(slope.T * model * slope), strict=True)))
    gradient = sympy.Matrix([matched]).jacobian(z).T
    work.equal(f"gradient in z, n = {n}", gradient, slope.T * model * (q - slope * p - b))
    mean = evaluate(claim["mean"], {_A: slope, _MEAN: p, _B: b})
    work.equal(
        f"it vanishes at the claimed mean, n = {n}", gradient.subs(dict(zip(q, mean, strict=True))), sympy.zeros(n, 1)
    )


def _known_covariances(claim: dict[str, sympy.MatrixExpr], work: Derivation) -> None:
    """Q Q^T = I follows from A S A^T = S_R for every n; conversely every plane rotation gives an admissible A."""
    symmetric = {_L.T: _L, _R.T: _R}
    gram = (claim["rotation"] * claim["rotation"].T).doit().xreplace(symmetric)
    expected = _R.inverse() * (_A * _L * _L * _A.T) * _R.inverse()
    inverse_root = {_R.T.inverse(): _R.inverse(), _R.inverse().T: _R.inverse()}
    work.equal("Q Q^T = R^-1 (A S A^T) R^-1, every n", gram.xreplace(inverse_root), expected)
    angle = sympy.Symbol("phi", real=True)
    turn = sympy.Matrix([[sympy.cos(angle), -sympy.sin(angle)], [sympy.sin(angle), sympy.cos(angle)]])
    root, model_root = sympy.Matrix([[2, 1], [1, 3]]), sympy.Matrix([[1, -1], [-1, 4]])
    slope = work.show("A at angle phi", evaluate(claim["freedom"], {_R: model_root, _L: root, _ROTATION: turn}))
    work.equal("A S A^T = S_R for every angle", slope * root**2 * slope.T, model_root**2)
    work.differs("A depends on the angle", slope.diff(angle), sympy.zeros(2, 2))


def _simulate(claim: dict[str, sympy.MatrixExpr], work: Derivation) -> None:
    """z ~ N(p, S), code A z + b: its sample mean and covariance against the claimed ones."""
    draw, size, mean, offset = np.random.default_rng(31), 200_000, np.array([0.5, -1.0]), np.array([2.0, 0.3])
    slope, root = np.array([[1.1, 0.6], [-0.3, 0.9]]), np.array([[0.7, 0.0], [0.4, 0.5]])
    code = (mean + draw.normal(size=(size, 2)) @ root.T) @ slope.T + offset
    covariance = sympy.lambdify([_A, _S], claim["covariance"].subs(_N, 2), "numpy")(slope, root @ root.T)
    model_mean = sympy.lambdify([_A, _MEAN, _B], claim["mean"].subs(_N, 2), "numpy")(
        slope, mean[:, None], offset[:, None]
    )
    work.within_errors("simulation: mean of the code", code, model_mean[:, 0])
    centred = code - model_mean[:, 0]
    work.within_errors("simulation: covariance of the code", centred[:, :, None] * centred[:, None, :], covariance)


CHECKS = (
    Check(
        id="cor-1",
        theme="theorem 1",
        statement=r"A^{\top}\Sigma_R^{-1}A = \Sigma^{-1},\quad \Sigma_R = A\,\Sigma A^{\top},\quad p_R(h(z_{:t})) ="
        r" A\,p(z_{:t}) + b",
        source=Source("mikulasch2026ldm", "Corollary 1"),
        kinds=("S", "N"),
        assumptions=(
            "h(z) = A z + b with A invertible, as Theorem 1 concludes.",
            "The two conditional log densities agree for every latent and the past considered.",
            "Both covariances are symmetric positive definite.",
        ),
        proved=(
            "Coefficients of the identity matched in z for n = 1, 2, 3; the equivalence of the two covariance relations"
            " and the orthogonality of S_R^(-1/2) A S^(1/2) for every n; that every plane rotation is admissible (n"
            " = 2);"
            " simulated at n = 2."
        ),
        not_proved="Existence of symmetric roots (spectral theorem); admissibility of rotations for n above 2.",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("S_R = A^T S A", partial(_claim, covariance=_A.T * _S * _A)),
            Twin("the offset left out of the predictor", partial(_claim, mean=_A * _MEAN)),
            Twin("the root of S on the wrong side", partial(_claim, rotation=_R.inverse() * _L * _A)),
            Twin("rotations without the root of S", partial(_claim, freedom=_R * _ROTATION)),
        ),
    ),
)
