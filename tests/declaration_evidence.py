"""Evidence for or against one assumption, from a world's latents and from its pieces.

Sampled evidence is a statistic with its bound under the declaration; false-alarm rate RATE per call.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy import stats
from torch import Tensor

from synthetic import Transition, World

RATE = 1e-8


def whitened_residuals(transition: Transition, z: Tensor) -> Tensor:
    """L^-1 (z_t - p(z_:t)), t >= 1, L L^T the declared covariance: standard normal and independent.

    Where the covariance is singular, in coordinates along its range.
    """
    basis, white = transition.directions, []
    for t in range(transition.lags, z.shape[1]):
        factor = torch.linalg.cholesky(basis.T @ transition.covariance(z[:, :t]) @ basis)
        residual = (z[:, t] - transition.mean(z[:, :t])) @ basis
        white.append(torch.linalg.solve_triangular(factor, residual.unsqueeze(-1), upper=False).squeeze(-1))
    return torch.cat(white)


def normality(sample: Tensor) -> tuple[float, float]:
    """Kolmogorov-Smirnov distance from N(0, 1) and its Massart bound sqrt(log(2 / RATE) / 2n)."""
    values = sample.flatten().numpy()
    return float(stats.kstest(values, "norm").statistic), math.sqrt(math.log(2 / RATE) / (2 * values.size))


def missed_distance(n: int, miss: float = 1e-3) -> float:
    """Distance from N(0, 1) that `normality` overlooks with probability at most `miss`: bound plus fluctuation."""
    return math.sqrt(math.log(2 / RATE) / (2 * n)) + math.sqrt(math.log(2 / miss) / (2 * n))


def dependence_of_spread(transition: Transition, z: Tensor) -> tuple[float, float]:
    """Largest rank correlation of |e|^2 with |z_{t-1}|^2 or a coordinate of z_{t-1}, and its bound."""
    spread = whitened_residuals(transition, z).square().sum(-1).numpy()
    past = torch.cat([z[:, t - 1] for t in range(transition.lags, z.shape[1])])
    features = torch.cat((past, past.square().sum(-1, keepdim=True)), -1).numpy()
    found = max(abs(float(stats.spearmanr(spread, feature).statistic)) for feature in features.T)
    return found, float(stats.norm.isf(RATE / 2 / features.shape[1])) / math.sqrt(len(spread) - 1)


def draws_at(transition: Transition, past: Tensor, n: int, seed: int) -> Tensor:
    """n draws of z_t for each past: [pasts, n, d]."""
    repeated = past.repeat_interleave(n, 0)
    return transition.sample(repeated, torch.Generator().manual_seed(seed)).unflatten(0, (len(past), n))


def drift(z: Tensor) -> tuple[float, float]:
    """Largest standardised change of a mean or a second moment between the first step and the last; its bound."""
    moments = [
        torch.cat((step, step.square(), step.square().sum(-1, keepdim=True)), -1) for step in (z[:, 0], z[:, -1])
    ]
    change = moments[1] - moments[0]
    spread = change.std(0).clamp_min(1e-9)  # |z|^2 is constant on a sphere, up to rounding
    score = (change.mean(0) / spread * math.sqrt(len(z))).abs().max()
    return float(score), float(stats.t.isf(RATE / 2 / change.shape[1], len(z) - 1))


def spanned_dimensions(world: World, z: Tensor) -> int:
    """Rank of the predicted means about their centre, relative tolerance 1e-3 on standard deviations."""
    means = torch.cat([world.transition.mean(z[:, :t]) for t in range(world.transition.lags, z.shape[1])])
    singular = torch.linalg.svdvals(means - means.mean(0)) / math.sqrt(len(means))
    return int((singular > 1e-3).sum())


def predictor_volumes(world: World, z: Tensor) -> Tensor:
    """Product of the singular values of the Jacobian of the predictor at each row of z (window, for several lags).

    By automatic differentiation, along the directions in which the latents can move; abs(det J) for one lag in R^d.
    """
    lags, space = world.transition.lags, world.transition.space
    windows = z.unfold(1, lags, 1).mT.flatten(0, 1).clone().requires_grad_()
    mean = world.transition.mean(windows)
    if not mean.requires_grad:
        return torch.zeros(len(windows), dtype=z.dtype)
    rows = [torch.autograd.grad(mean[:, i].sum(), windows, retain_graph=True)[0] for i in range(world.dim)]
    jacobian = torch.einsum("nikj,nkjl->nikl", torch.stack(rows, 1), space.tangent_projection(windows.detach()))
    return torch.linalg.svdvals(jacobian.flatten(-2)).prod(-1)


def fourth_cumulant_of_stretched_normal(gain: float) -> float:
    """Fourth cumulant of u + gain tanh(u), u ~ N(0, 1), by Gauss-Hermite quadrature; independent noise leaves it be."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    value, weights = nodes + gain * np.tanh(nodes), weights / weights.sum()
    return float(weights @ value**4 - 3 * (weights @ value**2) ** 2)
