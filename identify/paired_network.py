r"""Encoder and predictor of s networks for a row of LDM table 1: both end in the head of the row's latent space.

A pair is two consecutive frames, z = f(x_t) and z' = f(x_{t+1}). Where the row predicts, p is a network whose outputs
pass the head as well; where it does not, p(z) = z. Where the scale is learned (sigma, beta, tau), each network has one,
kept between 1e-3 and 1e4: beyond, the code has collapsed and its gradient is zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor, nn

from identify.coupling_encoder import CouplingConfig
from identify.encoders import EncoderConfig
from identify.latent_spaces import LatentSpace
from identify.network import Network
from identify.objective import HeldOut
from identify.paired_held_out import held_out_pairs
from identify.paired_methods import PairedMethod
from identify.paired_objectives.pair_model import PairModel
from identify.paired_objectives.pair_objective import PairObjective
from identify.predictors import PredictorConfig

_SCALES = (math.log(1e-3), math.log(1e4))


class OnSpace(nn.Module):
    """A map whose outputs pass the head of a space."""

    def __init__(self, raw: nn.Module, space: LatentSpace) -> None:
        super().__init__()
        self.raw, self.space = raw, space

    def forward(self, x: Tensor) -> Tensor:
        """Points of the space."""
        return self.space.head(self.raw(x))


class SelfPrediction(nn.Module):
    """p(z) = z: codes predict themselves."""

    def forward(self, z: Float[Tensor, "s b t m"]) -> Float[Tensor, "s b u m"]:
        """Every frame but the last."""
        return z[:, :, :-1]


class PairedNetwork(Network):
    """s networks for one paired method; `log_scale` has one entry a network where the scale is learned."""

    def __init__(
        self,
        inputs: int,
        encoder: EncoderConfig | CouplingConfig,
        predictor: PredictorConfig,
        generators: Sequence[torch.Generator],
        method: PairedMethod,
    ) -> None:
        super().__init__(inputs, encoder, predictor, generators)
        self.method = method
        self.encoder = OnSpace(self.encoder, method.model.space(encoder.width))
        predicted = method.model.condition_space(encoder.width)
        self.predictor = OnSpace(self.predictor, predicted) if method.predicts else SelfPrediction()
        start = math.log(float(method.model.scale))
        self.log_scale = nn.Parameter(torch.full((len(generators),), start)) if method.learns_scale else None

    @property
    def model(self) -> PairModel:
        """The latent model at the scales of now, one for each network."""
        model = self.method.model
        return model if self.log_scale is None else model.with_scale(self.log_scale.clamp(*_SCALES).exp())

    def predict(self, codes: Float[Tensor, "s *k n m"]) -> Float[Tensor, "s *k n m"]:
        """Predictions of the codes' partners."""
        rows = codes.flatten(1, -2)
        predicted: Tensor = self.predictor(torch.stack((rows, rows), 2))
        return predicted.squeeze(2).unflatten(1, codes.shape[1:-1])

    def pairs(self, y: Float[Tensor, "s b t q"]) -> tuple[Float[Tensor, "s n m"], Float[Tensor, "s n m"]]:
        """Codes of all consecutive frames, each frame encoded once."""
        z = self.encoder(y.flatten(1, 2)).unflatten(1, y.shape[1:3])
        return z[:, :, :-1].flatten(1, 2), z[:, :, 1:].flatten(1, 2)

    def objective(self, y: Float[Tensor, "s b t q"], share: float) -> PairObjective:
        """What one step maximises when that share of the steps is done."""
        return replace(self.method.at(share), model=self.model).unchecked_objective(*self.pairs(y), self.predict)

    def held_out(self, y: Float[Tensor, "s b t q"]) -> list[HeldOut]:
        """The judged objective of each network on sequences that training did not see, at its own scale."""
        with torch.no_grad():
            model = self.model
            if self.log_scale is not None:
                model = model.with_scale(torch.as_tensor(model.scale).unsqueeze(-1))
            return held_out_pairs(replace(self.method, model=model), *self.pairs(y), self.predict)
