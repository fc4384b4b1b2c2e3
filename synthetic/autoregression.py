"""Autoregression of order p: z_t = M_1 z_{t-1} + .. + M_p z_{t-p} + e_t, e_t ~ N(0, Sigma).

Stationary iff the companion matrix C = [[M_1 .. M_p], [I 0]] has spectral radius below 1. The window
(z_{t-1}, .., z_{t-p}) then has covariance V = C V C^T + E Sigma E^T, E = [I 0 .. 0]^T, a discrete Lyapunov equation.

Undamped oscillators are the case p = 2 with M_1 = diag(2 cos w_i), M_2 = -I: without noise z_i = a_i sin(w_i t + b_i),
for w = (w_1, 2 w_1) and phases (b, 2 b) the figure-8 (sin b, sin 2 b). Two steps tell the branch at the crossing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from scipy import linalg
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.initial_law import GaussianWindow, InitialLaw
from synthetic.noise import Noise
from synthetic.predictor import Predictor

_MARGIN = 1e-9  # from a spectral radius of 1, where rounding decides


@dataclass(frozen=True, eq=False)
class AutoRegression(Predictor):
    """p(z_:t) = sum_k M_k z_{t-k}, M_1 first. ValueError for no matrix, and at a past shorter than p steps."""

    matrices: Float[Tensor, "p d d"]

    def __post_init__(self) -> None:
        if self.matrices.ndim != 3 or not len(self.matrices) or self.matrices.shape[1] != self.matrices.shape[2]:
            raise ValueError(f"matrices have shape {tuple(self.matrices.shape)}: give [lags d d], at least one lag")

    @property
    def dim(self) -> int:
        """Dimension d of z."""
        return self.matrices.shape[1]

    @property
    def lags(self) -> int:
        """The order p."""
        return self.matrices.shape[0]

    @property
    def companion(self) -> Float[Tensor, "pd pd"]:
        """C, which carries (z_{t-1}, .., z_{t-p}) to (z_t, .., z_{t-p+1})."""
        size = self.dim * self.lags
        shift = torch.eye(size, dtype=torch.float64)[: size - self.dim]
        return torch.cat((torch.cat(tuple(self.matrices.double()), -1), shift))

    @property
    def spectral_radius(self) -> float:
        """Largest modulus of an eigenvalue of C."""
        return float(torch.linalg.eigvals(self.companion).abs().max())

    @property
    def declarations(self) -> Declarations:
        """Both hold iff [M_1 .. M_p] has rank d (the pasts fill all of their space)."""
        rank = int(torch.linalg.matrix_rank(torch.cat(tuple(self.matrices), -1)))
        verdict = Declaration(rank == self.dim, f"linear in {self.lags} steps, of rank {rank} in {self.dim} dimensions")
        return {Assumption.COVERAGE: verdict, Assumption.ROW_RANK: verdict}

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The matrices times the latest steps."""
        if past.shape[-2] < self.lags:
            raise ValueError(f"past has {past.shape[-2]} steps, lags={self.lags}: start from at least that many")
        latest_first = past[..., -self.lags :, :].flip(-2)
        return torch.einsum("kij,...kj->...i", self.matrices.to(past), latest_first)

    def jacobian(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d d"]:
        """M_1."""
        return self.matrices[0].to(past).expand(*past.shape[:-2], -1, -1)


def stationary_window(predictor: AutoRegression, noise: Noise) -> GaussianWindow:
    """The stationary law of p steps under Gaussian noise.

    ValueError for a spectral radius of 1 or more, other noise than Gaussian of constant covariance, and dimensions
    that differ.
    """
    if not predictor.spectral_radius < 1 - _MARGIN:
        raise ValueError(
            f"matrices have spectral radius {predictor.spectral_radius:.6g}: no law is stationary; shrink them below 1"
        )
    if noise.covariance is None or not noise.declarations[Assumption.GAUSSIAN_NOISE].holds:
        raise ValueError(f"noise={type(noise).__name__}: give Gaussian noise of constant covariance, or another start")
    dim, size = predictor.dim, predictor.dim * predictor.lags
    if noise.dim != dim:
        raise ValueError(f"predictor has dimension {dim}, noise {noise.dim}: give both the same dimension")
    forced = torch.zeros(size, size, dtype=torch.float64)
    forced[:dim, :dim] = noise.covariance
    latest_first = torch.from_numpy(linalg.solve_discrete_lyapunov(predictor.companion.numpy(), forced.numpy()))
    order = torch.arange(size).reshape(predictor.lags, dim).flip(0).flatten()
    symmetric = (latest_first + latest_first.T) / 2
    return GaussianWindow(symmetric[order][:, order], predictor.lags)


def oscillators(frequencies: tuple[float, ...], damping: float = 1.0) -> AutoRegression:
    """z_i = damping^t a_i sin(w_i t + b_i) without noise; w in radians a step.

    ValueError unless 0 < damping <= 1 and every w lies strictly between 0 and pi.
    """
    if not 0 < damping <= 1:
        raise ValueError(f"damping={damping}: take 0 < damping <= 1")
    if not frequencies or not all(0 < w < math.pi for w in frequencies):
        raise ValueError(f"frequencies={frequencies}: give at least one, each strictly between 0 and pi radians a step")
    w = torch.tensor(frequencies, dtype=torch.float64)
    before_last = -(damping**2) * torch.eye(len(w), dtype=torch.float64)
    return AutoRegression(torch.stack((torch.diag(2 * damping * torch.cos(w)), before_last)))


@dataclass(frozen=True)
class OnLissajous(InitialLaw):
    """Two steps of (sin(k_i b))_i, b uniform on the circle and then `advance` further; harmonics k = (1, 2): figure-8.

    ValueError for no harmonic or one below 1.
    """

    harmonics: tuple[int, ...]
    advance: float

    def __post_init__(self) -> None:
        if not self.harmonics or min(self.harmonics) < 1:
            raise ValueError(f"harmonics={self.harmonics}: give at least one, each 1 or more")

    @property
    def dim(self) -> int:
        """Number of harmonics."""
        return len(self.harmonics)

    def sample(self, n: int, generator: torch.Generator) -> Float[Tensor, "n s d"]:
        """n draws of two steps each."""
        device = generator.device
        start = 2 * math.pi * torch.rand(n, 1, 1, generator=generator, dtype=torch.float64, device=device)
        steps = torch.tensor([[0.0], [self.advance]], dtype=torch.float64, device=device)
        return torch.sin((start + steps) * torch.tensor(self.harmonics, device=device))
