"""Nuisance that depends on the latents: n_t = of_past z_{t-1} + of_now z_t + spread e_t, e_t ~ N(0, 1).

It is private (independent of the past given z_t) iff of_past = 0. [mikulasch2026infoldm, private nuisance]
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.nuisance import Nuisance


@dataclass(frozen=True)
class LinearNuisance(Nuisance):
    """One number beside a one-dimensional latent; what z_{-1} would add is drawn from N(0, 1).

    ValueError for spread <= 0 (x would hold no nuisance of its own) and for latents of another dimension.
    """

    of_past: float
    of_now: float
    spread: float

    def __post_init__(self) -> None:
        if not self.spread > 0:
            raise ValueError(f"spread={self.spread} makes the nuisance a function of the latents: take spread > 0")

    @property
    def dim(self) -> int:
        """One."""
        return 1

    @property
    def private(self) -> bool:
        """Whether z_t screens the nuisance off from the past."""
        return self.of_past == 0

    @property
    def declarations(self) -> Declarations:
        """Private or not."""
        kind = "private" if self.private else "not private, it shares a cause with the latent"
        return {Assumption.NO_NUISANCE: Declaration(False, f"x also depends on one Gaussian variable, {kind}")}

    def sample(self, z: Float[Tensor, "n t d"], generator: torch.Generator) -> Float[Tensor, "n t k"]:
        """The past, the present and fresh noise, weighted."""
        if z.shape[-1] != 1:
            raise ValueError(f"z has {z.shape[-1]} dimensions: a linear nuisance goes with one")
        fresh = torch.randn(*z.shape[:-1], 2, generator=generator, dtype=z.dtype, device=z.device)
        before = torch.cat((fresh[:, :1, :1], z[:, :-1]), 1)
        return self.of_past * before + self.of_now * z + self.spread * fresh[..., 1:]
