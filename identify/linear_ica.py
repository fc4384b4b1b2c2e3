r"""Linear ICA as LDM: maximise $F(W)=\langle\log P_\theta(Wx)\rangle+\log|\det W|$ (LDM eq. 3, up to H[x]).

The latent model is a product over sources; uniformity is exact, since for an invertible square map
$H[Wx]=H[x]+\log|\det W|$. The priors:

- `GeneralisedNormal(shape)`: $\log P(y)=-\frac1\beta|y|^\beta+$ const for every source. Unit scale loses nothing: W
  carries the scale. Shape above 2 suits sub-Gaussian sources, below 2 super-Gaussian ones; 2 identifies nothing.
- `AutoregressiveNormal(decay, variance)`: $y_t|y_{t-1}\sim\mathcal N(a_iy_{t-1},v_i(1-a_i^2))$, Ornstein-Uhlenbeck
  processes seen at equal steps. Gaussian sources are recoverable only because their laws differ; known variances and
  det W = 1 are not enough (check `fig-2c`), W orthogonal and distinct variances are.

W is found by L-BFGS on $W=BV$ with V whitening x; for `orthogonal=True`, on the rotation group (Cayley transform).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize

Rows = Float[np.ndarray, "n d"]
Matrix = Float[np.ndarray, "d d"]


@runtime_checkable
class SourcePrior(Protocol):
    """Factorised log density of sources, row by row, and its derivative with respect to the sources."""

    def terms(self, y: Rows) -> Float[np.ndarray, " n"]:
        """Log density of each row (given the row before it, if the prior is dynamic), in nats."""
        ...

    def gradient(self, y: Rows) -> Rows:
        """Derivative of the mean of `terms` with respect to y."""
        ...


@dataclass(frozen=True)
class GeneralisedNormal:
    """Density proportional to exp(-|y|^shape / shape), the same for every source."""

    shape: float

    def __post_init__(self) -> None:
        if not self.shape > 0:
            raise ValueError(
                f"shape={self.shape}; a generalised normal has a shape above 0 (2: Gaussian, 4: flat-topped)"
            )

    def terms(self, y: Rows) -> Float[np.ndarray, " n"]:
        """-|y|^shape / shape less the log normaliser, summed over sources."""
        b = self.shape
        log_normaliser = math.log(2) + math.lgamma(1 / b) + (1 / b - 1) * math.log(b)
        return -(np.abs(y) ** b / b + log_normaliser).sum(axis=1)

    def gradient(self, y: Rows) -> Rows:
        """-sign(y) |y|^(shape-1) / n; kinks of shapes up to 1 are rounded within 1e-3 of zero."""
        if self.shape > 1:
            return -np.sign(y) * np.abs(y) ** (self.shape - 1) / len(y)
        return -y * (y**2 + 1e-6) ** (self.shape / 2 - 1) / len(y)


@dataclass(frozen=True)
class AutoregressiveNormal:
    """Source i is a stationary Gaussian autoregression with coefficient decay[i] and variance variance[i]."""

    decay: tuple[float, ...]
    variance: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.decay) != len(self.variance):
            raise ValueError(
                f"decay has {len(self.decay)} entries, variance {len(self.variance)}; give one of each a source"
            )
        if any(not abs(a) < 1 for a in self.decay) or any(not v > 0 for v in self.variance):
            raise ValueError(f"decay={self.decay}, variance={self.variance}; need |decay| < 1 and variance > 0")

    @classmethod
    def ornstein_uhlenbeck(cls, theta: tuple[float, ...], sigma: float, step: float) -> AutoregressiveNormal:
        """dz = -theta z dt + sigma dB at times 0, step, 2 step, ..."""
        decay = tuple(math.exp(-one * step) for one in theta)
        return cls(decay, tuple(sigma**2 / (2 * one) for one in theta))

    def _residuals(self, y: Rows) -> tuple[Rows, Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
        a, v = np.asarray(self.decay), np.asarray(self.variance)
        if len(a) != y.shape[1]:
            raise ValueError(f"the prior has laws for {len(a)} sources, x has {y.shape[1]} columns; make them equal")
        noise = v * (1 - a**2)
        residuals = np.vstack([y[:1] * np.sqrt(1 - a**2), y[1:] - a * y[:-1]])
        return residuals, a, noise

    def terms(self, y: Rows) -> Float[np.ndarray, " n"]:
        """Gaussian log density of each row given the one before; the first row counts by its stationary law."""
        residuals, a, noise = self._residuals(y)
        terms = -0.5 * (residuals**2 / noise + np.log(2 * np.pi * noise)).sum(axis=1)
        terms[0] += 0.5 * np.log(1 - a**2).sum()
        return terms

    def gradient(self, y: Rows) -> Rows:
        """Derivative through both frames of every residual."""
        residuals, a, noise = self._residuals(y)
        pull = -residuals / noise
        out = pull.copy()
        out[0] *= np.sqrt(1 - a**2)
        out[:-1] -= a * pull[1:]
        return out / len(y)


class LinearICA(NamedTuple):
    """Unmixing matrix W (sources are W x), the objective reached, and whether the optimiser converged."""

    unmixing: Matrix
    objective: float
    gradient_norm: float
    converged: bool


def objective_terms(x: Rows, unmixing: Matrix, prior: SourcePrior) -> Float[np.ndarray, " n"]:
    """Terms of F(W), one a row, in nats; their mean is the objective."""
    return prior.terms(x @ unmixing.T) + np.linalg.slogdet(unmixing)[1]


def fit_linear_ica(
    x: Rows, prior: SourcePrior, rng: np.random.Generator, orthogonal: bool = False, restarts: int = 3
) -> LinearICA:
    """Maximise F over W from several random starts, by L-BFGS; the best objective wins.

    `orthogonal` keeps W a rotation (x is then used as it comes, neither centred nor whitened). Raises ValueError for
    NaN, fewer rows than 2 d, a singular covariance, a prior for another number of sources, or no start at all.
    """
    _check(x)
    if restarts < 1:
        raise ValueError(f"restarts={restarts}; at least one start is needed")
    d = x.shape[1]
    basis = np.eye(d) if orthogonal else _whitening(x)
    white = x @ basis.T
    best: LinearICA | None = None
    for _ in range(restarts):
        start = _random_rotation(d, rng)
        found = _rotate(white, prior, start) if orthogonal else _unmix(white, prior, start)
        candidate = LinearICA(found.unmixing @ basis, *found[1:])
        if best is None or candidate.objective > best.objective:
            best = candidate
    assert best is not None
    mean = objective_terms(x, best.unmixing, prior).mean()
    return best._replace(objective=float(mean))


def _check(x: Rows) -> None:
    if x.ndim != 2 or len(x) < 2 * x.shape[1]:
        raise ValueError(f"x has shape {x.shape}; give at least twice as many rows as columns, shape [n d]")
    if not np.isfinite(x).all():
        raise ValueError(f"x has a NaN or infinite value, first in row {int(np.argmin(np.isfinite(x).all(1)))}")


def _whitening(x: Rows) -> Matrix:
    second = x.T @ x / len(x)
    values, vectors = np.linalg.eigh(second)
    if values[0] <= 1e-12 * values[-1]:
        raise ValueError("x has a singular covariance: fewer independent channels than columns; drop or project some")
    return (vectors / np.sqrt(values)).T


def _random_rotation(d: int, rng: np.random.Generator) -> Matrix:
    q, r = np.linalg.qr(rng.standard_normal((d, d)))
    return q * np.sign(np.diag(r))


def _unmix(white: Rows, prior: SourcePrior, start: Matrix) -> LinearICA:
    d = white.shape[1]

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        w = flat.reshape(d, d)
        sign, log_det = np.linalg.slogdet(w)
        if sign == 0:
            return math.inf, np.zeros_like(flat)
        y = white @ w.T
        gradient = prior.gradient(y).T @ white + np.linalg.inv(w).T
        return -float(prior.terms(y).mean() + log_det), -gradient.ravel()

    found = minimize(loss, start.ravel(), jac=True, method="L-BFGS-B", options={"maxiter": 500, "gtol": 1e-7})
    return LinearICA(found.x.reshape(d, d), -float(found.fun), float(np.abs(found.jac).max()), bool(found.success))


def _rotate(x: Rows, prior: SourcePrior, start: Matrix) -> LinearICA:
    """Over rotations Q = (I - S)^-1 (I + S) Q_0, S skew: the Cayley chart about the start."""
    d = x.shape[1]
    upper = np.triu_indices(d, 1)

    def rotation(flat: np.ndarray) -> tuple[Matrix, Matrix]:
        skew = np.zeros((d, d))
        skew[upper] = flat
        skew -= skew.T
        inverse = np.linalg.inv(np.eye(d) - skew)
        return inverse @ (np.eye(d) + skew), inverse

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        turn, inverse = rotation(flat)
        y = x @ (turn @ start).T
        outer = prior.gradient(y).T @ (x @ start.T)
        # dQ = (I - S)^-1 dS (Q + I)
        pulled = inverse.T @ outer @ (turn + np.eye(d)).T
        return -float(prior.terms(y).mean()), -(pulled - pulled.T)[upper]

    found = minimize(loss, np.zeros(len(upper[0])), jac=True, method="L-BFGS-B", options={"maxiter": 500, "gtol": 1e-9})
    turn, _ = rotation(found.x)
    return LinearICA(turn @ start, -float(found.fun), float(np.abs(found.jac).max()), bool(found.success))
