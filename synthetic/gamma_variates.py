"""Gamma variables of unit scale, density x^(a - 1) exp(-x) / Gamma(a), for any shape a > 0."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def gamma_variates(shape: Float[Tensor, "*batch"], generator: torch.Generator) -> Float[Tensor, "*batch"]:
    """One draw for each shape parameter.

    PyTorch's own Gamma distribution takes no generator; this is the kernel below it, which does.
    """
    return torch._standard_gamma(shape, generator=generator)
