r"""Muon for stacks of small networks: weight matrices move along the orthogonalised running mean of their gradients.

$W \leftarrow W - \eta\sqrt{\max(1, o/i)}\,\mathrm{polar}(G + \mu M)$, $M \leftarrow \mu M + G$ [jordan2024muon], where
polar(.) replaces all singular values by about one (five Newton-Schulz steps with the quintic of the reference). Offsets
and other vectors take an Adam step of half the rate. `torch.optim.Muon` does single matrices only; here a parameter of
shape [s i o] is s independent matrices. On the deep narrow mixings of LDM Fig. A7 it reaches in 600 steps what Adam
does not reach in several thousand.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

_QUINTIC = (3.4445, -4.7750, 2.0315)


def orthogonalised(g: Float[Tensor, "s i o"], rounds: int = 5) -> Float[Tensor, "s i o"]:
    """Matrices with the singular vectors of g and singular values between about .7 and 1.2 (zero stays zero)."""
    a, b, c = _QUINTIC
    tall = g.shape[1] > g.shape[2]
    x = g.mT if tall else g
    x = x / x.norm(dim=(1, 2), keepdim=True).clamp_min(1e-30)
    for _ in range(rounds):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


class BatchedMuon(torch.optim.Optimizer):
    """Muon on parameters of shape [s i o] with i > 1, Adam (half the rate) on the rest."""

    def __init__(
        self,
        params: Iterable[nn.Parameter],
        lr: float,
        momentum: float = 0.95,
        betas: tuple[float, float] = (0.9, 0.99),
        eps: float = 1e-8,
    ) -> None:
        super().__init__(list(params), {"lr": lr, "momentum": momentum, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One step for every parameter that has a gradient; a closure is not supported."""
        if closure is not None:
            raise ValueError("closure: BatchedMuon evaluates no closure; compute the gradient before calling step")
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                move = self._matrix_step if parameter.ndim == 3 and parameter.shape[1] > 1 else self._vector_step
                move(parameter, parameter.grad, group)

    def _matrix_step(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["mean"] = torch.zeros_like(parameter)
        state["mean"].mul_(group["momentum"]).add_(gradient)
        direction = orthogonalised(gradient + group["momentum"] * state["mean"])
        stretch = math.sqrt(max(1.0, parameter.shape[2] / parameter.shape[1]))
        parameter.add_(direction, alpha=-group["lr"] * stretch)

    def _vector_step(self, parameter: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[parameter]
        if not state:
            state["step"] = torch.zeros(())
            state["mean"], state["square"] = torch.zeros_like(parameter), torch.zeros_like(parameter)
        state["step"] += 1
        first, second = group["betas"]
        state["mean"].lerp_(gradient, 1 - first)
        state["square"].lerp_(gradient.square(), 1 - second)
        taken = int(state["step"])
        spread = (state["square"] / (1 - second**taken)).sqrt() + group["eps"]
        parameter.addcdiv_(state["mean"] / (1 - first**taken), spread, value=-0.5 * group["lr"])
