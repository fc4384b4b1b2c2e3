r"""Learned parameters of a Kalman system: every value of the raw parameters is a stable system with valid covariances.

- Transition: $A=ML^{-\top}$ with $LL^\top=I+M^\top M$. Then $A^\top A=I-L^{-1}L^{-\top}$, so the spectral norm of A,
  and with it the spectral radius, is below 1. M -> A is a smooth bijection onto all such matrices, and nothing is lost:
  every A with spectral radius below 1 has norm below 1 in a suitable basis of the state (Lyapunov), which the other
  parameters are free to follow.
- Covariances Q, R, P_1: $LL^\top$ with L lower triangular, its diagonal the exponential of a free one.
- D, c and the first state's mean are free.

Source of the model: LDM eq. 15. The basis of the state stays free (orthogonal maps at least), so single entries mean
nothing across seeds; predictions do.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn

from identify.batched_linear import Generators
from identify.covariance import cholesky
from identify.kalman_system import KalmanSystem, check_system

Square = Float[Tensor, "*s k k"]


def contraction(free: Square) -> Square:
    """A = M L^-T, the matrix of norm below 1 that belongs to M."""
    eye = torch.eye(free.shape[-1], dtype=free.dtype, device=free.device)
    return torch.linalg.solve_triangular(cholesky(eye + free.mT @ free), free.mT, upper=False).mT


def contraction_inverse(transition: Square) -> Square:
    """M such that contraction(M) = A; ValueError where a norm is not below 1."""
    norm = float(torch.linalg.matrix_norm(transition.detach(), 2).amax())
    if not norm < 1:
        raise ValueError(
            f"transition has norm {norm:.6g}; give a norm below 1, in another basis of the state if stable"
        )
    eye = torch.eye(transition.shape[-1], dtype=transition.dtype, device=transition.device)
    inverse = cholesky(eye - transition.mT @ transition)
    return torch.linalg.solve_triangular(inverse, transition.mT, upper=False).mT


def covariance_of(free: Square) -> Square:
    """L L^T, L the strict lower triangle of the raw matrix and the exponential of its diagonal."""
    factor = free.tril(-1) + torch.diag_embed(free.diagonal(dim1=-2, dim2=-1).exp())
    return factor @ factor.mT


def covariance_inverse(covariance: Square) -> Square:
    """A raw matrix (zero above the diagonal) of this covariance."""
    factor = cholesky(covariance)
    return factor.tril(-1) + torch.diag_embed(factor.diagonal(dim1=-2, dim2=-1).log())


class KalmanParameters(nn.Module):
    """Systems of s networks with k states and m latents; each draws transition and readout from its own generator."""

    def __init__(self, width: int, states: int, generators: Generators) -> None:
        super().__init__()
        s, scale = len(generators), 1 / math.sqrt(states)
        draws = [torch.randn(states + width, states, generator=generator) * scale for generator in generators]
        transition, readout = torch.stack(draws).split((states, width), 1)
        self.transition = nn.Parameter(transition.clone())
        self.readout = nn.Parameter(readout.clone())
        self.process = nn.Parameter(torch.zeros(s, states, states))
        self.noise = nn.Parameter(torch.zeros(s, width, width))
        self.offset = nn.Parameter(torch.zeros(s, 1, width))
        self.initial_mean = nn.Parameter(torch.zeros(s, 1, states))
        self.initial = nn.Parameter(torch.zeros(s, states, states))

    def system(self) -> KalmanSystem:
        """The systems of the current parameters."""
        return KalmanSystem(
            contraction(self.transition),
            covariance_of(self.process),
            self.readout,
            covariance_of(self.noise),
            self.offset[:, 0],
            self.initial_mean[:, 0],
            covariance_of(self.initial),
        )

    def assign(self, system: KalmanSystem, network: int) -> None:
        """Let one network take over a single system (s = 1) of the same sizes.

        ValueError on bad systems and where the transition's norm is not below 1.
        """
        check_system(system)
        raw = {
            "transition": contraction_inverse(system.transition),
            "process": covariance_inverse(system.process),
            "readout": system.readout,
            "noise": covariance_inverse(system.noise),
            "offset": system.offset[:, None],
            "initial_mean": system.initial_mean[:, None],
            "initial": covariance_inverse(system.initial),
        }
        for name, value in raw.items():
            expected = (1, *getattr(self, name).shape[1:])
            if value.shape != expected:
                raise ValueError(
                    f"{name}: the system gives shape {tuple(value.shape)}, one network's parameters have {expected}; "
                    "give one system of the same sizes"
                )
        for name, value in raw.items():
            getattr(self, name).data[network] = value[0]
