r"""Spaces that codes live in, each with the map that carries an encoder's output there (LDM table 1).

| space | head of raw outputs u | width of u and of z | dimension | measure |
|---|---|---|---|---|
| `Plane(m)` | u | m | m | volume, infinite |
| `Sphere(m)` | $u/\|u\|$ | m | m - 1 | area, $2\pi^{m/2}/\Gamma(m/2)$ |
| `Simplex(K)` | $(1-K\epsilon)\,\mathrm{softmax}(u)+\epsilon$ | K | K - 1 | volume of K - 1 of them, $1/\Gamma(K)$ |
| `Categories(K)` | softmax(u) | K | 0 | counting, K |

A point of `Categories` is not a latent but the law of one: the latent is a category drawn from it (LDM A.8).
The head of the sphere is invariant to the length of u, softmax to a constant added to u: one raw dimension is free.
The paper writes the simplex as a subset of R without $z_k\ge0$ (eq. 49); both are mended here. Its floor
$\epsilon$ keeps log z and its gradient finite where softmax underflows.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float
from torch import Tensor

Raw = Float[Tensor, "*s n m"]
Codes = Float[Tensor, "*s n m"]


@dataclass(frozen=True)
class LatentSpace(ABC):
    """Codes of that width; `head` is the map of an encoder's raw outputs into the space."""

    width: int
    name: ClassVar[str]
    least_width: ClassVar[int]

    def __post_init__(self) -> None:
        if self.width < self.least_width:
            raise ValueError(f"width={self.width}; the {self.name} needs a width of at least {self.least_width}")

    @property
    def raw_width(self) -> int:
        """Width of what the encoder hands to the head."""
        return self.width

    @property
    @abstractmethod
    def dimension(self) -> int:
        """Number of coordinates that can vary freely."""

    @property
    @abstractmethod
    def log_measure(self) -> float:
        """log of the whole space's measure; a uniform law has minus this as its log density."""

    @abstractmethod
    def _map(self, raw: Raw) -> Codes: ...

    @abstractmethod
    def _offence(self, codes: Codes) -> tuple[Tensor, str]:
        """Amount by which each row misses the space, and how to mend it."""

    def head(self, raw: Raw) -> Codes:
        """Codes of raw outputs. Raises ValueError for another width."""
        self._check_width(raw, "raw")
        return self._map(raw)

    def check(self, codes: Codes, name: str) -> None:
        """Raises ValueError for codes of another width or off the space by more than the square root of rounding."""
        self._check_width(codes, name)
        amount, remedy = self._offence(codes.detach())
        worst = float(amount.max())
        if not worst <= math.sqrt(torch.finfo(codes.dtype).eps):
            raise ValueError(f"{name} has a row off the {self.name} by {worst:.3g}; {remedy}")

    def _check_width(self, values: Tensor, name: str) -> None:
        if values.ndim < 2 or values.shape[-1] != self.width:
            raise ValueError(f"{name} has shape {tuple(values.shape)}; give rows of width {self.width}, shape [n m]")


@dataclass(frozen=True)
class Plane(LatentSpace):
    """R^m: the head is the identity."""

    name: ClassVar[str] = "plane"
    least_width: ClassVar[int] = 1

    @property
    def dimension(self) -> int:
        """m."""
        return self.width

    @property
    def log_measure(self) -> float:
        """Infinite: a flat prior on the plane is not a law."""
        return math.inf

    def _map(self, raw: Raw) -> Codes:
        return raw

    def _offence(self, codes: Codes) -> tuple[Tensor, str]:
        return torch.where(codes.isfinite(), 0.0, math.inf), "remove NaN and infinite entries"


@dataclass(frozen=True)
class Sphere(LatentSpace):
    """Unit vectors of R^m; on a circle (m = 2) one coordinate is free."""

    name: ClassVar[str] = "sphere"
    least_width: ClassVar[int] = 2

    @property
    def dimension(self) -> int:
        """m - 1."""
        return self.width - 1

    @property
    def log_measure(self) -> float:
        """log area: log 2 pi for m = 2, log 4 pi for m = 3."""
        return math.log(2) + 0.5 * self.width * math.log(math.pi) - math.lgamma(0.5 * self.width)

    def _map(self, raw: Raw) -> Codes:
        length = torch.linalg.vector_norm(raw, dim=-1, keepdim=True)
        if bool((length == 0).any()):
            raise ValueError("raw has a row of zeros, which has no direction; add noise or a bias to the encoder")
        return raw / length

    def _offence(self, codes: Codes) -> tuple[Tensor, str]:
        return (torch.linalg.vector_norm(codes, dim=-1) - 1).abs(), "divide each row by its norm (Sphere.head)"


@dataclass(frozen=True)
class Simplex(LatentSpace):
    """Points of R^K with positive coordinates that sum to one; the head keeps them above `floor`."""

    floor: float = 1e-6
    name: ClassVar[str] = "simplex"
    least_width: ClassVar[int] = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.floor < 1 / self.width:
            raise ValueError(f"floor={self.floor}; the least coordinate lies between 0 and 1/K = {1 / self.width:.3g}")

    @property
    def dimension(self) -> int:
        """K - 1."""
        return self.width - 1

    @property
    def log_measure(self) -> float:
        """log of 1 / (K - 1)!, the volume in K - 1 of the coordinates."""
        return -math.lgamma(self.width)

    def _map(self, raw: Raw) -> Codes:
        return (1 - self.width * self.floor) * raw.softmax(-1) + self.floor

    def _offence(self, codes: Codes) -> tuple[Tensor, str]:
        outside = torch.where((codes > 0).all(-1), 0.0, math.inf)
        return (codes.sum(-1) - 1).abs() + outside, "map each row by softmax (Simplex.head); coordinates are above 0"


@dataclass(frozen=True)
class Categories(LatentSpace):
    """Probabilities of K categories, zeros allowed."""

    name: ClassVar[str] = "categories"
    least_width: ClassVar[int] = 2

    @property
    def dimension(self) -> int:
        """0: the latent is discrete."""
        return 0

    @property
    def log_measure(self) -> float:
        """log K."""
        return math.log(self.width)

    def _map(self, raw: Raw) -> Codes:
        return raw.softmax(-1)

    def _offence(self, codes: Codes) -> tuple[Tensor, str]:
        outside = torch.where((codes >= 0).all(-1), 0.0, math.inf)
        return (codes.sum(-1) - 1).abs() + outside, "map each row by softmax (Categories.head)"
