r"""Full row rank of J_p, the printed assumption (iii) of Theorem 1: predictions follow every direction of the past.

At each past the Jacobian of the fitted predictor in units of its noise, L^-1 J_p L with Sigma = L L^T: how far one
standard deviation of noise moves the next mean. Reported is the median over pasts of its smallest singular value, which
is invariant to invertible affine maps of the code up to the choice of the root L. It is stricter than the span of the
means: where one latent is unpredicted (V2, V9), a code that tangles it with the others spans all dimensions along a
curve, and only this row shows that the curve is one. Not a test: no false-alarm rate, the thresholds were set on worlds
(violations below .1, their intact twins above .3).
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from identify.certificate.evidence import Row, Says
from identify.fitted import Fitted

FOLLOWS, IGNORES = 0.2, 0.1
PASTS = 1500


def row_rank(fitted: Fitted, index: int, codes: Float[Tensor, "k t m"]) -> float:
    """Median over pasts of the smallest singular value of the predictor's Jacobian, in units of its noise."""
    network = fitted.network.select(torch.tensor([index]))
    past = codes[:, :-1].flatten(0, 1)[:PASTS].detach().clone().requires_grad_()
    windows = torch.stack([past, past], dim=1)
    predicted = network.predictor(windows[None])[0, :, 0]
    rows = [torch.autograd.grad(column.sum(), past, retain_graph=True)[0] for column in predicted.unbind(-1)]
    jacobian, factor = torch.stack(rows, dim=1), fitted.factor[index]
    in_noise = torch.linalg.solve_triangular(factor, jacobian @ factor, upper=False)
    return float(torch.linalg.svdvals(in_noise)[:, -1].median())


def row_rank_row(value: float) -> Row:
    """The row on it."""
    says: Says = "supported" if value >= FOLLOWS else "not supported" if value <= IGNORES else "could not be told"
    detail = f"median over pasts of the smallest singular value of J_p, in units of the noise: {value:.3f}"
    return Row(
        "predictions follow every direction", says, detail, f"values below {IGNORES:g}; thresholds set on worlds"
    )
