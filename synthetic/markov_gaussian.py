"""The world of LDM Fig. A7: z ~ N(0, I), z' ~ N(mu(z), alpha I), mu(z) = R z + 0.1 tanh(R z), R a random rotation."""

from __future__ import annotations

import torch

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import INJECTIVE
from synthetic.initial_law import StandardNormal
from synthetic.leaky_network import MIXINGS
from synthetic.mixing import Mixing
from synthetic.noise import GaussianNoise
from synthetic.orthogonal import random_rotation
from synthetic.predictor import RotationTanh
from synthetic.transition import AdditiveNoise
from synthetic.world import World


def markov_gaussian(dim: int = 10, alpha: float = 0.1, mixing: str | Mixing = "narrow", seed: int = 0) -> World:
    """Gaussian Markov world of any dimension [mikulasch2026ldm, Fig. A7].

    The paper takes pairs (length 2). Longer sequences drift outward by at most 0.1 sqrt(dim) a step and diffuse by
    alpha, so the marginal is not stationary, and Gaussian at t = 0 only; Theorem 1 needs neither. `seed` draws R, then
    the mixing. ValueError for alpha <= 0, dim < 1, or a mixing that is unknown or takes another dimension.
    """
    if not alpha > 0:
        raise ValueError(f"alpha={alpha} is not a variance: take alpha > 0")
    if dim < 1:
        raise ValueError(f"dim={dim} is no dimension: take dim >= 1")
    generator = torch.Generator().manual_seed(seed)
    predictor = RotationTanh(random_rotation(dim, generator))
    label = mixing if isinstance(mixing, str) else type(mixing).__name__
    drifts = "each step adds variance alpha and an outward drift"
    return World(
        name=f"markov_gaussian_{dim}_{label}",
        description=f"z' ~ N(Rz + 0.1 tanh(Rz), {alpha:g} I) in {dim} dimensions, {label} mixing",
        initial=StandardNormal(dim),
        transition=AdditiveNoise(predictor, GaussianNoise.isotropic(dim, alpha)),
        mixing=drawn_mixing(mixing, dim, generator),
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(False, drifts),
            Assumption.GAUSSIAN_MARGINAL: Declaration(False, "Gaussian at t = 0, then pushed through tanh"),
        },
    )


def drawn_mixing(mixing: str | Mixing, dim: int, generator: torch.Generator) -> Mixing:
    """The mixing itself, or a random one of the named family; ValueError for an unknown name."""
    if isinstance(mixing, Mixing):
        return mixing
    if mixing not in MIXINGS:
        raise ValueError(f"mixing={mixing!r} is unknown: take one of {', '.join(MIXINGS)}, or pass a Mixing")
    return MIXINGS[mixing](dim, generator)
