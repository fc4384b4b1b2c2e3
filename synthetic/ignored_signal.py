"""F1: a code that holds no information. s' = rho s + noise, n ~ N(0, 1) fresh at every step, code z = n.

A constant predictor describes z exactly, so KL = 0, the optimum of matching alone; I[z; z_c] = 0 and z says nothing of
s. With the information term (the twin, same world) the same code has InfoLDM = 0 < I[s; c] = -log(1 - rho^2) / 2.
[mikulasch2026infoldm, information is saturated]
"""

from __future__ import annotations

import torch

from synthetic.info_violation import InfoObjective, InfoTerms, InfoViolation
from synthetic.mixing import Linear, Mixing
from synthetic.noise import GaussianNoise
from synthetic.predictor import LinearPredictor
from synthetic.sequence_map import Marginal
from synthetic.signal_world import autoregressive_signal
from synthetic.transition import AdditiveNoise


def ignored_signal(rho: float = 0.9, mixing: str | Mixing = "narrow", seed: int = 0) -> InfoViolation:
    """F1; ValueError unless 0 < rho <= .95."""
    signal = autoregressive_signal(
        "ignored_signal", f"signal s' = {rho:g} s + noise beside one private nuisance", rho, mixing=mixing, seed=seed
    )
    constant = AdditiveNoise(LinearPredictor(torch.zeros(1, 1, dtype=torch.float64)), GaussianNoise.isotropic(1, 1.0))
    nothing = InfoTerms(0.0, 0.0)
    return InfoViolation(
        name="F1",
        signal=signal,
        objective=InfoObjective.MATCHING,
        model_class="N(p(z_c), v), p any map",
        breaks="information is saturated",
        witness=Marginal(torch.tensor([[0.0, 1.0]], dtype=torch.float64)),
        recovered=constant,
        attained=nothing,
        asked=0.0,
        statistic=Linear(torch.eye(1, dtype=torch.float64)),
        affine_r2=(0.0,),
        denies="affine",
        kind="non_invertible",
        proof="nuisance is N(0, 1) under every condition, which a constant predictor says exactly",
        twin=signal,
        twin_recovered=constant,
        twin_attained=nothing,
    )
