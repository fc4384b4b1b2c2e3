"""Second moments and their Cholesky factors, batch by batch: one singular batch yields NaN and harms no other."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor


def covariance(z: Float[Tensor, "*s n d"]) -> Float[Tensor, "*s d d"]:
    """Sample covariance about the sample mean, divided by n (the maximum-likelihood one)."""
    centred = z - z.mean(-2, keepdim=True)
    return centred.mT @ centred / z.shape[-2]


def cholesky(matrix: Float[Tensor, "*s d d"]) -> Float[Tensor, "*s d d"]:
    """Lower factor of each positive definite matrix; NaN for each that is not."""
    factor, failed = torch.linalg.cholesky_ex(matrix)
    return torch.where((failed == 0)[..., None, None], factor, math.nan)


def half_log_det(factor: Float[Tensor, "*s d d"]) -> Float[Tensor, "*s"]:
    r"""$\frac12\log\det LL^T$."""
    return factor.diagonal(dim1=-2, dim2=-1).log().sum(-1)


def standardise(z: Float[Tensor, "*s n d"], factor: Float[Tensor, "*s d d"]) -> Float[Tensor, "*s n d"]:
    r"""$L^{-1}z$ for every row z."""
    return torch.linalg.solve_triangular(factor, z.mT, upper=False).mT
