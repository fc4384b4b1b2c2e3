"""Motion along a closed path that surrounds the origin: the path is the unit curve of a gauge, z = s c(b).

p(z) = s^keep c(b + advance), s the gauge of z and b its phase in radians: the phase advances, and the distance from
the path shrinks for keep < 1. Inverse by going back. Both paths run at an even speed and sweep area evenly
(c x c' constant), so abs(det J_p) = keep s^(2 (keep - 1)).

| path | gauge | c(b) |
|---|---|---|
| circle | abs(z) | (cos b, sin b) |
| square of half side 1 | max_i abs(z_i) | perimeter 8 b / 2 pi, anticlockwise from (1, 0) |
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.initial_law import InitialLaw
from synthetic.predictor import Predictor


class PathCoordinates(NamedTuple):
    """Gauge s >= 0 and phase b in [0, 2 pi)."""

    gauge: Float[Tensor, "*batch"]
    phase: Float[Tensor, "*batch"]


class ClosedPath(ABC):
    """A curve around the origin, met once by every ray."""

    @abstractmethod
    def point(self, phase: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 2"]:
        """c(b)."""

    @abstractmethod
    def coordinates(self, z: Float[Tensor, "*batch 2"]) -> PathCoordinates:
        """(s, b) with z = s c(b); phase 0 at the origin."""


@dataclass(frozen=True)
class Circle(ClosedPath):
    """The unit circle."""

    def point(self, phase: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 2"]:
        """(cos b, sin b)."""
        return torch.stack((torch.cos(phase), torch.sin(phase)), -1)

    def coordinates(self, z: Float[Tensor, "*batch 2"]) -> PathCoordinates:
        """Length and angle."""
        return PathCoordinates(torch.linalg.vector_norm(z, dim=-1), torch.atan2(z[..., 1], z[..., 0]) % (2 * math.pi))


@dataclass(frozen=True)
class Square(ClosedPath):
    """The boundary of [-1, 1]^2."""

    def point(self, phase: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch 2"]:
        """Both coordinates are the same clipped wave, the second a quarter later."""
        along = phase * (4 / math.pi)
        return torch.stack([((along - late) % 8 - 4).abs().sub(2).clamp(-1, 1) for late in (0, 2)], -1)

    def coordinates(self, z: Float[Tensor, "*batch 2"]) -> PathCoordinates:
        """Larger coordinate in absolute value, and the way along the side on which z lies."""
        gauge = z.abs().amax(-1)
        x, y = (z / gauge.clamp_min(torch.finfo(z.dtype).tiny).unsqueeze(-1)).unbind(-1)
        upright = x.abs() >= y.abs()
        along = torch.where(upright, torch.where(x >= 0, y, 4 - y), torch.where(y >= 0, 2 - x, 6 + x))
        return PathCoordinates(gauge, along % 8 * (math.pi / 4))


@dataclass(frozen=True)
class PathFlow(Predictor):
    """p(z) = s^keep c(b + advance). ValueError unless 0 < keep <= 1 and advance is finite."""

    path: ClosedPath
    advance: float = 2 * math.pi / 25
    keep: float = 0.8

    def __post_init__(self) -> None:
        if not (0 < self.keep <= 1 and math.isfinite(self.advance)):
            raise ValueError(f"keep={self.keep}, advance={self.advance}: take 0 < keep <= 1 and a finite advance")

    @property
    def dim(self) -> int:
        """Two."""
        return 2

    @property
    def declarations(self) -> Declarations:
        """Full row rank, hence coverage."""
        why = "a bijection of the plane with abs(det J) = keep s^(2 (keep - 1)) wherever it is smooth"
        return {Assumption.COVERAGE: Declaration(True, why), Assumption.ROW_RANK: Declaration(True, why)}

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The latest z moved along the path and towards it."""
        return self._moved(past[..., -1, :], self.keep, self.advance)

    def inverse(self, mean: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d"]:
        """Back along the path and away from it."""
        return self._moved(mean, 1 / self.keep, -self.advance)

    def volume(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch"]:
        """abs(det J_p) at the latest z."""
        return self.keep * self.path.coordinates(z).gauge.pow(2 * (self.keep - 1))

    def _moved(self, z: Tensor, power: float, advance: float) -> Tensor:
        gauge, phase = self.path.coordinates(z)
        return gauge.pow(power).unsqueeze(-1) * self.path.point(phase + advance)


@dataclass(frozen=True)
class OnPath(InitialLaw):
    """c(b) with b uniform."""

    path: ClosedPath

    @property
    def dim(self) -> int:
        """Two."""
        return 2

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """n draws of one step each."""
        level = torch.rand(n, 1, generator=generator, dtype=torch.float64, device=generator.device)
        return self.path.point(2 * math.pi * level)
