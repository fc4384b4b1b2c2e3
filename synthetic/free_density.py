"""V11: a predictor with a free density (a flow, an energy). Any diffeomorphism h is then optimal.

The law of h(z_t) given its past is p(h^-1(y_t) | h^-1(y_:t)) / abs(det J_h), a density like any other. The witness here
is the sine shear; under the intact model, N(p(past), Sigma), the same witness is worse.
[mikulasch2026ldm, Theorem 1 (ii): a model of the same form]
"""

from __future__ import annotations

import torch

from synthetic.assumptions import Assumption, Declaration
from synthetic.gaussian_autoregression import gaussian_autoregression
from synthetic.markov_gaussian import drawn_mixing
from synthetic.mixing import Mixing
from synthetic.pushed_law import PushedTransition
from synthetic.shear import SineShear
from synthetic.violation import Violation


def free_density(rho: float = 0.9, mixing: str | Mixing = "narrow", seed: int = 0) -> Violation:
    """V11; ValueError for rho outside (0, 1)."""
    if not rho > 0:
        raise ValueError(f"rho={rho} leaves nothing to predict: take 0 < rho < 1")
    drawn = drawn_mixing(mixing, 2, torch.Generator().manual_seed(seed))
    world = gaussian_autoregression(drawn, rho, name="free_density")
    witness = SineShear()
    span = Declaration(True, "(rho y_1, c sin + rho y_2) fills the plane")
    return Violation(
        name="V11",
        world=world,
        objective="LDM",
        model_class="any conditional density of y_t given its past",
        breaks=Assumption.RESTRICTED_MODEL,
        witness=witness,
        recovered=PushedTransition(world.transition, witness, span),
        denies="affine",
        kind="outside_class",
        proof="the law of h(z) is a density, and every density is in the model class",
        twin=world,
    )
