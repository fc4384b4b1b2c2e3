r"""Projection of observations on their leading principal components, $y = (x-\bar x)V\Lambda^{-1/2}$ (no $\Lambda$ unless whitened).

A linear, injective step where the discarded variance is zero; it makes encoders small and their inputs well scaled.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor


class Projection(NamedTuple):
    """Mean and basis of one projection per network; `kept` is the share of the variance that survives."""

    mean: Float[Tensor, "s 1 p"]
    basis: Float[Tensor, "s p q"]
    kept: float

    def __call__(self, x: Float[Tensor, "s n p"]) -> Float[Tensor, "s n q"]:
        """Project rows s with projection s."""
        return torch.baddbmm(-self.mean @ self.basis, x, self.basis)


def fit_projection(x: Float[Tensor, "s n p"], components: int | None, whiten: bool, cutoff: float = 1e-5) -> Projection:
    """Leading `components` principal directions (None: all whose variance exceeds `cutoff` times the largest).

    The rank is that of the widest network, so that all projections have one shape. Unwhitened outputs are divided by
    the root of the mean kept variance, which sets the scale and keeps the shape.
    """
    mean = x.mean(-2, keepdim=True)
    centred = (x - mean).double()
    variances, directions = torch.linalg.eigh(centred.mT @ centred / x.shape[-2])
    variances, directions = variances.flip(-1).clamp_min(0), directions.flip(-1)
    if not bool((variances[:, 0] > 0).all()):
        raise ValueError("x is constant over all samples; there is nothing to encode")
    rank = int((variances > cutoff * variances[:, :1]).sum(-1).max())
    q = min(rank, components) if components is not None else rank
    scale = variances[:, :q] if whiten else variances[:, :q].mean(-1, keepdim=True)
    basis = directions[..., :q] / scale.clamp_min(cutoff * variances[:, :1]).sqrt().unsqueeze(-2)
    kept = float((variances[:, :q].sum(-1) / variances.sum(-1)).min())
    return Projection(mean, basis.to(x.dtype), kept)
