r"""An encoder with the inverse structure of an additive coupling: $z_b\leftarrow z_b-\tanh(z_aW)$, layer by layer.

The halves a and b swap roles from layer to layer, last layer first; with the mixing's own W it is the mixing's inverse
(the matched encoder of [klindt2026lejepa]). For every W it is a bijection with unit Jacobian determinant, so it neither
folds nor collapses: its entropy is that of x, and only the alignment and the shape of the code are left to train. It
reads raw channels, as many as the code is wide, since a rotated input would not match the halves.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from identify.batched_linear import Generators


@dataclass(frozen=True)
class CouplingConfig:
    """Width of code and observation, number of layers, and the singular values `start` of the first weights."""

    width: int
    layers: int = 4
    start: float = 0.1

    def __post_init__(self) -> None:
        if self.width < 2:
            raise ValueError(f"width={self.width}; a coupling needs two halves, so a width of at least 2")
        if self.layers < 1:
            raise ValueError(f"layers={self.layers}; an encoder needs at least one layer")
        if not self.start >= 0:
            raise ValueError(f"start={self.start}; singular values are at least 0")


class CouplingEncoder(nn.Module):
    """s inverse additive couplings ``[s n m] -> [s n m]``; weights [s a b] begin as multiples of orthonormal ones."""

    def __init__(self, inputs: int, config: CouplingConfig, generators: Generators) -> None:
        super().__init__()
        if inputs != config.width:
            raise ValueError(f"x has {inputs} channels, width={config.width}: a coupling encoder keeps their number")
        self.first = config.width // 2
        rest = config.width - self.first
        shapes: list[tuple[int, int]] = [
            (self.first, rest) if layer % 2 == 0 else (rest, self.first) for layer in range(config.layers)
        ]
        self.weights = nn.ParameterList(
            nn.Parameter(config.start * torch.stack([_semi_orthogonal(rows, columns, one) for one in generators]))
            for rows, columns in shapes
        )

    def forward(self, x: Float[Tensor, "s n m"]) -> Float[Tensor, "s n m"]:
        """Undo the layers, last first."""
        a, b = x[..., : self.first], x[..., self.first :]
        for layer in reversed(range(len(self.weights))):
            if layer % 2 == 0:
                b = b - torch.tanh(a @ self.weights[layer])
            else:
                a = a - torch.tanh(b @ self.weights[layer])
        return torch.cat((a, b), -1)


def _semi_orthogonal(rows: int, columns: int, generator: torch.Generator) -> Float[Tensor, "rows columns"]:
    """Haar-distributed orthonormal columns, or rows where they are fewer."""
    tall = rows >= columns
    q, r = torch.linalg.qr(torch.randn(*((rows, columns) if tall else (columns, rows)), generator=generator))
    q = q * torch.sign(torch.diagonal(r))
    return q if tall else q.mT
