"""V7 and V8: an encoder that sees the past, y_t = R(theta(z_{t-1})) z_t, or knows the time, y_t = Q_t z_t.

Both turn z_t by a rotation Q(z_:t) that is known once the past is. Since noise alpha I is round, y_t is N(Q p, alpha I)
given the past, and p_R(y_:t) = Q(z_:t) p(z_:t) is a map of y_:t because the past can be unrolled from y_0 = z_0 onward.
KL = 0, and pooled over time y_t is no affine map of z_t. [mikulasch2026ldm, Theorem 1: one h for all steps]
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declarations
from synthetic.markov_gaussian import markov_gaussian
from synthetic.mixing import Mixing
from synthetic.noise import GaussianNoise
from synthetic.predictor import Predictor
from synthetic.sequence_map import SequenceMap
from synthetic.transition import AdditiveNoise, Transition
from synthetic.violation import Violation


class MovingRotation(SequenceMap):
    """y_t = R(angle(z_:t)) z_t in the plane."""

    @abstractmethod
    def angle(self, past: Float[Tensor, "n t d"]) -> Float[Tensor, "n"]:
        """Angle in radians; 0 where the past is empty."""

    @property
    def input_dim(self) -> int:
        """Two."""
        return 2

    @property
    def output_dim(self) -> int:
        """Two."""
        return 2

    def __call__(self, z: Float[Tensor, "n t d"]) -> Float[Tensor, "n t m"]:
        """Every step turned."""
        return torch.stack([turned(z[:, t], self.angle(z[:, :t])) for t in range(z.shape[1])], 1)

    def inverse(self, y: Float[Tensor, "n t m"]) -> Float[Tensor, "n t d"]:
        """The sequence z, unrolled from its first step."""
        z = torch.empty_like(y)
        for t in range(y.shape[1]):
            z[:, t] = turned(y[:, t], -self.angle(z[:, :t]))
        return z

    def pushed_log_density(self, true: Transition, z: Float[Tensor, "n t d"]) -> Float[Tensor, "n s"]:
        """That of z_t: a rotation has volume one."""
        return torch.stack([true.log_density(z[:, t], z[:, :t]) for t in range(1, z.shape[1])], 1)


@dataclass(frozen=True)
class TurnByPast(MovingRotation):
    """angle = rate z_{t-1,1}."""

    rate: float = 1.0

    def angle(self, past: Float[Tensor, "n t d"]) -> Float[Tensor, "n"]:
        """rate times the first coordinate one step before."""
        return self.rate * past[:, -1, 0] if past.shape[1] else past.new_zeros(len(past))


@dataclass(frozen=True)
class TurnByTime(MovingRotation):
    """angle = rate t."""

    rate: float = 1.0

    def angle(self, past: Float[Tensor, "n t d"]) -> Float[Tensor, "n"]:
        """rate times the number of past steps."""
        return past.new_full((len(past),), self.rate * past.shape[1])


@dataclass(frozen=True)
class TurnedPredictor(Predictor):
    """p_R(y_:t) = R(angle(z_:t)) p(z_:t), with z_:t unrolled from y_:t."""

    turn: MovingRotation
    predictor: Predictor

    @property
    def dim(self) -> int:
        """Two."""
        return 2

    @property
    def declarations(self) -> Declarations:
        """Those of p, in coordinates that turn."""
        return self.predictor.declarations

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The turned prediction; ValueError for a batch that is not one axis of sequences."""
        if past.ndim != 3:
            raise ValueError(f"past has shape {tuple(past.shape)}: pass sequences [n t d]")
        z = self.turn.inverse(past)
        return turned(self.predictor(z), self.turn.angle(z))


def encoder_of_the_past(
    rate: float = 1.0, alpha: float = 0.1, mixing: str | Mixing = "narrow", seed: int = 0
) -> Violation:
    """V7 on the plane of LDM Fig. A7; ValueError for rate = 0 or alpha <= 0."""
    return _violation(
        "V7", "encoder_of_the_past", TurnByPast(rate), Assumption.INSTANTANEOUS_ENCODER, alpha, mixing, seed
    )


def encoder_of_the_time(
    rate: float = 1.0, alpha: float = 0.1, mixing: str | Mixing = "narrow", seed: int = 0
) -> Violation:
    """V8 on the plane of LDM Fig. A7; ValueError for rate = 0 or alpha <= 0."""
    return _violation("V8", "encoder_of_the_time", TurnByTime(rate), Assumption.SHARED_ENCODER, alpha, mixing, seed)


def turned(z: Float[Tensor, "n 2"], angle: Float[Tensor, "n"]) -> Float[Tensor, "n 2"]:
    """R(angle) z, row by row."""
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack((cos * z[:, 0] - sin * z[:, 1], sin * z[:, 0] + cos * z[:, 1]), -1)


def _violation(
    name: str,
    label: str,
    witness: TurnByPast | TurnByTime,
    breaks: Assumption,
    alpha: float,
    mixing: str | Mixing,
    seed: int,
) -> Violation:
    if witness.rate == 0:
        raise ValueError("rate=0 makes the witness the identity: take rate != 0")
    world = replace(markov_gaussian(2, alpha, mixing, seed), name=label)
    assert isinstance(world.transition, AdditiveNoise)
    predictor = TurnedPredictor(witness, world.transition.predictor)
    return Violation(
        name=name,
        world=world,
        objective="LDM",
        model_class="N(p(past), Sigma), Sigma constant, p any map of all past codes",
        breaks=breaks,
        witness=witness,
        recovered=AdditiveNoise(predictor, GaussianNoise.isotropic(2, alpha)),
        denies="affine",
        kind="outside_class",
        proof="round noise stays round when turned, and the turning can be computed from past codes",
        twin=world,
    )
