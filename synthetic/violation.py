"""A world in which one assumption is off, with the map h that proves that the theorem's conclusion then fails.

The proof is an identity between densities: with h the witness and p_R the model's law of the recovered latents,

    log p_R(y | h(z_:t)) = log sum over z with h(z) = y of p(z | z_:t) / |det J_h(z)|

at every y and past. Then h(z) follows a law of the model class exactly, KL = 0, and f = h o g^-1 is an optimum of the
objective although h is outside the conclusion's class. Where the encoder sees more than one frame, h is a SequenceMap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption
from synthetic.mixing import Mixing
from synthetic.sequence_map import Pointwise, SequenceMap
from synthetic.transition import Transition
from synthetic.world import World


@dataclass(frozen=True, eq=False)
class Violation:
    """World, what it breaks, the witness h, the law of h(z) in the model class, and the intact twin world.

    `kind` says how h escapes the conclusion: it is invertible but outside the class (of a map of `denies`), it is not
    invertible, or it breaks a bound only. `twin` has the same mixing (unfolded) and satisfies the assumption; where the
    model breaks the assumption and not the data, it is the same world. `twin_recovered` is the law of the model class
    that the witness is held against in the twin, the twin's own transition unless given.
    """

    name: str
    world: World
    objective: str
    model_class: str
    breaks: Assumption
    witness: Mixing | SequenceMap
    recovered: Transition
    denies: str
    kind: Literal["outside_class", "non_invertible", "breaks_bound"]
    proof: str
    twin: World
    twin_recovered: Transition | None = None

    def __post_init__(self) -> None:
        if not self.world.dim == self.twin.dim == self.witness.input_dim:
            raise ValueError(
                f"world has dimension {self.world.dim}, twin {self.twin.dim}, witness {self.witness.input_dim}: "
                "make them equal"
            )


def density_gap(
    witness: Mixing | SequenceMap, true: Transition, recovered: Transition, z: Float[Tensor, "n t d"]
) -> Float[Tensor, "n s"]:
    """log p_R(y_t | y_:t) - log density of y_t given z_:t at y_t = h_t(z_t; z_:t), t >= 1; nats.

    Zero everywhere when h maps the true law into the recovered one; the mean over z is then -KL = 0. ValueError for
    sequences of one step.
    """
    if z.shape[1] < 2:
        raise ValueError(f"sequences of length {z.shape[1]} have no past: take at least 2")
    h = Pointwise(witness) if isinstance(witness, Mixing) else witness
    y = h(z)
    model = torch.stack([recovered.log_density(y[:, t], y[:, :t]) for t in range(1, z.shape[1])], 1)
    return model - h.pushed_log_density(true, z)
