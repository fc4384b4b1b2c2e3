"""A training run that takes a fraction of a second: linear latents seen through a random linear lift."""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from identify import LOG_DET, EncoderConfig, FitConfig, PredictorConfig

SMALL = FitConfig(
    method=LOG_DET,
    encoder=EncoderConfig(2, (8,)),
    predictor=PredictorConfig("linear"),
    steps=20,
    batch=16,
    window=3,
    learning_rate=0.02,
)


def small(**changes: Any) -> FitConfig:
    """The small configuration with some fields changed."""
    return replace(SMALL, **changes)


def sequences(n: int = 40, t: int = 6, p: int = 5, seed: int = 0) -> Tensor:
    """Two autoregressive latents, lifted to p channels by a fixed random matrix and bent a little."""
    generator = torch.Generator().manual_seed(seed)
    z = [torch.randn(n, 2, generator=generator)]
    for _ in range(t - 1):
        z.append(0.8 * z[-1] + 0.6 * torch.randn(n, 2, generator=generator))
    lift = torch.randn(2, p, generator=torch.Generator().manual_seed(99))
    x = torch.stack(z, 1) @ lift
    return x + 0.1 * x.tanh()
