"""The wobbly limit cycle of LDM eq. 16, one fourth-order Runge-Kutta step per observed frame.

x' = a k cos(th) cos(k (th - th0)) - r sin(th),  y' = a k sin(th) cos(k (th - th0)) + r cos(th),  (r, th) polar.
In polar form r' = a k cos(k (th - th0)), th' = 1: so r - a sin(k (th - th0)) is conserved, every cycle
r = c + a sin(k (th - th0)) is closed, none attracts, and noise makes c wander. th needs atan2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.initial_law import InitialLaw
from synthetic.predictor import Predictor


@dataclass(frozen=True)
class LimitCycle(Predictor):
    """p(z_:t): the flow of eq. 16 over time `step` from the latest z. Defaults are the paper's."""

    lobes: int = 4
    amplitude: float = 0.5
    phase: float = -3 * math.pi / 8
    step: float = 0.3

    def __post_init__(self) -> None:
        if not self.step > 0:
            raise ValueError(f"step={self.step} does not advance time: take step > 0")

    @property
    def dim(self) -> int:
        """Two."""
        return 2

    @property
    def declarations(self) -> Declarations:
        """The step fills the plane; its Jacobian is singular on curves near the origin only, where th is undefined."""
        return {
            Assumption.COVERAGE: Declaration(True, "the predicted positions fill the plane around the ring"),
            Assumption.ROW_RANK: Declaration(True, "almost everywhere; det J changes sign on curves within r < 1 only"),
        }

    def velocity(self, z: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2"]:
        """Right-hand side of eq. 16."""
        x, y = z.unbind(-1)
        angle = torch.atan2(y, x)
        push = self.amplitude * self.lobes * torch.cos(self.lobes * (angle - self.phase))
        return torch.stack((push * torch.cos(angle) - y, push * torch.sin(angle) + x), -1)

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """One Runge-Kutta step from the latest z."""
        z, dt = past[..., -1, :], self.step
        k1 = self.velocity(z)
        k2 = self.velocity(z + dt / 2 * k1)
        k3 = self.velocity(z + dt / 2 * k2)
        k4 = self.velocity(z + dt * k3)
        return z + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


@dataclass(frozen=True)
class NearCycle(InitialLaw):
    """th uniform, r = radius + a sin(k (th - th0)), plus Gaussian noise of the given variance on both coordinates."""

    cycle: LimitCycle
    radius: float = 1.5
    variance: float = 0.1

    def __post_init__(self) -> None:
        if not self.radius > self.cycle.amplitude:
            raise ValueError(f"radius={self.radius} lets the cycle cross the origin: take > {self.cycle.amplitude}")
        if self.variance < 0:
            raise ValueError(f"variance={self.variance} is negative: take variance >= 0")

    @property
    def dim(self) -> int:
        """Two."""
        return 2

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """n draws of one step each."""
        device = generator.device
        angle = 2 * math.pi * torch.rand(n, generator=generator, dtype=torch.float64, device=device)
        radius = self.radius + self.cycle.amplitude * torch.sin(self.cycle.lobes * (angle - self.cycle.phase))
        on_cycle = torch.stack((radius * torch.cos(angle), radius * torch.sin(angle)), -1)
        noise = torch.randn(n, 2, generator=generator, dtype=torch.float64, device=device)
        return (on_cycle + math.sqrt(self.variance) * noise).unsqueeze(1)
