"""F3: nuisance that is not private. s = rho c + e_1 and n = rho c + e_2 are two children of the same condition.

| code | meets | InfoLDM | R2 of s |
| z = n | all that the theorem asks: KL = 0, I[z; z_c] = I[s; c] | -log(1 - rho^2) / 2 | rho^4 |
| z = s + n | the maximum: KL = 0, I[z; z_c] = I[x; c] | log((1 + rho^2) / (1 - rho^2)) / 2 | (1 + rho^2) / 2 |

At rho^2 = 1/2, c, e_1 and e_2 have equal variances: .35 nats with R2 .25, and .55 nats with R2 .75. In the twin
n = rho s + e_2 is as noisy but private, and both codes lose information: their correlations with c are rho^2 and
rho sqrt((1 + rho) / 2), less than rho. [mikulasch2026infoldm, nuisance is private]
"""

from __future__ import annotations

import math

import torch

from synthetic.info_violation import InfoObjective, InfoTerms, InfoViolation, normal_information
from synthetic.mixing import Linear, Mixing
from synthetic.noise import GaussianNoise
from synthetic.predictor import LinearPredictor
from synthetic.sequence_map import Marginal
from synthetic.signal_world import SignalWorld, autoregressive_signal
from synthetic.transition import AdditiveNoise


def common_cause(
    rho: float = math.sqrt(0.5),
    code: str = "nuisance",
    mixing: str | Mixing = "narrow",
    seed: int = 0,
) -> InfoViolation:
    """F3 with the code "nuisance" or "sum"; ValueError for another, and unless 0 < rho <= .95."""
    if code not in ("nuisance", "sum"):
        raise ValueError(f"code={code!r} is unknown: take 'nuisance' or 'sum'")
    described = f"signal and nuisance are both {rho:g} c + noise, c the signal one step before"
    signal = autoregressive_signal("common_cause", described, rho, of_past=rho, mixing=mixing, seed=seed)
    twin = autoregressive_signal(
        "private_child", f"nuisance {rho:g} s + noise", rho, of_now=rho, mixing=signal.world.mixing
    )
    weights = torch.tensor([[0.0, 1.0]] if code == "nuisance" else [[1.0, 1.0]], dtype=torch.float64)
    return InfoViolation(
        name="F3",
        signal=signal,
        objective=InfoObjective.INFO_LDM,
        model_class="N(p(z_c), v), p any map",
        breaks="the nuisance is private",
        witness=Marginal(weights),
        recovered=_law_of(weights, signal),
        attained=_terms(weights, signal),
        asked=signal.signal_information if code == "nuisance" else signal.observed_information,
        statistic=Linear(torch.eye(1, dtype=torch.float64)),
        affine_r2=(rho**4 if code == "nuisance" else (1 + rho**2) / 2,),
        denies="affine",
        kind="non_invertible",
        proof="the nuisance is as good a child of the condition as the signal, and linear Gaussian like it",
        twin=twin,
        twin_recovered=_law_of(weights, twin),
        twin_attained=_terms(weights, twin),
    )


def _law_of(weights: torch.Tensor, signal: SignalWorld) -> AdditiveNoise:
    """z given c: normal, mean linear in c."""
    slopes, covariance = _moments(weights, signal)
    return AdditiveNoise(LinearPredictor(slopes), GaussianNoise(covariance))


def _terms(weights: torch.Tensor, signal: SignalWorld) -> InfoTerms:
    """KL = 0; I from the correlation of z with c ~ N(0, 1)."""
    slopes, covariance = _moments(weights, signal)
    explained = float(slopes**2)
    return InfoTerms(0.0, normal_information(math.sqrt(explained / (explained + float(covariance)))))


def _moments(weights: torch.Tensor, signal: SignalWorld) -> tuple[torch.Tensor, torch.Tensor]:
    joint = signal.joint
    assert isinstance(joint, AdditiveNoise)
    covariance = joint.noise_covariance
    assert covariance is not None
    start = torch.tensor([[[1.0, 0.0]]], dtype=torch.float64)
    return weights @ joint.mean(start).T, weights @ covariance @ weights.T
