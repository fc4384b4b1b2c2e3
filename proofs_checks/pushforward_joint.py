"""The joint law of two codes is the data's joint law pushed through the encoders.

    R(z, z') = < R(z | x) R(z' | x') > over pairs (x, x'),     < F(z, z') >_R = < F(f(x), f'(x')) > without noise.

[mikulasch2026ldm, eq. 4, 22 and 38]. Averages over R are sample means over pairs: of values, and of gradients, where
an encoder that both views share receives the sum of what flows through each view.
"""

from __future__ import annotations

import itertools
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import sympy

from proofs_checks.check import Check, Source, Twin
from proofs_checks.verification import Derivation

if TYPE_CHECKING:
    import torch

_W, _K, _L = sympy.symbols("w k l", positive=True)
_MEAN, _NOISE, _TRACE = sympy.symbols("m e t", real=True)


def _claim(shift: int = 0) -> dict[str, Any]:
    """w = p(x, x'), k = R(z | x), l = R(z' | x'); x_i is paired with the view number i + shift.

    With encoder noise N(0, e I) and log P quadratic with Hessian -Q, trace t, the mean is m - e t / 2, m at the means.
    """
    return {"joint": _W * _K * _L, "mean log density": _MEAN - _NOISE * _TRACE / 2, "shift": shift}


def _verify(claim: dict[str, Any], work: Derivation) -> None:
    _finite_alphabets(claim, work)
    for seed in (1, 2, 3):
        _random_networks(claim, work, seed)


def _finite_alphabets(claim: dict[str, Any], work: Derivation) -> None:
    """Generic p(x, x') on 2 x 3 inputs, generic channels to 2 x 2 codes, then encoders without noise."""
    data = sympy.Matrix(2, 3, sympy.symbols("p1:7", positive=True))
    first = sympy.Matrix(2, 1, sympy.symbols("k1:3", positive=True))
    second = sympy.Matrix(3, 1, sympy.symbols("l1:4", positive=True))
    first, second = (column.row_join(sympy.ones(column.rows, 1) - column) for column in (first, second))
    law = work.show("R(z, z')", _pushforward(claim, data, first, second))
    work.equal("the total mass is that of the data", sum(law), sum(data))
    work.equal("R(z) averages R(z | x)", law * sympy.ones(2, 1), first.T * data * sympy.ones(3, 1))
    work.equal("R(z') averages R(z' | x')", law.T * sympy.ones(2, 1), second.T * data.T * sympy.ones(2, 1))
    work.equal("R(z | x) given x alone", law, first.T * data * second)
    values = sympy.Matrix(2, 2, sympy.symbols("F1:5", real=True))
    for f, g in itertools.product(itertools.product((0, 1), repeat=2), itertools.product((0, 1), repeat=3)):
        exact = _pushforward(claim, data, _table(f), _table(g))
        over_codes = sum(values[a, b] * exact[a, b] for a in range(2) for b in range(2))
        over_pairs = sum(values[f[i], g[j]] * data[i, (j + claim["shift"]) % 3] for i in range(2) for j in range(3))
        work.equal(f"<F> over codes and over pairs, f = {f}, f' = {g}", over_codes, over_pairs)


def _table(function: tuple[int, ...]) -> sympy.MutableDenseMatrix:
    return sympy.Matrix(len(function), 2, lambda i, a: int(function[i] == a))


def _pushforward(
    claim: dict[str, Any], data: sympy.MatrixBase, first: sympy.MatrixBase, second: sympy.MatrixBase
) -> sympy.MutableDenseMatrix:
    def mass(a: int, b: int) -> sympy.Expr:
        cells = itertools.product(range(data.rows), range(data.cols))
        return sum(claim["joint"].subs({_W: data[i, j], _K: first[i, a], _L: second[j, b]}) for i, j in cells)

    return sympy.Matrix(2, 2, mass)


def _random_networks(claim: dict[str, Any], work: Derivation, seed: int) -> None:
    """One float64 network 4-6-2 for both views, 64 pairs, log P quadratic in (z, z') with a random precision Q."""
    import torch

    draw = torch.Generator().manual_seed(seed)
    shapes = ((6, 4), (6,), (2, 6), (2,))
    encoder = [torch.randn(s, generator=draw, dtype=torch.float64).div_(2).requires_grad_() for s in shapes]
    shared = torch.randn(64, 4, generator=draw, dtype=torch.float64)
    views = [shared + 0.5 * torch.randn(64, 4, generator=draw, dtype=torch.float64) for _ in range(2)]
    root = torch.randn(4, 4, generator=draw, dtype=torch.float64)
    precision = root @ root.T + torch.eye(4, dtype=torch.float64)

    def codes(first: list[torch.Tensor], second: list[torch.Tensor], shift: int = 0) -> torch.Tensor:
        return torch.cat([_network(first, views[0]), _network(second, views[1].roll(-shift, dims=0))], dim=1)

    def log_density(pairs: torch.Tensor) -> torch.Tensor:
        return -torch.einsum("...i,ij,...j->...", pairs, precision, pairs) / 2

    def over_law(pairs: torch.Tensor) -> torch.Tensor:
        """<log P>_R from the second moments of R alone."""
        return -(precision * (pairs.T @ pairs / len(pairs))).sum() / 2

    sample_mean = log_density(codes(encoder, encoder, claim["shift"])).mean()
    law_mean = over_law(codes(encoder, encoder))
    label = f"network of seed {seed}"
    work.close(f"{label}: sample mean and mean over R", sample_mean.item(), law_mean.item(), atol=1e-12)
    _encoder_noise(claim, work, label, codes(encoder, encoder).detach().numpy(), precision.numpy())
    copy = [parameter.detach().clone().requires_grad_() for parameter in encoder]
    paths = torch.autograd.grad(log_density(codes(encoder, copy)).mean(), [*encoder, *copy])
    from_sample = torch.autograd.grad(sample_mean, encoder)
    from_law = torch.autograd.grad(law_mean, encoder)
    for k, name in enumerate(("W1", "b1", "W2", "b2")):
        scale = from_law[k].abs().max()
        through_each = (paths[k] + paths[k + 4]) / scale
        work.close(
            f"{label}: gradient of {name} by sample and by R", from_sample[k] / scale, from_law[k] / scale, 1e-12
        )
        work.close(f"{label}: {name} receives both paths", from_law[k] / scale, through_each, atol=1e-12)


def _encoder_noise(
    claim: dict[str, Any], work: Derivation, label: str, codes: np.ndarray, precision: np.ndarray
) -> None:
    """Noise on a tensor grid of three Gauss-Hermite points for each coordinate: exact for polynomials of degree 5."""
    points, weights = np.array([-np.sqrt(3), 0.0, np.sqrt(3)]), np.array([1.0, 4.0, 1.0]) / 6
    variance, direct = 0.3, 0.0
    for chosen in itertools.product(range(3), repeat=4):
        noisy = codes + np.sqrt(variance) * points[list(chosen)]
        direct -= np.prod(weights[list(chosen)]) * np.einsum("ni,ij,nj->n", noisy, precision, noisy).mean() / 2
    at_means = -np.einsum("ni,ij,nj->n", codes, precision, codes).mean() / 2
    values = {_MEAN: at_means, _NOISE: variance, _TRACE: np.trace(precision)}
    claimed = complex(claim["mean log density"].xreplace(values))
    work.close(f"{label}: <log P> with noisy encoders", direct, claimed, atol=1e-12 * abs(at_means) + 1e-12)


def _network(parameters: list[torch.Tensor], inputs: torch.Tensor) -> torch.Tensor:
    first_weight, first_bias, second_weight, second_bias = parameters
    return (inputs @ first_weight.T + first_bias).tanh() @ second_weight.T + second_bias


CHECKS = (
    Check(
        id="eq-4",
        aliases=("eq-22", "eq-38"),
        theme="objective",
        statement=(
            r"R(z,z') = \langle R(z\,|\,x)\,R(z'\,|\,x')\rangle,\quad"
            r" \langle F\rangle_R = \langle F(f(x),f'(x'))\rangle"
        ),
        source=Source("mikulasch2026ldm", "eq. 4, 22 and 38"),
        kinds=("S", "A"),
        assumptions=(
            "Given the pair (x, x') the two codes are independent.",
            "For the second form the encoders have no noise, R(z | x) = delta(z - f(x)).",
        ),
        proved=(
            "Mass, marginals and product form for generic laws on 2 x 3 inputs and 2 x 2 codes; the second form for all"
            " 32 pairs of encoders and every F; float64 networks of three seeds: mean log density with and without"
            " encoder noise, and its gradient, tensor by tensor."
        ),
        not_proved="Continuous inputs beyond finite samples.",
        verify=_verify,
        claim=_claim,
        twins=(Twin("the pairs shuffled", partial(_claim, shift=1)),),
    ),
)
