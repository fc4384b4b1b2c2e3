r"""Noise level of a frame, read off what the encoder's principal components leave out, and classes of equal level.

$$u_t=\tfrac12\log\frac{|x_t-\bar x|^2-|V^\top(x_t-\bar x)|^2}{p-q},$$

V [p q] the orthonormal principal directions. Where the signal lies in the span of V and the p - q other channels hold
white noise of deviation l alone, $e^{u}$ estimates l with relative standard error $1/\sqrt{2(p-q)}$. No label and no
latent enters. Invariant to rotations within and outside the span; u moves by log c where x is scaled by c.

A class of levels is an interval between quantiles of u, so that every class holds as many frames.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from identify.principal_components import Projection

Levels = Float[Tensor, "s n t"]


def residual_level(x: Sequence[Float[Tensor, "n t p"]], projection: Projection) -> Levels:
    """u of every frame, one data set a network. ValueError where the components leave no channel out."""
    p, q = projection.basis.shape[1:]
    if q >= p:
        raise ValueError(f"projection keeps {q} of {p} components; keep fewer, what is left out shows the noise level")
    if len(x) != len(projection.basis):
        raise ValueError(f"x holds {len(x)} data sets for {len(projection.basis)} networks; give one for each")
    levels = []
    for one, mean, basis in zip(x, projection.mean, projection.basis, strict=True):
        centred = one - mean
        inside = (centred @ torch.linalg.qr(basis)[0]).square().sum(-1)
        left = (centred.square().sum(-1) - inside) / (p - q)
        levels.append(0.5 * left.clamp_min(torch.finfo(left.dtype).tiny).log())
    return torch.stack(levels)


def class_edges(level: Levels, classes: int) -> Float[Tensor, "s e"]:
    """Levels between which the classes lie, e = classes - 1. ValueError for fewer than one class."""
    if classes < 1:
        raise ValueError(f"classes={classes}; give at least one")
    shares = torch.arange(1, classes, dtype=torch.float64) / classes
    ordered = level.flatten(1).sort(-1).values
    where = (shares * (ordered.shape[1] - 1)).round().long().to(ordered.device)
    return ordered[:, where]


def level_class(level: Levels, edges: Float[Tensor, "s e"]) -> Int[Tensor, "s n t"]:
    """Class of every frame, 0 the quietest."""
    return torch.stack(
        [torch.bucketize(one, inner.contiguous()) for one, inner in zip(level.contiguous(), edges, strict=True)]
    )
