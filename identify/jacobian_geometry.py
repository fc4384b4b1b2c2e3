"""Geometry of h = f o g where both maps are at hand: Jacobians at many points, volume, folds.

J_h(z) = J_f(g(z)) J_g(z), tangential by construction: it sees f only along the manifold g(Z). The volume factor of f on
the manifold is
  |det J_h| / sqrt(det J_g^T J_g)   for m = d,   sqrt(det J_h^T J_h) / sqrt(det J_g^T J_g)   for m > d,
in place of the printed sqrt(det J_f J_f^T) of LDM eq. 24-29, which holds only where the rows of J_f are tangent: on the
line x = (t, c t) with f = x_1 the ambient Gram is 1 while the true factor is 1 / sqrt(1 + c^2), and on M = {(t, 0)}
with f = x_2 it is 1 while f is constant. Theorem 1's conclusion is that J_h is constant.

Folding entropy (LDM eq. 29, tangential form): H[x | f(x)] = H[z] + E log |det J_h| - H[h(z)], here estimated from the
preimages found among the sampled points: 0 iff h is injective on them, log 2 for a fair twofold cover.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from scipy.spatial import cKDTree
from torch import Tensor

Map = Callable[[Tensor], Tensor]


class Geometry(NamedTuple):
    """Per point: Jacobian [n m d], singular values, log volume factors; over points: the numbers that summarise them.

    `deviation` is |J - mean J|_F / |mean J|_F, root mean square over points: 0 iff h is affine on a connected sample.
    `from_orthogonal` is the root mean square distance of the singular values from their geometric mean, over it: 0 iff
    h is a similarity at every point. `sign_share` is the share of points in the minority sign of det J_h (m = d).
    """

    jacobian: Float[np.ndarray, "n m d"]
    singular_values: Float[np.ndarray, "n d"]
    log_volume: Float[np.ndarray, " n"]
    log_volume_on_manifold: Float[np.ndarray, " n"] | None
    deviation: float
    rank: int
    least_rank: int
    sign_share: float | None
    from_orthogonal: float


class Folding(NamedTuple):
    """Pairs of distant z with equal h, among sampled points.

    `folded` marks points with such a partner; `share` is their fraction; `entropy` in nats is the mean entropy over the
    preimages found, weighted by density over |det J_h| (equal densities where none is given).
    """

    folded: Bool[np.ndarray, " n"]
    partner: np.ndarray
    share: float
    entropy: float


def jacobians(h: Map, z: Float[Tensor, "n d"]) -> Float[Tensor, "n m d"]:
    """Jacobian of h at each row, one backward pass an output; h maps each row [d] by itself to a row [m].

    Raises:
        ValueError: h does not map rows to rows.
    """
    points = z.detach().requires_grad_()
    values = h(points)
    if values.ndim != 2 or len(values) != len(z):
        raise ValueError(f"h maps {tuple(z.shape)} to {tuple(values.shape)}: it must map rows to rows")
    if not values.requires_grad:
        return torch.zeros(len(z), values.shape[1], z.shape[1], dtype=z.dtype, device=z.device)
    rows = [
        torch.autograd.grad(column.sum(), points, retain_graph=True, allow_unused=True, materialize_grads=True)[0]
        for column in values.unbind(dim=1)
    ]
    return torch.stack(rows, dim=1)


def geometry(encoder: Map, generator: Map, z: Float[Tensor, "n d"], *, tolerance: float = 1e-6) -> Geometry:
    """Measure h = encoder o generator at the points z.

    Args:
        encoder: f, rows of observations to rows of codes.
        generator: g, rows of latents to rows of observations.
        z: points, in double precision for trustworthy small numbers.
        tolerance: singular values below this share of the largest count as 0.

    Raises:
        ValueError: fewer than two points, or maps that do not map rows to rows.
    """
    if len(z) < 2:
        raise ValueError(f"z has {len(z)} points: constancy needs at least 2")
    of_h = jacobians(lambda rows: encoder(generator(rows)), z).detach().double().cpu().numpy()
    of_g = jacobians(generator, z).detach().double().cpu().numpy()
    singular = np.linalg.svd(of_h, compute_uv=False)
    largest = singular.max()
    ranks = np.sum(singular > tolerance * largest, axis=1) if largest > 0 else np.zeros(len(z), dtype=int)
    with np.errstate(divide="ignore"):
        log_volume = np.sum(np.log(singular), axis=1) + (0.0 if of_h.shape[1] >= of_h.shape[2] else -np.inf)
        of_generator = np.sum(np.log(np.linalg.svd(of_g, compute_uv=False)), axis=1)
    mean = of_h.mean(axis=0)
    scale = np.linalg.norm(mean)
    spread = np.sqrt(np.mean(np.sum((of_h - mean) ** 2, axis=(1, 2))))
    signs = np.sign(np.linalg.det(of_h)) if of_h.shape[1] == of_h.shape[2] else None
    return Geometry(
        jacobian=of_h,
        singular_values=singular,
        log_volume=log_volume,
        log_volume_on_manifold=log_volume - of_generator if of_g.shape[1] >= of_g.shape[2] else None,
        deviation=float(spread / scale) if scale > 0 else float("inf"),
        rank=int(np.median(ranks)),
        least_rank=int(ranks.min()),
        sign_share=None if signs is None else float(min(np.mean(signs > 0), np.mean(signs < 0))),
        from_orthogonal=_from_orthogonal(singular),
    )


def _from_orthogonal(singular: Float[np.ndarray, "n d"]) -> float:
    with np.errstate(divide="ignore"):
        middle = np.exp(np.mean(np.log(singular), axis=1, keepdims=True))
    if not np.all(middle > 0):
        return float("inf")
    return float(np.sqrt(np.mean((singular / middle - 1) ** 2)))


def folding(
    code: Float[np.ndarray, "n m"],
    z: Float[np.ndarray, "n d"],
    volume: Float[np.ndarray, " n"],
    *,
    near: float,
    far: float,
    density: Float[np.ndarray, " n"] | None = None,
) -> Folding:
    """Find points whose code is within `near` of another's while their latents are more than `far` apart.

    Args:
        code: h(z).
        z: sampled latents.
        volume: |det J_h| (or its tangential square root of a Gram) at each point.
        near: distance of codes that counts as equal, beyond noise.
        far: distance of latents that counts as another preimage.
        density: density of z at each point, up to a factor.

    Raises:
        ValueError: distances that are not positive.
    """
    if near <= 0 or far <= 0:
        raise ValueError(f"near={near} and far={far} must be positive distances")
    weight = (np.ones(len(z)) if density is None else density) / np.maximum(volume, 1e-300)
    partner = np.full(len(z), -1)
    entropy = np.zeros(len(z))
    for i, close in enumerate(cKDTree(code).query_ball_point(code, near)):
        others = np.array(close)
        others = others[np.linalg.norm(z[others] - z[i], axis=1) > far]
        if not len(others):
            continue
        nearest = others[np.argmin(np.linalg.norm(code[others] - code[i], axis=1))]
        partner[i] = nearest
        entropy[i] = _entropy(weight, z, i, others, far)
    folded = partner >= 0
    return Folding(folded, partner, float(folded.mean()), float(entropy.mean()))


def _entropy(weight: np.ndarray, z: np.ndarray, i: int, others: np.ndarray, far: float) -> float:
    """Entropy over one representative a branch: the point itself and, greedily, others that are far from all taken."""
    taken = [i]
    for j in others:
        if np.all(np.linalg.norm(z[taken] - z[j], axis=1) > far):
            taken.append(int(j))
    shares = weight[taken] / weight[taken].sum()
    return float(-np.sum(shares * np.log(shares)))
