r"""Differential entropy of samples: nearest neighbour, kernel density, Gaussian, and the plug-in conditional entropy.

Every estimator is a mean of one term per sample, $\hat H = \frac1n\sum_i c_i$ (nats); `NAME_terms` gives the terms,
from which a standard error follows, `NAME` their mean. Leading dimensions are independent: ``[*s n d] -> [*s]``.

| function | formula | source |
|---|---|---|
| `log_det` | $\frac d2(1+\log2\pi)+\frac12\log\det\Sigma$ | LDM eq. 34 |
| `knn` | $\psi(n)-\psi(k)+\log V_d+\frac dn\sum_i\log\epsilon_i$ | LDM eq. 33 [kozachenko1987entropy] |
| `kde` | $-\frac1n\sum_i\log\frac1{n-1}\sum_{j\ne i}\mathcal N(z_i;z_j,h^2I)$ | LDM eq. 32 |
| `plug_in` | $-\frac1n\sum_i\log P_\theta(z_i|c_i)$ | LDM eq. 35 |

| function | scale law $H[az] = H[z] + d\log|a|$ | bias |
|---|---|---|
| `log_det` | exact, for any affine map | >= 0 away from the Gaussian |
| `knn` | exact, for similarities | vanishes with n |
| `kde` | only if h scales along | smoothing: too large |
| `plug_in` | that of the model | >= 0 (a cross-entropy) |

The paper prints eq. 33 without the additive constants, and eq. 32 with the normaliser 1/(nh), right in one dimension
only; both are given in full here. `whitened` turns any of them into an estimator that obeys the law exactly for every
invertible affine map, which nearest neighbours and kernels with one bandwidth do not. Where a covariance is singular
the value is NaN, batch by batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.spatial import cKDTree
from torch import Tensor

from identify.covariance import cholesky, covariance, half_log_det, standardise

Terms = Float[Tensor, "*s n"]
Samples = Float[Tensor, "*s n d"]

# A k-d tree prunes well below this dimension; above it, the full distance matrix is as fast while it is small.
_TREE_BELOW_DIMENSION = 6
_MATRIX_UP_TO = 1024
# Entries of one block of the kernel matrix.
_KERNEL_ENTRIES = 4_000_000


def _check(z: Tensor, least: int) -> None:
    if z.ndim < 2:
        raise ValueError(f"z has shape {tuple(z.shape)}; entropies take samples as rows, shape [n d] (or [s n d])")
    if z.shape[-2] < least:
        raise ValueError(f"z has n={z.shape[-2]} samples of dimension d={z.shape[-1]}; at least {least} are needed")


def log_det_terms(z: Samples) -> Terms:
    r"""Terms of the Gaussian entropy: $\frac12\log\det 2\pi\hat\Sigma + \frac12\|\hat\Sigma^{-1/2}(z_i-\bar z)\|^2$.

    The quadratic part averages to exactly d/2, so the mean is LDM eq. 34; term by term it is the influence function.
    With n samples of a d-dimensional Gaussian the estimate is low by about d(d+3)/(4n).
    """
    _check(z, z.shape[-1] + 1)
    factor = cholesky(covariance(z))
    scores = standardise(z - z.mean(-2, keepdim=True), factor)
    constant = half_log_det(factor) + 0.5 * z.shape[-1] * math.log(2 * math.pi)
    return constant.unsqueeze(-1) + 0.5 * scores.square().sum(-1)


def log_det(z: Samples) -> Float[Tensor, "*s"]:
    """Entropy of the Gaussian with the sample covariance (LDM eq. 34); an upper bound for any other law.

    NaN where the covariance is singular. Raises ValueError unless n > d.
    """
    _check(z, z.shape[-1] + 1)
    return 0.5 * z.shape[-1] * (1 + math.log(2 * math.pi)) + half_log_det(cholesky(covariance(z)))


def nearest_neighbours(z: Samples, k: int) -> Int[Tensor, "*s n"]:
    """Index of each sample's k-th nearest other sample (Euclidean), without gradient.

    Distances come from differences, never from inner products, which round small distances to zero in float32.
    """
    points = z.detach()
    n, d = points.shape[-2:]
    if points.is_cuda or (d >= _TREE_BELOW_DIMENSION and n <= _MATRIX_UP_TO):
        distances = torch.cdist(points, points, compute_mode="donot_use_mm_for_euclid_dist")
        distances.diagonal(dim1=-2, dim2=-1).fill_(math.inf)
        return distances.topk(k, dim=-1, largest=False).indices[..., -1]
    flat = points.reshape(-1, *points.shape[-2:]).cpu().numpy()
    found = np.stack([_tree_neighbours(rows, k) for rows in flat])
    return torch.from_numpy(found).to(z.device).reshape(z.shape[:-1])


def _tree_neighbours(rows: np.ndarray, k: int) -> np.ndarray:
    """k-th other neighbour by a k-d tree; duplicates may displace a point from its own first place, hence the mask.

    A batch that holds NaN has no neighbours: any index will do, since its terms are NaN.
    """
    if not np.isfinite(rows).all():
        return np.zeros(len(rows), dtype=np.int64)
    _, indices = cKDTree(rows).query(rows, k=k + 1)
    others = indices != np.arange(len(rows))[:, None]
    others[others.all(1), -1] = False
    return indices[others].reshape(len(rows), k)[:, -1].astype(np.int64)


def knn_terms(z: Samples, k: int = 3, floor: float = 1e-12) -> Terms:
    """Terms of the Kozachenko-Leonenko estimator; which sample is the k-th neighbour carries no gradient.

    Distances below `floor` count as `floor`: exact duplicates then lower the value but send no infinite gradient.
    """
    _check(z, k + 1)
    n, d = z.shape[-2:]
    neighbour = nearest_neighbours(z, k).unsqueeze(-1).expand(z.shape)
    radius = (z - z.gather(-2, neighbour)).square().sum(-1).clamp_min(floor**2).sqrt()
    log_unit_ball = 0.5 * d * math.log(math.pi) - math.lgamma(0.5 * d + 1)
    digammas = torch.special.digamma(torch.tensor([n, k], dtype=torch.float64))
    return d * radius.log() + log_unit_ball + float(digammas[0] - digammas[1])


def knn(z: Samples, k: int = 3) -> Float[Tensor, "*s"]:
    """Kozachenko-Leonenko entropy from k-th neighbour distances (LDM eq. 33 with its constants and all samples kept).

    The paper clips distances above their 90th percentile; with the threshold detached that makes the gradient obey .9
    of the scale law, so nothing is clipped here.
    """
    return knn_terms(z, k).mean(-1)


def kde_terms(z: Samples, bandwidth: float = 0.5) -> Terms:
    """Minus the log of the leave-one-out Gaussian kernel density at each sample.

    Rows are taken in blocks: without gradient, n samples need memory for about n + 4e6 numbers a batch, not n^2.
    """
    _check(z, 2)
    if not bandwidth > 0:
        raise ValueError(f"bandwidth={bandwidth}; a kernel needs a bandwidth above 0")
    n, d = z.shape[-2:]
    rows = max(1, _KERNEL_ENTRIES // n)
    blocks = [_log_kernel_sum(z, start, min(start + rows, n), bandwidth) for start in range(0, n, rows)]
    log_normaliser = d * math.log(bandwidth) + 0.5 * d * math.log(2 * math.pi) + math.log(n - 1)
    return log_normaliser - torch.cat(blocks, -1)


def _log_kernel_sum(z: Samples, start: int, stop: int, bandwidth: float) -> Float[Tensor, "*s b"]:
    """log of the sum over all other samples of exp(-|z_i - z_j|^2 / 2 h^2), for rows start to stop."""
    norms = z.square().sum(-1)
    some = z[..., start:stop, :]
    squares = (norms[..., start:stop, None] + norms.unsqueeze(-2) - 2 * some @ z.mT).clamp_min(0)
    index = torch.arange(start, stop, device=z.device)
    itself = index[:, None] == torch.arange(z.shape[-2], device=z.device)
    return (-0.5 / bandwidth**2 * squares).masked_fill(itself, -math.inf).logsumexp(-1)


def kde(z: Samples, bandwidth: float = 0.5) -> Float[Tensor, "*s"]:
    """Leave-one-out Gaussian kernel entropy (LDM eq. 32, normalised by h^d so that the density integrates to one).

    Without the leave-one-out rule the sample's own kernel caps the estimate at log n + log of the kernel's peak.
    """
    return kde_terms(z, bandwidth).mean(-1)


def plug_in(log_prob: Float[Tensor, "*s n"]) -> Float[Tensor, "*s"]:
    """Conditional entropy as minus the predictor's mean log-likelihood (LDM eq. 35); pass it with theta detached."""
    return -log_prob.mean(-1)


def whitened(terms: Callable[[Samples], Terms]) -> Callable[[Samples], Terms]:
    r"""Measure on whitened samples, add back $\frac12\log\det\hat\Sigma$: exact under every invertible affine map."""

    def whitened_terms(z: Samples) -> Terms:
        _check(z, z.shape[-1] + 1)
        factor = cholesky(covariance(z))
        return terms(standardise(z - z.mean(-2, keepdim=True), factor)) + half_log_det(factor).unsqueeze(-1)

    return whitened_terms
