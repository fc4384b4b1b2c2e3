"""Signal under nuisance, as the follow-up theorem sees it: x = g(s, n), observed under a condition c.

In a `World` the signal is the latent s = z_t and the condition its past, c = (s, n)_{t-1}. `joint` is the law of
(s_t, n_t) given c. Averages over c are sums over `contexts`. [mikulasch2026infoldm]

The theorem speaks of two numbers, in nats: I[s; c], and I[x; c], which no code of x exceeds. They are equal iff the
nuisance is private, n independent of c given s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration
from synthetic.ceiling import INJECTIVE
from synthetic.initial_law import StandardNormal
from synthetic.linear_nuisance import LinearNuisance
from synthetic.markov_gaussian import drawn_mixing
from synthetic.mixing import Mixing
from synthetic.noise import GaussianNoise
from synthetic.predictor import LinearPredictor
from synthetic.transition import AdditiveNoise, Transition
from synthetic.world import World

_REACH, _STEP = 6.5, 0.25  # beyond: 1e-10 of N(0, 1); the rule is exact to 1e-9 for kernels wider than .3


class Contexts(NamedTuple):
    """Points (s, n)_{t-1} and their weights: a quadrature of the law of c, for whatever the law of s_t given c uses."""

    points: Float[Tensor, "k d"]
    weights: Float[Tensor, "k"]


@dataclass(frozen=True, eq=False)
class SignalWorld:
    """World of a signal and its nuisance, with the joint law, I[s; c] and I[x; c] in nats."""

    world: World
    joint: Transition
    contexts: Contexts
    signal_information: float
    observed_information: float

    def __post_init__(self) -> None:
        beside = self.world.nuisance.dim if self.world.nuisance else 0
        if self.joint.dim != self.world.dim + beside:
            raise ValueError(
                f"joint has dimension {self.joint.dim}, signal and nuisance {self.world.dim} + {beside}: "
                "make them equal"
            )

    def pairs(self, n: int, generator: torch.Generator) -> Float[Tensor, "n 2 d"]:
        """n draws of c and (s, n) beside each other, float64."""
        sample = self.world.sample(n, 2, generator, torch.float64)
        return sample.z if sample.nuisance is None else torch.cat((sample.z, sample.nuisance), -1)


def autoregressive_signal(
    name: str,
    description: str,
    rho: float,
    of_past: float = 0.0,
    of_now: float = 0.0,
    mixing: str | Mixing = "narrow",
    seed: int = 0,
) -> SignalWorld:
    """s' = rho s + sqrt(1 - rho^2) e and n = of_past s_{t-1} + of_now s_t + noise, both N(0, 1) at every step.

    I[s; c] = -log(1 - rho^2) / 2 and I[x; c] = log(det Cov[s, n] / det Cov[s, n | c]) / 2. ValueError unless
    0 < rho <= .95 (beyond, the quadrature of c is too coarse) and the nuisance has variance left for noise.
    """
    if not 0 < rho <= 0.95:
        raise ValueError(f"rho={rho}: take 0 < rho <= .95, a signal that its past predicts, but not sharply")
    taken = of_past**2 + of_now**2 + 2 * of_past * of_now * rho
    if not taken < 1:
        raise ValueError(f"of_past={of_past}, of_now={of_now} leave the nuisance no noise: take smaller ones")
    nuisance = LinearNuisance(of_past, of_now, math.sqrt(1 - taken))
    free = 1 - rho**2
    slopes = torch.tensor([[rho, 0.0], [of_past + of_now * rho, 0.0]], dtype=torch.float64)
    noise = torch.tensor([[free, of_now * free], [of_now * free, of_now**2 * free + 1 - taken]], dtype=torch.float64)
    shared = of_past * rho + of_now
    world = World(
        name=name,
        description=description,
        initial=StandardNormal(1),
        transition=AdditiveNoise(LinearPredictor(slopes[:1, :1]), GaussianNoise(noise[:1, :1])),
        mixing=drawn_mixing(mixing, 2, torch.Generator().manual_seed(seed)),
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(True, "rho^2 + (1 - rho^2) = 1"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(True, "a linear map of Gaussians"),
        },
        nuisance=nuisance,
    )
    return SignalWorld(
        world=world,
        joint=AdditiveNoise(LinearPredictor(slopes), GaussianNoise(noise)),
        contexts=normal_contexts(1, 1),
        signal_information=-math.log(free) / 2,
        observed_information=(math.log(1 - shared**2) - float(torch.logdet(noise))) / 2,
    )


def normal_contexts(signals: int, beside: int) -> Contexts:
    """Trapezoidal rule for s ~ N(0, I); the `beside` coordinates of nuisance, which predict nothing, at zero."""
    axis = torch.arange(-_REACH, _REACH + _STEP / 2, _STEP, dtype=torch.float64)
    grid = torch.cartesian_prod(*[axis] * signals).reshape(-1, signals)
    weights = torch.softmax(-grid.square().sum(-1) / 2, 0)
    return Contexts(torch.cat((grid, grid.new_zeros(len(grid), beside)), -1), weights)
