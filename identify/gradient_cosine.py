r"""How far stop-gradient follows the entropy: the cosine of two gradients in the encoder's parameters (LDM Fig. 4D).

$$\cos\angle\bigl(\nabla_fH[z'],\;-\nabla_f\langle\log P_{SG[\theta]}(z'|SG[z])\rangle\bigr)$$

The first is the single-step entropy, by the space's own estimator (three neighbours; kernels on the simplex). The
second is what detaching the target puts in its place (LDM eq. 54): the conditional plug-in entropy. One value a
network, in [-1, 1]; the length of either gradient, and so a constant scale of the model on the plane, does not matter.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from identify.paired_methods import JUDGES
from identify.paired_network import PairedNetwork


def gradient_cosine(network: PairedNetwork, y: Float[Tensor, "s b t q"]) -> Float[Tensor, "s"]:
    """Cosine of both gradients on one batch; NaN where a gradient is zero or not finite."""
    first, second = network.pairs(y)
    model = network.model
    if network.log_scale is not None:
        model = model.with_scale(torch.as_tensor(model.scale).detach())
    with torch.no_grad():
        predictions = network.predict(first)
    entropy = JUDGES[model.lives_on].of_one(second, model)
    plug_in = -model.log_prob(second, predictions).mean(-1)
    parameters = list(network.encoder.parameters())
    one, other = (_gradient(value, parameters) for value in (entropy, plug_in))
    return (one * other).sum(-1) / (one.norm(dim=-1) * other.norm(dim=-1))


def _gradient(value: Float[Tensor, "s"], parameters: list[torch.nn.Parameter]) -> Float[Tensor, "s k"]:
    """Of network s's value in network s's parameters, all in one row."""
    parts = torch.autograd.grad(value.sum(), parameters, retain_graph=True)
    return torch.cat([part.flatten(1) for part in parts], -1)
