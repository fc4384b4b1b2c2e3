"""The trainable whole: encoder and predictor of s networks, side by side, and the projection they read through."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from identify.coupling_encoder import CouplingConfig
from identify.encoders import EncoderConfig, make_encoder
from identify.kalman_predictor import KalmanConfig, KalmanPredictor
from identify.latent_models import GaussianConfig
from identify.mixture_predictor import MixturePredictor
from identify.predictors import PredictorConfig, make_predictor
from identify.whitened_alignment import WhitenedConfig


class Network(nn.Module):
    """Encoder f and predictor p of s networks; each seed's parameters come from its own generator."""

    def __init__(
        self,
        inputs: int,
        encoder: EncoderConfig | CouplingConfig,
        predictor: PredictorConfig | KalmanConfig,
        generators: Sequence[torch.Generator],
        latent: GaussianConfig | WhitenedConfig | None = None,
    ) -> None:
        super().__init__()
        self.encoder = make_encoder(inputs, encoder, generators)
        self.predictor = _predictor(encoder.width, inputs, predictor, generators, latent or GaussianConfig())

    def forward(self, y: Float[Tensor, "s b t q"]) -> tuple[Float[Tensor, "s b t m"], Float[Tensor, "s b u m"]]:
        """Codes of every frame, each encoded once, and predictions of frames 2..t."""
        z, predictions, _ = self.law(y)
        return z, predictions

    def law(
        self, y: Float[Tensor, "s b t q"]
    ) -> tuple[Float[Tensor, "s b t m"], Float[Tensor, "s b u m"], Float[Tensor, "s u m m"] | None]:
        """Codes, predictions and, where the predictor has covariances of its own, their Cholesky factors."""
        z = self.encoder(y.flatten(1, 2)).unflatten(1, y.shape[1:3])
        if isinstance(self.predictor, KalmanPredictor):
            return z, *self.predictor.law(z, y)
        return z, self.predictor(z), None

    def densities(self, z: Float[Tensor, "s b t m"]) -> Float[Tensor, "s b u"] | None:
        """Log densities of frames 2..t where the law of codes depends on the past in more than its mean, else None."""
        return self.predictor.log_prob(z) if isinstance(self.predictor, MixturePredictor) else None

    def prediction_loss(self, z: Float[Tensor, "s b t m"]) -> Float[Tensor, "s"]:
        """What a regression of the future of given codes on their past lowers: minus log density, or squared error."""
        if isinstance(self.predictor, MixturePredictor):
            return -self.predictor.log_prob(z).mean((1, 2))
        return (self.predictor(z) - z[:, :, 1:]).square().mean((1, 2, 3))

    def select(self, networks: Int[Tensor, "k"]) -> Network:
        """A copy that holds only the chosen networks, in that order."""
        chosen = copy.deepcopy(self)
        for parameter in chosen.parameters():
            parameter.data = parameter.data[networks]
        return chosen


def _predictor(
    width: int,
    inputs: int,
    config: PredictorConfig | KalmanConfig,
    generators: Sequence[torch.Generator],
    latent: GaussianConfig | WhitenedConfig,
) -> nn.Module:
    """The predictor that the latent model needs."""
    if isinstance(config, KalmanConfig):
        return KalmanPredictor(width, inputs, config, generators)
    if isinstance(latent, GaussianConfig) and latent.covariance == "conditional":
        return MixturePredictor(width, config, latent.components, generators)
    return make_predictor(width, config, generators)
