r"""How far the law of whitened codes is from N(0, I), by characteristic functions; zero for no other law.

$$D=\int|\hat\varphi(t)-e^{-|t|^2/2}|^2\,\mathcal N(t;0,\beta^2I)\,dt
=\langle e^{-\beta^2|y_i-y_j|^2/2}\rangle_{i\neq j}
-2(1+\beta^2)^{-d/2}\langle e^{-\beta^2|y_i|^2/2(1+\beta^2)}\rangle+(1+2\beta^2)^{-d/2}$$

[epps1983test; baringhaus1988consistent], y the codes whitened by their own moments: D is exactly invariant under
invertible affine maps. LeJEPA's SIGReg averages the statistic of one dimension over random directions
[klindt2026lejepa]; the integral over all of R^d needs no directions and no randomness. Leaving out i = j removes the
bias of order 1/n. `normality_terms` are minus the first-order (Hajek) terms of D, one per sample: their mean is -D, and
from their scatter follows its standard error. Without unit; NaN where the covariance is singular.
"""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

from identify.covariance import cholesky, covariance, standardise


def normality_terms(z: Float[Tensor, "*s n d"], bandwidth: float = 1.0) -> Float[Tensor, "*s n"]:
    """Terms whose mean is -D at beta = `bandwidth`; ValueError for n <= d and unless the bandwidth is above 0."""
    n, d = z.shape[-2:]
    if n <= d:
        raise ValueError(f"z has n={n} samples of dimension d={d}; at least {d + 1} are needed")
    if not bandwidth > 0:
        raise ValueError(f"bandwidth={bandwidth}; the weight of the characteristic functions needs one above 0")
    square = bandwidth**2
    y = standardise(z - z.mean(-2, keepdim=True), cholesky(covariance(z)))
    norms = y.square().sum(-1)
    distances = (norms.unsqueeze(-1) + norms.unsqueeze(-2) - 2 * y @ y.mT).clamp_min(0)
    others = ((-0.5 * square * distances).exp().sum(-1) - 1) / (n - 1)
    to_law = (1 + square) ** (-d / 2) * (-0.5 * square / (1 + square) * norms).exp()
    return others.mean(-1, keepdim=True) - 2 * (others - to_law) - (1 + 2 * square) ** (-d / 2)


def normality_distance(z: Float[Tensor, "*s n d"], bandwidth: float = 1.0) -> Float[Tensor, "*s"]:
    """D; it may fall below zero by sampling error, since no sample is compared with itself."""
    return -normality_terms(z, bandwidth).mean(-1)
