r"""Projection on leading principal components, $y = (x-\bar x)V\Lambda^{-1/2}$ (no $\Lambda$ unless whitened).

A linear, injective step where the discarded variance is zero; it makes encoders small and their inputs well scaled.
"""

from __future__ import annotations

from collections.abc import Sequence
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

    def project(self, data: Sequence[Float[Tensor, "n t p"]]) -> Float[Tensor, "s n t q"]:
        """Project sequences, data set by data set: only the narrow result is ever stacked."""
        return torch.stack([(one - mean) @ basis for one, mean, basis in zip(data, self.mean, self.basis, strict=True)])


def fit_projection(
    x: Sequence[Float[Tensor, "n p"]], components: int | None, whiten: bool, cutoff: float = 1e-5
) -> Projection:
    """Leading `components` principal directions of each data set (None: all above `cutoff` times the largest variance).

    The rank is that of the widest data set, so that all projections have one shape. Unwhitened outputs are divided by
    the root of the mean kept variance, which sets the scale and keeps the shape. Raises ValueError for constant data.
    """
    mean = torch.stack([rows.mean(0, keepdim=True) for rows in x])
    spectra = [torch.linalg.eigh(_covariance(rows)) for rows in x]
    variances = torch.stack([values.flip(-1).clamp_min(0) for values, _ in spectra])
    directions = torch.stack([vectors.flip(-1) for _, vectors in spectra])
    if not bool((variances[:, 0] > 0).all()):
        raise ValueError("x is constant over all samples; there is nothing to encode")
    rank = int((variances > cutoff * variances[:, :1]).sum(-1).max())
    q = min(rank, components) if components is not None else rank
    scale = variances[:, :q] if whiten else variances[:, :q].mean(-1, keepdim=True)
    basis = directions[..., :q] / scale.clamp_min(cutoff * variances[:, :1]).sqrt().unsqueeze(-2)
    kept = float((variances[:, :q].sum(-1) / variances.sum(-1)).min())
    return Projection(mean, basis.to(mean), kept)


def no_projection(x: Sequence[Float[Tensor, "n p"]]) -> Projection:
    """The identity, for each data set."""
    p = x[0].shape[1]
    return Projection(x[0].new_zeros(len(x), 1, p), torch.eye(p).to(x[0]).repeat(len(x), 1, 1), 1.0)


def _covariance(rows: Float[Tensor, "n p"]) -> Float[Tensor, "p p"]:
    """On the CPU in float64, which not every device has; block by block, so that no copy of the data is made."""
    total = torch.zeros(rows.shape[1], rows.shape[1], dtype=torch.float64)
    mean = rows.mean(0)
    for block in rows.split(8192):
        centred = (block - mean).cpu().double()
        total += centred.mT @ centred
    return total / len(rows)
