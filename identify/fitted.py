"""What a training run leaves: networks before and after, their projection, noise covariance and history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from identify.methods import Method
from identify.network import Network
from identify.objective import HeldOut, held_out_objective
from identify.paired_network import PairedNetwork
from identify.principal_components import Projection

if TYPE_CHECKING:
    from identify.training import FitConfig

Data = Float[Tensor, "n t p"] | Sequence[Float[Tensor, "n t p"]]


class History(NamedTuple):
    """Training objective along the run, nats per frame; the sum of both parts is what was maximised.

    `cosine` is that of the gradients of entropy and stop-gradient (`identify.gradient_cosine`), where it was asked for.
    """

    step: Int[Tensor, "k"]
    alignment: Float[Tensor, "s k"]
    entropy: Float[Tensor, "s k"]
    cosine: Float[Tensor, "s k"] | None = None


@dataclass(frozen=True)
class Fitted:
    """s trained networks, one per seed. `diverged` flags seeds whose objective stopped being finite.

    `factor` is the noise covariance (Cholesky) of predictive Gaussians; for a paired method, whose model has a scale
    of its own (`scales`), it is that of the residuals.
    """

    config: FitConfig
    seeds: tuple[int, ...]
    network: Network
    projection: Projection
    initial: Mapping[str, Tensor]
    factor: Float[Tensor, "s m m"]
    history: History
    diverged: tuple[bool, ...]
    restart_objectives: Float[Tensor, "s r"]

    def encode(self, x: Data, trained: bool = True) -> Float[Tensor, "s n t m"]:
        """Codes of every frame by every network; `trained=False` gives the networks as they were initialised.

        x is one data set for all networks or one for each.
        """
        with torch.no_grad():
            return self._codes(self._inputs(x), trained)

    def encoder(self, index: int) -> Callable[[Float[Tensor, "n p"]], Float[Tensor, "n m"]]:
        """The trained map f of network `index` (in the order of `seeds`), differentiable in its input."""
        return lambda rows: self._codes(self._inputs(rows[:, None]), True)[index, :, 0]

    @property
    def scales(self) -> Float[Tensor, "s"]:
        """Noise level or concentration of each network of a paired method; ValueError for other methods."""
        if not isinstance(self.network, PairedNetwork):
            raise ValueError(f"{self.config.method.name} has a covariance for a scale; read `factor`")
        with torch.no_grad():
            return torch.as_tensor(self.network.model.scale).expand(len(self.seeds)).clone()

    def _inputs(self, x: Data) -> Float[Tensor, "s n t q"]:
        """Projected observations, one set a network."""
        sets = [x] * len(self.seeds) if isinstance(x, Tensor) else list(x)
        channels = self.projection.basis.shape[1]
        if any(one.shape[-1] != channels for one in sets):
            raise ValueError(
                f"x has {sorted({one.shape[-1] for one in sets})} channels, the encoder was trained on {channels}; "
                "pass observations of the same kind"
            )
        return self.projection.project([one.to(self.projection.mean) for one in sets])

    def _codes(self, inputs: Float[Tensor, "s n t q"], trained: bool) -> Float[Tensor, "s n t m"]:
        parameters = self.network.state_dict() if trained else dict(self.initial)
        prefix = "encoder."
        encoder = {k.removeprefix(prefix): v for k, v in parameters.items() if k.startswith(prefix)}
        z = torch.func.functional_call(self.network.encoder, encoder, (inputs.flatten(1, 2),))
        return z.unflatten(1, inputs.shape[1:3])

    def held_out(self, x: Data) -> list[HeldOut]:
        """The objective of each network on sequences it was not trained on, at its own noise covariance or scale."""
        if isinstance(self.network, PairedNetwork):
            return self.network.held_out(self._inputs(x))
        with torch.no_grad():
            z, predictions = self.network(self._inputs(x))
            residuals, own = z[:, :, 1:] - predictions, self.network.densities(z)
        method = self.config.method
        assert isinstance(method, Method)
        return [
            held_out_objective(z[i], residuals[i], self.factor[i], method, None if own is None else own[i])
            for i in range(len(self.seeds))
        ]
