r"""Laws of the next code that depend on the past in every way: mixtures of Gaussians read off it by a network.

$$p(z_t|z_{t-1})=\sum_k w_k\,\mathcal N(z_t;\mu_k,\Sigma_k),\qquad\Sigma_k^{-1}=W_k^\top W_k$$

Weights, means and the lower triangular W_k (positive diagonal by softplus) are outputs of one network: a mixture
density network [bishop1994mixture].

**Outside Theorem 1.** With one component the covariance depends on the past, which Theorem 1 excludes and check
`thm-1h` shows to be fatal; with many the density is free, and any diffeomorphism of the latents is an optimum (LDM
Theorem 1 (ii)). The model is here so that training can show both. Values are in nats. The law of an affine image of the
code is in the model too, but nothing is profiled: the value is invariant only once the network has followed.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from identify.batched_linear import BatchedMLP, Generators
from identify.predictors import PredictorConfig, activation

Windows = Float[Tensor, "s b t m"]

# softplus of this is 1.
_UNIT = math.log(math.e - 1)


class Mixture(NamedTuple):
    """Law of every next frame: k components; `factors` are W_k, of the precisions."""

    log_weights: Float[Tensor, "s n k"]
    means: Float[Tensor, "s n k m"]
    factors: Float[Tensor, "s n k m m"]

    def log_prob(self, z: Float[Tensor, "s n m"]) -> Float[Tensor, "s n"]:
        """Log density at one point for each law."""
        scores = (self.factors @ (z.unsqueeze(2) - self.means).unsqueeze(-1)).squeeze(-1)
        volume = self.factors.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        constant = 0.5 * z.shape[-1] * math.log(2 * math.pi)
        return torch.logsumexp(self.log_weights + volume - 0.5 * scores.square().sum(-1), -1) - constant

    def mean(self) -> Float[Tensor, "s n m"]:
        """Mean of each law."""
        return (self.log_weights.exp().unsqueeze(-1) * self.means).sum(2)


class MixturePredictor(nn.Module):
    """Laws of frames 2..t, each read off the frame before; raises ValueError for a predictor of another kind."""

    def __init__(self, width: int, config: PredictorConfig, components: int, generators: Generators) -> None:
        super().__init__()
        if config.kind != "mlp":
            raise ValueError(f"kind={config.kind!r}; covariance='conditional' is read off the last frame, give 'mlp'")
        self.width, self.components = width, components
        outputs = components * (1 + width + width * (width + 1) // 2)
        self.network = BatchedMLP(
            width, config.hidden, outputs, generators, activation(config.activation), config.skip, last_scale=0.3
        )

    def law(self, past: Float[Tensor, "s n m"]) -> Mixture:
        """The law of the frame after each of these."""
        m, k = self.width, self.components
        raw = self.network(past).unflatten(-1, (k, -1))
        levels, means, entries = raw.split((1, m, m * (m + 1) // 2), -1)
        below = torch.tril_indices(m, m, -1)
        factors = torch.diag_embed(nn.functional.softplus(entries[..., :m] + _UNIT))
        factors[..., below[0], below[1]] = entries[..., m:]
        return Mixture(levels.squeeze(-1).log_softmax(-1), means, factors)

    def log_prob(self, z: Windows) -> Float[Tensor, "s b u"]:
        """Log density of frames 2..t given the frame before, nats."""
        shape = (z.shape[1], z.shape[2] - 1)
        return self.law(z[:, :, :-1].flatten(1, 2)).log_prob(z[:, :, 1:].flatten(1, 2)).unflatten(1, shape)

    def forward(self, z: Windows) -> Float[Tensor, "s b u m"]:
        """Mean of frames 2..t given the frame before."""
        return self.law(z[:, :, :-1].flatten(1, 2)).mean().unflatten(1, (z.shape[1], z.shape[2] - 1))
