r"""Autoregressive latents behind coupling layers [klindt2026lejepa]: $z'=\rho z+\sqrt{1-\rho^2}\,\eta$, x = g(z).

With Gaussian z and eta the whitened code of largest alignment is orthogonal in z, at every dimension. `shaped_world`
draws both from a generalised normal law of shape alpha instead: away from alpha = 2 a curved code aligns better.
"""

from __future__ import annotations

import math

import torch

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import INJECTIVE
from synthetic.coupling import additive_coupling, affine_coupling
from synthetic.gaussian_autoregression import gaussian_autoregression
from synthetic.independent_noise import IndependentNoise, NoiseStart
from synthetic.mixing import Mixing
from synthetic.predictor import LinearPredictor
from synthetic.standard_law import GeneralisedNormal
from synthetic.transition import AdditiveNoise
from synthetic.world import World

COUPLINGS = {"additive": additive_coupling, "affine": affine_coupling}


def coupling_world(dim: int, coupling: str = "additive", rho: float = 0.95, seed: int = 0) -> World:
    """Stationary Gaussian latents behind four coupling layers drawn with `seed`.

    ValueError for an unknown coupling, dim < 2, or rho outside [0, 1).
    """
    if coupling not in COUPLINGS:
        raise ValueError(f"coupling={coupling!r} is unknown: take one of {', '.join(COUPLINGS)}")
    mixing = COUPLINGS[coupling](dim, torch.Generator().manual_seed(seed))
    return gaussian_autoregression(mixing, rho, name=f"{coupling}_coupling_{dim}")


def shaped_world(shape: float, mixing: Mixing, rho: float = 0.95) -> World:
    """z_0 and eta have independent generalised normal coordinates of this shape, unit variance.

    Mean and covariance are stationary, the law is so only at shape 2 (sums of generalised normals are not one).
    ValueError for shape <= 0 or rho outside (0, 1).
    """
    if not 0 < rho < 1:
        raise ValueError(f"rho={rho}: take 0 < rho < 1")
    dim, law = mixing.input_dim, GeneralisedNormal(shape)
    gaussian = shape == 2
    why = "a linear map of Gaussians" if gaussian else f"sums of generalised normals of shape {shape:g}"
    return World(
        name=f"shaped_{shape:g}_{dim}",
        description=f"z' = {rho:g} z + sqrt(1 - {rho:g}^2) eta in {dim} dimensions, shape {shape:g}",
        initial=NoiseStart(IndependentNoise.alike(law, dim, 1.0)),
        transition=AdditiveNoise(
            LinearPredictor(rho * torch.eye(dim, dtype=torch.float64)),
            IndependentNoise.alike(law, dim, math.sqrt(1 - rho**2)),
        ),
        mixing=mixing,
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(gaussian, why),
            Assumption.GAUSSIAN_MARGINAL: Declaration(gaussian, why),
        },
    )
