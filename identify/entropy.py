r"""Differential entropy of samples: nearest neighbour, kernel density, Gaussian, and the plug-in conditional entropy.

Every estimator is a mean of one term per sample, $\hat H = \frac1n\sum_i c_i$ (nats); `NAME_terms` gives the terms,
from which a standard error follows, `NAME` their mean. Leading dimensions are independent: ``[*s n d] -> [*s]``.

| function | formula | source |
|---|---|---|
| `log_det` | $\frac d2(1+\log2\pi)+\frac12\log\det\Sigma$ | LDM eq. 34 |
| `knn` | $\psi(n)-\psi(k)+\log V_d+\frac dn\sum_i\log\epsilon_i$ | LDM eq. 33 [kozachenko1987entropy] |
| `kde` | $-\frac1n\sum_i\log\frac1{n-1}\sum_{j\ne i}\mathcal N(z_i;z_j,h^2I)$ | LDM eq. 32 |
| `matched_kde` | the same with $\mathcal N(z_i;\bar z+\sqrt{1-h^2}(z_j-\bar z),h^2\Sigma)$ | [west1993approximating] |
| `plug_in` | $-\frac1n\sum_i\log P_\theta(z_i|c_i)$ | LDM eq. 35 |

| function | scale law $H[az] = H[z] + d\log|a|$ | bias |
|---|---|---|
| `log_det` | exact, for any affine map | >= 0 away from the Gaussian |
| `knn` | exact, for similarities | vanishes with n |
| `kde` | only if h scales along | smoothing: too large |
| `matched_kde` | exact, for any affine map | smoothing away from the Gaussian: too large |
| `plug_in` | that of the model | >= 0 (a cross-entropy) |

The paper prints eq. 33 without the additive constants, and eq. 32 with the normaliser 1/(nh), right in one dimension
only; both are given in full here. `matched_kde` is a kernel density with the sample's own mean and covariance: at h = 1
it is `log_det`, at any h it is free of smoothing bias for Gaussians, and for small h it is `kde`.
docs/estimators_report.md has the bias of each against closed forms.

`whitened` turns any of them into an estimator that obeys the law exactly for every invertible affine map, which nearest
neighbours and kernels with one bandwidth do not. Where a covariance is singular the value is NaN, batch by batch.
Memory is that of a few tables of 4e6 numbers for any n, with gradient too, not n^2.
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
from identify.paired_objectives.exponential_kernel import Exponents, log_mean_kernel

Terms = Float[Tensor, "*s n"]
Samples = Float[Tensor, "*s n d"]

# A k-d tree prunes well below this dimension; above it, the full distance matrix is as fast while it is small.
_TREE_BELOW_DIMENSION = 6
_MATRIX_UP_TO = 1024
_LEAF = 24
# Entries of one block of the distance matrix.
_DISTANCE_ENTRIES = 4_000_000


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
        rows = max(1, _DISTANCE_ENTRIES // max(1, n * points.shape[:-2].numel()))
        return torch.cat([_matrix_neighbours(points, start, rows, k) for start in range(0, n, rows)], -1)
    flat = points.reshape(-1, *points.shape[-2:]).cpu().numpy()
    found = np.stack([_tree_neighbours(rows, k) for rows in flat])
    return torch.from_numpy(found).to(z.device).reshape(z.shape[:-1])


def _matrix_neighbours(points: Samples, start: int, rows: int, k: int) -> Int[Tensor, "*s b"]:
    """k-th other neighbour of the rows from `start` on."""
    some = points[..., start : start + rows, :]
    distances = torch.cdist(some, points, compute_mode="donot_use_mm_for_euclid_dist")
    distances.diagonal(start, -2, -1).fill_(math.inf)
    return distances.topk(k, dim=-1, largest=False).indices[..., -1]


def _tree_neighbours(rows: np.ndarray, k: int) -> np.ndarray:
    """k-th other neighbour by a k-d tree; duplicates may displace a point from its own first place, hence the mask.

    A batch that holds NaN has no neighbours: any index will do, since its terms are NaN.
    """
    if not np.isfinite(rows).all():
        return np.zeros(len(rows), dtype=np.int64)
    tree = cKDTree(rows, leafsize=_LEAF, compact_nodes=False)
    order = tree.indices  # neighbours one after the other find the same branches in the cache
    indices = np.empty((len(rows), k + 1), dtype=np.int64)
    _, indices[order] = tree.query(rows[order], k=k + 1)
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
    digammas = torch.special.digamma(torch.tensor([n, k], dtype=torch.float64))
    return d * radius.log() + log_unit_ball(d) + float(digammas[0] - digammas[1])


def log_unit_ball(d: int) -> float:
    r"""$\log V_d$, the volume of the unit ball in d dimensions."""
    return 0.5 * d * math.log(math.pi) - math.lgamma(0.5 * d + 1)


def knn(z: Samples, k: int = 3) -> Float[Tensor, "*s"]:
    """Kozachenko-Leonenko entropy from k-th neighbour distances (LDM eq. 33 with its constants and all samples kept).

    The paper clips distances above their 90th percentile; with the threshold detached that makes the gradient obey .9
    of the scale law, so nothing is clipped here.
    """
    return knn_terms(z, k).mean(-1)


def kde_terms(z: Samples, bandwidth: float = 0.5, centres: int | None = None) -> Terms:
    """Minus the log of the leave-one-out Gaussian kernel density at each sample.

    `centres` places kernels on that many of the samples only, evenly spaced in their order: n times as many numbers
    instead of n^2, at the price of the bias of as many samples.
    """
    _check(z, 2)
    _check_kernel(bandwidth, centres)
    centred = (z - z.detach().mean(-2, keepdim=True)) / bandwidth  # small numbers keep the digits of their products
    return z.shape[-1] * math.log(bandwidth) - _log_density(centred, centred, centres)


def matched_kde_terms(z: Samples, bandwidth: float = 0.5, centres: int | None = None) -> Terms:
    r"""Minus the log of a leave-one-out kernel density whose mean and covariance are the sample's.

    Kernels of covariance $h^2\Sigma$ widen a density; drawing their centres together by $\sqrt{1-h^2}$ undoes that
    exactly, so that a Gaussian of any covariance is estimated without smoothing bias. `centres` as for `kde_terms`.
    """
    _check(z, z.shape[-1] + 1)
    _check_kernel(bandwidth, centres)
    if not bandwidth <= 1:
        raise ValueError(f"bandwidth={bandwidth}; a matched kernel is at most as wide as the sample, bandwidth=1")
    factor = cholesky(covariance(z))
    points = standardise(z - z.mean(-2, keepdim=True), factor) / bandwidth
    constant = half_log_det(factor) + z.shape[-1] * math.log(bandwidth)
    return constant.unsqueeze(-1) - _log_density(points, math.sqrt(1 - bandwidth**2) * points, centres)


def _check_kernel(bandwidth: float, centres: int | None) -> None:
    if not bandwidth > 0:
        raise ValueError(f"bandwidth={bandwidth}; a kernel needs a bandwidth above 0")
    if centres is not None and centres < 2:
        raise ValueError(f"centres={centres}; leaving one out needs at least 2 centres, or None for all samples")


def _log_density(points: Samples, kernels: Samples, centres: int | None) -> Terms:
    """Log of the mean over kernels of N(point; kernel, I), kernel i left out at point i."""
    n, d = points.shape[-2:]
    constant = -0.5 * d * math.log(2 * math.pi)
    if centres is None or centres >= n:
        return log_mean_kernel(_unit_kernels(points, kernels), without_self=True) + constant
    chosen = torch.arange(centres, device=points.device) * n // centres
    is_chosen = torch.zeros(n, dtype=torch.bool, device=points.device).index_fill(0, chosen, True)
    others = (~is_chosen).nonzero().squeeze(-1)
    kept = kernels[..., chosen, :]
    at_centres = log_mean_kernel(_unit_kernels(points[..., chosen, :], kept), without_self=True)
    elsewhere = log_mean_kernel(_unit_kernels(points[..., others, :], kept), without_self=False)
    in_order = torch.cat([chosen, others]).argsort()
    return torch.cat([at_centres, elsewhere], -1)[..., in_order] + constant


def _unit_kernels(points: Samples, kernels: Float[Tensor, "*s k d"]) -> Exponents:
    """-|point - kernel|^2 / 2."""
    return Exponents(points, kernels, -0.5 * points.square().sum(-1), -0.5 * kernels.square().sum(-1))


def kde(z: Samples, bandwidth: float = 0.5, centres: int | None = None) -> Float[Tensor, "*s"]:
    """Leave-one-out Gaussian kernel entropy (LDM eq. 32, normalised by h^d so that the density integrates to one).

    Without the leave-one-out rule the sample's own kernel caps the estimate at log n + log of the kernel's peak.
    """
    return kde_terms(z, bandwidth, centres).mean(-1)


def matched_kde(z: Samples, bandwidth: float = 0.5, centres: int | None = None) -> Float[Tensor, "*s"]:
    """Leave-one-out kernel entropy with the sample's own moments; NaN where the covariance is singular."""
    return matched_kde_terms(z, bandwidth, centres).mean(-1)


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
