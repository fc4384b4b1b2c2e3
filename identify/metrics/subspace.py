"""Scores of subspaces, for d != m and for codes that hold a part of the true latents only.

Principal angles between column spaces: cos theta_k = singular values of Q_1^T Q_2 [bjorck1973angles]; the canonical
correlations are those of the centred data columns. `recovered_dimension` counts true directions whose held-out
unexplained share, read affinely from the code, lies below 1 - tau, in the train-whitened true space: a basis-free
count, unlike a count of factors, which depends on how the part lies in the factors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import linalg

from identify.ladder.kernel_ridge import whitener
from identify.metrics.affine import affine_fit
from identify.splits import Split


class Subspace(NamedTuple):
    """Directions of the true latents (orthonormal columns) and the held-out R2 of each, best first.

    `r2` has one entry for every whitened direction of the true latents, kept or not.
    """

    dimension: int
    directions: Float[np.ndarray, "d k"]
    r2: Float[np.ndarray, " d"]


def principal_angles(first: Float[np.ndarray, "n k"], second: Float[np.ndarray, "n l"]) -> Float[np.ndarray, " q"]:
    """Angles in radians between two column spaces, smallest first; accurate for small angles too.

    Raises:
        ValueError: different numbers of rows.
    """
    if len(first) != len(second):
        raise ValueError(f"first has {len(first)} rows and second {len(second)}: columns must live in one space")
    return np.sort(linalg.subspace_angles(first, second))


def recovered_subspace(
    true: Float[np.ndarray, "n d"], recovered: Float[np.ndarray, "n m"], split: Split, *, tau: float = 0.5
) -> Subspace:
    """Directions of the true latents that the code holds affinely.

    Raises:
        ValueError: tau outside (0, 1).
    """
    if not 0 < tau < 1:
        raise ValueError(f"tau={tau} must lie strictly between 0 and 1")
    z, y = true[split.train], recovered[split.train]
    slope, offset = affine_fit(y, z)
    _, white = whitener(z)
    # directions from the fit on train rows, their R2 on held-out rows
    fitted = (y @ slope + offset - z.mean(axis=0)) @ white
    vectors = linalg.eigh(fitted.T @ fitted)[1][:, ::-1]
    held = true[split.held_out]
    rest = (held - recovered[split.held_out] @ slope - offset) @ white @ vectors
    spread = (held - held.mean(axis=0)) @ white @ vectors
    r2 = 1 - np.mean(rest**2, axis=0) / np.mean(spread**2, axis=0)
    kept = white @ vectors[:, r2 > tau]
    basis = linalg.qr(kept, mode="economic")[0] if kept.shape[1] else kept
    return Subspace(kept.shape[1], basis, r2)
