r"""Covariance of the predicted state over time by doubling, and its steady state.

$$P_{t+1}=A(P_t^{-1}+J)^{-1}A^\top+Q,\qquad J=D^\top R^{-1}D.$$

n steps together have the same form with (A_n, J_n, Q_n) in place of (A, J, Q), and 2n steps follow from n (doubling
[anderson1978second]): $A_{2n}=A_n(I+Q_nJ_n)^{-1}A_n$, $Q_{2n}=Q_n+A_n(Q_n^{-1}+J_n)^{-1}A_n^\top$,
$J_{2n}=J_n+A_n^\top(J_n^{-1}+Q_n)^{-1}A_n$. Parameters that do not depend on the data therefore give the exact
covariances of all T frames in log2 T batched steps, with no approximation at the start of the sequence, and
Q_n itself tends to the steady state. Every P_t is Q_n plus a Gram matrix, hence positive definite by construction. The
relative error of P is about the machine's precision times the ratio of signal to noise variance, therefore float64
whatever the dtype of the system: these are k x k matrices, whose cost does not grow with the data. Invariant to data;
equivariant under changes of the state's basis.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from identify.covariance import cholesky
from identify.kalman_system import KalmanSystem, check_system

Square = Float[Tensor, "*#s k k"]


class Steps(NamedTuple):
    """n steps of the recursion at once: transition A_n, information J_n of the n frames, noise Q_n added."""

    transition: Float[Tensor, "s k k"]
    information: Float[Tensor, "s k k"]
    process: Float[Tensor, "s k k"]


def one_step(system: KalmanSystem) -> Steps:
    """The recursion's single step, in float64; the information of a frame is D^T R^-1 D."""
    transition, process, readout, noise = (part.double() for part in system[:4])
    whitened = torch.linalg.solve_triangular(cholesky(noise), readout, upper=False)
    return Steps(transition, whitened.mT @ whitened, process)


def _root(p: Square, j: Square) -> tuple[Square, Square]:
    """L with P = L L^T and G with I + L^T J L = G G^T, so that (P^-1 + J)^-1 = (L G^-T)(L G^-T)^T."""
    factor = cholesky(p)
    eye = torch.eye(p.shape[-1], dtype=p.dtype, device=p.device)
    return factor, cholesky(eye + factor.mT @ j @ factor)


def doubled(steps: Steps) -> Steps:
    """Twice as many steps."""
    a, j, q = steps
    factor, root = _root(q, j)
    before = torch.linalg.solve_triangular(factor, a, upper=False)
    informed = torch.linalg.solve_triangular(root, before, upper=False)
    after = torch.linalg.solve_triangular(root, (a @ factor).mT, upper=False)
    information = j + before.mT @ before - informed.mT @ informed
    return Steps(after.mT @ informed, information, q + after.mT @ after)


def _moved(path: Float[Tensor, "s t k k"], steps: Steps) -> Float[Tensor, "s t k k"]:
    """Each covariance n steps later."""
    a, j, q = (part[:, None] for part in steps)
    factor, root = _root(path, j)
    after = torch.linalg.solve_triangular(root, (a @ factor).mT, upper=False)
    return after.mT @ after + q


def predicted_covariances(system: KalmanSystem, length: int) -> Float[Tensor, "s t k k"]:
    """P_1..P_T in float64: covariance of h_t given z_1..z_{t-1}, exact for every t."""
    path, steps = system.initial[:, None].double(), one_step(system)
    while path.shape[1] < length:
        n = path.shape[1]
        path = torch.cat([path, _moved(path[:, : length - n], steps)], 1)
        if 2 * n < length:
            steps = doubled(steps)
    return path


class SteadyState(NamedTuple):
    """Limits of the recursion: predicted covariance P, gain K = P D^T S^-1, Cholesky factor of S = D P D^T + R.

    `steps` is the number of frames after which P from a perfectly known state was within the tolerance.
    """

    covariance: Float[Tensor, "s k k"]
    gain: Float[Tensor, "s k m"]
    factor: Float[Tensor, "s m m"]
    steps: int


def gain_and_factor(
    covariance: Square, readout: Float[Tensor, "*#s m k"], noise: Float[Tensor, "*#s m m"]
) -> tuple[Float[Tensor, "*s k m"], Float[Tensor, "*s m m"]]:
    """Gain and the Cholesky factor of the predictive covariance, from the covariance of the predicted state."""
    cross = readout @ covariance
    factor = cholesky(cross @ readout.mT + noise)
    half = torch.linalg.solve_triangular(factor, cross, upper=False)
    return torch.linalg.solve_triangular(factor.mT, half, upper=True).mT, factor


def steady_state(system: KalmanSystem, tolerance: float = 1e-6, doublings: int = 40) -> SteadyState:
    """Fixed point of the recursion; the last doubling changed no entry of P by more than tolerance * max |P|.

    Raises ValueError on bad systems and where P has not settled (a transition that is not stable and not observed).
    """
    check_system(system)
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance={tolerance}; it is a relative change, between 0 and 1")
    steps, change = one_step(system), math.inf
    for doubling in range(doublings):
        after = doubled(steps)
        change = float((after.process - steps.process).abs().amax().detach())
        steps = after
        if change <= tolerance * float(after.process.abs().amax().detach()):
            gain, factor = gain_and_factor(steps.process, system.readout.double(), system.noise.double())
            covariance, gain, factor = (part.to(system.process) for part in (steps.process, gain, factor))
            return SteadyState(covariance, gain, factor, 2**doubling)
    raise ValueError(
        f"transition: the covariance still changes by {change:.3g} after 2^{doublings} frames; give a stable "
        "transition, or observe the directions in which it is not"
    )
