"""The trainable whole: encoder and predictor of s networks, side by side, and the projection they read through."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from identify.coupling_encoder import CouplingConfig
from identify.encoders import EncoderConfig, make_encoder
from identify.predictors import PredictorConfig, make_predictor


class Network(nn.Module):
    """Encoder f and predictor p of s networks; each seed's parameters come from its own generator."""

    def __init__(
        self,
        inputs: int,
        encoder: EncoderConfig | CouplingConfig,
        predictor: PredictorConfig,
        generators: Sequence[torch.Generator],
    ) -> None:
        super().__init__()
        self.encoder = make_encoder(inputs, encoder, generators)
        self.predictor = make_predictor(encoder.width, predictor, generators)

    def forward(self, y: Float[Tensor, "s b t q"]) -> tuple[Float[Tensor, "s b t m"], Float[Tensor, "s b u m"]]:
        """Codes of every frame, each encoded once, and predictions of frames 2..t."""
        z = self.encoder(y.flatten(1, 2)).unflatten(1, y.shape[1:3])
        return z, self.predictor(z)

    def select(self, networks: Int[Tensor, "k"]) -> Network:
        """A copy that holds only the chosen networks, in that order."""
        chosen = copy.deepcopy(self)
        for parameter in chosen.parameters():
            parameter.data = parameter.data[networks]
        return chosen
