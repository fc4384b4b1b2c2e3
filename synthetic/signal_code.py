"""Codes of the signal alone: y_t = h(s_t), s_t the first coordinates of (s_t, n_t); the nuisance is thrown away."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.mixing import Mixing
from synthetic.noise import GaussianNoise
from synthetic.sequence_map import SequenceMap
from synthetic.transition import Transition


@dataclass(frozen=True)
class SignalCode(SequenceMap):
    """h of the signal, `beside` numbers of nuisance ignored; ValueError unless h keeps the dimension.

    Where (s_t, n_t) given its past is Gaussian of constant covariance, s_t is too, and h pushes its law forward.
    """

    map: Mixing
    beside: int

    def __post_init__(self) -> None:
        if self.map.input_dim != self.map.output_dim or self.beside < 0:
            raise ValueError(
                f"map from {self.map.input_dim} to {self.map.output_dim} dimensions, beside={self.beside}: "
                "take a map that keeps the dimension, and beside >= 0"
            )

    @property
    def input_dim(self) -> int:
        """Signal and nuisance."""
        return self.map.input_dim + self.beside

    @property
    def output_dim(self) -> int:
        """Dimension of the signal."""
        return self.map.output_dim

    def __call__(self, z: Float[Tensor, "n t d"]) -> Float[Tensor, "n t m"]:
        """h of the first coordinates."""
        return self.map(z[..., : self.output_dim])

    def pushed_log_density(self, true: Transition, z: Float[Tensor, "n t d"]) -> Float[Tensor, "n s"]:
        """Sum over the preimages of h(s_t); ValueError where the covariance depends on the past."""
        covariance = true.noise_covariance
        if covariance is None:
            raise ValueError("true has a covariance that depends on the past: a code of s needs one that does not")
        kept = self.output_dim
        noise = GaussianNoise(covariance[:kept, :kept])
        points = self.map.preimages(self(z))
        log_volume = torch.linalg.slogdet(self.map.jacobian(points)).logabsdet
        pushed = []
        for t in range(1, z.shape[1]):
            mean = true.mean(z[:, :t])[..., :kept]
            branches = torch.stack([noise.log_density(one[:, t] - mean, one[:, :t]) for one in points])
            pushed.append(torch.logsumexp(branches - log_volume[:, :, t], 0))
        return torch.stack(pushed, 1)
