r"""Signal under private nuisance: $s'=\rho Rs+\sqrt{1-\rho^2}\,\epsilon$, R a rotation, $n_t\sim\mathcal N(0,I_k)$.

x = L phi(W_3 phi(W_2 phi(W_1 (s, n)))), W_i orthogonal, phi a LeakyReLU of slope .2, L a lift to `observed_dim`
channels with orthonormal columns: the experiment of [mikulasch2026infoldm], but for the mixing. A linear map almost
undoes one of wide layers; on this one linear regression of s from x, and linear CCA of consecutive frames, stay near
.65.

x determines both s and n; only s is predictable, so a code as wide as s that distribution matching trains is s up to an
affine map: $I[s;s']=-\frac d2\log(1-\rho^2)$ nats can be shared with the past, and nuisance in the code shares none.
"""

from __future__ import annotations

import math

import torch

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import INJECTIVE
from synthetic.initial_law import StandardNormal
from synthetic.leaky_network import narrow
from synthetic.noise import GaussianNoise
from synthetic.nuisance import PrivateNormal
from synthetic.orthogonal import random_rotation
from synthetic.predictor import LinearPredictor
from synthetic.transition import AdditiveNoise
from synthetic.world import World


def follow_up_world(
    signal_dim: int,
    nuisance_dim: int = 15,
    rho: float = 0.9,
    observed_dim: int = 100,
    layers: int = 3,
    seed: int = 0,
) -> World:
    """The latents of the world are the signal. `seed` draws R, then the mixing.

    ValueError for signal_dim < 1, layers < 1, rho outside (0, 1), or fewer channels than variables.
    """
    if signal_dim < 1:
        raise ValueError(f"signal_dim={signal_dim} is no signal: take signal_dim >= 1")
    if not 0 < rho < 1:
        raise ValueError(f"rho={rho}: take 0 < rho < 1, a stationary signal that its past predicts")
    if layers < 1:
        raise ValueError(f"layers={layers} leaves the mixing linear: take layers >= 1")
    if signal_dim + nuisance_dim > observed_dim:
        raise ValueError(
            f"observed_dim={observed_dim} channels cannot hold {signal_dim} + {nuisance_dim} variables: take more"
        )
    generator = torch.Generator().manual_seed(seed)
    turn = random_rotation(signal_dim, generator)
    return World(
        name=f"follow_up_{signal_dim}",
        description=f"s' = {rho:g} R s + noise in {signal_dim} dimensions beside {nuisance_dim} of private nuisance",
        initial=StandardNormal(signal_dim),
        transition=AdditiveNoise(LinearPredictor(rho * turn), GaussianNoise.isotropic(signal_dim, 1 - rho**2)),
        mixing=narrow(signal_dim + nuisance_dim, generator, layers=layers + 1, observed_dim=observed_dim),
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(True, "rho^2 I + (1 - rho^2) I = I"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(True, "a linear map of Gaussians"),
        },
        nuisance=PrivateNormal(nuisance_dim),
    )


def shared_information(signal_dim: int, rho: float = 0.9) -> float:
    """I[s; s'] in nats: the largest value of the objective, alignment plus entropy, that any code of x attains."""
    return -0.5 * signal_dim * math.log(1 - rho**2)
