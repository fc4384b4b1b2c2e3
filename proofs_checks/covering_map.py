"""Full row rank makes a predictor locally invertible, not invertible; preserved volume does not make a map rigid.

The exponential covering of the punctured plane,

    p(x, y) = (e^x cos y, e^x sin y),    det J_p = e^(2 x) > 0,    p(x, y + 2 pi) = p(x, y),

has a Jacobian of full rank everywhere and takes every value infinitely often. The shear s(x, y) = (x, y + sin x)
preserves volume, det J_s = 1, and is neither affine nor an isometry: the theorem of Mazur and Ulam is about maps that
preserve distances. The proof of Theorem 1 needs neither statement.
[mikulasch2026ldm, Note 2 after Theorem 1 and the remark on Mazur and Ulam]
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import sympy

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.verification import Derivation

_X, _Y = sympy.symbols("x y", real=True)
_VARIABLES = sympy.Matrix([_X, _Y])
_WAVE = sympy.sin(_X)


def _covering(rate: int = 1) -> sympy.Matrix:
    return sympy.exp(rate * _X) * sympy.Matrix([sympy.cos(_Y), sympy.sin(_Y)])


def _shear(shift: sympy.Expr = _WAVE) -> sympy.Matrix:
    return sympy.Matrix([_X, _Y + shift])


def _claim(
    covering: sympy.Matrix | None = None, period: sympy.Expr = 2 * sympy.pi, shear: sympy.Matrix | None = None
) -> dict[str, Any]:
    """A map with its determinant and a period of y; a map that preserves volume and its squared stretch along x."""
    return {
        "p": _covering() if covering is None else covering,
        "det J_p": sympy.exp(2 * _X),
        "period": period,
        "shear": _shear() if shear is None else shear,
        "squared length of the shear's derivative along x": 1 + sympy.cos(_X) ** 2,
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    p, shear, period = claim["p"], claim["shear"], claim["period"]
    work.equal("det J_p", p.jacobian(_VARIABLES).det(), claim["det J_p"])
    work.require("J_p has full rank everywhere", claim["det J_p"].is_positive)
    work.equal("p(x, y + period) = p(x, y)", p.subs(_Y, _Y + period), p)
    shorter = sympy.solveset(sympy.cos(_Y) - 1, _Y, sympy.Interval.Lopen(0, period))
    work.require("p(x, y) = p(x, 0) for no other y in (0, period]", shorter == sympy.FiniteSet(period), shorter)
    work.equal("|p(x, y)|^2 depends on x alone, so other preimages share x", p.dot(p), p.subs(_Y, 0).dot(p.subs(_Y, 0)))
    work.equal("det of the shear = 1", shear.jacobian(_VARIABLES).det(), 1)
    work.differs("the shear is not affine", shear.diff(_X, 2), sympy.zeros(2, 1))
    along = shear.diff(_X)
    stretch = claim["squared length of the shear's derivative along x"]
    work.equal("squared length of the shear's derivative along x", along.dot(along), stretch)
    work.differs("the shear is no isometry", stretch, 1)


def _witness() -> Witness:
    """Preimages of (1, 0) with |y| < 7: x = 0 and y = -2 pi, 0, 2 pi; an invertible map has one."""
    angles = [step * math.pi / 2 for step in range(-4, 5)]
    found = sum(math.dist((math.cos(y), math.sin(y)), (1.0, 0.0)) < 1e-9 for y in angles)
    return Witness("preimages of (1, 0) under p with |y| < 7", float(found), 1.0, 3.0)


CHECKS = (
    Check(
        id="note-2",
        aliases=("mazur-ulam",),
        theme="theorem 1",
        statement=(
            r"p(x, y) = (e^{x}\cos y, e^{x}\sin y):\; \det J_p = e^{2x} > 0,\; p(x, y + 2\pi) = p(x, y);\quad"
            r" s(x, y) = (x, y + \sin x):\; \det J_s = 1"
        ),
        source=Source("mikulasch2026ldm", "Note 2 after Theorem 1, remark on Mazur and Ulam"),
        kinds=("S",),
        assumptions=("x and y are real.",),
        proved=(
            "The covering has a positive determinant and period 2 pi in y, so full row rank does not imply"
            " invertibility; the shear preserves volume, is not affine and not an isometry."
        ),
        not_proved="The theorem of Mazur and Ulam itself (surjective isometries are affine).",
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("p(x, y) = e^(2 x) (cos y, sin y)", partial(_claim, covering=_covering(2))),
            Twin("period pi", partial(_claim, period=sympy.pi)),
            Twin("an affine shear, (x, y + x)", partial(_claim, shear=_shear(_X))),
            Twin("a shear that does not preserve volume, (x, y + sin y)", partial(_claim, shear=_shear(sympy.sin(_Y)))),
        ),
        erratum=Erratum(
            printed=r"\mathrm{rank}\,J_{p_R} = n \;\Rightarrow\; p_R\;\mathrm{is\;invertible}",
            correct=r"\mathrm{rank}\,J_{p_R} = n,\; J_{p_R}\;\mathrm{square} \;\Rightarrow\;"
            r" p_R\;\mathrm{is\;locally\;invertible}",
            witness=_witness,
            consequence="Coverage of the latent space does not make past and prediction equivalent; Theorem 1 does not"
            " need it. Likewise the remark names preserved measure where Mazur and Ulam need preserved distance: the"
            " shear preserves measure and bends lines.",
        ),
    ),
)
