r"""Affine maps $x \mapsto W_s x + b_s$ for s networks at once: one batched product trains several seeds together.

Each network draws its parameters from its own generator, so a seed's run does not depend on which seeds run beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Float
from torch import Tensor, nn

Generators = Sequence[torch.Generator]


class BatchedLinear(nn.Module):
    """s affine maps from `inputs` to `outputs` dimensions, Kaiming-uniform weights times `scale`, zero offsets."""

    def __init__(self, inputs: int, outputs: int, generators: Generators, scale: float = 1.0) -> None:
        super().__init__()
        bound = scale * math.sqrt(3 / inputs)
        draws = [torch.rand(inputs, outputs, generator=generator) for generator in generators]
        self.weight = nn.Parameter((2 * torch.stack(draws) - 1) * bound)
        self.bias = nn.Parameter(torch.zeros(len(generators), 1, outputs))

    def forward(self, x: Float[Tensor, "s n i"]) -> Float[Tensor, "s n o"]:
        """Apply map s to rows s."""
        return torch.baddbmm(self.bias, x, self.weight)


# Below the variance-preserving sqrt(2): a start that is close to linear folds the latent space less often.
_HIDDEN_SCALE = 0.6


class BatchedMLP(nn.Module):
    """s multilayer perceptrons with an optional linear skip from input to output (last hidden layer scaled)."""

    def __init__(
        self,
        inputs: int,
        hidden: Sequence[int],
        outputs: int,
        generators: Generators,
        activation: nn.Module,
        skip: bool = False,
        last_scale: float = 1.0,
    ) -> None:
        super().__init__()
        widths = (inputs, *hidden)
        self.layers = nn.ModuleList(BatchedLinear(a, b, generators, _HIDDEN_SCALE) for a, b in pairwise(widths))
        self.last = BatchedLinear(widths[-1], outputs, generators, last_scale)
        self.skip = BatchedLinear(inputs, outputs, generators) if skip else None
        self.activation = activation

    def forward(self, x: Float[Tensor, "s n i"]) -> Float[Tensor, "s n o"]:
        """Apply network s to rows s."""
        h = x
        for layer in self.layers:
            h = self.activation(layer(h))
        out = self.last(h)
        return out if self.skip is None else out + self.skip(x)

    def follow_by(self, matrix: Float[Tensor, "s o o"], offset: Float[Tensor, "s 1 o"]) -> None:
        """Fold the affine map y -> y A + b into the layers that make the output."""
        for layer in (self.last, *(() if self.skip is None else (self.skip,))):
            layer.weight.copy_(layer.weight @ matrix)
            layer.bias.copy_(layer.bias @ matrix)
        self.last.bias.add_(offset)
