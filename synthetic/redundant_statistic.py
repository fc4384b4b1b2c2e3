"""F5: a redundant statistic. tau*(s) = (s, 2 s): two numbers on a line, where one would do.

s' = rho s + sqrt(v) e, v = 1 - rho^2, c = s_{t-1}, is an exponential family of r_s = 2 natural parameters,

    log p(s | c) = log N(s; 0, v) + eta(c)^T tau*(s) - (rho c)^2 / (2 v),    eta(c) = (rho c / v - 2 c^2, c^2):

eta(c) lies on a parabola, so three conditions span, as the theorem asks. But z = s with r_z = 1 has KL = 0 and
I[z; z_c] = I[s; c], and tau*(s) = A z with A = (1, 2)^T of rank one: the equation holds, "A of full row rank" and
"r_z >= r_s" do not. In the twin the second number is a signal of its own, tau* = (s_1, s_2), and z = s_1 misses what c
says about it, half of the information. [mikulasch2026infoldm, tau* in no hyperplane]
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.info_violation import InfoObjective, InfoTerms, InfoViolation, normal_information
from synthetic.linear_gaussian import linear_gaussian
from synthetic.mixing import Linear, Mixing
from synthetic.sequence_map import Marginal
from synthetic.signal_world import SignalWorld, autoregressive_signal, normal_contexts


def redundant_statistic(rho: float = 0.9, mixing: str | Mixing = "narrow", seed: int = 0) -> InfoViolation:
    """F5; ValueError unless 0 < rho <= .95."""
    signal = autoregressive_signal(
        "redundant_statistic",
        f"signal s' = {rho:g} s + noise beside one private nuisance, described by the statistic (s, 2 s)",
        rho,
        mixing=mixing,
        seed=seed,
    )
    twin = _two_signals(rho, signal.world.mixing)
    law, one = signal.world.transition, signal.signal_information
    return InfoViolation(
        name="F5",
        signal=signal,
        objective=InfoObjective.INFO_LDM,
        model_class="N(p(z_c), v), p any map",
        breaks="tau*(s) lies in no hyperplane",
        witness=Marginal(torch.tensor([[1.0, 0.0]], dtype=torch.float64)),
        recovered=law,
        attained=InfoTerms(0.0, one),
        asked=one,
        statistic=Linear(torch.tensor([[1.0], [2.0]], dtype=torch.float64)),
        affine_r2=(1.0, 1.0),
        denies="r_z >= r_s",
        kind="breaks_bound",
        proof="both statistics are multiples of the code, which is the signal itself",
        twin=twin,
        twin_recovered=law,
        twin_attained=InfoTerms(0.0, one),
    )


def redundant_parameters(rho: float, c: Float[Tensor, "*batch 1"]) -> Float[Tensor, "*batch 2"]:
    """eta(c) = (rho c / v - 2 c^2, c^2); ValueError unless 0 < rho < 1."""
    if not 0 < rho < 1:
        raise ValueError(f"rho={rho} gives no stationary law that is predictable: take 0 < rho < 1")
    return torch.cat((rho * c / (1 - rho**2) - 2 * c.square(), c.square()), -1)


def _two_signals(rho: float, mixing: Mixing) -> SignalWorld:
    identity = torch.eye(2, dtype=torch.float64)
    world = linear_gaussian(
        "two_signals",
        f"two signals s' = {rho:g} s + noise",
        rho * identity,
        (1 - rho**2) * identity,
        (1.0, 1.0),
        mixing,
    )
    information = 2 * normal_information(rho)
    return SignalWorld(world, world.transition, normal_contexts(2, 0), information, information)
