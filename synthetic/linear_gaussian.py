"""Linear Gaussian latents: z_t = M z_{t-1} + e_t, e_t ~ N(0, Sigma), z_0 ~ N(0, V) with V diagonal.

Stationary iff M V M^T + Sigma = V. Predicted means fill the range of M.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import INJECTIVE
from synthetic.initial_law import DiagonalNormal
from synthetic.markov_gaussian import drawn_mixing
from synthetic.mixing import Mixing
from synthetic.noise import GaussianNoise, Noise
from synthetic.predictor import LinearPredictor
from synthetic.transition import AdditiveNoise
from synthetic.world import World


def linear_gaussian(
    name: str,
    description: str,
    matrix: Float[Tensor, "d d"],
    noise: Noise | Float[Tensor, "d d"],
    start: tuple[float, ...],
    mixing: str | Mixing = "narrow",
    seed: int = 0,
) -> World:
    """World of the matrix M, the noise (or its covariance) and the variances V of z_0; `seed` draws the mixing.

    ValueError for a noise whose covariance depends on the past, for variances that are not positive, and where
    dimensions differ.
    """
    law = GaussianNoise(noise) if isinstance(noise, Tensor) else noise
    if law.covariance is None:
        raise ValueError("noise has a covariance that depends on the past: pass one that does not")
    dim = matrix.shape[0]
    initial = DiagonalNormal(start)
    first = torch.diag(torch.tensor(start, dtype=torch.float64))
    if first.shape != matrix.shape:
        raise ValueError(f"start has {len(start)} variances, matrix is {tuple(matrix.shape)}: make them equal")
    second = matrix @ first @ matrix.T + law.covariance
    stationary = torch.allclose(second, first, rtol=1e-9, atol=1e-12)
    return World(
        name=name,
        description=description,
        initial=initial,
        transition=AdditiveNoise(LinearPredictor(matrix), law),
        mixing=drawn_mixing(mixing, dim, torch.Generator().manual_seed(seed)),
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(
                stationary, "M V M^T + Sigma = V" if stationary else "M V M^T + Sigma differs from V"
            ),
            Assumption.GAUSSIAN_MARGINAL: Declaration(True, "a linear map of Gaussians"),
        },
    )
