"""Two facts about Jacobians on the sphere: a unit predictor never covers R^n, and |J_h| must be taken along the sphere.

    |p| = 1  =>  p^T J_p = 0,  rank J_p <= n - 1:  the rank condition of Theorem 2 cannot hold at any past.
    For the extension h_a(x) = |x|^a h(x / |x|):  det J_{h_a} = a V on the sphere, V the tangential volume factor of h.

Any value a is an equally good way to write h in coordinates of R^n (a = 0 is a network with normalised output), so the
ambient determinant is not a property of h; a = 1 happens to agree. [mikulasch2026ldm, Theorem 2 (iii), eq. 68]
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import sympy

from proofs_checks.check import Check, Erratum, Source, Twin, Witness
from proofs_checks.matrix_formula import column, function_column
from proofs_checks.verification import Derivation

_N = sympy.Symbol("n", integer=True, positive=True)
_POWER, _FACTOR = sympy.symbols("a V", real=True)
_R, _THETA = sympy.symbols("r theta", positive=True)
_PHI = sympy.Symbol("phi", real=True)
_SIZES = (2, 3)


def _rank_claim(excess: int = 0, normalised: bool = True) -> dict[str, Any]:
    """p^T J_p and the largest rank of J_p, for p = P / |P| with abstract P or for P itself."""
    return {"p^T J_p": sympy.Matrix([[0, 0, 0]]), "largest rank": _N - 1 + excess, "normalised": normalised}


def _verify_rank(claim: dict[str, Any], work: Derivation) -> None:
    """p^T J_p = 0 says that the n rows are dependent: the rank is below n; at a random instance it is n - 1."""
    c = column("c", 3)
    for n in _SIZES:
        free = function_column("P", c, n)
        p = free / sympy.sqrt(free.dot(free)) if claim["normalised"] else free
        work.equal(f"p^T J_p, n = {n}", p.T * p.jacobian(c), claim["p^T J_p"])
        point = sympy.Matrix([sympy.sin(c[i]) + (i + 1) * c[(i + 1) % 3] ** 2 for i in range(n)])
        example = (point / sympy.sqrt(point.dot(point))).jacobian(c).subs({c[0]: 1, c[1]: 2, c[2]: -1}).evalf(30)
        singular = np.linalg.svd(np.array(example.tolist(), dtype=float), compute_uv=False)
        work.require("the largest rank is reached", np.sum(singular > 1e-9) == claim["largest rank"].subs(_N, n))


def _rank_witness() -> Witness:
    """p = (c1, c2, c3) / |c| at (1, 2, 2): (I - p p^T) / 3 has rank 2."""
    p = np.array([1.0, 2.0, 2.0]) / 3
    rank = float(np.linalg.matrix_rank((np.eye(3) - np.outer(p, p)) / 3))
    return Witness("rank of J_p of a unit predictor, n = 3", rank, 3.0, 2.0)


def _volume_claim(ambient: sympy.Expr = _POWER * _FACTOR, power_of_radius: int = 1) -> dict[str, Any]:
    return {"ambient determinant": ambient, "V, n = 2": _circle_factor(), "V, n = 3": _sphere_factor(power_of_radius)}


def _circle_factor() -> sympy.Expr:
    return sympy.diff(sympy.Function("G", real=True)(_PHI), _PHI)


def _sphere_factor(power_of_sine: int) -> sympy.Expr:
    """Ratio of surface elements sin(G) |d(G, F)| / (sin(theta) |d(theta, phi)|)."""
    g, f = _angles()
    cross = sympy.diff(g, _THETA) * sympy.diff(f, _PHI) - sympy.diff(g, _PHI) * sympy.diff(f, _THETA)
    return (sympy.sin(g) / sympy.sin(_THETA)) ** power_of_sine * cross


def _angles() -> tuple[sympy.Expr, sympy.Expr]:
    return tuple(sympy.Function(name, real=True)(_THETA, _PHI) for name in "GF")


def _verify_volume(claim: dict[str, Any], work: Derivation) -> None:
    """In polar coordinates r, angles, for abstract h given by its angles: chain rule, then r = 1."""
    g = sympy.Function("G", real=True)(_PHI)
    circle = [sympy.Matrix([sympy.cos(angle), sympy.sin(angle)]) for angle in (_PHI, g)]
    sphere = [_on_sphere(*angles) for angles in ((_THETA, _PHI), _angles())]
    for n, (z, h), angles in ((2, circle, [_PHI]), (3, sphere, [_THETA, _PHI])):
        gram = _gram(h, angles) / _gram(z, angles)
        factor = claim[f"V, n = {n}"]
        work.equal(f"V^2 = det of the tangential Gram, n = {n}", gram, factor**2)
        coordinates = [_R, *angles]
        moved = (_R**_POWER * h).jacobian(coordinates).det(method="berkowitz").subs(_R, 1)
        still = (_R * z).jacobian(coordinates).det(method="berkowitz").subs(_R, 1)
        work.equal(f"ambient determinant, n = {n}", moved, still * claim["ambient determinant"].subs(_FACTOR, factor))
    work.differs("it depends on the extension", claim["ambient determinant"].diff(_POWER), 0)


def _on_sphere(theta: sympy.Expr, phi: sympy.Expr) -> sympy.Matrix:
    ring = sympy.sin(theta)
    return sympy.Matrix([ring * sympy.cos(phi), ring * sympy.sin(phi), sympy.cos(theta)])


def _gram(point: sympy.Matrix, angles: list[sympy.Symbol]) -> sympy.Expr:
    tangents = point.jacobian(angles)
    return (tangents.T * tangents).det()


def _volume_witness() -> Witness:
    """h(x) = x / |x| is the identity of the sphere: V = 1, ambient Jacobian (I - z z^T), determinant 0."""
    z = np.array([1.0, 2.0, 2.0]) / 3
    ambient = float(np.linalg.det(np.eye(3) - np.outer(z, z)))
    return Witness("volume factor of h(x) = x / |x| on the sphere of R^3", 1.0, abs(ambient), math.sqrt(1.0))


CHECKS = (
    Check(
        id="thm-2-iii",
        theme="theorem 2",
        statement=r"|p(c)| = 1 \;\Rightarrow\; p^{\top}J_p = 0,\quad \mathrm{rank}\,J_p \leq n - 1",
        source=Source("mikulasch2026ldm", "Theorem 2, assumption (iii)"),
        kinds=("S", "N"),
        assumptions=("p is a differentiable map into the unit sphere of R^n.",),
        proved="p^T J_p = 0 for abstract p = P / |P| of three context variables, n = 2, 3; rank n - 1 is reached.",
        not_proved="n above 3 (differentiate p^T p = 1).",
        verify=_verify_rank,
        claim=_rank_claim,
        twins=(
            Twin("full rank n", partial(_rank_claim, excess=1)),
            Twin("a predictor that is not normalised", partial(_rank_claim, normalised=False)),
        ),
        erratum=Erratum(
            printed=r"\mathrm{rank}\,J_{p_R} = n",
            correct=r"\mathrm{span}\{p_R(c') - p_R(c)\} = R^n",
            witness=_rank_witness,
            consequence="As printed Theorem 2 is empty: no predictor on the sphere satisfies its condition (iii) at any"
            " past. The affine span of predictions over several pasts serves the purpose (thm-2).",
        ),
    ),
    Check(
        id="thm-2-volume",
        theme="theorem 2",
        statement=(
            r"h_a(x) = |x|^a h(x / |x|):\; \det J_{h_a}(z) = a\,V(z),\quad"
            r" V^2 = \frac{\det(T_z^{\top}J_h^{\top}J_h T_z)}{\det(T_z^{\top}T_z)}"
        ),
        source=Source("mikulasch2026ldm", "eq. 68, the volume term"),
        kinds=("S",),
        assumptions=("h is a smooth map of the unit sphere to itself, n = 2 or 3.",),
        proved="The determinant of every homogeneous extension of an abstract h, on the circle and on the sphere.",
        not_proved="n above 3; extensions that are not homogeneous.",
        verify=_verify_volume,
        claim=_volume_claim,
        twins=(
            Twin("an ambient determinant that equals V", partial(_volume_claim, ambient=_FACTOR)),
            Twin("V without the ratio of sines", partial(_volume_claim, power_of_radius=0)),
        ),
        erratum=Erratum(
            printed=r"\log|J_h(z_t)|",
            correct=r"\log V(z_t),\quad V^2 = \frac{\det(T^{\top}J_h^{\top}J_hT)}{\det(T^{\top}T)}",
            witness=_volume_witness,
            consequence="With a normalised output layer the ambient determinant in eq. 68 is 0 and its logarithm minus"
            " infinity; the term has to be read along the sphere. It cancels in the proof either way.",
        ),
    ),
)
