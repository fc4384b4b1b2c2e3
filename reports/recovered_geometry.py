"""Geometry of h = f o g for a trained encoder: Jacobians and folds at held-out latents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor

from identify.jacobian_geometry import Folding, Geometry, Map, folding, geometry
from synthetic import World

POINTS = 800
NEAR, FAR = 0.05, 1.0
"""Distances, a dimension and in standard deviations: codes that count as equal, latents that count as apart."""


def measure_geometry(
    encoder: Map, world: World, z: Float[Tensor, "n t d"]
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Numbers and arrays of the geometry at the last frame of at most 800 sequences; `encoder` maps rows to rows."""
    points = z[:POINTS, -1]
    found = geometry(encoder, world.mixing, points)
    code = encoder(world.mixing(points)).detach().cpu().numpy()
    latents = points.numpy()
    scale = np.where(code.std(axis=0) > 0, code.std(axis=0), 1.0)
    folds = folding(
        code / scale,
        latents / latents.std(axis=0),
        np.exp(found.log_volume),
        near=NEAR * np.sqrt(code.shape[1]),
        far=FAR * np.sqrt(latents.shape[1]),
    )
    numbers = {
        "points": len(points),
        "deviation": found.deviation,
        "rank": found.rank,
        "least_rank": found.least_rank,
        "sign_share": found.sign_share,
        "from_orthogonal": found.from_orthogonal,
        "folded_share": folds.share,
        "folding_entropy": folds.entropy,
    }
    arrays = {
        "geometry/z": latents,
        "geometry/jacobian": found.jacobian.astype(np.float32),
        "geometry/singular_values": found.singular_values.astype(np.float32),
        "geometry/partner": folds.partner.astype(np.int64),
    }
    return numbers, arrays


def stored_geometry(
    summary: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> tuple[Float[np.ndarray, "n d"], Geometry, Folding]:
    """Points, geometry and folds as a record keeps them."""
    numbers, singular = summary["geometry"], arrays["geometry/singular_values"]
    with np.errstate(divide="ignore"):
        log_volume = np.sum(np.log(singular), axis=1)
    found = Geometry(
        jacobian=arrays["geometry/jacobian"],
        singular_values=singular,
        log_volume=log_volume,
        log_volume_on_manifold=None,
        # JSON has no infinity: null stands for it
        deviation=float("inf") if numbers["deviation"] is None else numbers["deviation"],
        rank=numbers["rank"],
        least_rank=numbers["least_rank"],
        sign_share=numbers["sign_share"],
        from_orthogonal=float("inf") if numbers["from_orthogonal"] is None else numbers["from_orthogonal"],
    )
    partner = arrays["geometry/partner"]
    folds = Folding(partner >= 0, partner, numbers["folded_share"], numbers["folding_entropy"])
    return arrays["geometry/z"], found, folds
