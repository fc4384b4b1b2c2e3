"""LeJEPA's converse: linear functions are slowest only for the Gaussian law.

The Langevin diffusion with stationary density proportional to e^-V has the generator

    G f = laplacian f - grad V . grad f,    so  G (a^T z + b) = -a^T grad V:

an affine function is an eigenfunction, G f = -lambda f, iff the score -grad V is affine along a. Eigenfunctions in n
independent directions make the whole score affine, V quadratic, the law Gaussian.

Reversibility matters. For additive noise alone, z' = rho z + eta, <z' | z> = rho z + <eta> is affine whatever the law
of eta; e.g. eta in {0, 1/2} with equal chances and rho = 1/2 keep the uniform law on [0, 1]. There the backward mean
<z | z'> is not affine; when it is, with finite variance, the law is Gaussian: psi(rho t) = rho^2 psi(t) for psi = log
of the characteristic function. [klindt2026lejepa, converse theorem]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.matrix_formula import column
from proofs_checks.verification import Derivation

_LAMBDA, _RHO, _VARIANCE = sympy.symbols("lambda rho v", positive=True)
_X, _T, _B = sympy.symbols("x t b", real=True)
_SIZES = (1, 2, 3)


def _claim(drift: int = -1, potential: str = "quadratic", backward: sympy.Expr = 2 * _X) -> dict[str, Any]:
    """G on an affine function per dimension; potentials with affine score; the means of the binary shift."""
    generators, potentials = {}, {}
    for n in _SIZES:
        z, a = column("z", n), column("a", n)
        generators[n] = sympy.Add(*(drift * a[i] * sympy.diff(_potential(z), z[i]) for i in range(n)))
        centred = z - column("m", n)
        exponent = 2 if potential == "quadratic" else 4
        potentials[n] = _LAMBDA * sympy.Add(*(entry**exponent for entry in centred)) / 2
    return {
        "G of affine": generators,
        "potential": potentials,
        "forward mean": _X / 2 + sympy.Rational(1, 4),
        "backward mean": {"below 1/2": backward, "above 1/2": backward - 1},
        "log characteristic function": -_VARIANCE * _T**2 / 2,
    }


def _potential(z: sympy.Matrix) -> sympy.Expr:
    return sympy.Function("V", real=True)(*z)


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    for n in _SIZES:
        _generator(claim, work, n)
    _binary_shift(claim, work)
    _backward_mean(claim, work)


def _generator(claim: dict[str, Any], work: Derivation, n: int) -> None:
    """The stationary current grad p + p grad V of p = e^-V vanishes, which fixes the generator's drift -grad V."""
    z, a, m = column("z", n), column("a", n), column("m", n)
    potential = _potential(z)
    density = sympy.exp(-potential)
    affine = a.dot(z) + _B
    divergence_form = sympy.Add(*(sympy.diff(density * sympy.diff(affine, x), x) for x in z)) / density
    work.equal(f"G f = e^V div(e^-V grad f) on affine f, n = {n}", divergence_form, claim["G of affine"][n])
    found = claim["G of affine"][n].xreplace({potential: claim["potential"][n]}).doit()
    work.equal(f"affine score: G f = -lambda f, n = {n}", found, -_LAMBDA * a.dot(z - m))
    hessian = sympy.hessian(claim["potential"][n], list(z))
    work.equal(f"affine score in n directions: constant Hessian, n = {n}", hessian, _LAMBDA * sympy.eye(n))


def _binary_shift(claim: dict[str, Any], work: Derivation) -> None:
    """z' = z / 2 + eta, eta in {0, 1/2}: z' < 1/2 came from 2 z', z' >= 1/2 from 2 z' - 1; density 1 is kept."""
    half = sympy.Rational(1, 2)
    branches = [_X / 2, _X / 2 + half]
    work.equal("forward mean is affine", sum(branches, sympy.S.Zero) * half, claim["forward mean"])
    mean = sympy.integrate(_X, (_X, 0, 1))
    work.equal("eigenfunction z - 1/2 at eigenvalue 1/2", claim["forward mean"] - mean, half * (_X - mean))
    backward = claim["backward mean"]
    for branch, (name, inverse) in zip(branches, backward.items(), strict=True):
        work.equal(f"backward mean {name}", inverse.subs(_X, branch), _X)
        work.equal(f"mass of this branch {name}", half * sympy.diff(inverse, _X), 1)
    work.differs("the backward mean is not affine", backward["below 1/2"], backward["above 1/2"])
    moments = [sympy.integrate(_X**k, (_X, 0, 1)) for k in range(5)]
    excess = moments[4] - 4 * mean * moments[3] + 6 * mean**2 * moments[2] - 3 * mean**4
    spread = moments[2] - mean**2
    work.differs("the uniform law is not Gaussian: fourth moment", excess, 3 * spread**2)


def _backward_mean(claim: dict[str, Any], work: Derivation) -> None:
    """psi'(rho t) = r psi'(t) if <z | z'> = r z' for centred z, from phi_z(rho t) phi_eta(t) = phi_z(t).

    At t = 0 the next derivative gives r = rho, so psi(rho t) = rho^2 psi(t): psi(t) / t^2 is the same at t, rho t,
    rho^2 t, ... and tends to -v / 2 at 0, which leaves one psi.
    """
    psi = claim["log characteristic function"]
    work.equal("psi'(rho t) = rho psi'(t)", sympy.diff(psi, _T).subs(_T, _RHO * _T), _RHO * sympy.diff(psi, _T))
    work.equal("psi(rho t) / (rho t)^2 = psi(t) / t^2", psi.subs(_T, _RHO * _T) / (_RHO * _T) ** 2, psi / _T**2)
    work.equal("limit of psi(t) / t^2 at 0", sympy.limit(psi / _T**2, _T, 0), -_VARIANCE / 2)


CHECKS = (
    Check(
        id="lj-2",
        theme="lejepa",
        statement=(
            r"G(a^{\top}z + b) = -a^{\top}\nabla V(z):\; G f = -\lambda f\;\mathrm{for}\;f = a^{\top}(z - m)"
            r" \;\Leftrightarrow\; a^{\top}\nabla V = \lambda a^{\top}(z - m)"
        ),
        source=Source("klindt2026lejepa", "converse theorem"),
        kinds=("S",),
        assumptions=(
            "The law has a smooth positive density e^-V; the dynamics is its reversible Langevin diffusion.",
            "For the binary shift: one time step of additive noise, not reversible.",
        ),
        proved=(
            "The generator on affine functions for an abstract V (n = 1, 2, 3); that an affine score is an eigenvalue"
            " relation and means a quadratic V; a uniform law with an affine forward mean; the equation for the log"
            " characteristic function whose solution of finite variance is the Gaussian one."
        ),
        not_proved=(
            "That affine eigenfunctions are the slowest ones of a Gaussian (lj-1 in discrete time); unequal eigenvalues"
            " per direction; laws without a smooth density."
        ),
        verify=_verify,
        claim=_claim,
        twins=(
            Twin("the drift with the wrong sign", partial(_claim, drift=1)),
            Twin("a quartic potential", partial(_claim, potential="quartic")),
            Twin("a backward mean that is affine with slope 1", partial(_claim, backward=_X)),
        ),
    ),
)
