"""A lattice of true latents pushed through h = f o g, before and after training, for pictures of what h does."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from identify.fitted import Fitted
from synthetic import World

_SIDE = 25


def lattice_arrays(world: World, z: Float[Tensor, "n t 2"], fitted: Fitted) -> dict[str, np.ndarray]:
    """Lattice over the central 99 % of each latent, and its codes before and after, aligned to the truth for display.

    The alignment is the least-squares affine map from codes to latents on the lattice points that lie near data
    (`grid/inside`), so that a picture may show the support only.
    """
    frames = z.flatten(0, 1)
    low, high = frames.quantile(0.005, dim=0), frames.quantile(0.995, dim=0)
    axes = [torch.linspace(float(a), float(b), _SIDE) for a, b in zip(low, high, strict=True)]
    lattice = torch.stack(torch.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 2)
    spacing = torch.stack([axis[1] - axis[0] for axis in axes])
    nearest = torch.cdist(lattice / spacing, frames[:20_000] / spacing).min(dim=1).values
    lattice_seen = world.mixing(lattice)[None]
    inside = nearest < 1.5
    arrays = {"grid/z": lattice.numpy(), "grid/inside": inside.numpy()}
    for name, trained in (("before", False), ("after", True)):
        codes = fitted.encode([lattice_seen] * len(fitted.seeds), trained)[:, 0].cpu()
        arrays[f"grid/{name}"] = torch.stack([_aligned(lattice, one, inside) for one in codes]).numpy()
    return arrays


def _aligned(z: Float[Tensor, "q 2"], codes: Float[Tensor, "q m"], inside: Tensor) -> Float[Tensor, "q 2"]:
    design = torch.cat([codes, torch.ones(len(codes), 1)], 1).double()
    solution = torch.linalg.lstsq(design[inside], z[inside].double(), driver="gelsd").solution
    return (design @ solution).float()
