"""What costs nothing: a linear map of the raw observation, and its leading principal components."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from identify.metrics import affine_r2
from identify.splits import make_split
from reports.counted_frames import counted_frames
from reports.over_seeds import over_seeds


def baselines(z: Sequence[Float[Tensor, "n t d"]], x: Sequence[Float[Tensor, "n t p"]]) -> dict[str, dict[str, float]]:
    """Affine R2 of the true latents from x, and from as many principal components as there are latents.

    The regression is fitted and scored on the two halves of the test data (the components, which see no latents, on
    all of it), for each seed; mean and interval over seeds.
    """
    linear = [linear_r2(one_z, one_x) for one_z, one_x in zip(z, x, strict=True)]
    components = [
        linear_r2(one_z, _leading_components(one_x, one_z.shape[2])) for one_z, one_x in zip(z, x, strict=True)
    ]
    return {"linear_from_x": over_seeds(linear, 1.0), "pca": over_seeds(components, 1.0)}


def linear_r2(z: Float[Tensor, "n t d"], code: Float[Tensor, "n t m"]) -> float:
    """Held-out affine R2 of z from a code, at the counted frames."""
    length = z.shape[1]
    true, found = (counted_frames(one).flatten(0, 1).double().numpy() for one in (z, code))
    split = make_split(len(true), sequence_length=length if length > 2 else None)
    return affine_r2(true, found, split).estimate


def _leading_components(x: Float[Tensor, "n t p"], count: int) -> Float[Tensor, "n t k"]:
    frames = x.flatten(0, 1).double()
    centred = frames - frames.mean(0)
    _, vectors = torch.linalg.eigh(centred.mT @ centred)
    return x.double() @ vectors[:, -count:]
