"""Mutual information under maps of its arguments: bijections keep it, every other map loses what it merges.

    I[phi(x); psi(y)] = I[x; y] for bijections,
    I[x; x'] - I[z; z'] = I[x; x' | z] + I[z; x' | z'] >= 0 for z = f(x, noise), z' = f'(x', independent noise).

[mikulasch2026ldm, eq. 1 and 31, eq. 30]. For densities the Jacobians cancel in p(x, y) / (p(x) p(y)); for tables a
bijection only permutes the summands. Content that two views share without noise and continuously has I = infinity.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import Any

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.discrete_joint import (
    entropy,
    marginal,
    mutual_information,
    random_channel,
    random_function,
    random_joint,
)
from proofs_checks.verification import Derivation

_P, _Q, _R = sympy.symbols("p q r", positive=True)
_RHO = sympy.Symbol("rho", real=True)
_BELOW_ONE = {_RHO: (-1, 1)}


def _invariance(relabelling: tuple[int, int, int] = (2, 0, 1)) -> dict[str, Any]:
    """The summand of I at joint p and marginals q, r; I of a Gaussian pair; new labels of three symbols."""
    return {
        "summand": _P * sympy.log(_P / (_Q * _R)),
        "gaussian": -sympy.log(1 - _RHO**2) / 2,
        "relabelling": relabelling,
    }


def _verify_invariance(claim: dict[str, Any], work: Derivation) -> None:
    cells = sympy.Matrix(3, 2, sympy.symbols("p1:7", positive=True))
    relabelled = sympy.zeros(3, 2)
    for old, new in enumerate(claim["relabelling"]):
        relabelled[new, :] += cells[old, :]
    information = work.show("I[x; y]", _information(claim, cells))
    negative_entropies = [
        sympy.Add(*(mass * sympy.log(mass) for mass in masses)) for masses in (cells, _rows(cells), _columns(cells))
    ]
    joint, first, second = negative_entropies
    work.equal("I = H[x] + H[y] - H[x, y], generic table", information, joint - first - second)
    work.equal("I[phi(x); y] = I[x; y], generic table", _information(claim, relabelled), information)
    work.equal("I[y; phi(x)] = I[y; x], generic table", _information(claim, relabelled.T), information)
    _densities(claim, work)
    _random_tables(claim, work)
    _gaussian_pair(claim, work)


def _rows(cells: sympy.MatrixBase) -> list[sympy.Expr]:
    return [sympy.Add(*cells[i, :]) for i in range(cells.rows)]


def _columns(cells: sympy.MatrixBase) -> list[sympy.Expr]:
    return _rows(cells.T)


def _information(claim: dict[str, Any], cells: sympy.MatrixBase) -> sympy.Expr:
    """The claimed summand over all cells that carry mass, its logarithm split into those of p, q and r."""
    summand, rows, columns = sympy.expand_log(claim["summand"], force=True), _rows(cells), _columns(cells)
    return sympy.Add(
        *(
            summand.subs({_P: cells[i, j], _Q: rows[i], _R: columns[j]}, simultaneous=True)
            for i, j in itertools.product(range(cells.rows), range(cells.cols))
            if cells[i, j] != 0
        )
    )


def _densities(claim: dict[str, Any], work: Derivation) -> None:
    """Under x -> phi(x), y -> psi(y) densities are divided by the slopes a = |phi'|, b = |psi'|."""
    a, b = sympy.symbols("a b", positive=True)
    mapped = claim["summand"].subs({_P: _P / (a * b), _Q: _Q / a, _R: _R / b}, simultaneous=True)
    work.equal("the integrand over u, v is that over x, y", mapped * a * b, claim["summand"])


def _random_tables(claim: dict[str, Any], work: Derivation) -> None:
    draw, summand = np.random.default_rng(61), sympy.lambdify([_P, _Q, _R], claim["summand"], "numpy")
    found, expected = [], []
    for _ in range(40):
        table = random_joint(draw, *draw.integers(2, 7, size=2))
        permuted = table[draw.permutation(len(table))][:, draw.permutation(table.shape[1])]
        found.append(summand(permuted, permuted.sum(axis=1, keepdims=True), permuted.sum(axis=0, keepdims=True)).sum())
        expected.append(mutual_information(table))
    work.close("40 random tables, both sides relabelled", found, expected, atol=1e-12)


def _gaussian_pair(claim: dict[str, Any], work: Derivation) -> None:
    """Exactly from the moments; then for u = sinh(x), v = exp(-y) by the trapezoidal rule over u and v."""
    x, y = sympy.symbols("x y", real=True)
    determinant = 1 - _RHO**2
    joint = -sympy.log(2 * sympy.pi) - sympy.log(determinant) / 2 - (x**2 - 2 * _RHO * x * y + y**2) / (2 * determinant)
    log_ratio = sympy.expand(joint + sympy.log(2 * sympy.pi) + (x**2 + y**2) / 2)
    mean = log_ratio.subs({x**2: 1, y**2: 1, x * y: _RHO}, simultaneous=True)
    work.equal("mean log ratio of a Gaussian pair", mean, claim["gaussian"], domain=_BELOW_ONE)
    grid = np.linspace(-1, 1, 500)
    w, s = 8.14 * grid, 2.645 * grid
    u, v = w + w**3, np.exp(np.sinh(s))
    weight = np.outer(np.gradient(w) * (1 + 3 * w**2), np.gradient(s) * np.cosh(s) * v)
    q_u = np.exp(-(np.arcsinh(u) ** 2) / 2) / np.sqrt(2 * np.pi * (1 + u**2))
    q_v = np.exp(-(np.log(v) ** 2) / 2) / np.sqrt(2 * np.pi) / v
    summand = sympy.lambdify([_P, _Q, _R], claim["summand"], "numpy")
    for rho in (0.6, -0.3):
        x_u, y_v = np.arcsinh(u)[:, None], -np.log(v)[None, :]
        density = np.exp(-(x_u**2 - 2 * rho * x_u * y_v + y_v**2) / (2 * (1 - rho**2)))
        density /= 2 * np.pi * np.sqrt(1 - rho**2) * np.sqrt(1 + u[:, None] ** 2) * v[None, :]
        found = (weight * summand(density, q_u[:, None], q_v[None, :])).sum()
        expected = complex(claim["gaussian"].subs(_RHO, sympy.Rational(str(rho))).evalf())
        work.close(f"sinh(x) and exp(-y) of a Gaussian pair, rho = {rho}", found, expected, atol=1e-8)


_NAMES = {letter: axis for axis, letter in enumerate("xXzZ")}  # X for x', Z for z'


def _h(letters: str) -> sympy.Symbol:
    return sympy.Symbol(f"H_{letters}", real=True)


def _processing(shared_noise: bool = False) -> dict[str, Any]:
    """The loss I[x; x' | z] + I[z; x' | z'] in entropies (X stands for x', Z for z'); whether f, f' share noise."""
    return {
        "given z": _h("xz") + _h("Xz") - _h("z") - _h("xXz"),
        "given z'": _h("zZ") + _h("XZ") - _h("Z") - _h("XzZ"),
        "shared noise": shared_noise,
    }


def _verify_processing(claim: dict[str, Any], work: Derivation) -> None:
    draw = np.random.default_rng(62)
    noisy, lossless = [], []
    for trial in range(40):
        sizes = draw.integers(2, 5, size=4)
        data, noise = random_joint(draw, *sizes[:2]), random_joint(draw, 3)
        encoder = random_function if trial % 2 else random_channel
        first = np.stack([encoder(draw, sizes[0], sizes[2]) for _ in noise])
        second = np.stack([encoder(draw, sizes[1], sizes[3]) for _ in noise])
        noisy.append(_joint(claim, data, noise, first, second))
    for _ in range(10):
        size = int(draw.integers(2, 5))
        first, second = (np.eye(size + 1)[draw.permutation(size + 1)[:size]][None] for _ in range(2))
        lossless.append(_joint(claim, random_joint(draw, size, size), np.ones(1), first, second))
    _hold_loss(claim, work, noisy, "40 random encoders, half of them functions of input and noise")
    _hold_loss(claim, work, lossless, "10 injective encoders")
    kept = [_information_lost(table) for table in lossless]
    work.close("injective encoders lose nothing", kept, 0.0, atol=1e-12)
    _copied_noise(claim, work)


def _joint(
    claim: dict[str, Any], data: np.ndarray, noise: np.ndarray, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """The law of (x, x', z, z'); first [noise, x, z], second [noise, x', z']."""
    if claim["shared noise"]:
        return np.einsum("ab,e,eac,ebd->abcd", data, noise, first, second)
    return np.einsum("ab,e,eac,g,gbd->abcd", data, noise, first, noise, second)


def _hold_loss(claim: dict[str, Any], work: Derivation, tables: list[np.ndarray], label: str) -> None:
    parts = np.array([[_evaluate(claim[name], table) for name in ("given z", "given z'")] for table in tables])
    lost = np.array([_information_lost(table) for table in tables])
    work.close(f"{label}: I[x; x'] - I[z; z'] is the claimed loss", lost, parts.sum(axis=1), atol=1e-12)
    smallest = parts.real.min()
    work.require(f"{label}: neither part is negative, smallest", smallest > -1e-12, f"{smallest:.1e}")


def _evaluate(entropies: sympy.Expr, table: np.ndarray) -> complex:
    values = {
        symbol: entropy(marginal(table, [_NAMES[letter] for letter in symbol.name[2:]]))
        for symbol in entropies.free_symbols
    }
    return complex(entropies.xreplace(values))


def _information_lost(table: np.ndarray) -> float:
    return mutual_information(marginal(table, (0, 1))) - mutual_information(marginal(table, (2, 3)))


def _copied_noise(claim: dict[str, Any], work: Derivation) -> None:
    """Encoders that output their noise, one bit: I[z; z'] = 0 when it is independent, log 2 when it is shared."""
    data, noise = np.full((2, 2), 0.25), np.full(2, 0.5)
    copy = np.stack([np.eye(2)[[level, level]] for level in range(2)])
    information = mutual_information(marginal(_joint(claim, data, noise, copy, copy), (2, 3)))
    work.close("encoders that output their noise share nothing", information, 0.0, atol=1e-12)


CHECKS = (
    Check(
        id="eq-1",
        aliases=("eq-31",),
        theme="mutual information",
        statement=r"I[\phi(x);\psi(y)] = I[x;y]\quad\mathrm{for\;bijections}\;\phi,\psi",
        source=Source("mikulasch2026ldm", "eq. 1 and 31"),
        kinds=("S", "N", "H"),
        assumptions=(
            "x and y take finitely many values, or have a joint density and phi, psi are smooth with smooth inverses.",
            "The integral that defines the information exists.",
        ),
        proved=(
            "A generic 3 x 2 table under a relabelling of either argument; the integrand of densities for every pair of"
            " slopes; the Gaussian value -1/2 log(1 - rho^2), also after sinh and exp(-y); 40 random tables relabelled."
        ),
        not_proved=(
            "Bijections that are only measurable. Content shared without noise and continuously has I = infinity, and"
            " the equality then reads infinity = infinity."
        ),
        verify=_verify_invariance,
        claim=_invariance,
        twins=(Twin("two symbols merged", partial(_invariance, relabelling=(0, 0, 1))),),
    ),
    Check(
        id="eq-30",
        theme="mutual information",
        statement=(
            r"I[x;x'] - I[z;z'] = I[x;x'\,|\,z] + I[z;x'\,|\,z'] \geq 0,\quad z = f(x,\epsilon),\;"
            r" z' = f'(x',\epsilon')"
        ),
        source=Source("mikulasch2026ldm", "eq. 30"),
        kinds=("N", "H"),
        assumptions=(
            "All variables take finitely many values.",
            "The noises of the two encoders are independent of each other and of the data.",
        ),
        proved=(
            "The loss in entropies, that neither part is negative, and equality for injective encoders: 50 random"
            " joint laws with random, deterministic and injective encoders, to 1e-12."
        ),
        not_proved="Continuous variables; the chain rule for all tables at once.",
        verify=_verify_processing,
        claim=_processing,
        twins=(Twin("encoders that share their noise", partial(_processing, shared_noise=True)),),
    ),
)
