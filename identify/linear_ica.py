r"""Linear ICA as LDM: maximise $F(W)=\langle\log P_\theta(Wx)\rangle+\log|\det W|$ (LDM eq. 3, up to H[x]).

The latent model is a product over sources (`ica_priors`); uniformity is exact, since for an invertible square map
$H[Wx]=H[x]+\log|\det W|$. Unit scale of the priors loses nothing: W carries the scale. x is used as it comes: F has no
offset, so centre x where the sources have a mean. Gaussian sources are recoverable only because their laws differ;
known variances and det W = 1 are not enough (check `fig-2c`), W orthogonal and distinct variances are.

W is found by quasi-Newton ascent (`ica_optimiser`) from random rotations of the whitened x; for `orthogonal=True`, over
rotations of x itself. Whether the true sources are a maximum at all depends on prior and data: `ica_stability`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from identify.ica_optimiser import AscentConfig, Matrix, Rows, maximise
from identify.ica_priors import AutoregressiveNormal, EstimatedAutoregression, GeneralisedNormal, SourcePrior

__all__ = [
    "AutoregressiveNormal",
    "EstimatedAutoregression",
    "GeneralisedNormal",
    "LinearICA",
    "ShapedICA",
    "SourcePrior",
    "fit_linear_ica",
    "fit_shaped_ica",
    "likeliest_shapes",
    "objective_terms",
    "whitening",
]

_ROUNDS = 10


class LinearICA(NamedTuple):
    """Unmixing matrix W (sources are W x), the objective reached (nats a row), and whether the optimiser converged.

    `gradient_norm` is the largest entry of the relative gradient: its sampling error is about 1/sqrt(n).
    """

    unmixing: Matrix
    objective: float
    gradient_norm: float
    converged: bool
    steps: int


class ShapedICA(NamedTuple):
    """An unmixing with the prior whose shapes were chosen for it, one for each row of W."""

    ica: LinearICA
    prior: GeneralisedNormal


def objective_terms(x: Rows, unmixing: Matrix, prior: SourcePrior) -> Float[np.ndarray, " n"]:
    """Terms of F(W), one a row, in nats; their mean is the objective."""
    return prior.terms(x @ unmixing.T) + np.linalg.slogdet(unmixing)[1]


def fit_linear_ica(
    x: Rows,
    prior: SourcePrior,
    rng: np.random.Generator,
    orthogonal: bool = False,
    restarts: int = 3,
    config: AscentConfig | None = None,
) -> LinearICA:
    """Maximise F over W from several random starts; the best objective wins.

    `orthogonal` keeps W a rotation (x is then used as it comes, not whitened). Raises ValueError for NaN, fewer rows
    than 2 d, a singular covariance, a prior for another number of sources, or no start at all.
    """
    _check(x, restarts)
    basis = np.eye(x.shape[1]) if orthogonal else whitening(x)
    white = x @ basis.T
    found = [
        _ascend(white, prior, _random_rotation(x.shape[1], rng), orthogonal, config or AscentConfig())
        for _ in range(restarts)
    ]
    return _in_units_of(x, max(found, key=lambda one: one.objective), basis, prior)


def fit_shaped_ica(
    x: Rows,
    rng: np.random.Generator,
    shapes: tuple[float, ...] = (1.0, 4.0),
    restarts: int = 3,
    config: AscentConfig | None = None,
) -> ShapedICA:
    """Linear ICA where each source takes the likeliest of some generalised normal shapes: kurtoses may be mixed.

    Ascent at fixed shapes and choice of shapes alternate until the choice stays; neither lets the objective fall.
    Raises ValueError as `fit_linear_ica` does, and for no shapes.
    """
    _check(x, restarts)
    basis = whitening(x)
    white, tried = x @ basis.T, []
    for _ in range(restarts):
        unmixing, prior = _random_rotation(x.shape[1], rng), None
        for _ in range(_ROUNDS):
            chosen = GeneralisedNormal(likeliest_shapes(white @ unmixing.T, shapes))
            if chosen == prior:
                break
            prior = chosen
            found = _ascend(white, prior, unmixing, False, config or AscentConfig())
            unmixing = found.unmixing
        assert prior is not None
        tried.append((found, prior))
    best, prior = max(tried, key=lambda one: one[0].objective)
    return ShapedICA(_in_units_of(x, best, basis, prior), prior)


def likeliest_shapes(y: Rows, shapes: tuple[float, ...] = (1.0, 4.0)) -> tuple[float, ...]:
    """For each column the shape with the largest mean log density, each at its best scale: <|c y|^shape> = 1."""
    if not shapes:
        raise ValueError("shapes=(); give at least one shape to choose from")
    values = []
    for shape in shapes:
        prior = GeneralisedNormal(shape)
        scale = np.mean(np.abs(y) ** shape, axis=0) ** (-1 / shape)
        density = [prior.terms((scale[i] * y[:, i])[:, None]).mean() for i in range(y.shape[1])]
        values.append(np.array(density) + np.log(scale))
    return tuple(shapes[k] for k in np.argmax(values, axis=0))


def whitening(x: Rows) -> Matrix:
    """Principal axes of x, each scaled to unit mean square; raises ValueError for a singular second moment."""
    second = x.T @ x / len(x)
    values, vectors = np.linalg.eigh(second)
    if values[0] <= 1e-12 * values[-1]:
        raise ValueError("x has a singular covariance: fewer independent channels than columns; drop or project some")
    return (vectors / np.sqrt(values)).T


def _check(x: Rows, restarts: int) -> None:
    if x.ndim != 2 or len(x) < 2 * x.shape[1]:
        raise ValueError(f"x has shape {x.shape}; give at least twice as many rows as columns, shape [n d]")
    if not np.isfinite(x).all():
        raise ValueError(f"x has a NaN or infinite value, first in row {int(np.argmin(np.isfinite(x).all(1)))}")
    if restarts < 1:
        raise ValueError(f"restarts={restarts}; at least one start is needed")


def _random_rotation(d: int, rng: np.random.Generator) -> Matrix:
    q, r = np.linalg.qr(rng.standard_normal((d, d)))
    return q * np.sign(np.diag(r))


def _ascend(white: Rows, prior: SourcePrior, start: Matrix, orthogonal: bool, config: AscentConfig) -> LinearICA:
    found = maximise(white, prior, start, orthogonal, config)
    steps = len(found.objectives) - 1
    return LinearICA(found.unmixing, found.objectives[-1], found.gradient_norm, found.converged, steps)


def _in_units_of(x: Rows, found: LinearICA, basis: Matrix, prior: SourcePrior) -> LinearICA:
    """The same unmixing for x itself instead of its whitened form."""
    unmixing = found.unmixing @ basis
    return found._replace(unmixing=unmixing, objective=float(objective_terms(x, unmixing, prior).mean()))
