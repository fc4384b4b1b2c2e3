r"""Log mean of exponential kernels, $\log\frac1k\sum_j\exp(q_i\cdot k_j+r_i+c_j)$, in blocks of rows.

Gaussian, von Mises-Fisher and Dirichlet densities all have this form, and so have their products, so that one function
serves every contrastive term of LDM (eq. 11, 20, 32, 47, 48, 51).

Memory: some 3e5 numbers beside the input for any n, with gradient too: where one block does not hold the whole table,
blocks are computed again on the way back instead of being kept. Second derivatives exist where one block holds it.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

# Entries of one block of the kernel matrix: 1 MiB in float32 stays in the cache of a core, which halves the time.
_KERNEL_ENTRIES = 2**18


class Exponents(NamedTuple):
    r"""$\log k(x_i;c_j)$ = queries_i . keys_j + row_i + column_j for n points x and k centres c."""

    queries: Float[Tensor, "*s n q"]
    keys: Float[Tensor, "*s k q"]
    row: Float[Tensor, "*s n"]
    column: Float[Tensor, "*s k"]

    def transposed(self) -> Exponents:
        """The same numbers with points and centres exchanged."""
        return Exponents(self.keys, self.queries, self.column, self.row)

    def times(self, other: Exponents) -> Exponents:
        """Product of two kernels on the same pairs of indices."""
        return Exponents(
            torch.cat([self.queries, other.queries], -1),
            torch.cat([self.keys, other.keys], -1),
            self.row + other.row,
            self.column + other.column,
        )


def log_mean_kernel(exponents: Exponents, without_self: bool) -> Float[Tensor, "*s n"]:
    """Log of the mean over centres at every point; `without_self` leaves centre i out at point i.

    Raises ValueError where `without_self` meets different numbers of points and centres, or a single one.
    """
    queries, keys, row, column = exponents
    n, count = queries.shape[-2], keys.shape[-2]
    if without_self and (n != count or n < 2):
        raise ValueError(f"{n} points and {count} centres; leaving itself out needs the same number, 2 or more")
    rows = max(1, _KERNEL_ENTRIES // max(1, count * queries.shape[:-2].numel()))
    if rows >= n:
        log_sums = _logits(queries, keys, column, 0, without_self).logsumexp(-1)
    else:
        log_sums = _BlockwiseLogSums.apply(queries, keys, column, rows, without_self)
    return log_sums + row - math.log(count - without_self)


def _logits(
    queries: Float[Tensor, "*s b q"],
    keys: Float[Tensor, "*s k q"],
    column: Float[Tensor, "*s k"],
    start: int,
    without_self: bool,
) -> Float[Tensor, "*s b k"]:
    """Exponents of the rows from `start` on, less their own part."""
    logits = queries @ keys.mT
    logits += column.unsqueeze(-2)
    if without_self:
        logits.diagonal(start, -2, -1).fill_(-math.inf)
    return logits


class _BlockwiseLogSums(torch.autograd.Function):
    """Log sums over keys, `rows` queries at a time; only the sums are kept for the way back."""

    @staticmethod
    def forward(ctx: Any, queries: Tensor, keys: Tensor, column: Tensor, rows: int, without_self: bool) -> Tensor:
        out = torch.empty_like(queries[..., 0])
        for i in range(0, queries.shape[-2], rows):
            out[..., i : i + rows] = _logits(queries[..., i : i + rows, :], keys, column, i, without_self).logsumexp(-1)
        ctx.save_for_backward(queries, keys, column, out)
        ctx.rows, ctx.without_self = rows, without_self
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        queries, keys, column, out = ctx.saved_tensors
        of_queries, of_keys, of_column = (torch.zeros_like(one) for one in (queries, keys, column))
        for i in range(0, queries.shape[-2], ctx.rows):
            some = slice(i, i + ctx.rows)
            weights = _logits(queries[..., some, :], keys, column, i, ctx.without_self)
            weights.sub_(out[..., some, None]).exp_().mul_(grads[0][..., some, None])
            of_queries[..., some, :] = weights @ keys
            of_keys += weights.mT @ queries[..., some, :]
            of_column += weights.sum(-2)
        return of_queries, of_keys, of_column, None, None
