"""Bounded functions of the past that residuals are tested against: what a dependence on the context would follow.

Of whitened past w, clipped at 2.5: w_i, w_i^2, w_i w_j, |w|, and cosines of random directions (two widths). Centred
over all rows. Bounded, so that a heavy-tailed past cannot carry a test by itself.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

CLIP = 2.5
COSINES = 12
MAX_PRODUCTS = 45


def past_features(w: Float[np.ndarray, "n u d"], rng: np.random.Generator) -> Float[np.ndarray, "n u q"]:
    """Evaluate the features, each centred and of variance one."""
    d = w.shape[2]
    c = np.clip(w, -CLIP, CLIP)
    i, j = np.triu_indices(d, 1)
    chosen = np.sort(rng.permutation(len(i))[:MAX_PRODUCTS])
    waves = rng.standard_normal((d, COSINES)) / np.sqrt(d) * np.where(np.arange(COSINES) % 2, 1.0, 2.0)
    blocks = [c, c**2, c[..., i[chosen]] * c[..., j[chosen]], np.cos(w @ waves + rng.uniform(0, 2 * np.pi, COSINES))]
    if d > 1:
        blocks.append(np.linalg.norm(c, axis=2, keepdims=True))
    return standardised(np.concatenate(blocks, axis=2))


def standardised(features: Float[np.ndarray, "n u q"]) -> Float[np.ndarray, "n u q"]:
    """Centre each column and divide by its standard deviation; constant columns become 0."""
    centred = features - features.mean(axis=(0, 1))
    sd = np.sqrt(np.mean(centred**2, axis=(0, 1)))
    return centred / np.where(sd > 1e-12, sd, np.inf)
