"""What a paired method's objective is worth at the true latents, where the world's law is in the method's model class.

| model | law of the world | predictions | scale |
|---|---|---|---|
| N(p, sigma^2 I) | additive round Gaussian noise | its mean | its standard deviation |
| von Mises-Fisher | the same | the predicted direction | kappa |
| Dir(tau p + 1) | Dir(kappa m) | (kappa m - 1) / (kappa - d) | kappa - d |

There is no oracle for a flat prior (improper: the best scale of codes is not the truth's), for a uniform prior where
latents do not start uniformly, for a fixed scale that is not the world's, and for codes that predict themselves where
the world predicts something else.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from identify.objective import HeldOut
from identify.paired_held_out import held_out_pairs
from identify.paired_methods import PairedMethod
from identify.paired_objectives.dirichlet_pair import DirichletPair
from identify.paired_objectives.gaussian_pair import GaussianPair
from identify.paired_objectives.spherical_pair import SphericalPair
from synthetic import AdditiveNoise, DirichletWalk, Transition, UniformOn, VonMisesFisher, World

_CLOSE = 1e-6


class _True(NamedTuple):
    predictions: Float[Tensor, "n m"]
    scale: float


def paired_oracle(world: World, z: Float[Tensor, "n 2 d"], method: PairedMethod) -> HeldOut | None:
    """The judged objective at the true latents with the true law, or None where there is no oracle."""
    pairs = z.double()
    true = _true_model(world.transition, pairs[:, :1], method)
    prior = method.model.prior
    if true is None or prior == "flat" or (prior == "uniform" and not isinstance(world.initial, UniformOn)):
        return None
    if not method.learns_scale and abs(float(method.model.scale) / true.scale - 1) > _CLOSE:
        return None
    if not method.predicts and not torch.allclose(true.predictions, pairs[:, 0], atol=_CLOSE):
        return None
    known = replace(method, model=method.model.with_scale(true.scale), symmetric=False)

    def predictor(codes: Float[Tensor, "s b k m"]) -> Float[Tensor, "s b k m"]:
        rows = codes.shape[1] * codes.shape[2]
        return true.predictions[None, :rows].unflatten(1, codes.shape[1:3])

    return held_out_pairs(known, pairs[None, :, 0], pairs[None, :, 1], predictor)[0]


def _true_model(law: Transition, past: Float[Tensor, "n 1 d"], method: PairedMethod) -> _True | None:
    model = method.model
    if isinstance(model, SphericalPair) and isinstance(law, VonMisesFisher):
        return _True(law.direction(past), law.kappa)
    if isinstance(model, DirichletPair) and model.shift == 1 and isinstance(law, DirichletWalk):
        total = law.kappa - law.dim
        return _True((law.kappa * law.mean(past) - 1) / total, total)
    covariance = law.noise_covariance if isinstance(law, AdditiveNoise) else None
    if isinstance(model, GaussianPair) and covariance is not None:
        variance = float(covariance[0, 0])
        if torch.allclose(covariance, variance * torch.eye(law.dim, dtype=covariance.dtype)):
            return _True(law.mean(past), variance**0.5)
    return None
