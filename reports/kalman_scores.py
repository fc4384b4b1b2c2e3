r"""What a filter's state says of the true latents: affine R2, coverage of its 95 % regions, and the noise it infers.

The state's mean h and covariance P are carried to the latents by the affine regression $z\approx Bh+b$ on one part of
the held-out sequences (a posterior mean is not drawn towards the mean, so B is not either); on the other part
$(z-Bh-b)^\top(BPB^\top)^{-1}(z-Bh-b)$ is compared with the .95 quantile of chi-squared with d degrees of freedom. No
scale is fitted to the coverage.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy import stats
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPRegressor

from identify.metrics import affine_r2
from identify.metrics.affine import affine_fit_of_rows
from identify.splits import Split

SHARE = 0.95


class Estimate(NamedTuple):
    """Latents as the filter tells them: mean and covariance of every frame, rows in the order of the sequences."""

    mean: Float[np.ndarray, "n d"]
    covariance: Float[np.ndarray, "n d d"]


def estimate(
    z: Float[np.ndarray, "n d"], state: Float[np.ndarray, "n k"], covariance: Float[np.ndarray, "n k k"], split: Split
) -> Estimate:
    """State and covariance carried to the latents by the regression on the split's train rows."""
    slope, offset = affine_fit_of_rows(state, z, split.train)
    carried = np.einsum("ka,nkl,lb->nab", slope, covariance, slope, optimize=True)
    return Estimate(state @ slope + offset, carried)


def coverage(z: Float[np.ndarray, "n d"], found: Estimate, split: Split, share: float = SHARE) -> float:
    """Share of held-out frames whose latents lie in their region of that probability.

    A region is an ellipsoid; ValueError where one is flat: fewer states than latents.
    """
    covariance = found.covariance[split.held_out]
    widths = np.linalg.eigvalsh(covariance)
    if not (widths[:, 0] > 1e-9 * widths[:, -1]).all():
        raise ValueError(f"a region is flat in {z.shape[1]} latents: give the filter at least as many states")
    error = (z - found.mean)[split.held_out]
    form = np.einsum("na,na->n", error, np.linalg.solve(covariance, error[..., None])[..., 0])
    return float((form <= stats.chi2.ppf(share, z.shape[1])).mean())


def correlation(true: Float[np.ndarray, "n"], inferred: Float[np.ndarray, "n"]) -> float:
    """Pearson correlation."""
    return float(np.corrcoef(true, inferred)[0, 1])


def decoded(z: Float[np.ndarray, "n d"], source: Float[np.ndarray, "n k"], split: Split, seed: int) -> dict[str, float]:
    """Held-out R2 of the latents read linearly and by a perceptron with one hidden layer of 64."""
    rows, held = split.train, split.held_out
    centre, scale = source[rows].mean(0), source[rows].std(0) + 1e-9
    network = MLPRegressor(hidden_layer_sizes=(64,), early_stopping=True, max_iter=120, random_state=seed)
    with warnings.catch_warnings():
        # the budget of passes is part of the comparison; early stopping keeps the best of them
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit((source[rows] - centre) / scale, z[rows])
    error = z[held] - network.predict((source[held] - centre) / scale)
    r2 = 1 - (error**2).mean(0) / z[held].var(0)
    return {"linear": affine_r2(z, source, split).estimate, "mlp": float(r2.mean())}
