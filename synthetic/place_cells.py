r"""Firing rates of place cells on a circular track: $\lambda_i(z)=b+a_i\,\tau_i(z)$, in spikes per second.

z = (cos u, sin u) is the position. Tuning $\tau_i$ is 1 at the cell's own place $u_i$ and has width $w_i$ radians:

| class | tuning | on R^2 |
|---|---|---|
| VonMisesCells | $\exp((z\cdot c_i-1)/w_i^2)$, $c_i=(\cos u_i,\sin u_i)$ | injective where the $c_i$ span the plane |
| GaussianCells | $\exp(-(u-u_i)^2/2w_i^2)$, the difference wrapped to a half turn | sees the direction only |

The log of a rate above the background gives $z\cdot c_i$, or how far u is from $u_i$; two cells that are neither at one
place nor opposite each other give z.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import Mixing


@dataclass(frozen=True, eq=False)
class PlaceCells(Mixing):
    """Cells of the given places [radians], widths [radians] and peaks [Hz] over one background rate [Hz].

    ValueError for no neuron, other sizes, or widths, peaks or a background that are not positive.
    """

    places: Float[Tensor, "p"]
    widths: Float[Tensor, "p"]
    peaks: Float[Tensor, "p"]
    background: float = 0.5

    def __post_init__(self) -> None:
        sizes = {len(one) for one in (self.places, self.widths, self.peaks)}
        if sizes == {0} or len(sizes) > 1:
            raise ValueError(f"places, widths and peaks have sizes {sorted(sizes)}: give each neuron one, at least one")
        for name in ("widths", "peaks"):
            if not bool((getattr(self, name) > 0).all()):
                raise ValueError(f"{name} has smallest entry {float(getattr(self, name).min()):g}: take all above 0")
        if not self.background > 0:
            raise ValueError(f"background={self.background}: take background > 0, a rate that is never zero")

    @classmethod
    def drawn(
        cls,
        neurons: int,
        generator: torch.Generator,
        *,
        width: tuple[float, float] = (0.25, 0.5),
        peak: tuple[float, float] = (5.0, 25.0),
        background: float = 0.5,
    ) -> PlaceCells:
        """Places uniform on the track; widths and peaks uniform between the two numbers. ValueError for neurons < 1."""
        if neurons < 1:
            raise ValueError(f"neurons={neurons} fire nothing: take neurons >= 1")
        for name, (low, high) in (("width", width), ("peak", peak)):
            if not 0 < low <= high:
                raise ValueError(f"{name}={low, high}: take 0 < low <= high")
        uniform = torch.rand(3, neurons, generator=generator, dtype=torch.float64, device=generator.device)
        return cls(
            2 * math.pi * uniform[0],
            width[0] + (width[1] - width[0]) * uniform[1],
            peak[0] + (peak[1] - peak[0]) * uniform[2],
            background,
        )

    @property
    def input_dim(self) -> int:
        """Two: the track lies in the plane."""
        return 2

    @property
    def output_dim(self) -> int:
        """Number of neurons."""
        return len(self.places)

    @property
    def centres(self) -> Float[Tensor, "p 2"]:
        """c_i."""
        return torch.stack((self.places.cos(), self.places.sin()), -1)

    @property
    def injective(self) -> Declaration:
        """On the track: two cells that are neither at one place nor opposite each other."""
        spread = bool(torch.linalg.matrix_rank(self.centres) == 2)
        return Declaration(spread, f"{self.output_dim} places that {'span the plane' if spread else 'lie on one line'}")

    @abstractmethod
    def log_tuning(self, z: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch p"]:
        """log tau_i(z) <= 0."""

    @abstractmethod
    def log_slope(self, z: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch p 2"]:
        """Gradient of log tau_i."""

    @abstractmethod
    def cosine(self, log_tuning: Float[Tensor, "*batch p"]) -> Float[Tensor, "*batch p"]:
        """z . c_i from log tau_i (up to a common factor where only the direction is seen)."""

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """Rates in Hz."""
        return self.background + self.peaks.to(z) * self.log_tuning(z).exp()

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """a_i tau_i times the gradient of log tau_i."""
        above = self.peaks.to(z) * self.log_tuning(z).exp()
        return above.unsqueeze(-1) * self.log_slope(z)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """Least squares from the cells' z . c_i, weighted by tuning squared; ValueError where cells lie on one line."""
        if not self.injective.holds:
            raise ValueError(f"the preimage is not one point: {self.injective.why}; add a neuron elsewhere")
        tuning = ((x - self.background) / self.peaks.to(x)).clamp_min(torch.finfo(x.dtype).tiny)
        centres = self.centres.to(x)
        weighted = tuning.square().unsqueeze(-1) * centres
        found = torch.linalg.solve(weighted.mT @ centres, (weighted.mT @ self.cosine(tuning.log()).unsqueeze(-1)))
        return found.squeeze(-1).unsqueeze(0)


@dataclass(frozen=True, eq=False)
class VonMisesCells(PlaceCells):
    """log tau_i = (z . c_i - 1) / w_i^2."""

    def log_tuning(self, z: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch p"]:
        """(z . c_i - 1) / w_i^2."""
        return (z @ self.centres.to(z).mT - 1) / self.widths.to(z).square()

    def log_slope(self, z: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch p 2"]:
        """c_i / w_i^2."""
        slope = self.centres.to(z) / self.widths.to(z).square().unsqueeze(-1)
        return slope.expand(*z.shape[:-1], -1, -1)

    def cosine(self, log_tuning: Float[Tensor, "*batch p"]) -> Float[Tensor, "*batch p"]:
        """1 + w_i^2 log tau_i."""
        return 1 + self.widths.to(log_tuning).square() * log_tuning


@dataclass(frozen=True, eq=False)
class GaussianCells(PlaceCells):
    """log tau_i = -(u - u_i)^2 / 2 w_i^2, u the angle of z. The inverse lies on the track."""

    def log_tuning(self, z: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch p"]:
        """-(u - u_i)^2 / 2 w_i^2."""
        return -0.5 * (self._apart(z) / self.widths.to(z)).square()

    def log_slope(self, z: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch p 2"]:
        """-(u - u_i) / w_i^2 times the gradient of the angle, (-z_2, z_1) / |z|^2."""
        turn = torch.stack((-z[..., 1], z[..., 0]), -1) / z.square().sum(-1, keepdim=True)
        return -(self._apart(z) / self.widths.to(z).square()).unsqueeze(-1) * turn.unsqueeze(-2)

    def cosine(self, log_tuning: Float[Tensor, "*batch p"]) -> Float[Tensor, "*batch p"]:
        """cos(u - u_i)."""
        return torch.cos(self.widths.to(log_tuning) * (-2 * log_tuning).clamp_min(0).sqrt())

    def _apart(self, z: Tensor) -> Tensor:
        angle = torch.atan2(z[..., 1], z[..., 0]).unsqueeze(-1) - self.places.to(z)
        return torch.remainder(angle + math.pi, 2 * math.pi) - math.pi
