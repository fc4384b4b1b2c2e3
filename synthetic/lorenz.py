"""The Lorenz system, u' = (s (v - u), u (r - w) - v, u v - b w), by fourth-order Runge-Kutta steps.

Latents are z = ((u, v, w) - (0, 0, r - 1)) / scale, of order one for scale 10. The flow shrinks every volume by
exp(-(s + 1 + b) time), which the steps keep up to their fifth order; the Jacobian is the steps' own, exact, by carrying
the derivative through them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.predictor import Predictor


@dataclass(frozen=True)
class Lorenz(Predictor):
    """p(z): the flow over `time`, in `steps` steps. ValueError for parameters that are not positive, or steps < 1.

    ValueError also for time / steps above .05, where Runge-Kutta steps lose the attractor's outer parts.
    """

    prandtl: float = 10.0
    rayleigh: float = 28.0
    aspect: float = 8 / 3
    time: float = 0.05
    steps: int = 2
    scale: float = 10.0

    def __post_init__(self) -> None:
        for name in ("prandtl", "rayleigh", "aspect", "time", "scale"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}={getattr(self, name)}: take {name} > 0")
        if self.steps < 1 or self.time / self.steps > 0.05:
            raise ValueError(f"time={self.time} in steps={self.steps}: take at least time / 0.05 steps")

    @property
    def dim(self) -> int:
        """Three."""
        return 3

    @property
    def declarations(self) -> Declarations:
        """The flow is a diffeomorphism that shrinks volume at an even rate."""
        why = "a flow: det J = exp(-(prandtl + 1 + aspect) time), up to the steps' fifth order"
        return {Assumption.COVERAGE: Declaration(True, why), Assumption.ROW_RANK: Declaration(True, why)}

    @property
    def volume(self) -> float:
        """det J_p of the flow itself."""
        return float(torch.exp(torch.tensor(-(self.prandtl + 1 + self.aspect) * self.time, dtype=torch.float64)))

    def velocity(self, state: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3"]:
        """(u, v, w)'."""
        u, v, w = state.unbind(-1)
        return torch.stack((self.prandtl * (v - u), u * (self.rayleigh - w) - v, u * v - self.aspect * w), -1)

    def velocity_jacobian(self, state: Float[Tensor, "*batch 3"]) -> Float[Tensor, "*batch 3 3"]:
        """Derivative of the velocity by the state."""
        u, v, w = state.unbind(-1)
        one, zero = torch.ones_like(u), torch.zeros_like(u)
        rows = (-self.prandtl * one, self.prandtl * one, zero, self.rayleigh - w, -one, -u, v, u, -self.aspect * one)
        return torch.stack(rows, -1).unflatten(-1, (3, 3))

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The latest z carried on."""
        centre = past.new_tensor([0.0, 0.0, self.rayleigh - 1])
        return (self._carried(self.velocity, past[..., -1, :] * self.scale + centre) - centre) / self.scale

    def jacobian(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """Derivative of the steps, (state, derivative) carried together."""

        def velocities(both: Tensor) -> Tensor:
            state, derivative = both[..., 0], both[..., 1:]
            return torch.cat((self.velocity(state).unsqueeze(-1), self.velocity_jacobian(state) @ derivative), -1)

        state = past[..., -1, :] * self.scale + past.new_tensor([0.0, 0.0, self.rayleigh - 1])
        start = torch.eye(3, dtype=past.dtype, device=past.device).expand(*state.shape, 3)
        return self._carried(velocities, torch.cat((state.unsqueeze(-1), start), -1))[..., 1:]

    def _carried(self, velocity: Callable[[Tensor], Tensor], state: Tensor) -> Tensor:
        dt = self.time / self.steps
        for _ in range(self.steps):
            k1 = velocity(state)
            k2 = velocity(state + dt / 2 * k1)
            k3 = velocity(state + dt / 2 * k2)
            k4 = velocity(state + dt * k3)
            state = state + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return state
