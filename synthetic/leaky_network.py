"""Injective LeakyReLU networks of controlled conditioning (LDM Fig. A7's mixing and narrower, harder relatives).

g = L o phi(W_k .) o ... o phi(W_1 .), phi(u) = u for u >= 0 and slope u else. phi is a bijection of R for slope > 0 and
a matrix of full column rank is injective, hence so is g; the inverse undoes one layer after the other, exactly. Every
layer multiplies the condition number of the Jacobian by at most cond(W) / slope. Without biases g(c z) = c g(z), c > 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import Composition, Linear, Mixing
from synthetic.orthogonal import random_conditioned, random_orthonormal


@dataclass(frozen=True)
class LeakyReLU(Mixing):
    """x_i = z_i where z_i >= 0, slope z_i elsewhere. ValueError unless 0 < slope <= 1."""

    dim: int
    slope: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.slope <= 1:
            raise ValueError(f"slope={self.slope} leaves the layer not invertible or expanding: take 0 < slope <= 1")

    @property
    def input_dim(self) -> int:
        """Dimension."""
        return self.dim

    @property
    def output_dim(self) -> int:
        """Dimension."""
        return self.dim

    @property
    def injective(self) -> Declaration:
        """Strictly increasing in every coordinate."""
        return Declaration(True, f"LeakyReLU of slope {self.slope:g} > 0")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """phi(z)."""
        return torch.nn.functional.leaky_relu(z, self.slope)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """Diagonal of ones and slopes."""
        return torch.diag_embed(torch.where(z >= 0, torch.ones_like(z), torch.full_like(z, self.slope)))

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """x where x >= 0, x / slope elsewhere."""
        return torch.where(x >= 0, x, x / self.slope).unsqueeze(0)


def leaky_network(weights: tuple[Tensor, ...], slope: float = 0.2) -> Composition:
    """LeakyReLU after every matrix but the last. ValueError when shapes do not follow each other or a rank is low."""
    layers: list[Mixing] = []
    for index, weight in enumerate(weights):
        layer = Linear(weight)
        if not layer.injective.holds:
            raise ValueError(f"weights[{index}] is not injective ({layer.injective.why}): widen it or draw it anew")
        layers.append(layer)
        if index < len(weights) - 1:
            layers.append(LeakyReLU(layer.output_dim, slope))
    return Composition(tuple(layers))


def narrow(dim: int, generator: torch.Generator, *, layers: int = 3, observed_dim: int = 100) -> Composition:
    """Orthogonal d x d layers with LeakyReLU .2 between them, then a lift with orthonormal columns.

    Linear regression cannot undo it: the mixing on which a Fig. A7 world is worth solving.
    """
    square = [random_orthonormal(dim, dim, generator) for _ in range(layers)]
    return _lifted(square, observed_dim, generator)


def deep(dim: int, generator: torch.Generator) -> Composition:
    """Six orthogonal d x d layers, so five LeakyReLUs, then the lift: a stretch world."""
    return narrow(dim, generator, layers=6)


def skewed(
    dim: int, generator: torch.Generator, *, layers: int = 3, condition: float = 17.0, observed_dim: int = 100
) -> Composition:
    """Like `narrow`, but every square layer has the given condition number: the other stretch world."""
    square = [random_conditioned(dim, condition, generator) for _ in range(layers)]
    return _lifted(square, observed_dim, generator)


def bounded(
    dim: int, generator: torch.Generator, *, layers: int = 3, condition: float = 10.0, observed_dim: int = 100
) -> Composition:
    """Like `narrow`, with a Jacobian of condition number at most `condition` everywhere.

    The matrices and the LeakyReLUs between them may each use half of its logarithm: with L layers the matrices have
    condition number condition^(1 / 2L), the slope is condition^(-1 / 2(L - 1)); a single layer uses all of it.
    ValueError for condition < 1: no map has one.
    """
    if not 1 <= condition < math.inf:
        raise ValueError(f"condition={condition} is no condition number: take a finite condition >= 1")
    of_matrices = condition if layers == 1 else math.sqrt(condition)
    square = [random_conditioned(dim, of_matrices ** (1 / layers), generator) for _ in range(layers)]
    slope = condition ** (-1 / (2 * (layers - 1))) if layers > 1 else 1.0
    return _lifted(square, observed_dim, generator, slope)


def _lifted(square: list[Tensor], observed_dim: int, generator: torch.Generator, slope: float = 0.2) -> Composition:
    if not square:
        raise ValueError("layers=0 leaves nothing to mix: take layers >= 1")
    _carried(square[0].shape[0], observed_dim)
    lift = random_orthonormal(observed_dim, square[0].shape[0], generator)
    return leaky_network((*square[:-1], lift @ square[-1]), slope)


def _carried(dim: int, observed_dim: int) -> None:
    if observed_dim < dim:
        raise ValueError(
            f"observed_dim={observed_dim} channels cannot carry {dim} variables, latents and nuisance together: "
            "take more channels or less nuisance"
        )


def wide(dim: int, generator: torch.Generator, *, observed_dim: int = 100) -> Composition:
    """d-100-100-100 as in LDM Fig. A7, orthonormal columns. So wide that linear regression almost undoes it."""
    _carried(dim, observed_dim)
    first = random_orthonormal(observed_dim, dim, generator)
    rest = [random_orthonormal(observed_dim, observed_dim, generator) for _ in range(2)]
    return leaky_network((first, *rest))


MIXINGS: dict[str, Callable[[int, torch.Generator], Mixing]] = {
    "narrow": narrow,
    "wide": wide,
    "deep": deep,
    "skewed": skewed,
    "bounded": bounded,
}
