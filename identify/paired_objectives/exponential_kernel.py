r"""Log mean of exponential kernels, $\log\frac1k\sum_j\exp(q_i\cdot k_j+r_i+c_j)$, in blocks of rows.

Gaussian, von Mises-Fisher and Dirichlet densities all have this form, and so have their products, so that one function
serves every contrastive term of LDM (eq. 11, 20, 32, 47, 48, 51).

Memory: some 2e5 numbers beside the input for any n, with gradient too: where one block does not hold the whole table,
the gradient of the total is taken along with the sums, and for any other gradient blocks are computed again instead of
being kept. Second derivatives exist where one block holds it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

# Entries of one block of the kernel matrix: half a MiB in float32 stays in the cache of a core, which halves the time.
_KERNEL_ENTRIES = 2**17
# Its exponential is nothing beside 1 in float64, and normal in float32.
_NOTHING = -60.0


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
    left = torch.cat([queries, row.unsqueeze(-1), torch.ones_like(row).unsqueeze(-1)], -1)
    right = torch.cat([keys, torch.ones_like(column).unsqueeze(-1), column.unsqueeze(-1)], -1)
    if rows >= n:
        log_sums = _logits(left, right, 0, without_self).logsumexp(-1)
    else:
        log_sums = _BlockwiseLogSums.apply(left, right, rows, without_self)
    return log_sums - math.log(count - without_self)


def _logits(
    left: Float[Tensor, "*s b q"],
    right: Float[Tensor, "*s k q"],
    start: int,
    without_self: bool,
    out: Float[Tensor, "*s b k"] | None = None,
) -> Float[Tensor, "*s b k"]:
    """Exponents of the rows from `start` on, less their own part."""
    logits = torch.matmul(left, right.mT, out=out)
    if without_self:
        logits.diagonal(start, -2, -1).fill_(-math.inf)
    return logits


def _blocks(left: Tensor, right: Tensor, rows: int) -> Iterator[tuple[slice, Tensor]]:
    """Rows of each block, and room for it: the same memory for all, since fresh memory costs as much as the sums."""
    room = left.new_empty(*left.shape[:-2], rows, right.shape[-2])
    for i in range(0, left.shape[-2], rows):
        yield slice(i, i + rows), room[..., : left.shape[-2] - i, :]


class _BlockwiseLogSums(torch.autograd.Function):
    """Log sums over keys, `rows` queries at a time; no table is kept for the way back."""

    @staticmethod
    def forward(ctx: Any, left: Tensor, right: Tensor, rows: int, without_self: bool) -> Tensor:
        """Where a gradient may be asked for, that of the total is taken along, which most want."""
        log_sums, total = torch.empty_like(left[..., 0]), _Slopes(left, right) if any(ctx.needs_input_grad) else None
        for some, room in _blocks(left, right, rows):
            logits = _logits(left[..., some, :], right, some.start, without_self, room)
            largest = logits.amax(-1)
            weights = _exponentials(logits.sub_(largest.unsqueeze(-1)))
            sums = weights.sum(-1)
            log_sums[..., some] = largest + sums.log()
            if total is not None:
                total.add(some, weights, sums.reciprocal())
        ctx.save_for_backward(left, right, log_sums, *(() if total is None else (total.of_left, total.of_right)))
        ctx.rows, ctx.without_self = rows, without_self
        return log_sums

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """An even gradient scales that of the total; for any other, blocks are computed again."""
        left, right, log_sums, *total = ctx.saved_tensors
        grad = grads[0]
        if total and bool((grad == grad[..., :1]).all()):
            of_left, of_right = (part * grad[..., None, :1] for part in total)
            return of_left.mT, of_right.mT, None, None
        shifted = left.clone()
        shifted[..., -2] -= log_sums
        slopes = _Slopes(left, right)
        for some, room in _blocks(left, right, ctx.rows):
            logits = _logits(shifted[..., some, :], right, some.start, ctx.without_self, room)
            slopes.add(some, _exponentials(logits), grad[..., some])
        return slopes.of_left.mT, slopes.of_right.mT, None, None


def _exponentials(logits: Tensor) -> Tensor:
    """In place, of logits of 0 at most: what is nothing beside 1 would be a denormal number, and slow."""
    return logits.clamp_min_(_NOTHING).exp_()


class _Slopes:
    """Gradients in `left` and `right`, transposed, summed up block by block."""

    def __init__(self, left: Tensor, right: Tensor) -> None:
        self.left, self.right = left.mT.contiguous(), right.mT.contiguous()
        self.of_left, self.of_right = torch.empty_like(self.left), torch.zeros_like(self.right)

    def add(self, some: slice, weights: Float[Tensor, "*s b k"], row: Float[Tensor, "*s b"]) -> None:
        """The part of rows `some`, each weighted by `row`."""
        self.of_left[..., some] = (self.right @ weights.mT) * row.unsqueeze(-2)
        self.of_right += (self.left[..., some] * row.unsqueeze(-2)) @ weights
