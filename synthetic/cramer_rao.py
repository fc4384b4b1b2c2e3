r"""Least errors from Fisher information J: exact for linear Gaussian worlds, lower bounds of the error elsewhere.

One observation, z ~ N(., V): $E[(z-\hat z)(z-\hat z)^T]\succeq(V^{-1}+E J(z))^{-1}$. All so far, with $z'=Mz+e$ and
e ~ N(0, Q): $P_t=((MP_{t-1}M^T+Q)^{-1}+EJ)^{-1}$, $P_0$ as for one observation [tichavsky1998posterior]. With
x = A z + noise of variance s^2, J = A^T A / s^2: both hold with equality, and the second is the Kalman filter. The R2
that goes with a P is 1 - P_ii / V_ii, mean over i: the ceiling itself, or an upper bound of it.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.ceiling import Ceiling


def frame_error(prior: Float[Tensor, "d d"], information: Float[Tensor, "d d"]) -> Float[Tensor, "d d"]:
    """(V^-1 + J)^-1."""
    return torch.linalg.inv(torch.linalg.inv(prior) + information)


def filter_errors(
    prior: Float[Tensor, "d d"],
    matrix: Float[Tensor, "d d"],
    noise: Float[Tensor, "d d"],
    information: Float[Tensor, "d d"],
    length: int,
) -> Float[Tensor, "t d d"]:
    """P_0 .. P_{length-1}; ValueError for length < 1."""
    if length < 1:
        raise ValueError(f"length={length} holds no observation: take length >= 1")
    errors = [frame_error(prior, information)]
    for _ in range(length - 1):
        errors.append(frame_error(matrix @ errors[-1] @ matrix.T + noise, information))
    return torch.stack(errors)


def explained(prior: Float[Tensor, "d d"], errors: Float[Tensor, "*t d d"]) -> float:
    """1 - P_ii / V_ii, mean over coordinates and steps."""
    share = torch.diagonal(errors, dim1=-2, dim2=-1) / torch.diagonal(prior)
    return float(1 - share.mean())


def exact_ceiling(prior: Float[Tensor, "d d"], errors: Float[Tensor, "*t d d"], why: str) -> Ceiling:
    """The ceiling of a linear Gaussian world, a point."""
    r2 = explained(prior, errors)
    return Ceiling(r2, r2, r2, why)
