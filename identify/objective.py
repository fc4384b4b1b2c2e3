r"""The objective: alignment plus uniformity, $F=\langle\log P_\theta(z_t|z_{:t})\rangle+H$ (LDM eq. 5, 6, 12, 13).

Both parts are means over predicted frames, in nats per frame. With a profiled full covariance and an estimator on
whitened codes, F is exactly invariant under invertible affine maps of the code: it cannot tell apart what Theorem 1
does not tell apart, and the value at the true latents is what any encoder can be held against.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from identify import latent_models
from identify.entropy import log_det_terms
from identify.methods import Method
from identify.whitened_alignment import WhitenedConfig

Windows = Float[Tensor, "s b t m"]
Predictions = Float[Tensor, "s b u m"]


class Objective(NamedTuple):
    """Alignment and entropy of s networks, nats per predicted frame; their sum is to be maximised."""

    alignment: Float[Tensor, "s"]
    entropy: Float[Tensor, "s"]


class HeldOut(NamedTuple):
    """Objective on sequences that training never saw, and its standard error over sequences (nats per frame)."""

    value: float
    standard_error: float


def _entropy_terms(z: Windows, method: Method, gaussian: bool, samples: int | None = None) -> Float[Tensor, "s n"]:
    """One term a frame, or of `samples` frames evenly spaced in time."""
    terms = log_det_terms if gaussian else method.entropy.terms()
    target, past = z[:, :, 1:].flatten(1, 2), z[:, :, :-1].flatten(1, 2)
    n = target.shape[1]
    if samples is not None and samples < n and terms is not log_det_terms:
        kept = torch.arange(samples, device=z.device) * n // samples
        target, past = target[:, kept], past[:, kept]
    if method.form == "MI":
        return terms(target)
    return terms(torch.cat([target, past], -1)) - terms(past)


def training_objective(
    z: Windows,
    predictions: Predictions,
    method: Method,
    gaussian: bool,
    factors: Float[Tensor, "s u m m"] | None = None,
    densities: Float[Tensor, "s b u"] | None = None,
) -> Objective:
    """What one gradient step maximises; `gaussian` replaces the estimator by log det (the warm start).

    `factors` are the predictor's own covariances of every step; only the latent model `filter` reads them. `densities`
    are the predictor's own log densities of every frame; only `conditional` reads them, and ValueError without them.
    Stop-gradient (LDM eq. 54) detaches the target and drops the entropy: its value is the alignment alone.
    """
    if isinstance(method.latent, WhitenedConfig):
        return Objective(*(terms.mean(-1) for terms in _whitened_terms(z, method.latent)))
    target = z[:, :, 1:]
    stopped = method.entropy.kind == "stop_gradient"
    residuals = (target.detach() if stopped else target) - predictions
    if method.latent.covariance == "conditional":
        alignment = _own(densities).mean((1, 2))
    elif factors is not None and method.latent.covariance == "filter":
        alignment = latent_models.log_likelihood(residuals, factors)
    else:
        alignment = latent_models.profiled_log_likelihood(residuals.flatten(1, 2), method.latent)
    if stopped:
        return Objective(alignment, torch.zeros_like(alignment))
    return Objective(alignment, _entropy_terms(z, method, gaussian, method.entropy.samples).mean(-1))


def _whitened_terms(z: Windows, latent: WhitenedConfig) -> tuple[Tensor, Tensor]:
    return latent.alignment_terms(z), latent.normality_terms(z)


def _own(densities: Tensor | None) -> Tensor:
    if densities is None:
        raise ValueError("densities=None; covariance='conditional' needs the log densities of its predictor, give them")
    return densities


def held_out_objective(
    z: Float[Tensor, "b t m"],
    residuals: Float[Tensor, "b u m"],
    factor: Float[Tensor, "m m"],
    method: Method,
    densities: Float[Tensor, "b u"] | None = None,
) -> HeldOut:
    """Value on held-out windows, with a noise covariance (Cholesky factor) that was fitted elsewhere.

    `densities`, log densities of every frame given its past, replace the Gaussian of that covariance, and `conditional`
    needs them. Whitened codes have no latent model and read neither.

    The same function serves a trained network and the true latents with their true transition (the oracle), so that
    the two differ only in what they are given. The standard error is over the mean term of each sequence. A code
    without a proper density (collapsed, singular) has value -inf.
    """
    if isinstance(method.latent, WhitenedConfig):
        terms = torch.stack(_whitened_terms(z[None], method.latent)).sum(0)
    else:
        if densities is None and method.latent.covariance != "conditional":
            terms = latent_models.log_prob(residuals.flatten(0, 1)[None], factor[None])
        else:
            terms = _own(densities).flatten()[None]
        terms = terms + _entropy_terms(z[None], method, gaussian=False)
    if not bool(terms.isfinite().all()):
        return HeldOut(-math.inf, math.nan)
    per_sequence = terms.reshape(residuals.shape[:2]).mean(-1)
    return HeldOut(float(per_sequence.mean()), float(per_sequence.std()) / math.sqrt(len(per_sequence)))
