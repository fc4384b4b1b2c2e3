r"""The linear Gaussian state space model whose one-step predictive density is the Kalman latent model.

$$h_1\sim\mathcal N(\mu_1,P_1),\quad h_{t+1}=Ah_t+\mathcal N(0,Q),\quad z_t=c+Dh_t+\mathcal N(0,R_t).$$

Source: LDM eq. 15 [kalman1960new], whose print lacks D in the residual and the constant (check `eq-15`). The latent z
of the encoder, m wide, is what the filter observes; the state h is k wide and has no units: a change of its basis
changes no density. All shapes carry a leading axis of s networks (seeds) and, where data enter, of b sequences.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Windows = Float[Tensor, "s b t m"]
Observed = Bool[Tensor, "#s #b t m"]
"""True where an entry of z was observed; entries of z elsewhere are ignored, whatever they hold."""
StepNoise = Float[Tensor, "s #b t m m"]
"""Covariance R_t of every frame, in place of the system's own."""


class KalmanSystem(NamedTuple):
    """A, Q, D, R, c and the law of the first state, for s networks; Q, R and P_1 are covariances, not factors."""

    transition: Float[Tensor, "s k k"]
    process: Float[Tensor, "s k k"]
    readout: Float[Tensor, "s m k"]
    noise: Float[Tensor, "s m m"]
    offset: Float[Tensor, "s m"]
    initial_mean: Float[Tensor, "s k"]
    initial: Float[Tensor, "s k k"]


def check_system(system: KalmanSystem) -> None:
    """ValueError on shapes that do not belong together, values that are not finite, covariances not positive."""
    transition, readout = system.transition, system.readout
    if transition.ndim != 3 or transition.shape[1] != transition.shape[2]:
        raise ValueError(f"transition has shape {tuple(transition.shape)}; give one square matrix a network, [s k k]")
    if readout.ndim != 3:
        raise ValueError(f"readout has shape {tuple(readout.shape)}; give one matrix a network, [s m k]")
    s, k = transition.shape[:2]
    m = readout.shape[1]
    shapes = {
        "transition": (s, k, k),
        "process": (s, k, k),
        "readout": (s, m, k),
        "noise": (s, m, m),
        "offset": (s, m),
        "initial_mean": (s, k),
        "initial": (s, k, k),
    }
    for name, expected in shapes.items():
        value = getattr(system, name)
        if tuple(value.shape) != expected:
            raise ValueError(
                f"{name} has shape {tuple(value.shape)}; for {s} networks, {k} states and {m} latents give {expected}"
            )
        _check_finite(name, value)
    for name in ("process", "noise", "initial"):
        _check_covariance(name, getattr(system, name))


def check_data(z: Tensor, system: KalmanSystem, observed: Tensor | None, noise: Tensor | None) -> None:
    """ValueError on latents, masks and noise covariances that do not fit the system or each other."""
    s, m = system.readout.shape[:2]
    if z.ndim != 4 or z.shape[0] != s or z.shape[3] != m:
        raise ValueError(f"z has shape {tuple(z.shape)}; give [s b t m] with s={s} networks and m={m} latents")
    b, t = z.shape[1:3]
    if t == 0 or b == 0:
        raise ValueError(f"z has shape {tuple(z.shape)}; give at least one sequence of at least one frame")
    if observed is not None:
        _check_broadcast("observed", observed, ((1, s), (1, b), (t,), (m,)))
    _check_finite("z", z if observed is None else torch.where(observed, z, 0.0))
    if noise is not None:
        _check_broadcast("noise", noise, ((s,), (1, b), (t,), (m,), (m,)))
        _check_finite("noise", noise)
        _check_covariance("noise", noise)


def _check_broadcast(name: str, value: Tensor, allowed: tuple[tuple[int, ...], ...]) -> None:
    if value.ndim != len(allowed) or any(n not in sizes for n, sizes in zip(value.shape, allowed, strict=True)):
        wanted = " ".join(" or ".join(str(n) for n in sorted(set(sizes))) for sizes in allowed)
        raise ValueError(f"{name} has shape {tuple(value.shape)}; give [{wanted}]")


def _check_finite(name: str, value: Tensor) -> None:
    if not bool(value.isfinite().all()):
        first = (~value.isfinite()).nonzero()[0].tolist()
        raise ValueError(
            f"{name} is {float(value[tuple(first)].detach())} at index {first}; give finite values, or mark entries of "
            "z that are missing in observed"
        )


def _check_covariance(name: str, value: Tensor) -> None:
    gap = float((value - value.mT).abs().amax().detach())
    if gap > 1e-5 * float(value.abs().amax().detach()):
        raise ValueError(f"{name} differs from its transpose by {gap:.3g}; give a symmetric covariance")
    lowest = float(torch.linalg.eigvalsh(value.detach()).amin())
    if not lowest > 0:
        raise ValueError(
            f"{name} has an eigenvalue {lowest:.3g}; a covariance must be positive definite, add to its diagonal"
        )
