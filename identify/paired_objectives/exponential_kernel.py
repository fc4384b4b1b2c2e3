r"""Log mean of exponential kernels, $\log\frac1k\sum_j\exp(q_i\cdot k_j+r_i+c_j)$, in blocks of rows.

Gaussian, von Mises-Fisher and Dirichlet densities all have this form, and so have their products, so that one function
serves every contrastive term of LDM (eq. 11, 20, 32, 47, 48, 51).

Memory: without gradient about 4e6 numbers beside the input, for any n. With gradient the same: where one block does not
hold the whole matrix, blocks are computed a second time on the way back instead of being kept.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.checkpoint import checkpoint

# Entries of one block of the kernel matrix.
_KERNEL_ENTRIES = 4_000_000


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
    blocks = []
    for start in range(0, n, rows):
        some = queries[..., start : start + rows, :]
        if rows < n and torch.is_grad_enabled():
            block = checkpoint(_block, some, keys, column, start, without_self, use_reentrant=False)
        else:
            block = _block(some, keys, column, start, without_self)
        blocks.append(block)
    return torch.cat(blocks, -1) + row - math.log(count - without_self)


def _block(
    queries: Float[Tensor, "*s b q"],
    keys: Float[Tensor, "*s k q"],
    column: Float[Tensor, "*s k"],
    start: int,
    without_self: bool,
) -> Float[Tensor, "*s b"]:
    logits = queries @ keys.mT
    logits += column.unsqueeze(-2)
    if without_self:
        logits.diagonal(start, -2, -1).fill_(-math.inf)
    return logits.logsumexp(-1)
