r"""The objective of a paired method on pairs that training did not see, and its standard error.

Estimates from b blocks of pairs, F = mean of the F_k, standard error = their standard deviation over sqrt(b): entropies
of pairs have no terms of one pair each that could be averaged. All values compare at the same number of pairs only, for
the bias of an entropy depends on the size of a block. A code without a density (collapsed) has value -inf.
"""

from __future__ import annotations

import math

from jaxtyping import Float
from torch import Tensor

from identify.objective import HeldOut
from identify.paired_methods import PairedMethod, Predictor

_BLOCKS, _LEAST_PAIRS = 16, 64


def held_out_pairs(
    method: PairedMethod,
    first: Float[Tensor, "s n m"],
    second: Float[Tensor, "s n m"],
    predictor: Predictor | None = None,
) -> list[HeldOut]:
    """Value and standard error of s codes, nats per pair; a learned scale has shape [s 1].

    Sixteen blocks, fewer where blocks would have less than 64 pairs. Raises ValueError for fewer than 128 pairs.
    """
    n = first.shape[1]
    blocks = min(_BLOCKS, n // _LEAST_PAIRS)
    if blocks < 2:
        raise ValueError(f"{n} pairs are held out; two blocks of {_LEAST_PAIRS} are needed, give more sequences")

    def in_blocks(codes: Float[Tensor, "s n m"]) -> Float[Tensor, "s b k m"]:
        return codes[:, : n - n % blocks].unflatten(1, (blocks, -1))

    values = method.judged().unchecked_objective(in_blocks(first), in_blocks(second), predictor).total
    return [
        HeldOut(float(row.mean()), float(row.std()) / math.sqrt(blocks))
        if bool(row.isfinite().all())
        else HeldOut(-math.inf, math.nan)
        for row in values
    ]
