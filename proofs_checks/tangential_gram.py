"""How much an encoder stretches the volume of a data manifold, and when it is locally invertible there.

With T an orthonormal basis of the tangent space of M, g a parametrisation of M, J = J_f and G = J_g,

    sqrt |(J T)^T (J T)| = sqrt (|(J G)^T (J G)| / |G^T G|),    H[x] = H[f(x)] - <1/2 log |(J T)^T (J T)|>,

entropies relative to the volume of M, f injective on M; f restricted to M has an invertible derivative iff that factor
is positive. [mikulasch2026ldm, eq. 24, 25, 27 and 73-78] print |J J^T|, which agrees only where the rows of J are
tangent to M. The truth is the derivative of f o g, taken directly in the parameters.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import sympy
from mpmath import mp

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.verification import Derivation

_K, _M, _N = sympy.symbols("k m n", integer=True, positive=True)
_J = sympy.MatrixSymbol("J", _K, _M)
_T, _G = (sympy.MatrixSymbol(name, _M, _N) for name in "TG")
_TANGENTIAL = sympy.Determinant((_J * _T).T * (_J * _T))
_AMBIENT = sympy.Determinant(_J * _J.T)
_DENSITY, _GRAM = sympy.symbols("P V", positive=True)
_U, _W = sympy.symbols("u w", real=True)
_X = sympy.symbols("x1:4", real=True)
_C = sympy.Symbol("c", real=True)
_INSIDE = {_U: (sympy.Rational(1, 5), sympy.Rational(6, 5)), _W: (sympy.Rational(1, 5), sympy.Rational(6, 5))}


class Manifold(NamedTuple):
    """An encoder of points x1, x2, ... on the manifold `embedding(parameters)`."""

    name: str
    parameters: tuple[sympy.Symbol, ...]
    embedding: tuple[sympy.Expr, ...]
    encoder: tuple[sympy.Expr, ...]

    def derivatives(self) -> tuple[sympy.MatrixBase, sympy.MatrixBase, sympy.MatrixBase]:
        """J_f on the manifold, J_g, and the Jacobian of f o g in the parameters."""
        ambient = _X[: len(self.embedding)]
        place = dict(zip(ambient, self.embedding, strict=True))
        along = sympy.Matrix(self.encoder).subs(place, simultaneous=True).jacobian(self.parameters)
        jacobian = sympy.Matrix(self.encoder).jacobian(ambient).subs(place, simultaneous=True)
        return jacobian, sympy.Matrix(self.embedding).jacobian(self.parameters), along


_CIRCLE = ((1 - _U**2) / (1 + _U**2), 2 * _U / (1 + _U**2))  # at the angle 2 arctan u
_PARABOLOID = (_U, _W, (_U**2 + _W**2) / 2)
_STEREOGRAPHIC = Manifold("circle, f = x2 / (1 + x1)", (_U,), _CIRCLE, (_X[1] / (1 + _X[0]),))
_LIFTED = Manifold("paraboloid, f = (x1, x2)", (_U, _W), _PARABOLOID, _X[:2])
_MANIFOLDS = (
    Manifold("line x2 = 0, f = x1 + c x2", (_U,), (_U, sympy.S.Zero), (_X[0] + _C * _X[1],)),
    Manifold("line x2 = 2 x1, f = x1", (_U,), (_U, 2 * _U), (_X[0],)),
    Manifold("circle, f = x1", (_U,), _CIRCLE, (_X[0],)),
    _STEREOGRAPHIC,
    Manifold("circle, two codes for one dimension", (_U,), _CIRCLE, (_X[0] ** 2, _X[0] + 3 * _X[1])),
    _LIFTED,
    Manifold("paraboloid, f = (x1 + x3, x2)", (_U, _W), _PARABOLOID, (_X[0] + _X[2], _X[1])),
)


def _orthonormal(columns: sympy.MatrixBase) -> sympy.MatrixBase:
    """Gram and Schmidt on one or two columns."""
    first = columns[:, 0] / sympy.sqrt(sympy.simplify(columns[:, 0].dot(columns[:, 0])))
    if columns.cols == 1:
        return first
    rest = (columns[:, 1] - first * first.dot(columns[:, 1])).applyfunc(sympy.cancel)
    return first.row_join(rest / sympy.sqrt(sympy.simplify(rest.dot(rest))))


def _at(
    formula: sympy.Expr, jacobian: sympy.MatrixBase, tangent: sympy.MatrixBase, embedding: sympy.MatrixBase
) -> sympy.Expr:
    values = {_J: jacobian, _T: tangent, _G: embedding}
    scalar = formula.xreplace({symbol: sympy.ImmutableMatrix(value) for symbol, value in values.items()}).doit()
    return sympy.cancel(sympy.together(scalar))


def _volume(gram: sympy.Expr = _TANGENTIAL) -> dict[str, Any]:
    """The squared volume factor by T and by G; what it does to a density P and, on average, to the entropy."""
    return {
        "gram": gram,
        "by parametrisation": sympy.Determinant((_J * _G).T * (_J * _G)) / sympy.Determinant(_G.T * _G),
        "pushed density": _DENSITY / sympy.sqrt(_GRAM),
        "stretching": sympy.log(_GRAM) / 2,
    }


def _verify_volume(claim: dict[str, Any], work: Derivation) -> None:
    for manifold in _MANIFOLDS:
        jacobian, embedding, along = manifold.derivatives()
        tangent = work.show(f"{manifold.name}: T", _orthonormal(embedding))
        truth = work.show(f"{manifold.name}: factor^2", (along.T * along).det() / (embedding.T * embedding).det())
        for name in ("gram", "by parametrisation"):
            found = _at(claim[name], jacobian, tangent, embedding)
            work.equal(f"{manifold.name}: factor^2, {name}", found, sympy.cancel(truth), domain=_INSIDE)
    _linear(claim, work)
    _preimages(claim, work)
    _entropies(claim, work)


def _linear(claim: dict[str, Any], work: Derivation) -> None:
    """Every plane parametrised by T C with one rational T, every linear f: R^3 -> R^2."""
    tangent = sympy.Matrix([[1, 2], [2, 1], [2, -2]]) / 3
    work.equal("T^T T = I", tangent.T * tangent, sympy.eye(2))
    scale = sympy.Matrix(2, 2, sympy.symbols("C1:5", real=True))
    encoder = sympy.Matrix(2, 3, sympy.symbols("F1:7", real=True))
    embedding = tangent * scale
    factor = work.show("factor^2", (encoder * tangent).det() ** 2)  # |F T C|^2 / |C|^2
    for name in ("gram", "by parametrisation"):
        found = _at(claim[name], encoder, tangent, embedding)
        work.equal(f"generic linear encoder of a plane: {name}", found, factor)
    within = sympy.Matrix(2, 2, encoder[:4]) * tangent.T
    ambient = _at(_AMBIENT, within, tangent, embedding)
    work.equal("the ambient Gram is right when the rows are tangent", ambient, (within * tangent).det() ** 2)


def _preimages(claim: dict[str, Any], work: Derivation) -> None:
    """x uniform on the circle, f = x1: two preimages; P(x1 <= z) = 1 - arccos(z) / pi."""
    z = sympy.Symbol("z", real=True)
    jacobian, embedding, _ = _MANIFOLDS[2].derivatives()
    gram = _at(claim["gram"], jacobian, _orthonormal(embedding), embedding)
    height = sympy.sqrt((1 - z) / (1 + z))  # u at x1 = z
    masses = [
        claim["pushed density"].subs({_DENSITY: 1 / (2 * sympy.pi), _GRAM: gram}).subs(_U, side * height)
        for side in (1, -1)
    ]
    truth = sympy.diff(1 - sympy.acos(z) / sympy.pi, z)
    reason = "both sides are algebraic in z, of low degree"
    work.equal("sum over preimages", sum(masses), truth, domain={z: (-1, 1)}, pointwise=reason)


def _entropies(claim: dict[str, Any], work: Derivation) -> None:
    """An arc, angle t uniform on (-2, 2), z = tan(t/2) of density 1/4 dt/dz; a paraboloid over a normal plane."""
    jacobian, embedding, _ = _STEREOGRAPHIC.derivatives()
    gram = _at(claim["gram"], jacobian, _orthonormal(embedding), embedding)
    stretching = sympy.lambdify(_U, claim["stretching"].subs(_GRAM, gram), "mpmath")
    mean = mp.quad(lambda t: stretching(mp.tan(t / 2)), [-2, 0, 2]) / 4
    end = mp.tan(1)
    of_code = mp.quad(lambda z: mp.log(2 * (1 + z**2)) / (2 * (1 + z**2)), [-end, 0, end])
    work.close("arc: H[f(x)] - <1/2 log Gram> = H[x] = log 4", complex(of_code - mean), float(mp.log(4)), 1e-9)
    jacobian, embedding, _ = _LIFTED.derivatives()
    gram = _at(claim["gram"], jacobian, _orthonormal(embedding), embedding)
    radial = sympy.lambdify(_U, claim["stretching"].subs(_GRAM, gram.subs(_W, 0)), "mpmath")
    mean = mp.quad(lambda r: r * mp.exp(-(r**2) / 2) * radial(r), [0, 1, 4, 12])

    def minus_p_log_p(r: mp.mpf) -> mp.mpf:
        area = mp.sqrt(1 + r**2)
        density = mp.exp(-(r**2) / 2) / (2 * mp.pi) / area
        return -2 * mp.pi * r * area * density * mp.log(density)

    on_surface = mp.quad(minus_p_log_p, [0, 1, 4, 12])
    flat = mp.log(2 * mp.pi * mp.e)
    work.close("paraboloid: H[f(x)] - <1/2 log Gram> = H[x]", complex(flat - mean), complex(on_surface), 1e-9)


def _local(gram: sympy.Expr = _TANGENTIAL) -> dict[str, Any]:
    return {"criterion": gram}


def _verify_local(claim: dict[str, Any], work: Derivation) -> None:
    """The criterion equals |d(f o g)|^2 / |G^T G|, so it vanishes exactly where the derivative along M degenerates."""
    alpha, beta = sympy.symbols("alpha beta", real=True)
    angle, turn = sympy.symbols("theta phi", real=True)
    sphere = tuple(sympy.sin(angle) * part(turn) for part in (sympy.cos, sympy.sin))
    cases = (
        Manifold("line x2 = 0, f = alpha x1 + beta x2", (_U,), (_U, sympy.S.Zero), (alpha * _X[0] + beta * _X[1],)),
        Manifold("sphere, f = (x1, x2)", (angle, turn), (*sphere, sympy.cos(angle)), _X[:2]),
        *_MANIFOLDS[2:5],
    )
    half = {symbol: (sympy.Rational(1, 5), sympy.Rational(6, 5)) for symbol in (_U, angle, turn)}
    found = {}
    for case in cases:
        jacobian, embedding, along = case.derivatives()
        found[case.name] = _at(claim["criterion"], jacobian, _orthonormal(embedding), embedding)
        truth = sympy.simplify((along.T * along).det() / (embedding.T * embedding).det())
        work.equal(f"{case.name}: criterion", found[case.name], truth, domain=half)
    constant = found[cases[0].name].subs(alpha, 0)
    work.equal("f = beta x2 is constant on the line x2 = 0, and the criterion says so", constant, 0)
    work.equal(
        "on the sphere it is x3^2: only the equator degenerates",
        found[cases[1].name],
        sympy.cos(angle) ** 2,
        domain=half,
    )
    spiral = (sympy.exp(_X[0]) * sympy.cos(_X[1]), sympy.exp(_X[0]) * sympy.sin(_X[1]))
    jacobian, embedding, _ = Manifold("plane", (_U, _W), (_U, _W), spiral).derivatives()
    positive = _at(claim["criterion"], jacobian, sympy.eye(2), embedding)
    work.equal("exp: positive everywhere", positive, sympy.exp(4 * _U))
    again = [part.subs(_X[1], _X[1] + 2 * sympy.pi) for part in spiral]
    work.equal("exp: yet not injective, so the criterion is local", sympy.Matrix(again), sympy.Matrix(spiral))
    cube = _at(claim["criterion"], sympy.Matrix([[3 * _U**2]]), sympy.eye(1), sympy.eye(1)).subs(_U, 0)
    work.equal("x^3 is injective at 0 where the criterion vanishes: it speaks of differentiable inverses", cube, 0)


def _volume_witness() -> Witness:
    """f = x1 + c x2 with c = 2 on the line x2 = 0 is the identity of the line."""
    gradient, tangent = (1.0, 2.0), (1.0, 0.0)
    ends = [gradient[0] * t + gradient[1] * 0.0 for t in (0.0, 1.0)]
    ambient = sum(part**2 for part in gradient) ** 0.5
    tangential = abs(sum(a * b for a, b in zip(gradient, tangent, strict=True)))
    return Witness("volume factor of f = x1 + 2 x2 on the line x2 = 0", ends[1] - ends[0], ambient, tangential)


def _local_witness() -> Witness:
    """f = x2 on the line x2 = 0: gradient (0, 1), tangent (1, 0), f(t, 0) = 0."""
    step, gradient, tangent = 1e-3, (0.0, 1.0), (1.0, 0.0)
    slope = abs((gradient[0] * step + gradient[1] * 0.0) - 0.0) / step
    ambient = sum(part**2 for part in gradient) ** 0.5
    tangential = abs(sum(a * b for a, b in zip(gradient, tangent, strict=True)))
    return Witness("abs slope along the line x2 = 0 of f = x2", slope, ambient, tangential)


CHECKS = (
    Check(
        id="eq-24",
        aliases=("eq-25", "eq-73", "eq-74", "eq-75", "eq-76", "eq-77", "eq-78"),
        theme="change of variables",
        statement=(
            r"H[x] = H[f(x)] - \langle\frac{1}{2}\log|(J_fT)^{\top}(J_fT)|\rangle,\quad"
            r" |(J_fT)^{\top}(J_fT)| = \frac{|(J_fJ_g)^{\top}(J_fJ_g)|}{|J_g^{\top}J_g|}"
        ),
        source=Source("mikulasch2026ldm", "eq. 24, 25 and 73-78"),
        kinds=("S", "N"),
        assumptions=(
            "M is a smooth manifold of dimension n in R^m with orthonormal tangents T and parametrisation g.",
            "f: R^m -> R^k, k >= n, has an injective derivative on M; for the entropy f is injective on M and k = n.",
            "Entropies and densities are relative to the volume of M.",
        ),
        proved=(
            "Both forms of the factor on lines, circles and paraboloids, for every linear encoder of a plane in R^3,"
            " and for more codes than dimensions; the density of x1 on the circle as a sum over preimages; the entropy"
            " on an arc and on the paraboloid; that |J J^T| is right when its rows are tangent."
        ),
        not_proved="The area formula for every manifold; eq. 76-78 are covered as consequences, not line by line.",
        verify=_verify_volume,
        claim=_volume,
        twins=(
            Twin("the ambient Gram |J J^T|, as printed", partial(_volume, _AMBIENT)),
            Twin("T left out: |J^T J|", partial(_volume, sympy.Determinant(_J.T * _J))),
        ),
        erratum=Erratum(
            printed=r"H[x] = H[f(x)] - \langle\frac{1}{2}\log|J_fJ_f^{\top}|\rangle",
            correct=r"H[x] = H[f(x)] - \langle\frac{1}{2}\log|(J_fT)^{\top}(J_fT)|\rangle",
            witness=_volume_witness,
            consequence="The printed determinant changes when f is altered off the data manifold, where no data are; an"
            " objective built on it can be moved without moving a single code.",
        ),
    ),
    Check(
        id="eq-27",
        theme="change of variables",
        statement=r"|(J_fT)^{\top}(J_fT)| > 0\;\Leftrightarrow\; f|_M\;\mathrm{is\;a\;local\;diffeomorphism}",
        source=Source("mikulasch2026ldm", "eq. 27"),
        kinds=("S",),
        assumptions=(
            "M is a smooth manifold with orthonormal tangents T; f is continuously differentiable.",
            "The code has the dimension of M.",
        ),
        proved=(
            "The criterion is the squared derivative of f o g over |G^T G|: lines, circles, the sphere (zero on the"
            " equator only); it is local (exp), and about differentiable inverses (x^3)."
        ),
        not_proved="The inverse function theorem, which turns an invertible derivative into a local inverse.",
        verify=_verify_local,
        claim=_local,
        twins=(Twin("the ambient determinant |J J^T|, as printed", partial(_local, _AMBIENT)),),
        erratum=Erratum(
            printed=r"\mathrm{locally\;invertible}\;\Leftrightarrow\;\sqrt{|J_fJ_f^{\top}|} > 0",
            correct=r"\mathrm{locally\;diffeomorphic\;on}\;M\;\Leftrightarrow\;\sqrt{|(J_fT)^{\top}(J_fT)|} > 0",
            witness=_local_witness,
            consequence="An encoder can be constant on the data while the printed determinant is 1 there; only the"
            " tangential one certifies local invertibility.",
        ),
    ),
)
