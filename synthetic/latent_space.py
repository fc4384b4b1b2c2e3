"""Latent spaces as subsets of R^d: what z_t never leaves.

| space | points | dimension of the set |
|---|---|---|
| Euclidean(d) | all of R^d | d |
| Box(low, high) | low_i <= z_i <= high_i | d |
| Sphere(d) | abs(z) = 1 | d - 1 |
| Simplex(d) | z_i >= 0, sum_i z_i = 1 | d - 1 |
| Product(spaces) | consecutive blocks of coordinates, each in its own space | the sum |

A torus is a product of circles, (cos a_1, sin a_1, cos a_2, ..), so that no coordinate jumps where an angle wraps.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

_TOLERANCE = 1e-9


class LatentSpace(ABC):
    """A closed subset of R^d with a uniform law, except for R^d itself."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Dimension d of the space around it."""

    @property
    @abstractmethod
    def intrinsic_dim(self) -> int:
        """Dimension of the set."""

    @property
    @abstractmethod
    def statement(self) -> str:
        """The set in words."""

    @abstractmethod
    def contains(self, z: Float[Tensor, "*batch d"], tolerance: float = _TOLERANCE) -> Bool[Tensor, "*batch"]:
        """Whether z lies in the set, up to `tolerance`."""

    @abstractmethod
    def uniform(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """n draws from the uniform law, float64; ValueError where there is none."""

    def tangent_projection(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d d"]:
        """Orthogonal projection onto the directions in which z can move: the identity where those are all."""
        return torch.eye(self.dim, dtype=z.dtype, device=z.device).expand(*z.shape[:-1], -1, -1)


@dataclass(frozen=True)
class Euclidean(LatentSpace):
    """R^d; ValueError for dimension < 1."""

    dimension: int

    def __post_init__(self) -> None:
        _at_least("dimension", self.dimension, 1)

    @property
    def dim(self) -> int:
        """d."""
        return self.dimension

    @property
    def intrinsic_dim(self) -> int:
        """d."""
        return self.dimension

    @property
    def statement(self) -> str:
        """R^d."""
        return f"R^{self.dimension}"

    def contains(self, z: Float[Tensor, "*batch d"], tolerance: float = _TOLERANCE) -> Bool[Tensor, "*batch"]:
        """Every finite point."""
        return torch.isfinite(z).all(-1)

    def uniform(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """None."""
        raise ValueError(f"{self.statement} has no uniform law: take a box, or another initial law")


@dataclass(frozen=True)
class Box(LatentSpace):
    """Products of intervals; ValueError unless low and high have equal lengths and low_i < high_i."""

    low: tuple[float, ...]
    high: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.low or len(self.low) != len(self.high):
            raise ValueError(f"low={self.low}, high={self.high}: give both one number for each dimension")
        if not all(-math.inf < low < high < math.inf for low, high in zip(self.low, self.high, strict=True)):
            raise ValueError(f"low={self.low}, high={self.high}: take finite low < high in every dimension")

    @property
    def dim(self) -> int:
        """Number of intervals."""
        return len(self.low)

    @property
    def intrinsic_dim(self) -> int:
        """Number of intervals."""
        return len(self.low)

    @property
    def statement(self) -> str:
        """The intervals."""
        return " x ".join(f"[{low:g}, {high:g}]" for low, high in zip(self.low, self.high, strict=True))

    def contains(self, z: Float[Tensor, "*batch d"], tolerance: float = _TOLERANCE) -> Bool[Tensor, "*batch"]:
        """Every coordinate in its interval."""
        return ((z >= z.new_tensor(self.low) - tolerance) & (z <= z.new_tensor(self.high) + tolerance)).all(-1)

    def uniform(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """Uniform in every coordinate."""
        low, high = (torch.tensor(edge, dtype=torch.float64, device=generator.device) for edge in (self.low, self.high))
        level = torch.rand(n, self.dim, generator=generator, dtype=torch.float64, device=generator.device)
        return low + (high - low) * level


@dataclass(frozen=True)
class Hypersurface(LatentSpace):
    """A set of one dimension less than the R^d around it; ValueError for dimension < 2."""

    dimension: int

    def __post_init__(self) -> None:
        _at_least("dimension", self.dimension, 2)

    @property
    def dim(self) -> int:
        """d."""
        return self.dimension

    @property
    def intrinsic_dim(self) -> int:
        """d - 1."""
        return self.dimension - 1


@dataclass(frozen=True)
class Sphere(Hypersurface):
    """Unit vectors of R^d."""

    @property
    def statement(self) -> str:
        """The circle or the sphere."""
        return f"the unit {'circle' if self.dimension == 2 else 'sphere'} in R^{self.dimension}"

    def contains(self, z: Float[Tensor, "*batch d"], tolerance: float = _TOLERANCE) -> Bool[Tensor, "*batch"]:
        """Length one."""
        return (torch.linalg.vector_norm(z, dim=-1) - 1).abs() <= tolerance

    def uniform(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """Directions of Gaussian vectors."""
        even = torch.randn(n, self.dim, generator=generator, dtype=torch.float64, device=generator.device)
        return even / torch.linalg.vector_norm(even, dim=-1, keepdim=True)

    def tangent_projection(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d d"]:
        """I - z z^T."""
        return super().tangent_projection(z) - z.unsqueeze(-1) * z.unsqueeze(-2)


@dataclass(frozen=True)
class Simplex(Hypersurface):
    """Probability vectors of d entries."""

    @property
    def statement(self) -> str:
        """The simplex."""
        return f"the probability simplex in R^{self.dimension}"

    def contains(self, z: Float[Tensor, "*batch d"], tolerance: float = _TOLERANCE) -> Bool[Tensor, "*batch"]:
        """No negative entry, sum one."""
        return (z >= -tolerance).all(-1) & ((z.sum(-1) - 1).abs() <= tolerance)

    def uniform(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """Exponential variables over their sum."""
        level = torch.rand(n, self.dim, generator=generator, dtype=torch.float64, device=generator.device)
        waiting = -torch.log1p(-level)
        return waiting / waiting.sum(-1, keepdim=True)

    def tangent_projection(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d d"]:
        """I - 1 1^T / d."""
        return super().tangent_projection(z) - 1 / self.dim


@dataclass(frozen=True)
class Product(LatentSpace):
    """Points whose consecutive blocks of coordinates lie in the given spaces; ValueError for none."""

    spaces: tuple[LatentSpace, ...]

    def __post_init__(self) -> None:
        if not self.spaces:
            raise ValueError("spaces=() is no space: give at least one")

    @property
    def dim(self) -> int:
        """Sum of the dimensions."""
        return sum(space.dim for space in self.spaces)

    @property
    def intrinsic_dim(self) -> int:
        """Sum of the dimensions of the sets."""
        return sum(space.intrinsic_dim for space in self.spaces)

    @property
    def statement(self) -> str:
        """The factors."""
        return " x ".join(f"({space.statement})" for space in self.spaces)

    def contains(self, z: Float[Tensor, "*batch d"], tolerance: float = _TOLERANCE) -> Bool[Tensor, "*batch"]:
        """Every block in its space."""
        return torch.stack([space.contains(own, tolerance) for space, own in self._blocks(z)]).all(0)

    def uniform(self, n: int, generator: torch.Generator) -> Float[Tensor, "n d"]:
        """Independent blocks."""
        return torch.cat([space.uniform(n, generator) for space in self.spaces], -1)

    def tangent_projection(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch d d"]:
        """Block diagonal."""
        return block_diagonal([space.tangent_projection(own) for space, own in self._blocks(z)])

    def _blocks(self, z: Tensor) -> list[tuple[LatentSpace, Tensor]]:
        return list(zip(self.spaces, z.split([space.dim for space in self.spaces], -1), strict=True))


def torus(circles: int) -> Product:
    """The product of this many circles, in R^(2 circles); ValueError for fewer than one."""
    _at_least("circles", circles, 1)
    return Product((Sphere(2),) * circles)


def block_diagonal(blocks: list[Tensor]) -> Tensor:
    """Square matrices [*batch k k] along the diagonal of one."""
    dims = [block.shape[-1] for block in blocks]
    padded = [torch.nn.functional.pad(block, (sum(dims[:i]), sum(dims[i + 1 :]))) for i, block in enumerate(blocks)]
    return torch.cat(padded, -2)


def _at_least(name: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"{name}={value} is too small: take {name} >= {least}")
