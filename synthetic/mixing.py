"""Mixings g: z -> x, with their inverses and Jacobians; also the maps h from true to recovered latents.

A map follows the dtype and device of its argument. `inverse` is exact on the image of the map.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration


class Mixing(ABC):
    """A map from R^d to R^p, differentiable almost everywhere, acting on the last axis."""

    @property
    @abstractmethod
    def input_dim(self) -> int:
        """Dimension d of the argument."""

    @property
    @abstractmethod
    def output_dim(self) -> int:
        """Dimension p of the value."""

    @property
    @abstractmethod
    def injective(self) -> Declaration:
        """Whether the map is injective, and why."""

    @abstractmethod
    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """g(z)."""

    @abstractmethod
    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """dg/dz in closed form."""

    @abstractmethod
    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """Every z with g(z) = x, along the first axis; ValueError where they cannot be listed."""

    def inverse(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "*batch d"]:
        """The z with g(z) = x, for x in the image of g; ValueError when g is not injective."""
        if not self.injective.holds:
            raise ValueError(f"{type(self).__name__} has no inverse: {self.injective.why}; use preimages")
        return self.preimages(x)[0]

    def condition_number(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch"]:
        """Largest over smallest singular value of the Jacobian at each z (1: locally a similarity)."""
        singular_values = torch.linalg.svdvals(self.jacobian(z))
        return singular_values[..., 0] / singular_values[..., -1]

    @property
    def declarations(self) -> dict[Assumption, Declaration]:
        """Injectivity."""
        return {Assumption.INJECTIVE_MIXING: self.injective}


class SelfMap(Mixing):
    """A map of R^d into itself."""

    @property
    @abstractmethod
    def dim(self) -> int:
        """Dimension d of argument and value."""

    @property
    def input_dim(self) -> int:
        """d."""
        return self.dim

    @property
    def output_dim(self) -> int:
        """d."""
        return self.dim


@dataclass(frozen=True)
class Composition(Mixing):
    """g = last o ... o first; ValueError when neighbouring dimensions differ."""

    maps: tuple[Mixing, ...]

    def __post_init__(self) -> None:
        if not self.maps:
            raise ValueError("maps=() composes nothing: give at least one map")
        for first, second in zip(self.maps, self.maps[1:], strict=False):
            if first.output_dim != second.input_dim:
                raise ValueError(
                    f"{type(first).__name__} ends in dimension {first.output_dim} but {type(second).__name__} "
                    f"starts in {second.input_dim}: make them equal"
                )

    @property
    def input_dim(self) -> int:
        """Dimension of the first map's argument."""
        return self.maps[0].input_dim

    @property
    def output_dim(self) -> int:
        """Dimension of the last map's value."""
        return self.maps[-1].output_dim

    @property
    def injective(self) -> Declaration:
        """Injective when every map is; the first that is not gives the reason."""
        for one in self.maps:
            if not one.injective.holds:
                return one.injective
        return Declaration(True, "; then ".join(one.injective.why for one in self.maps))

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """The maps one after the other."""
        for one in self.maps:
            z = one(z)
        return z

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """Chain rule."""
        product = self.maps[0].jacobian(z)
        for before, one in zip(self.maps, self.maps[1:], strict=False):
            z = before(z)
            product = one.jacobian(z) @ product
        return product

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """Preimages of preimages, last map first."""
        points = x.unsqueeze(0)
        for one in reversed(self.maps):
            points = one.preimages(points).flatten(0, 1)
        return points


@dataclass(frozen=True, eq=False)
class Linear(Mixing):
    """x = A z with A [p d]."""

    matrix: Float[Tensor, "p d"]

    @property
    def input_dim(self) -> int:
        """Columns of A."""
        return self.matrix.shape[1]

    @property
    def output_dim(self) -> int:
        """Rows of A."""
        return self.matrix.shape[0]

    @property
    def injective(self) -> Declaration:
        """Injective iff A has full column rank."""
        rank = int(torch.linalg.matrix_rank(self.matrix))
        return Declaration(rank == self.input_dim, f"linear of rank {rank} on {self.input_dim} dimensions")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """A z."""
        return z @ self.matrix.to(z).T

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """A, for every z."""
        return self.matrix.to(z).expand(*z.shape[:-1], -1, -1)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """(A^T A)^-1 A^T x; ValueError when A lacks full column rank (the preimage is then a whole subspace)."""
        if not self.injective.holds:
            raise ValueError(f"the preimage is a subspace: {self.injective.why}; give a matrix of full column rank")
        return (x @ torch.linalg.pinv(self.matrix).to(x).T).unsqueeze(0)
