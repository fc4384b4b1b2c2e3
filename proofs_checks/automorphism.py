"""Worlds without coverage: a map that is not affine and leaves the law of the latents as it is.

If the predictor is constant, p(z_:t) = 0 and z_t ~ N(0, I), every rotation by an angle that depends on the radius
alone,

    h(z) = R(theta(|z|^2)) z,    det J_h = 1,    |h(z)| = |z|,    h^-1(z) = R(-theta(|z|^2)) z,

preserves N(0, I): latent distribution matching cannot tell h from the identity. In n dimensions the rotation acts in
one coordinate plane. The measure-preserving automorphisms of [hyvarinen1999nonlinear]; [mikulasch2026ldm, Theorem 1
(iii)]
"""

from __future__ import annotations

from functools import partial

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.symbolic_zero import pythagoras
from proofs_checks.verification import Derivation

_THETA = sympy.Function("theta", real=True)
_SIZES = (2, 3, 4)


def _coordinates(n: int) -> sympy.Matrix:
    return sympy.Matrix(sympy.symbols(f"z1:{n + 1}", real=True))


def _twist(z: sympy.Matrix, angle: sympy.Expr, dilation: sympy.Expr = sympy.S.One) -> sympy.Matrix:
    """Rotate the first two coordinates by the angle and scale them."""
    cos, sin = sympy.cos(angle), sympy.sin(angle)
    turned = [dilation * (cos * z[0] - sin * z[1]), dilation * (sin * z[0] + cos * z[1])]
    return sympy.Matrix([*turned, *z[2:]])


def _rotation(sign_of_inverse: int = -1) -> dict[str, dict[int, sympy.Matrix]]:
    maps, inverses = {}, {}
    for n in _SIZES:
        z = _coordinates(n)
        maps[n] = _twist(z, _THETA(z.dot(z)))
        inverses[n] = _twist(z, sign_of_inverse * _THETA(z.dot(z)))
    return {"h": maps, "inverse": inverses}


def _scaling() -> dict[str, dict[int, sympy.Matrix]]:
    """A dilation that depends on the radius, with the inverse of the rotation."""
    maps = {n: _twist(z := _coordinates(n), sympy.S.Zero, 1 + _THETA(z.dot(z)) ** 2) for n in _SIZES}
    return {**_rotation(), "h": maps}


def _angle_from_one_coordinate() -> dict[str, dict[int, sympy.Matrix]]:
    """The angle depends on z1, which the rotation does not keep."""
    maps = {n: _twist(z := _coordinates(n), _THETA(z[0])) for n in _SIZES}
    return {**_rotation(), "h": maps}


def _verify(claim: dict[str, dict[int, sympy.Matrix]], work: Derivation) -> None:
    for n in _SIZES:
        z, h, inverse = _coordinates(n), claim["h"][n], claim["inverse"][n]
        work.show(f"h, n = {n}", h)
        work.equal(f"|h(z)| = |z|, n = {n}", h.dot(h), z.dot(z))
        determinant = work.show(f"det J_h, n = {n}", h.jacobian(z).det(method="berkowitz"))
        work.equal(f"det J_h = 1, n = {n}", determinant, 1)
        density, pulled_back = (
            sympy.exp(-point.dot(point) / 2) / (2 * sympy.pi) ** sympy.Rational(n, 2) for point in (z, h)
        )
        work.equal(f"N(h(z); 0, I) |det J_h| = N(z; 0, I), n = {n}", pulled_back * determinant, density)
        back = inverse.subs(dict(zip(z, h, strict=True)), simultaneous=True)
        returned = back.applyfunc(lambda entry, h=h, z=z: entry.replace(_THETA, _of_reduced_argument))
        work.equal(f"h^-1(h(z)) = z, n = {n}", returned, z)
        work.differs(f"h is not affine, n = {n}", h.diff(z[0], 2), sympy.zeros(n, 1))
    _simulate(claim, work)


def _of_reduced_argument(argument: sympy.Expr) -> sympy.Expr:
    return _THETA(pythagoras(argument))


def _simulate(claim: dict[str, dict[int, sympy.Matrix]], work: Derivation) -> None:
    """z ~ N(0, I) in the plane, theta(s) = 3 s / 2: moments of h(z) up to order 4 are those of N(0, I)."""
    concrete = claim["h"][2].replace(_THETA, lambda square: sympy.Rational(3, 2) * square)
    z = np.random.default_rng(41).normal(size=(100_000, 2))
    first, second = np.squeeze(sympy.lambdify(list(_coordinates(2)), list(concrete), "numpy")(z[:, 0], z[:, 1]))
    powers = [(1, 0), (0, 1), (1, 1), (2, 0), (0, 2), (3, 1), (2, 2), (4, 0), (0, 4)]
    gaussian = {0: 1, 1: 0, 2: 1, 3: 0, 4: 3}
    moments = np.stack([first**i * second**j for i, j in powers], axis=1)
    work.within_errors("simulation: moments of h(z)", moments, [gaussian[i] * gaussian[j] for i, j in powers])
    design = np.column_stack([z, np.ones(len(z))])
    explained = design @ np.linalg.lstsq(design, first, rcond=None)[0]
    work.require("simulation: the best affine map explains less than a third of h_1", explained.var() < first.var() / 3)


CHECKS = (
    Check(
        id="v1",
        theme="violation worlds",
        statement=(
            r"h(z) = R(\theta(|z|^2))\,z \;\Rightarrow\; |\det J_h| = 1,\quad"
            r" \mathcal{N}(h(z); 0, I)\,|\det J_h(z)| = \mathcal{N}(z; 0, I)"
        ),
        source=Source("mikulasch2026ldm", "Theorem 1, assumption (iii) removed: constant predictor"),
        kinds=("S", "N"),
        assumptions=(
            "The predicted mean is the same for every past and the noise is N(0, I), n >= 2.",
            "theta is any differentiable function of the squared radius whose derivative does not vanish identically.",
        ),
        proved=(
            "Jacobian determinant 1, preserved density, inverse, and failure to be affine, for an abstract theta,"
            " in the plane and with the rotation in one plane of n = 3 and n = 4; moments up to order 4 by"
            " simulation."
        ),
        not_proved="n above 4 (the other coordinates are untouched, the algebra is the same).",
        verify=_verify,
        claim=_rotation,
        twins=(
            Twin("a dilation by the radius in place of the rotation", _scaling),
            Twin("an angle that depends on z1 instead of the radius", _angle_from_one_coordinate),
            Twin("the inverse turned the same way", partial(_rotation, sign_of_inverse=1)),
        ),
    ),
)
