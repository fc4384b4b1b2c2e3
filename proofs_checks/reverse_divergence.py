"""The divergence the other way round, and the contrastive divergence between a data graph and a kernel.

    -KL(P || R) = <log R>_P + H_P,
    -<KL(p(x' | x) || q(x' | x))> = <log k(z, z')> - <log sum_j k(z, z_j)> + H[x' | x],   q = k / sum_j k,

so the learned kernel k needs no normaliser of its own: factors that depend on z alone drop out, and the sum over j is
a kernel estimate of the density of codes at z. [mikulasch2026ldm, eq. 17 and 18; alshammari2025icon]
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.discrete_joint import entropy, random_joint
from proofs_checks.verification import Derivation

_CROSS, _MODEL_ENTROPY = sympy.symbols("B H_P", real=True)
_ALIGNMENT, _NORMALISER, _DATA_ENTROPY = sympy.symbols("A N H_data", real=True)
_JOINT, _CONDITIONAL, _LEARNED = sympy.symbols("p c q", positive=True)


def _claim(contrastive: sympy.Expr = _ALIGNMENT - _NORMALISER + _DATA_ENTROPY) -> dict[str, Any]:
    """A = <log k>, N = <log sum_j k>; the slope in log k(z_i, z_j) at p = p(x_i, x_j), c = p(x_j | x_i), q."""
    return {
        "reverse": _CROSS + _MODEL_ENTROPY,
        "contrastive": contrastive,
        "slope": _JOINT * (1 - _LEARNED / _CONDITIONAL),
    }


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    _generic_graph(claim, work)
    draw, found, expected, opposite = np.random.default_rng(68), [], [], []
    for _ in range(40):
        shape = tuple(draw.integers(2, 6, size=2))
        truth, model = random_joint(draw, *shape), random_joint(draw, *shape)
        values = {_CROSS: (model * np.log(truth)).sum(), _MODEL_ENTROPY: entropy(model)}
        found.append(complex(claim["reverse"].xreplace(values)))
        expected.append(-(model * np.log(model / truth)).sum())
        opposite.append(-(truth * np.log(truth / model)).sum())
    work.close("40 random tables: -KL(P || R)", found, expected, atol=1e-12)
    work.apart("it is another objective than -KL(R || P)", expected, np.array(opposite), by=0.1)


def _generic_graph(claim: dict[str, Any], work: Derivation) -> None:
    """Three points, generic joint weights p_ij (the mass need not be 1), a generic kernel exp(S_ij)."""
    weights = sympy.Matrix(3, 3, sympy.symbols("p1:10", positive=True))
    scores = sympy.Matrix(3, 3, sympy.symbols("S1:10", real=True))
    row_mass = [sum(weights[i, :]) for i in range(3)]
    cells = [(i, j) for i in range(3) for j in range(3)]

    def contrastive(scores: sympy.MatrixBase) -> sympy.Expr:
        log_sums = [sympy.log(sum(sympy.exp(scores[i, j]) for j in range(3))) for i in range(3)]
        data_entropy = -sum(weights[i, j] * (sympy.log(weights[i, j]) - sympy.log(row_mass[i])) for i, j in cells)
        values = {
            _ALIGNMENT: sum(weights[i, j] * scores[i, j] for i, j in cells),
            _NORMALISER: sum(row_mass[i] * log_sums[i] for i in range(3)),
            _DATA_ENTROPY: data_entropy,
        }
        return claim["contrastive"].xreplace(values)

    learned = scores.applyfunc(sympy.exp)
    learned = sympy.Matrix(3, 3, lambda i, j: learned[i, j] / sum(learned[i, :]))
    log_learned = sympy.Matrix(3, 3, lambda i, j: scores[i, j] - sympy.log(sum(sympy.exp(s) for s in scores[i, :])))
    minus_divergence = -sum(
        weights[i, j] * (sympy.log(weights[i, j]) - sympy.log(row_mass[i]) - log_learned[i, j]) for i, j in cells
    )
    objective = work.show("contrastive objective", contrastive(scores))
    work.equal("it is minus the mean divergence of the conditionals", objective, minus_divergence)
    factor = sympy.Matrix(sympy.symbols("g1:4", real=True)) * sympy.ones(1, 3)
    # log sum_j exp(g + S_j) = g + log sum_j exp(S_j) is checked through its slope in g and its value at g = 0
    shifted = contrastive(scores + factor)
    for i in range(3):
        work.equal(f"a factor of the kernel at z_{i + 1} alone drops out", sympy.diff(shifted, factor[i, 0]), 0)
    for i, j in cells:
        values = {_JOINT: weights[i, j], _CONDITIONAL: weights[i, j] / row_mass[i], _LEARNED: learned[i, j]}
        slope = claim["slope"].subs(values, simultaneous=True)
        work.equal(f"slope in log k({i + 1}, {j + 1})", sympy.diff(objective, scores[i, j]), slope)


CHECKS = (
    Check(
        id="eq-17",
        aliases=("eq-18",),
        theme="objective",
        statement=(
            r"-\langle KL(p(x'|x)\,\|\,q(x'|x))\rangle = \langle\log k(z,z')\rangle"
            r" - \langle\log\sum_j k(z,z_j)\rangle + H[x'|x],\quad q = \frac{k(z,z')}{\sum_j k(z,z_j)}"
        ),
        source=Source("mikulasch2026ldm", "eq. 17 and 18"),
        kinds=("S", "N"),
        assumptions=(
            "Finitely many data points; the kernel k is positive.",
            "H[x' | x] belongs to the data and is a constant of learning.",
        ),
        proved=(
            "The contrastive form for three points, generic weights and a generic kernel; that a factor depending on z"
            " alone drops out; its slope in log k, zero iff q = p; -KL(P || R) on 40 random tables, and that it differs"
            " from -KL(R || P)."
        ),
        not_proved="More than three points symbolically. The reading of both equations is ours, up to constants.",
        verify=_verify,
        claim=_claim,
        twins=(Twin("the normaliser, which depends on z, dropped", partial(_claim, _ALIGNMENT + _DATA_ENTROPY)),),
    ),
)
