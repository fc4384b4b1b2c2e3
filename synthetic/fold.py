"""V9: a coordinate nothing predicts can be folded. z_1..z_{n-1} as in LDM Fig. A7, z_n ~ N(0, 1) independent over time.

The tent fold h of z_n is two to one and keeps N(0, 1), so KL = 0 after it. Two worlds show it:

- `free_coordinate`: g is injective, and an encoder that is not asked to be invertible may fold z_n at no cost;
- `fold`: the fold sits in g itself, x = g'(z_1.., h(z_n)), so |z_n| is all that x shows and every encoder is folded.
  E[z_n | x] = 0: the best mean R2 is (n - 1) / n.

Both have deficiency one: an *invertible* continuous h would still be affine.
"""

from __future__ import annotations

from dataclasses import replace

import torch

from synthetic.assumptions import Assumption
from synthetic.ceiling import Ceiling
from synthetic.markov_gaussian import markov_gaussian
from synthetic.mixing import Composition, Mixing
from synthetic.noise import GaussianNoise
from synthetic.orthogonal import random_rotation
from synthetic.predictor import BlockPredictor, LinearPredictor, RotationTanh
from synthetic.tent_fold import TentFold
from synthetic.transition import AdditiveNoise
from synthetic.violation import Violation
from synthetic.world import World

_KEPT = "the tent fold is two to one and keeps N(0, 1), which is all that is known of the last coordinate"


def free_coordinate(dim: int = 2, alpha: float = 0.1, mixing: str | Mixing = "narrow", seed: int = 0) -> Violation:
    """V9 with an injective mixing: the witness folds in the encoder. ValueError for dim < 2 or alpha <= 0."""
    twin = markov_gaussian(dim, alpha, mixing, seed)
    world = replace(
        twin,
        name="free_coordinate",
        description=f"Fig. A7 dynamics in {dim - 1} dimension(s) and one coordinate N(0, 1) that nothing predicts",
        transition=_last_coordinate_free(dim, alpha, seed),
    )
    return _violation("V9", world, twin, Assumption.INVERTIBLE_ENCODER)


def fold(dim: int = 2, alpha: float = 0.1, mixing: str | Mixing = "narrow", seed: int = 0) -> Violation:
    """V9 with the fold in the mixing: every encoder is folded. ValueError for dim < 2 or alpha <= 0."""
    twin = markov_gaussian(dim, alpha, mixing, seed)
    share = (dim - 1) / dim
    world = replace(
        twin,
        name="fold",
        description=f"Fig. A7 dynamics in {dim - 1} dimension(s); one coordinate N(0, 1), folded before it is mixed",
        transition=_last_coordinate_free(dim, alpha, seed),
        mixing=Composition((TentFold(dim), twin.mixing)),
        ceiling=Ceiling(share, share, share, "E[z_n | x] = 0 by symmetry, the other coordinates are determined by x"),
    )
    return _violation("V9-fold", world, twin, Assumption.INJECTIVE_MIXING)


def _last_coordinate_free(dim: int, alpha: float, seed: int) -> AdditiveNoise:
    if dim < 2:
        raise ValueError(f"dim={dim} leaves nothing to predict beside the free coordinate: take dim >= 2")
    rotation = random_rotation(dim - 1, torch.Generator().manual_seed(seed))
    nothing = LinearPredictor(torch.zeros(1, 1, dtype=torch.float64))
    variances = torch.full((dim,), alpha, dtype=torch.float64)
    variances[-1] = 1.0
    return AdditiveNoise(BlockPredictor((RotationTanh(rotation), nothing)), GaussianNoise(torch.diag(variances)))


def _violation(name: str, world: World, twin: World, breaks: Assumption) -> Violation:
    return Violation(
        name=name,
        world=world,
        objective="LDM",
        model_class="N(p(past), Sigma), Sigma constant, p any map",
        breaks=breaks,
        witness=TentFold(world.dim),
        recovered=world.transition,
        denies="nonlinear",
        kind="non_invertible",
        proof=_KEPT,
        twin=twin,
    )
