r"""Ascent of $F(W)=\langle\log P_\theta(Wx)\rangle+\log|\det W|$ (LDM eq. 3) by relative steps $W\leftarrow(1+D)W$.

The relative gradient is $G=1-\langle\varphi(y)y^\top\rangle$, $\varphi=-(\log p)'$; natural-gradient ascent follows it
[amari1996new]. `maximise` follows it by L-BFGS, preconditioned by the second derivative as it is for independent
sources: pairs (i, j), (j, i) with the block [[h_ij, 1], [1, h_ji]] [ablin2018faster]. On rotations D is skew and the
step is its exponential. F never falls: a step is halved until it gains, and where no step gains, the search ends
unconverged. Equivariant: the path in W A^-1 on data A x is that in W on x.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.linalg import expm

from identify.ica_priors import SourcePrior

Rows = Float[np.ndarray, "n d"]
Matrix = Float[np.ndarray, "d d"]

_HALVINGS = 25
_SUFFICIENT = 1e-4
_LEAST_CURVATURE = 0.01
"""Preconditioner blocks are lifted to this eigenvalue, so that the direction always ascends."""


@dataclass(frozen=True)
class AscentConfig:
    """When to stop (largest entry of the relative gradient, or steps), and how many steps L-BFGS remembers."""

    tolerance: float = 1e-6
    steps: int = 300
    memory: int = 7

    def __post_init__(self) -> None:
        if not self.tolerance > 0 or self.steps < 1 or self.memory < 0:
            raise ValueError(
                f"tolerance={self.tolerance}, steps={self.steps}, memory={self.memory}; need a tolerance above 0, at "
                "least one step and no negative memory"
            )


class Ascent(NamedTuple):
    """Where an ascent ended, the objective after each step (the start first), and the largest gradient entry."""

    unmixing: Matrix
    objectives: tuple[float, ...]
    gradient_norm: float
    converged: bool


class Path(NamedTuple):
    """Unmixing matrices along natural-gradient ascent, the start first, and the objective at each (nats a row)."""

    unmixing: Float[np.ndarray, "k d d"]
    objective: Float[np.ndarray, " k"]


def maximise(
    x: Rows, prior: SourcePrior, start: Matrix, orthogonal: bool = False, config: AscentConfig | None = None
) -> Ascent:
    """Quasi-Newton ascent of F from `start`; with `orthogonal`, over rotations of it."""
    config = config or AscentConfig()
    unmixing, y = start, x @ start.T
    values = [_objective(y, unmixing, prior)]
    memory: deque[tuple[Matrix, Matrix]] = deque(maxlen=config.memory)
    gradient, curvature = _relative(y, prior, orthogonal)
    for _ in range(config.steps):
        if np.abs(gradient).max() <= config.tolerance:
            break
        found = None
        for recalled in (memory, ()) if memory else ((),):
            direction = _direction(gradient, curvature, tuple(recalled), orthogonal)
            found = _search(x, unmixing, direction, gradient, values[-1], prior, orthogonal)
            if found is not None:
                break
            memory.clear()
        if found is None:
            break
        step, unmixing, y, value = found
        values.append(value)
        previous = gradient
        gradient, curvature = _relative(y, prior, orthogonal)
        if float(np.sum(step * (previous - gradient))) > 1e-12 * float(np.sum(step**2)):
            memory.append((step, previous - gradient))
    norm = float(np.abs(gradient).max())
    return Ascent(unmixing, tuple(values), norm, norm <= config.tolerance)


def natural_gradient_path(
    x: Rows, prior: SourcePrior, start: Matrix, steps: int = 200, rate: float = 0.1, tolerance: float = 1e-6
) -> Path:
    """Natural-gradient ascent with a small step, every matrix kept: `rate` times the relative gradient, halved to gain.

    Raises ValueError for a rate that is not above 0 or fewer than one step.
    """
    if not rate > 0 or steps < 1:
        raise ValueError(f"rate={rate}, steps={steps}; need a rate above 0 and at least one step")
    unmixing, y = start, x @ start.T
    kept, values = [unmixing], [_objective(y, unmixing, prior)]
    for _ in range(steps):
        gradient = prior.gradient(y).T @ y + np.eye(len(start))
        if np.abs(gradient).max() <= tolerance:
            break
        found = _search(x, unmixing, rate * gradient, gradient, values[-1], prior, False)
        if found is None:
            break
        _, unmixing, y, value = found
        kept.append(unmixing)
        values.append(value)
    return Path(np.stack(kept), np.array(values))


def _objective(y: Rows, unmixing: Matrix, prior: SourcePrior) -> float:
    return float(prior.terms(y).mean() + np.linalg.slogdet(unmixing)[1])


def _relative(y: Rows, prior: SourcePrior, orthogonal: bool) -> tuple[Matrix, Matrix]:
    """Relative gradient and curvature; on rotations, their part along skew matrices."""
    moments, curvature = prior.gradient(y).T @ y, prior.curvature(y)
    if not orthogonal:
        return moments + np.eye(len(moments)), curvature
    # the exponential's second order adds the pull along each source
    pull = np.diag(moments)
    return (moments - moments.T) / 2, curvature + curvature.T + pull[:, None] + pull


def _search(
    x: Rows, unmixing: Matrix, direction: Matrix, gradient: Matrix, value: float, prior: SourcePrior, orthogonal: bool
) -> tuple[Matrix, Matrix, Rows, float] | None:
    """The first of the steps 1, 1/2, 1/4, ... that gains enough: step, matrix, sources, objective."""
    slope, length = float(np.sum(direction * gradient)), 1.0
    for _ in range(_HALVINGS if slope > 0 else 0):
        step = length * direction
        moved = (expm(step) if orthogonal else np.eye(len(step)) + step) @ unmixing
        y = x @ moved.T
        with np.errstate(over="ignore", invalid="ignore"):
            reached = _objective(y, moved, prior)
        if reached >= value + _SUFFICIENT * length * slope and reached > value:
            return step, moved, y, reached
        length /= 2
    return None


def _direction(
    gradient: Matrix, curvature: Matrix, memory: tuple[tuple[Matrix, Matrix], ...], orthogonal: bool
) -> Matrix:
    """L-BFGS in two loops over (step, loss of gradient), about the block preconditioner of this point."""
    out, weights = gradient.copy(), []
    for step, change in reversed(memory):
        weight = np.sum(step * out) / np.sum(step * change)
        weights.append(weight)
        out -= weight * change
    out = _rotations(out, curvature) if orthogonal else _blocks(out, curvature)
    for (step, change), weight in zip(memory, reversed(weights), strict=True):
        out += (weight - np.sum(change * out) / np.sum(step * change)) * step
    return out


def _rotations(gradient: Matrix, curvature: Matrix) -> Matrix:
    return 2 * gradient / np.maximum(curvature, _LEAST_CURVATURE)


def _blocks(gradient: Matrix, curvature: Matrix) -> Matrix:
    """Solve every pair's block, lifted to positive eigenvalues; sources' scales on the diagonal."""
    other = curvature.T
    least = (curvature + other) / 2 - np.sqrt(((curvature - other) / 2) ** 2 + 1)
    lifted = curvature + np.maximum(0, _LEAST_CURVATURE - least)
    determinant = lifted * lifted.T - 1
    np.fill_diagonal(determinant, 1)
    out = (lifted.T * gradient - gradient.T) / determinant
    np.fill_diagonal(out, np.diag(gradient) / np.maximum(np.diag(curvature) + 1, _LEAST_CURVATURE))
    return out
