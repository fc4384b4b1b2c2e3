"""A fold that latent distribution matching cannot see: two-to-one, yet it preserves N(0, 1).

In probability coordinates u = Phi(z) the tent tau(u) = min(2 u, 2 - 2 u) preserves the uniform law, so

    psi(z) = Phi^-1(tau(Phi(z)))  satisfies  sum over psi(z_i) = y of phi(z_i) / |psi'(z_i)| = phi(y),

and an iid latent coordinate may be folded at KL = 0: <log |psi'|> = log 2 is paid back exactly by the entropy of the
preimage, log 2. Injectivity of h is an assumption, not a consequence. [mikulasch2026ldm, Theorem 1 (ii), A.4.2]
"""

from __future__ import annotations

from functools import partial

import numpy as np
import sympy
from scipy.special import ndtr, ndtri

from proofs_checks.check import Check, Source, Twin
from proofs_checks.verification import Derivation

_U, _V = sympy.symbols("u v", positive=True)
_Z = sympy.Symbol("z", real=True)
_HALF = sympy.Rational(1, 2)
_LEVELS = tuple(sympy.Rational(k, 7) for k in range(1, 7))


def _map(*branches: tuple[sympy.Expr, sympy.Rational, sympy.Rational]) -> dict[str, tuple]:
    """Branches (tau on it, from u, to u)."""
    return {"branches": branches}


_TENT = _map((2 * _U, sympy.S.Zero, _HALF), (2 - 2 * _U, _HALF, sympy.S.One))
_IDENTITY = _map((_U, sympy.S.Zero, sympy.S.One))
_SQUARE = _map((_U**2, sympy.S.Zero, sympy.S.One))
_LOGISTIC = _map((4 * _U * (1 - _U), sympy.S.Zero, _HALF), (4 * _U * (1 - _U), _HALF, sympy.S.One))
_LOW_RIGHT_HALF = _map((2 * _U, sympy.S.Zero, _HALF), (1 - _U, _HALF, sympy.S.One))


def _value(claim: dict[str, tuple]) -> dict[str, tuple]:
    return claim


def _verify(claim: dict[str, tuple], work: Derivation) -> None:
    mass = sympy.S.Zero
    preimages = []
    for tau, low, high in claim["branches"]:
        inverse = [root for root in sympy.solve(sympy.Eq(tau, _V), _U) if _lies_within(root, low, high)]
        work.require(
            f"tau = {tau} takes every level in ({low}, {high}) once", len(inverse) == 1, f"{len(inverse)} roots"
        )
        preimages.append(work.show(f"preimage under tau = {tau}", inverse[0]))
        mass += 1 / sympy.Abs(sympy.diff(tau, _U).subs(_U, inverse[0]))
    unit = {_V: (0, 1)}
    work.equal("density of tau(u), u uniform", mass, 1, domain=unit)
    work.require("every level has two preimages", len(preimages) == 2, f"{len(preimages)} branches")
    work.differs("the two preimages", preimages[0], preimages[1], domain=unit)
    _in_normal_coordinates(claim, work)
    stretching = sum(
        (
            sympy.integrate(sympy.log(sympy.Abs(sympy.diff(tau, _U))), (_U, low, high))
            for tau, low, high in claim["branches"]
        ),
        sympy.S.Zero,
    )
    work.equal("<log |tau'|> is the entropy of two equally likely preimages", stretching, sympy.log(2))
    _simulate(claim, work)


def _lies_within(root: sympy.Expr, low: sympy.Rational, high: sympy.Rational) -> bool:
    inside = [bool(low < root.subs(_V, level) < high) for level in _LEVELS]
    return all(inside)


def _in_normal_coordinates(claim: dict[str, tuple], work: Derivation) -> None:
    """phi(z) / |psi'(z)| = phi(psi(z)) / |tau'(Phi(z))| on each branch, so the densities add up to phi(y) as above."""
    cumulative = (1 + sympy.erf(_Z / sympy.sqrt(2))) / 2
    density = sympy.exp(-(_Z**2) / 2) / sympy.sqrt(2 * sympy.pi)
    for tau, low, high in claim["branches"]:
        psi = sympy.sqrt(2) * sympy.erfinv(2 * tau.subs(_U, cumulative) - 1)
        work.show(f"psi where tau = {tau}", psi)
        side = {_Z: (-2 if low == 0 else 0, 2 if high == 1 else 0)}
        left = density * sympy.diff(tau, _U).subs(_U, cumulative)
        right = density.subs(_Z, psi) * sympy.diff(psi, _Z)
        work.equal(f"phi(z) tau'(Phi(z)) = phi(psi(z)) psi'(z) where tau = {tau}", left, right, domain=side)


def _simulate(claim: dict[str, tuple], work: Derivation) -> None:
    """z ~ N(0, 1): moments of psi(z) up to order 4; and psi(z) carries no sign of z: their correlation is 0, not 1."""
    z = np.random.default_rng(51).normal(size=100_000)
    u = ndtr(z)
    pieces = [(u > float(low)) & (u <= float(high)) for _, low, high in claim["branches"]]
    image = ndtri(np.select(pieces, [sympy.lambdify(_U, tau, "numpy")(u) for tau, _, _ in claim["branches"]]))
    moments = np.stack([image, image**2, image**3, image**4, z * image], axis=1)
    work.within_errors("simulation: moments of psi(z), and with z", moments, [0, 1, 0, 3, 0])


CHECKS = (
    Check(
        id="v9",
        theme="violation worlds",
        statement=(
            r"\psi = \Phi^{-1}\circ\tau\circ\Phi,\;\tau(u) = \min(2u, 2 - 2u)\;\Rightarrow\;"
            r" \sum_{\psi(z_i) = y}\frac{\varphi(z_i)}{|\psi'(z_i)|} = \varphi(y),\quad \psi\;\mathrm{is\;2\;to\;1}"
        ),
        source=Source("mikulasch2026ldm", "Theorem 1, assumption (ii) removed: an iid coordinate folded"),
        kinds=("S", "N"),
        assumptions=(
            "The coordinate is N(0, 1), independent over time and of everything else.",
            "The encoder may be two-to-one.",
        ),
        proved=(
            "The tent preserves the uniform law, its levels have two distinct preimages, the change to normal"
            " coordinates,"
            " and that the stretching <log |tau'|> equals the entropy log 2 of the preimage; moments by simulation."
        ),
        not_proved="Anything about whether training finds such a fold.",
        verify=_verify,
        claim=partial(_value, _TENT),
        twins=(
            Twin("the identity, which is not a fold", partial(_value, _IDENTITY)),
            Twin("an unfolded map, u^2", partial(_value, _SQUARE)),
            Twin("a fold with the wrong slope, 4 u (1 - u)", partial(_value, _LOGISTIC)),
            Twin("an asymmetric fold that does not rise to 1 on the right", partial(_value, _LOW_RIGHT_HALF)),
        ),
    ),
)
