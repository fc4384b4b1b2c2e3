r"""Encoders f: x -> z_hat, shared over time: a principal-component projection and a multilayer perceptron with skip.

Or, where the mixing is known to be an additive coupling, its inverse with learned weights (`CouplingConfig`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jaxtyping import Float
from torch import Tensor, nn

from identify.batched_linear import BatchedMLP, Generators
from identify.coupling_encoder import CouplingConfig, CouplingEncoder
from identify.predictors import activation
from identify.principal_components import Projection, fit_projection, no_projection


@dataclass(frozen=True)
class EncoderConfig:
    """Width of the code, hidden widths, and the input projection (`components=None`: the numerical rank)."""

    width: int
    hidden: tuple[int, ...] = (64, 64)
    activation: Literal["silu", "leaky_relu"] = "silu"
    skip: bool = False
    components: int | None = None
    whiten: bool = True

    def __post_init__(self) -> None:
        if self.width < 1:
            raise ValueError(f"width={self.width}; a code needs at least one dimension")
        if any(width < 1 for width in self.hidden):
            raise ValueError(f"hidden={self.hidden}; every hidden width must be at least 1")
        if self.components is not None and self.components < self.width:
            raise ValueError(f"components={self.components} < width={self.width}; the code would be degenerate")


class MLPEncoder(nn.Module):
    """s perceptrons on projected observations ``[s n q] -> [s n m]``."""

    def __init__(self, inputs: int, config: EncoderConfig, generators: Generators) -> None:
        super().__init__()
        self.network = BatchedMLP(
            inputs, config.hidden, config.width, generators, activation(config.activation), config.skip
        )

    def forward(self, y: Float[Tensor, "s n q"]) -> Float[Tensor, "s n m"]:
        """Codes of projected observations."""
        return self.network(y)


def make_encoder(inputs: int, config: EncoderConfig | CouplingConfig, generators: Generators) -> nn.Module:
    """The encoder of `config` for inputs of that width, one network per generator."""
    if isinstance(config, CouplingConfig):
        return CouplingEncoder(inputs, config, generators)
    return MLPEncoder(inputs, config, generators)


def input_projection(x: Sequence[Float[Tensor, "n p"]], config: EncoderConfig | CouplingConfig) -> Projection:
    """What the encoder of `config` reads of each data set: principal components, or x itself for couplings."""
    if isinstance(config, CouplingConfig):
        return no_projection(x)
    return fit_projection(x, config.components, config.whiten)
