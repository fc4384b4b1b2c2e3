"""Periodic functions from their values on an even grid, f(a) = sum over |k| <= K of c_k exp(i k a), period 2 pi.

For analytic f the error falls exponentially in the number of nodes. The running integral is c_0 a plus a periodic
function, and a density on the circle is inverted by Newton steps inside a bracket.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Complex, Float
from torch import Tensor

_STEPS = 12  # Newton steps after the grid has placed the root within one cell


def grid(nodes: int) -> Float[Tensor, "k"]:
    """Angles 0, 2 pi / k, .. in radians, float64. ValueError for fewer than four."""
    if nodes < 4:
        raise ValueError(f"nodes={nodes} resolve no function: take at least 4")
    return 2 * math.pi * torch.arange(nodes, dtype=torch.float64) / nodes


@dataclass(frozen=True, eq=False)
class FourierSeries:
    """Coefficients c_0 .. c_K of real periodic functions: one for all angles, or one for each of a batch of angles."""

    coefficients: Complex[Tensor, "*law k"]

    @classmethod
    def through(cls, values: Float[Tensor, "*law n"]) -> FourierSeries:
        """The series through values on `grid(n)`, cut where all further coefficients are below rounding."""
        spectrum = torch.fft.rfft(values.double())[..., : (values.shape[-1] + 1) // 2] / values.shape[-1]
        relative = (spectrum.abs() / spectrum[..., :1].abs().clamp_min(1e-300)).reshape(-1, spectrum.shape[-1]).amax(0)
        return cls(spectrum[..., : max(2, int((relative > 1e-17).nonzero().max()) + 1)])

    def __call__(self, angle: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """f(angle)."""
        return self.coefficients[..., 0].real + _periodic(self._harmonics, angle)

    def integral(self, angle: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """Integral of f from 0 to angle."""
        start = 2 * self._antiderivative.sum(0).real
        return self.coefficients[..., 0].real * angle + _periodic(self._antiderivative, angle) - start

    def quantile(self, level: Float[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
        """The angle in [0, 2 pi] whose integral is `level`, for f >= 0 and level between 0 and f's total."""
        low, high = self._cell(level)
        angle = (low + high) / 2
        for _ in range(_STEPS):
            excess = self.integral(angle) - level
            low, high = torch.where(excess < 0, angle, low), torch.where(excess < 0, high, angle)
            newton = angle - excess / self(angle).clamp_min(torch.finfo(angle.dtype).tiny)
            angle = torch.where((newton >= low) & (newton <= high), newton, (low + high) / 2)
        return angle

    @cached_property
    def _harmonics(self) -> Tensor:
        """c_1 .. c_K along the first axis."""
        return self.coefficients[..., 1:].movedim(-1, 0).contiguous()

    @cached_property
    def _antiderivative(self) -> Tensor:
        k = torch.arange(1, self.coefficients.shape[-1], device=self.coefficients.device)
        return (self.coefficients[..., 1:] / (1j * k)).movedim(-1, 0).contiguous()

    def _cell(self, level: Tensor) -> tuple[Tensor, Tensor]:
        """Neighbouring grid angles between whose integrals the level lies."""
        nodes = 4 * self.coefficients.shape[-1]
        edges = torch.cat((grid(nodes), torch.tensor([2 * math.pi], dtype=torch.float64))).to(level.device)
        flat = torch.cat((torch.zeros_like(self._antiderivative[:1]), self._antiderivative)).movedim(0, -1)
        swing = torch.fft.irfft(flat * nodes, nodes)
        reached = torch.cat((swing, swing[..., :1]), -1) - swing[..., :1]
        reached = (reached + self.coefficients[..., :1].real * edges).cummax(-1).values
        if reached.ndim == 1:
            right = torch.searchsorted(reached, level)
        else:
            right = torch.searchsorted(reached, level.unsqueeze(-1)).squeeze(-1)
        right = right.clamp(1, nodes)
        return edges[right - 1], edges[right]


def _periodic(harmonics: Tensor, angle: Tensor) -> Tensor:
    """2 Re sum over k >= 1 of c_k w^k, w = exp(i angle), by Horner's rule."""
    w = torch.polar(torch.ones_like(angle), angle)
    total = torch.zeros_like(w)
    for coefficient in reversed(harmonics):
        total = (total + coefficient) * w
    return 2 * total.real
