"""A world: latents from a known law, seen through a known mixing.

z_:s ~ initial law, z_t ~ p(. | z_:t), x_t = g(z_t), or g(z_t, nuisance_t) where there is nuisance, or drawn given that
value where there is an observation model. The pieces are chosen freely; what they declare, and what only their
combination decides (stationarity), makes up `assumptions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.ceiling import Ceiling
from synthetic.initial_law import InitialLaw
from synthetic.mixing import Mixing
from synthetic.nuisance import Nuisance
from synthetic.observation import Observation
from synthetic.selection import Selection
from synthetic.trajectories import Trajectories
from synthetic.transition import Transition

_BLOCK = 2**18  # numbers of x computed at a time


@dataclass(frozen=True, eq=False)
class World:
    """Initial law, transition and mixing, with what is known about them. ValueError when dimensions do not fit.

    `longest` is the length up to which the declarations hold; `selection` keeps some of the sequences only. `ceiling`
    is for codes of one observation, `filtering` for codes of all observations so far, where those can do better.
    """

    name: str
    description: str
    initial: InitialLaw
    transition: Transition
    mixing: Mixing
    ceiling: Ceiling
    joint_declarations: Declarations = field(default_factory=dict)
    nuisance: Nuisance | None = None
    selection: Selection | None = None
    longest: int | None = None
    observation: Observation | None = None
    filtering: Ceiling | None = None

    def __post_init__(self) -> None:
        if self.initial.dim != self.transition.dim:
            raise ValueError(
                f"initial has dimension {self.initial.dim}, transition {self.transition.dim}: make them equal"
            )
        beside = self.nuisance.dim if self.nuisance else 0
        if self.mixing.input_dim != self.transition.dim + beside:
            raise ValueError(
                f"mixing takes {self.mixing.input_dim} dimensions, latents and nuisance have "
                f"{self.transition.dim} + {beside}: make them equal"
            )
        if self.observation and self.observation.input_dim != self.mixing.output_dim:
            raise ValueError(
                f"observation takes {self.observation.input_dim} dimensions, mixing gives {self.mixing.output_dim}: "
                "make them equal"
            )

    @property
    def dim(self) -> int:
        """Number d of true latents."""
        return self.transition.dim

    @property
    def observed_dim(self) -> int:
        """Width p of an observation."""
        return self.observation.output_dim if self.observation else self.mixing.output_dim

    @property
    def assumptions(self) -> Mapping[Assumption, Declaration]:
        """Every assumption about the data: whether it holds here, and why."""
        merged = {
            Assumption.NO_NUISANCE: Declaration(True, "x = g(z)"),
            **self.transition.declarations,
            **self.mixing.declarations,
            **(self.nuisance.declarations if self.nuisance else {}),
            **(self.observation.declarations if self.observation else {}),
            **(self.selection.declarations if self.selection else {}),
            **self.joint_declarations,
        }
        return MappingProxyType({one: merged[one] for one in Assumption if one in merged})

    def sample(
        self, n: int, length: int, generator: torch.Generator, dtype: torch.dtype = torch.float32
    ) -> Trajectories:
        """n independent sequences of the given length, on the generator's device.

        Latents are simulated in float64 whatever the dtype, so that a seed means the same trajectory in both.
        """
        z = self.latents(n, length, generator)
        if self.nuisance is None:
            return Trajectories(z.to(dtype), self._observed(z.to(dtype), generator), None)
        nuisance = self.nuisance.sample(z, generator).to(dtype)
        return Trajectories(z.to(dtype), self._observed(torch.cat((z.to(dtype), nuisance), -1), generator), nuisance)

    def latents(self, n: int, length: int, generator: torch.Generator) -> Float[Tensor, "n t d"]:
        """The latents of `sample` without their observations, float64."""
        if n < 1 or length < 1:
            raise ValueError(f"n={n}, length={length}: a sample needs at least one sequence of at least one step")
        if self.longest is not None and length > self.longest:
            raise ValueError(
                f"length={length}, but what {self.name} declares holds up to length {self.longest}: "
                "take shorter sequences or build the world for longer ones"
            )
        if self.selection is None:
            return self._unselected(n, length, generator)
        return self.selection.sample(n, lambda many: self._unselected(many, length, generator))

    def _unselected(self, n: int, length: int, generator: torch.Generator) -> Float[Tensor, "n t d"]:
        start = self.initial.sample(n, generator)
        z = start.new_empty(n, max(length, start.shape[1]), self.dim)
        z[:, : start.shape[1]] = start
        for t in range(start.shape[1], length):
            z[:, t] = self.transition.sample(z[:, :t], generator)
        return z[:, :length]

    def _observed(self, z: Float[Tensor, "n t m"], generator: torch.Generator) -> Float[Tensor, "n t p"]:
        """g(z) or g(z, nuisance), or draws given them, in blocks that stay in the processor's cache."""
        x = z.new_empty(*z.shape[:-1], self.observed_dim)
        rows = max(1, _BLOCK // (z.shape[1] * self.observed_dim))
        for start in range(0, len(z), rows):
            seen = self.mixing(z[start : start + rows])
            x[start : start + rows] = self.observation.sample(seen, generator) if self.observation else seen
        return x
