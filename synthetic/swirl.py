"""A fixed warp of square images: each pixel takes the value found where it is turned to, interpolated bilinearly.

A pixel at distance rho from the centre looks at the point turned by strength (1 - rho^2 / radius^2)^2 within the radius
and at itself outside, so no pixel looks out of the frame. The warp is linear in the image, hence a matrix
[pixels, pixels]; it loses nothing when that matrix has full rank.
"""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from scipy import ndimage
from torch import Tensor


def swirl_matrix(side: int = 10, strength: float = 2.0, radius: float = 5.0) -> Float[Tensor, "p p"]:
    """Matrix S with swirled = S image (both flattened row by row), float64.

    `strength` in radians, `radius` in pixels. ValueError for side < 2 or a radius outside (0, side / 2].
    """
    if side < 2 or not 0 < radius <= side / 2:
        raise ValueError(f"side={side}, radius={radius}: take side >= 2 and 0 < radius <= side / 2")
    rows, columns = np.indices((side, side)) - (side - 1) / 2
    angle = strength * np.clip(1 - (rows**2 + columns**2) / radius**2, 0, None) ** 2
    looked_at = np.stack(
        (np.cos(angle) * rows - np.sin(angle) * columns, np.sin(angle) * rows + np.cos(angle) * columns)
    )
    units = np.eye(side**2).reshape(-1, side, side)
    warped = [ndimage.map_coordinates(unit, looked_at + (side - 1) / 2, order=1, mode="nearest") for unit in units]
    return torch.from_numpy(np.stack(warped, -1).reshape(side**2, side**2))
