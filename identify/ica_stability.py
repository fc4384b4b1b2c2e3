r"""Is the true unmixing a maximum of linear ICA's objective (LDM eq. 3)? A condition on prior and sources.

About the true sources s, each at its best scale ($E[\varphi_i(s_i)s_i]=1$, $\varphi=-(\log p)'$), the objective falls
in the direction $y_i=s_i+es_j$, $y_j=s_j+e's_i$ by $\frac12(h_{ij}e^2+2ee'+h_{ji}e'^2)$, for static priors
$h_{ij}=E[\varphi_i'(s_i)]\,E[s_j^2]$. So the true unmixing is a maximum iff $h_{ij}>0$ and $h_{ij}h_{ji}>1$ for all
pairs [cardoso1996equivariant]; on rotations ($e'=-e$) iff $h_{ij}+h_{ji}>2$. For static priors the first reads
$a_ia_j>1$ with $a_i=E[\varphi_i'(s_i)]E[s_i^2]/E[\varphi_i(s_i)s_i]$: it holds wherever every
$E[\varphi'(s)]\,\mathrm{Var}(s)-E[\varphi(s)s]$ is positive, and its sign is what matters about a prior. A generalised
normal of shape 4 has $a=3E[s^2]^2/E[s^4]$: above 1 iff the source is sub-Gaussian. Where the condition fails in a pair,
ascent leaves the true sources, even if it starts there.

Beyond stability: the errors of the pair, (1 + E) s = W x, are asymptotically normal with covariance
$H^{-1}CH^{-1}/n$, $H=[[h_{ij},1],[1,h_{ji}]]$ and C the covariance of $(\varphi_i(s_i)s_j,\varphi_j(s_j)s_i)$.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from identify.ica_priors import SourcePrior

Rows = Float[np.ndarray, "n d"]
Matrix = Float[np.ndarray, "d d"]

_BLOCKS = 20
_NEWTON = 30
_ROUNDING = 1e-12


class Stability(NamedTuple):
    """Whether the sources are a maximum, and by how much.

    `margins`: for every pair h_ij h_ji - 1 (on rotations (h_ij + h_ji) / 2 - 1), minus infinity where an h_ij is not
    positive, zero on the diagonal; positive: stable. `standard_errors`: of the margins, by jackknife over 20 blocks.
    `stable`: True or False where the margins decide it by more than `errors` standard errors, else None. A standard
    error is NaN where some blocks less make an h_ij negative: the rows are too few for such a prior.
    """

    margins: Matrix
    standard_errors: Matrix
    stable: bool | None

    @property
    def weakest(self) -> float:
        """The smallest margin of a pair."""
        return float(self.margins[~np.eye(len(self.margins), dtype=bool)].min())


def local_stability(sources: Rows, prior: SourcePrior, orthogonal: bool = False, errors: float = 5.0) -> Stability:
    """Predict from sources and prior alone whether linear ICA keeps the true unmixing.

    Sources are taken as independent and symmetric enough that cross moments vanish; they come at any scale (on
    rotations at the prior's). Raises ValueError for fewer than two sources or fewer than 20 rows a source.
    """
    n, d = sources.shape
    if d < 2 or n < _BLOCKS * d:
        raise ValueError(f"sources has shape {sources.shape}; give at least two columns and {_BLOCKS} rows for each")
    scaled = sources if orthogonal else at_best_scale(sources, prior)
    whole = _margins(scaled, prior, orthogonal)
    edges = np.linspace(0, n, _BLOCKS + 1).astype(int)
    parts = []
    for low, high in pairwise(edges):
        parts.append(_margins(np.concatenate([scaled[:low], scaled[high:]]), prior, orthogonal))
    spread = np.full((d, d), np.nan)
    decided = np.isfinite(parts).all(axis=0)
    spread[decided] = np.sqrt((_BLOCKS - 1) * np.var(np.stack(parts)[:, decided], axis=0)) + _ROUNDING
    spread[np.isneginf(parts).all(axis=0)] = 0.0
    pairs = ~np.eye(d, dtype=bool)
    low, high = (whole - errors * spread)[pairs], (whole + errors * spread)[pairs]
    return Stability(whole, spread, True if (low > 0).all() else False if (high < 0).any() else None)


def at_best_scale(sources: Rows, prior: SourcePrior) -> Rows:
    """Every source at the scale that maximises the objective: there the mean of phi(y) y is 1."""

    out = sources / np.sqrt(np.mean(sources**2, axis=0))
    for _ in range(_NEWTON):
        pull = _pull(out, prior)
        slope = np.diag(prior.curvature(out)) + pull
        # Newton in the logarithms of pull and scale: exact where the prior is homogeneous
        out = out * np.exp(-np.log(pull) * pull / slope)
        if np.abs(pull - 1).max() < 1e-12:
            break
    return out


def error_covariance(sources: Rows, prior: SourcePrior) -> Float[np.ndarray, "d d 2 2"]:
    """Asymptotic covariance, times n, of the errors (E_ij, E_ji) of sources at unit variance; zero on the diagonal.

    For static priors: rows are taken as independent. Raises ValueError where the sources are no maximum.
    """
    y = at_best_scale(sources, prior)
    n, d = y.shape
    if not (_margins(y, prior, False)[~np.eye(d, dtype=bool)] > _ROUNDING).all():
        raise ValueError("the sources are no maximum under this prior: errors about them have no law; change the prior")
    h, score = prior.curvature(y), -n * prior.gradient(y)
    energy, power = np.mean(score**2, axis=0), np.mean(y**2, axis=0)
    out = np.zeros((d, d, 2, 2))
    for i in range(d):
        for j in range(d):
            if i != j:
                bread = np.linalg.inv(np.array([[h[i, j], 1.0], [1.0, h[j, i]]]))
                filling = np.array([[energy[i] * power[j], 1.0], [1.0, energy[j] * power[i]]])
                scale = np.diag([np.sqrt(power[j] / power[i]), np.sqrt(power[i] / power[j])])
                out[i, j] = scale @ bread @ filling @ bread @ scale
    return out


def _pull(y: Rows, prior: SourcePrior) -> Float[np.ndarray, " d"]:
    """Mean of phi(y) y."""
    return -np.sum(prior.gradient(y) * y, axis=0)


def _margins(y: Rows, prior: SourcePrior, orthogonal: bool) -> Matrix:
    h, pull = prior.curvature(y), _pull(y, prior)
    if orthogonal:
        out = (h + h.T - pull[:, None] - pull) / 2
    else:
        # over the pulls, so that a scale that is slightly off changes nothing
        out = np.where(np.minimum(h, h.T) > 0, h * h.T / np.outer(pull, pull) - 1, -np.inf)
    np.fill_diagonal(out, 0.0)
    return out
