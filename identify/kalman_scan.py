r"""Linear recursion $h_1=u_1$, $h_{t+1}=F_th_t+u_{t+1}$ for all t at once, in log2 T batched steps.

The pairs (F, u) compose associatively, so prefixes of doubling length give every h_t (Hillis and Steele's scan
[hillis1986data]). Exact up to rounding, and safe where products of the F stay bounded, as in a stable filter.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor


def linear_scan(maps: Float[Tensor, "s u k k"], drive: Float[Tensor, "s t b k"]) -> Float[Tensor, "s t b k"]:
    """h_1..h_T of b recursions with the same maps F_1..F_{T-1}; u = T - 1."""
    h, product, reach, length = drive, maps, 1, drive.shape[1]
    while reach < length:
        h = torch.cat([h[:, :reach], h[:, reach:] + h[:, :-reach] @ product.mT], 1)
        reach *= 2
        if reach < length:
            # product[i] leads from h_{i+1} over reach/2 frames; two of them lead over reach frames.
            half = reach // 2
            product = product[:, half:] @ product[:, :-half]
    return h
