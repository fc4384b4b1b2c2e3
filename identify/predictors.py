r"""Predictors $p(z_{:t})$ of the next latent from its past: the mean of the predictive Gaussian (LDM eq. 12, 60).

A predictor maps windows ``[s b t m]`` to predictions of frames 2..t, shape ``[s b t-1 m]``. `linear` and `mlp` see the
last frame only (Markov); `recurrent` reads the whole past of the window; `constant` sees nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn

from identify.batched_linear import BatchedLinear, BatchedMLP, Generators

Windows = Float[Tensor, "s b t m"]
Predictions = Float[Tensor, "s b u m"]
"""u = t - 1 predicted frames."""


@dataclass(frozen=True)
class PredictorConfig:
    """Family and size of a predictor; `hidden` is ignored by `constant` and `linear`, one entry for `recurrent`."""

    kind: Literal["constant", "linear", "mlp", "recurrent"] = "mlp"
    hidden: tuple[int, ...] = (64, 64)
    skip: bool = False
    activation: Literal["silu", "leaky_relu"] = "silu"

    def __post_init__(self) -> None:
        if self.kind not in ("constant", "linear", "mlp", "recurrent"):
            raise ValueError(f"kind={self.kind!r}; a predictor is constant, linear, mlp or recurrent")
        if any(width < 1 for width in self.hidden):
            raise ValueError(f"hidden={self.hidden}; every hidden width must be at least 1")
        if self.kind == "recurrent" and len(self.hidden) != 1:
            raise ValueError(f"hidden={self.hidden}; a recurrent predictor has one state width, such as hidden=(16,)")


def activation(name: str) -> nn.Module:
    """The activation called `silu` or `leaky_relu` (slope .2)."""
    if name == "silu":
        return nn.SiLU()
    if name == "leaky_relu":
        return nn.LeakyReLU(0.2)
    raise ValueError(f"activation={name!r}; known are silu and leaky_relu")


class ConstantPredictor(nn.Module):
    """p = c: the model of independent frames, whose optimum identifies nothing in two or more dimensions (V1)."""

    def __init__(self, width: int, generators: Generators) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.zeros(len(generators), 1, 1, width))

    def forward(self, z: Windows) -> Predictions:
        """The level, once for every predicted frame."""
        return self.level.expand_as(z[:, :, 1:])


class MarkovPredictor(nn.Module):
    """p(z_{t-1}) by a linear map (no hidden layers) or a multilayer perceptron."""

    def __init__(self, width: int, config: PredictorConfig, generators: Generators) -> None:
        super().__init__()
        hidden: Sequence[int] = () if config.kind == "linear" else config.hidden
        last_scale = 0.3 if hidden else 1.0
        self.network = BatchedMLP(
            width, hidden, width, generators, activation(config.activation), config.skip and bool(hidden), last_scale
        )

    def forward(self, z: Windows) -> Predictions:
        """One step ahead from every frame but the last."""
        past = z[:, :, :-1]
        return self.network(past.flatten(1, 2)).unflatten(1, past.shape[1:3])


class RecurrentPredictor(nn.Module):
    """A gated recurrent unit reads the past; a linear read-out plus a linear skip from z_{t-1} predicts z_t."""

    def __init__(self, width: int, config: PredictorConfig, generators: Generators) -> None:
        super().__init__()
        (self.state,) = config.hidden
        self.from_input = BatchedLinear(width, 3 * self.state, generators, 0.6)
        self.from_state = BatchedLinear(self.state, 3 * self.state, generators, 0.6)
        self.read_out = BatchedLinear(self.state, width, generators, 0.3)
        self.skip = BatchedLinear(width, width, generators)

    def forward(self, z: Windows) -> Predictions:
        """Predict frame t from the state after frame t - 1, starting from a zero state."""
        past = z[:, :, :-1]
        shape = past.shape[1:3]
        drive = self.from_input(past.flatten(1, 2)).unflatten(1, shape)
        h = z.new_zeros(*z.shape[:2], self.state)
        states = []
        for t in range(shape[1]):
            update_in, reset_in, new_in = drive[:, :, t].chunk(3, dim=-1)
            update_h, reset_h, new_h = self.from_state(h).chunk(3, dim=-1)
            update = torch.sigmoid(update_in + update_h)
            h = update * h + (1 - update) * torch.tanh(new_in + torch.sigmoid(reset_in + reset_h) * new_h)
            states.append(h)
        out = self.read_out(torch.stack(states, 2).flatten(1, 2)) + self.skip(past.flatten(1, 2))
        return out.unflatten(1, shape)


def make_predictor(width: int, config: PredictorConfig, generators: Generators) -> nn.Module:
    """The predictor of `config` for codes of `width` dimensions, one network per generator."""
    if config.kind == "constant":
        return ConstantPredictor(width, generators)
    if config.kind == "recurrent":
        return RecurrentPredictor(width, config, generators)
    return MarkovPredictor(width, config, generators)
