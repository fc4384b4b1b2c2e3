"""What a world hands out: true latents, the observations made of them, and the nuisance if there is any."""

from __future__ import annotations

from typing import NamedTuple

from jaxtyping import Float
from torch import Tensor


class Trajectories(NamedTuple):
    """Sequences of one world: x_t = g(z_t) or g(z_t, nuisance_t), one row per sequence."""

    z: Float[Tensor, "n t d"]
    x: Float[Tensor, "n t p"]
    nuisance: Float[Tensor, "n t k"] | None
