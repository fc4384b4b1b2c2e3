r"""Latent model $P_\theta(z_t|z_{:t})$: the predictive Gaussian $\mathcal N(z_t; p(z_{:t}), \Sigma)$.

Source: LDM eq. 60, Theorem 1.
$\Sigma$ does not depend on the past: Theorem 1 fails without that (its closed-form counterexample is `thm-1h`).
It is profiled, that is replaced by its maximum-likelihood value given the residuals, so that the objective is exactly
invariant under affine maps of the code that the structure allows: any for `full`, diagonal ones for `diagonal`,
similarities for `isotropic`. `fixed` holds $\sigma^2 I$ as the paper's non-contrastive methods do; it is scale-bound.
`filter` takes the covariances $\Sigma_t$ that a Kalman predictor learns (LDM eq. 15, the same for all sequences) and is
`full` wherever there are none: before the filter starts, and in the one covariance of a trained network.
`conditional` is the exception, **outside Theorem 1**: a mixture of `components` Gaussians whose weights, means and
covariances all depend on the past (`identify.mixture_predictor`). One component is the model of the counterexample
`thm-1h`; many are a free density. Nothing is profiled there, and the one covariance of a trained network is again that
of its residuals. It exists to show what those models do not identify.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from identify.covariance import cholesky, half_log_det, standardise

Residuals = Float[Tensor, "s n m"]
Factor = Float[Tensor, "s m m"]
"""Lower Cholesky factors of the noise covariance."""


@dataclass(frozen=True)
class GaussianConfig:
    """Structure of the predictive covariance; `sigma` is the noise level of `fixed`, `components` is `conditional`'s.

    Codes learned with `conditional` are not identified by Theorem 1.
    """

    covariance: Literal["full", "diagonal", "isotropic", "fixed", "filter", "conditional"] = "full"
    sigma: float = 1.0
    components: int = 1

    def __post_init__(self) -> None:
        if self.covariance not in ("full", "diagonal", "isotropic", "fixed", "filter", "conditional"):
            raise ValueError(
                f"covariance={self.covariance!r}; known are full, diagonal, isotropic, fixed, filter and conditional"
            )
        if not self.sigma > 0:
            raise ValueError(f"sigma={self.sigma}; a noise level must be above 0")
        if self.components < 1 or (self.components > 1 and self.covariance != "conditional"):
            raise ValueError(
                f"components={self.components} with covariance={self.covariance!r}; a mixture is 'conditional' and has "
                "at least one component, all else has one"
            )


def fit_factor(residuals: Residuals, config: GaussianConfig) -> Factor:
    """Cholesky factor of the maximum-likelihood covariance of the residuals (about zero) within the structure."""
    n, m = residuals.shape[-2:]
    eye = torch.eye(m, device=residuals.device, dtype=residuals.dtype)
    if config.covariance == "fixed":
        return (config.sigma * eye).expand(*residuals.shape[:-2], m, m)
    if config.covariance in ("full", "filter", "conditional"):
        return cholesky(residuals.mT @ residuals / n)
    variances = residuals.square().mean(-2)
    if config.covariance == "isotropic":
        variances = variances.mean(-1, keepdim=True).expand_as(variances)
    return torch.diag_embed(variances.sqrt())


def log_likelihood(residuals: Float[Tensor, "s b u m"], factors: Float[Tensor, "s u m m"]) -> Float[Tensor, "s"]:
    """Mean log density where every step u has a covariance of its own."""
    s, b, u, m = residuals.shape
    steps = log_prob(residuals.transpose(1, 2).reshape(s * u, b, m), factors.flatten(0, 1))
    return steps.reshape(s, -1).mean(-1)


def log_prob(residuals: Residuals, factor: Factor) -> Float[Tensor, "s n"]:
    """Gaussian log density of residuals under covariance L L^T, per sample, in nats."""
    scores = standardise(residuals, factor)
    constant = half_log_det(factor) + 0.5 * residuals.shape[-1] * math.log(2 * math.pi)
    return -0.5 * scores.square().sum(-1) - constant.unsqueeze(-1)


def profiled_log_likelihood(residuals: Residuals, config: GaussianConfig) -> Float[Tensor, "s"]:
    r"""Mean log density at the profiled covariance; its quadratic part is the constant m/2 (not for `fixed`)."""
    m = residuals.shape[-1]
    factor = fit_factor(residuals, config)
    if config.covariance == "fixed":
        return log_prob(residuals, factor).mean(-1)
    return -half_log_det(factor) - 0.5 * m * (1 + math.log(2 * math.pi))
