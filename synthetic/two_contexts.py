"""F4: too few conditions. Given its past, s ~ N(m, I_3) with m = (size sign(s_{t-1,1}), 0, 0): two conditions.

The means differ in one direction, and the turn h(s) = (s_1, R(rate s_1)(s_2, s_3)) keeps N(m, I) for both: KL = 0 and,
h being a bijection, I[z; z_c] = I[s; c]. An affine map of z explains 1 of s_1 and exp(-rate^2) cos(rate size)^2 of s_2
and s_3. I[s; c] is that of one bit seen through N(+-size, 1).

In the twin all three signs are seen, m = size sign(s_{t-1}): eight conditions, whose means span. Of all models
N(p(c), Sigma) the closest to h(s) given c has its mean (m_1, exp(-rate^2 / 2) R(rate m_1)(m_2, m_3)) and its average
covariance diag(1, k, k), k = 1 + size^2 (1 - exp(-rate^2)); since h keeps volume, KL = log k.
[mikulasch2026infoldm, diversity]
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.ceiling import INJECTIVE
from synthetic.info_violation import InfoObjective, InfoTerms, InfoViolation
from synthetic.initial_law import StandardNormal
from synthetic.markov_gaussian import drawn_mixing
from synthetic.mixing import Linear, Mixing
from synthetic.noise import GaussianNoise
from synthetic.nuisance import PrivateNormal
from synthetic.positive_control import Jumps
from synthetic.predictor import BlockPredictor, LinearPredictor, Predictor
from synthetic.signal_code import SignalCode
from synthetic.signal_world import Contexts, SignalWorld
from synthetic.transition import AdditiveNoise
from synthetic.turn import LinearTurn
from synthetic.world import World


@dataclass(frozen=True)
class TurnedMean(Predictor):
    """E h(m + e), e ~ N(0, I_3): (m_1, exp(-rate^2 / 2) R(rate m_1)(m_2, m_3)), m the mean that `base` predicts."""

    base: Predictor
    rate: float

    @property
    def dim(self) -> int:
        """Three."""
        return 3

    @property
    def declarations(self) -> Declarations:
        """Those of the base: the turn of means is injective."""
        return self.base.declarations

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The turned mean, shrunk in the plane."""
        shrunk = past.new_tensor([1.0, *[math.exp(-(self.rate**2) / 2)] * 2])
        return shrunk * LinearTurn(self.rate)(self.base(past))


def two_contexts(
    size: float = 2.0, rate: float = 1.25, mixing: str | Mixing = "narrow", seed: int = 0
) -> InfoViolation:
    """F4; ValueError unless 0 < size <= 20 and rate is finite and not 0."""
    if rate == 0 or not math.isfinite(rate):
        raise ValueError(f"rate={rate} makes the witness no turn: take a finite rate != 0")
    few = BlockPredictor((Jumps(1, size), _nothing(2)))
    many = Jumps(3, size)
    signal = _contextual("two_contexts", f"means (+-{size:g}, 0, 0) in R^3, noise N(0, I)", few, 1, size, mixing, seed)
    twin = _contextual(
        "eight_contexts", "means at the corners of a cube, noise N(0, I)", many, 3, size, signal.world.mixing, seed
    )
    turned = 1 + size**2 * (1 - math.exp(-(rate**2)))
    left = math.exp(-(rate**2)) * math.cos(rate * size) ** 2
    widths = torch.tensor([1.0, turned, turned], dtype=torch.float64)
    return InfoViolation(
        name="F4",
        signal=signal,
        objective=InfoObjective.INFO_LDM,
        model_class="N(p(z_c), Sigma), Sigma constant, p any map",
        breaks="natural parameters at r_s + 1 conditions span",
        witness=SignalCode(LinearTurn(rate), beside=1),
        recovered=AdditiveNoise(few, GaussianNoise.isotropic(3, 1.0)),
        attained=InfoTerms(0.0, signal.signal_information),
        asked=signal.signal_information,
        statistic=Linear(torch.eye(3, dtype=torch.float64)),
        affine_r2=(1.0, left, left),
        denies="affine",
        kind="outside_class",
        proof="the turn about the line through both means keeps distances to them, and volume",
        twin=twin,
        twin_recovered=AdditiveNoise(TurnedMean(many, rate), GaussianNoise(torch.diag(widths))),
        twin_attained=InfoTerms(math.log(turned), twin.signal_information),
    )


def bit_information(size: float) -> float:
    """I in nats between a fair sign and sign size + e, e ~ N(0, 1): log 2 - E log(1 + exp(-2 size (size + e))).

    Trapezoidal rule of step .01, error below 1e-12 for size <= 20; ValueError beyond and for size < 0.
    """
    if not 0 <= size <= 20:
        raise ValueError(f"size={size}: take 0 <= size <= 20")
    e = np.arange(-12, 12, 0.01)
    mass = np.exp(-(e**2) / 2) / math.sqrt(2 * math.pi) * 0.01
    return math.log(2) - float(mass @ np.logaddexp(0, -2 * size * (size + e)))


def _contextual(
    name: str, description: str, predictor: Predictor, signs: int, size: float, mixing: str | Mixing, seed: int
) -> SignalWorld:
    """World of the signal's predictor and one private nuisance; `signs` of the three signs are conditions."""
    corners = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0], dtype=torch.float64)] * signs).reshape(-1, signs)
    points = torch.cat((corners, corners.new_zeros(len(corners), 4 - signs)), -1)
    world = World(
        name=name,
        description=description,
        initial=StandardNormal(3),
        transition=AdditiveNoise(predictor, GaussianNoise.isotropic(3, 1.0)),
        mixing=drawn_mixing(mixing, 4, torch.Generator().manual_seed(seed)),
        ceiling=INJECTIVE,
        joint_declarations={
            Assumption.STATIONARY: Declaration(False, "started from N(0, I), which a step widens"),
            Assumption.GAUSSIAN_MARGINAL: Declaration(False, "a mixture of normal laws"),
        },
        nuisance=PrivateNormal(1),
    )
    information = signs * bit_information(size)
    joint = AdditiveNoise(BlockPredictor((predictor, _nothing(1))), GaussianNoise.isotropic(4, 1.0))
    weights = points.new_full((len(points),), 1 / len(points))
    return SignalWorld(world, joint, Contexts(points, weights), information, information)


def _nothing(dim: int) -> LinearPredictor:
    return LinearPredictor(torch.zeros(dim, dim, dtype=torch.float64))
