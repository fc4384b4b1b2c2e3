r"""Kalman filter as predictor: $p(z_{:t})=c+Dh_t$ and, for the density, the filter's own covariances (LDM eq. 15).

Two densities can be trained. With `GaussianConfig("filter")` the predictive density is the filter's, whose covariances
depend on the learned parameters alone. With `full` and the other structures the filter gives the mean and the
covariance is constant and profiled; this is the only choice with `input_noise`, where R_t = E_t R E_t enters the gain,
E_t a positive diagonal that a network reads off frame t: inside the density it would be no density (check
`kalman-input-noise`). A linear map of the last frame comes first (`warm_start`): the filter then starts from the
moments of codes that are already in place, which from random codes takes longer and ends lower.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from identify.batched_linear import BatchedLinear, BatchedMLP, Generators
from identify.kalman_filter import unchecked_predict
from identify.kalman_parameters import KalmanParameters
from identify.kalman_start import system_from_moments
from identify.kalman_system import KalmanSystem

Windows = Float[Tensor, "s b t m"]


@dataclass(frozen=True)
class KalmanConfig:
    """Number of states; share of the steps on a linear predictor; `input_noise`: hidden widths of the noise network."""

    states: int = 4
    warm_start: float = 0.4
    input_noise: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.states < 1:
            raise ValueError(f"states={self.states}; a filter needs at least one state")
        if not 0 <= self.warm_start < 1:
            raise ValueError(f"warm_start={self.warm_start}; it is a share of the steps, from 0 up to but not 1")
        if any(width < 1 for width in self.input_noise or ()):
            raise ValueError(f"input_noise={self.input_noise}; every hidden width must be at least 1")


# Noise variances differ between frames by at most this factor, as a logarithm, up and down.
_LEVELS = 6.0


class KalmanPredictor(nn.Module):
    """Predictions of frames 2..t by the filter, or by a linear map while `filtering` is False (the warm start)."""

    def __init__(self, width: int, inputs: int, config: KalmanConfig, generators: Generators) -> None:
        super().__init__()
        self.system_parameters = KalmanParameters(width, config.states, generators)
        self.pairwise = BatchedLinear(width, width, generators)
        hidden = config.input_noise
        self.level = (
            None if hidden is None else BatchedMLP(inputs, hidden, width, generators, nn.SiLU(), last_scale=0.1)
        )
        self.filtering = config.warm_start == 0

    def law(
        self, z: Windows, y: Float[Tensor, "s b t q"] | None = None
    ) -> tuple[Float[Tensor, "s b u m"], Float[Tensor, "s u m m"] | None]:
        """Predictions, and the Cholesky factors of their covariances where these are the same for all sequences.

        y are the inputs of the encoder; ValueError where the noise depends on them and they are left out.
        """
        if not self.filtering:
            past = z[:, :, :-1]
            return self.pairwise(past.flatten(1, 2)).unflatten(1, past.shape[1:3]), None
        system = self.system_parameters.system()
        noise = self.step_noise(system, y)
        predicted = unchecked_predict(z, system, noise=noise)
        return predicted.mean[:, :, 1:], predicted.factor[:, 0, 1:] if noise is None else None

    def step_noise(self, system: KalmanSystem, y: Float[Tensor, "s b t q"] | None) -> Float[Tensor, "s b t m m"] | None:
        """R_t of every frame where the noise depends on the inputs y of the encoder, None where it does not."""
        if self.level is None:
            return None
        if y is None:
            raise ValueError("y=None; the noise of this filter depends on the inputs of the encoder, give them")
        raw = self.level(y.flatten(1, 2)).unflatten(1, y.shape[1:3])
        scale = (0.5 * _LEVELS * torch.tanh(raw / _LEVELS)).exp()
        return scale[..., :, None] * system.noise[:, None, None] * scale[..., None, :]

    def forward(self, z: Windows, y: Float[Tensor, "s b t q"] | None = None) -> Float[Tensor, "s b u m"]:
        """Predictions of frames 2..t."""
        return self.law(z, y)[0]

    def start_filter(self, z: Windows) -> None:
        """Set the filters from the moments of these codes; a network whose codes are degenerate keeps what it has."""
        for network, (codes, spare) in enumerate(zip(z, self.system_parameters.readout.detach(), strict=True)):
            with suppress(ValueError):
                self.system_parameters.assign(system_from_moments(codes, spare), network)
