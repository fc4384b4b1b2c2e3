r"""Normaliser of the von Mises-Fisher law on the unit sphere of $R^m$ and its derivative, in any dimension.

$$Z(\kappa)=\int e^{\kappa t}=|S^{m-1}|\;{}_0F_1(\tfrac m2;\tfrac{\kappa^2}4)
 =(2\pi)^{m/2}I_{m/2-1}(\kappa)\,\kappa^{1-m/2},\qquad
 \frac{d\log Z}{d\kappa}=A_m(\kappa)=\frac{I_{m/2}(\kappa)}{I_{m/2-1}(\kappa)}=|\langle z\rangle|$$

with respect to area; $A_2=I_1/I_0$, $A_3=\coth\kappa-1/\kappa$ (check `eq-56`). The hypergeometric form is regular at
$\kappa=0$, where $A=\kappa/m$. Values come from scipy's Bessel functions; where they underflow (large m), from the
uniform expansion for large order, whose error is below $m^{-4}$. Differentiable twice; the second
derivative loses digits as $\kappa^2$ times rounding.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from scipy import special
from torch import Tensor

from identify.latent_spaces import Sphere

# exp(500) is far from overflow, and 0F1(; a; kappa^2 / 4) <= exp(kappa).
_HYPERGEOMETRIC_UP_TO = 500.0


def log_hypergeometric(a: float, kappa: Float[np.ndarray, "*s"]) -> Float[np.ndarray, "*s"]:
    r"""$\log{}_0F_1(a;\kappa^2/4)=\log\Gamma(a)+(1-a)\log(\kappa/2)+\log I_{a-1}(\kappa)$, a >= 1, kappa >= 0."""
    small = kappa <= _HYPERGEOMETRIC_UP_TO
    out = np.empty(kappa.shape)
    out[small] = np.log(special.hyp0f1(a, kappa[small] ** 2 / 4))
    out[~small] = math.lgamma(a) - (a - 1) * np.log(kappa[~small] / 2) + _log_bessel(a - 1, kappa[~small])
    return out


def _log_bessel(order: float, kappa: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    scaled = special.ive(order, kappa)
    normal = scaled > np.finfo(float).tiny
    out = np.empty(kappa.shape)
    out[normal] = np.log(scaled[normal]) + kappa[normal]
    out[~normal] = _log_bessel_of_large_order(order, kappa[~normal])
    return out


def _log_bessel_of_large_order(order: float, kappa: Float[np.ndarray, " k"]) -> Float[np.ndarray, " k"]:
    """Debye's expansion to third order, uniform in kappa / order."""
    root = np.hypot(1, kappa / order)
    eta = root + np.log(kappa / order / (1 + root))
    t = 1 / root
    terms = (
        (3 * t - 5 * t**3) / 24 / order
        + (81 * t**2 - 462 * t**4 + 385 * t**6) / 1152 / order**2
        + (30375 * t**3 - 369603 * t**5 + 765765 * t**7 - 425425 * t**9) / 414720 / order**3
    )
    return order * eta - 0.5 * np.log(2 * math.pi * order * root) + np.log1p(terms)


def _numbers(kappa: Tensor) -> Float[np.ndarray, "*s"]:
    return np.asarray(kappa.detach().cpu().double().numpy())


def _like(values: np.ndarray, kappa: Tensor) -> Tensor:
    return torch.from_numpy(values).to(kappa)


def _length_over_kappa(kappa: Tensor, m: int) -> Tensor:
    numbers = _numbers(kappa)
    ratio = np.exp(log_hypergeometric(m / 2 + 1, numbers) - log_hypergeometric(m / 2, numbers)) / m
    return _like(np.asarray(ratio), kappa)


class _MeanLength(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, kappa: Tensor, m: int) -> Tensor:
        ratio = _length_over_kappa(kappa, m)
        ctx.m = m
        ctx.save_for_backward(kappa, ratio)
        return kappa * ratio

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        kappa, ratio = ctx.saved_tensors
        return grads[0] * (1 - (kappa * ratio).square() - (ctx.m - 1) * ratio), None


class _LogNormaliser(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, kappa: Tensor, m: int) -> Tensor:
        ctx.m = m
        ctx.save_for_backward(kappa)
        return _like(log_hypergeometric(m / 2, _numbers(kappa)), kappa)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (kappa,) = ctx.saved_tensors
        return grads[0] * mean_length(kappa, ctx.m), None


def _check(kappa: Tensor, m: int) -> None:
    if m < 2:
        raise ValueError(f"m={m}; a sphere needs a width of at least 2")
    if not bool((kappa >= 0).all() & kappa.isfinite().all()):
        raise ValueError("kappa has a negative, NaN or infinite entry; concentrations are finite and at least 0")


def mean_length(kappa: Float[Tensor, "*s"], m: int) -> Float[Tensor, "*s"]:
    """A_m(kappa), the length of the mean of z; its derivative is 1 - A^2 - (m - 1) A / kappa.

    Raises ValueError for m < 2 and for kappa that is negative or not finite.
    """
    _check(kappa, m)
    result: Tensor = _MeanLength.apply(kappa, m)
    return result


def log_normaliser(kappa: Float[Tensor, "*s"], m: int) -> Float[Tensor, "*s"]:
    """log Z(kappa) on the sphere of R^m, in nats; log area at kappa = 0.

    Raises ValueError for m < 2 and for kappa that is negative or not finite.
    """
    _check(kappa, m)
    above_uniform: Tensor = _LogNormaliser.apply(kappa, m)
    return Sphere(m).log_measure + above_uniform
