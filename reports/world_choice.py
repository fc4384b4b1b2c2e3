"""Which world a cell draws, and how many sequences of it: what cells with known latents have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from reports.trained_worlds import Carrier, world_of
from synthetic import PositiveControl, Trajectories, World


@dataclass(frozen=True)
class SampleSizes:
    """Sequences for training and testing, and their length (2: pairs, measured at their second frame)."""

    train: int
    test: int
    length: int

    def draw(self, world: World, seed: int) -> list[Trajectories]:
        """Sequences for training, and those for testing."""
        return drawn(world, seed, (self.train, self.test), self.length)


@dataclass(frozen=True)
class WorldChoice:
    """A factory of `synthetic`, its arguments, and whether it takes a seed (then every seed draws its own world).

    With `intact` a violation stands for its intact twin.
    """

    label: str
    factory: Callable[..., World | Carrier]
    arguments: tuple[tuple[str, Any], ...] = ()
    seeded: bool = True
    intact: bool = False

    def build(self, seed: int) -> tuple[World, Carrier | None]:
        """World of one seed, and the violation or control it belongs to if it does."""
        made = self.factory(**dict(self.arguments), **({"seed": seed} if self.seeded else {}))
        return (made, None) if isinstance(made, World) else (world_of(made, self.intact), made)

    def breaks(self, carrier: Carrier | None) -> bool:
        """Whether the world breaks what the violation it belongs to breaks."""
        return carrier is not None and not isinstance(carrier, PositiveControl) and not self.intact

    def configuration(self) -> list[Any]:
        """The part of a cell's configuration that names its world; `intact` is for cells that take twins to add."""
        return [self.label, self.factory.__name__, list(self.arguments)]

    def about(self, world: World) -> dict[str, Any]:
        """The part of a cell's summary that describes a world built from this choice."""
        return {
            "world": self.label,
            "world_text": world.description,
            "dim": world.dim,
            "observed_dim": world.observed_dim,
        }


def drawn(
    world: World, seed: int, counts: Sequence[int], length: int, dtype: torch.dtype = torch.float32
) -> list[Trajectories]:
    """Independent sets of sequences of these counts, drawn one after the other from one generator of the seed."""
    generator = torch.Generator().manual_seed(10_000 + seed)
    return [world.sample(count, length, generator, dtype) for count in counts]
