"""A world in which one assumption is off, with the map h that proves that the theorem's conclusion then fails.

The proof is an identity between densities: with h the witness and p_R the model's law of the recovered latents,

    log p_R(y | h(z_:t)) = log sum over z with h(z) = y of p(z | z_:t) / |det J_h(z)|

at every y and past. Then h(z) follows a law of the model class exactly, KL = 0, and f = h o g^-1 is an optimum of the
objective although h is outside the conclusion's class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption
from synthetic.mixing import Mixing
from synthetic.transition import Transition
from synthetic.world import World


@dataclass(frozen=True, eq=False)
class Violation:
    """World, what it breaks, the witness h, the law of h(z) in the model class, and the intact twin world.

    `kind` says how h escapes the conclusion: it is invertible but outside the class (of a map of `denies`), it is not
    invertible, or it breaks a bound only. `twin` has the same mixing (unfolded) and satisfies the assumption.
    """

    name: str
    world: World
    objective: str
    model_class: str
    breaks: Assumption
    witness: Mixing
    recovered: Transition
    denies: str
    kind: Literal["outside_class", "non_invertible", "breaks_bound"]
    proof: str
    twin: World

    def __post_init__(self) -> None:
        if not self.world.dim == self.twin.dim == self.witness.input_dim:
            raise ValueError(
                f"world has dimension {self.world.dim}, twin {self.twin.dim}, witness {self.witness.input_dim}: "
                "make them equal"
            )


def density_gap(
    witness: Mixing, true: Transition, recovered: Transition, z: Float[Tensor, "n t d"]
) -> Float[Tensor, "n s"]:
    """log p_R(y_t | h(z_:t)) - log sum_{h(z) = y_t} p(z | z_:t) / |det J_h(z)| at y_t = h(z_t), t >= 1; nats.

    Zero everywhere when h maps the true law into the recovered one; the mean over z is then -KL = 0. ValueError for
    sequences of one step.
    """
    if z.shape[1] < 2:
        raise ValueError(f"sequences of length {z.shape[1]} have no past: take at least 2")
    y = witness(z)
    points = witness.preimages(y)
    log_volume = torch.linalg.slogdet(witness.jacobian(points)).logabsdet
    gaps = []
    for t in range(1, z.shape[1]):
        branches = [true.log_density(one[:, t], z[:, :t]) for one in points]
        pushed = torch.logsumexp(torch.stack(branches) - log_volume[:, :, t], 0)
        gaps.append(recovered.log_density(y[:, t], y[:, :t]) - pushed)
    return torch.stack(gaps, 1)
