r"""Coupling layers: one half of the variables moves the other and stays, $x_a=z_a$, $x_b=z_b e^{s(z_a)}+t(z_a)$.

Additive [klindt2026lejepa]: s = 0, t(u) = tanh(u W), W a multiple (two) of an orthonormal matrix; every layer keeps
volume. Affine [dinh2017density]: also s(u) = c tanh(u V), so that $|s_i|\le c$. The inverse subtracts and divides what
was put in, exactly; the Jacobian is block triangular, so $\log|\det J|=\sum_i s_i(z_a)$. Odd t and even laws keep zero
means. A stack of layers moves the halves in turn, the second half first.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import Composition, SelfMap
from synthetic.orthogonal import random_orthonormal


@dataclass(frozen=True, eq=False)
class Coupling(SelfMap):
    """One layer with `shift` W and, where affine, `stretch` V (both [a b]) and `bound` c; `second`: that half moves.

    ValueError when V does not have the shape of W, or for bound < 0.
    """

    shift: Float[Tensor, "a b"]
    stretch: Float[Tensor, "c e"] | None = None
    bound: float = 0.5
    second: bool = True

    def __post_init__(self) -> None:
        if self.stretch is not None and self.stretch.shape != self.shift.shape:
            raise ValueError(
                f"stretch has shape {tuple(self.stretch.shape)}, shift {tuple(self.shift.shape)}: make them equal"
            )
        if not self.bound >= 0:
            raise ValueError(f"bound={self.bound} bounds no size: take bound >= 0")

    @property
    def dim(self) -> int:
        """Both halves."""
        return sum(self.shift.shape)

    @property
    def injective(self) -> Declaration:
        """What stays says what to undo."""
        return Declaration(True, "a coupling, undone by subtracting and dividing what was put in")

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """Move one half."""
        kept, moved = self._split(z)
        return self._join(kept, moved * self._log_scale(kept).exp() + torch.tanh(kept @ self.shift.to(z)))

    def log_abs_det(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch"]:
        """log |det dg/dz|."""
        return self._log_scale(self._split(z)[0]).sum(-1)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """Identity, scales, and the derivative of what is put in."""
        kept, moved = self._split(z)
        shift = self.shift.to(z)
        slope = (1 - torch.tanh(kept @ shift).square()).unsqueeze(-1) * shift.mT
        scale = self._log_scale(kept).exp()
        if self.stretch is not None:
            stretch = self.stretch.to(z)
            bend = self.bound * (1 - torch.tanh(kept @ stretch).square())
            slope = slope + (moved * scale * bend).unsqueeze(-1) * stretch.mT
        a, b = kept.shape[-1], moved.shape[-1]
        stays = torch.eye(a).to(z).expand(*z.shape[:-1], a, a)
        still = z.new_zeros(*z.shape[:-1], a, b)
        own = torch.diag_embed(scale)
        above, below = (stays, still), (slope, own)
        rows = [above, below] if self.second else [below[::-1], above[::-1]]
        return torch.cat([torch.cat(row, -1) for row in rows], -2)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """Subtract, then divide."""
        kept, moved = self._split(x)
        back = (moved - torch.tanh(kept @ self.shift.to(x))) * (-self._log_scale(kept)).exp()
        return self._join(kept, back).unsqueeze(0)

    def _split(self, z: Tensor) -> tuple[Tensor, Tensor]:
        """The half that stays and the half that moves."""
        a, b = self.shift.shape
        if self.second:
            return z[..., :a], z[..., a:]
        return z[..., b:], z[..., :b]

    def _join(self, kept: Tensor, moved: Tensor) -> Tensor:
        return torch.cat((kept, moved) if self.second else (moved, kept), -1)

    def _log_scale(self, kept: Tensor) -> Tensor:
        if self.stretch is None:
            return kept.new_zeros(*kept.shape[:-1], self.shift.shape[1])
        return self.bound * torch.tanh(kept @ self.stretch.to(kept))


def log_abs_det(layers: Composition, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch"]:
    """log |det J| of a stack of couplings at z; ValueError when another map stands among them."""
    total = z.new_zeros(z.shape[:-1])
    for layer in layers.maps:
        if not isinstance(layer, Coupling):
            raise ValueError(f"layers holds a {type(layer).__name__}: its determinant is not declared, pass couplings")
        total = total + layer.log_abs_det(z)
        z = layer(z)
    return total


def additive_coupling(dim: int, generator: torch.Generator, *, layers: int = 4, gain: float = 2.0) -> Composition:
    """Volume-preserving stack; weights are `gain` times orthonormal ones. ValueError for dim < 2 or layers < 1."""
    shapes = _shapes(dim, layers)
    shifts = [gain * _orthonormal(*shape, generator) for shape in shapes]
    return Composition(tuple(Coupling(shift, second=i % 2 == 0) for i, shift in enumerate(shifts)))


def affine_coupling(
    dim: int, generator: torch.Generator, *, layers: int = 4, gain: float = 2.0, bound: float = 0.5
) -> Composition:
    """Stack that also stretches, by factors between exp(-bound) and exp(bound) a layer; errors as above."""
    weights = [[gain * _orthonormal(*shape, generator) for _ in range(2)] for shape in _shapes(dim, layers)]
    return Composition(tuple(Coupling(shift, stretch, bound, i % 2 == 0) for i, (shift, stretch) in enumerate(weights)))


def _shapes(dim: int, layers: int) -> list[tuple[int, int]]:
    """Sizes of the half that stays and the half that moves, layer by layer."""
    if dim < 2:
        raise ValueError(f"dim={dim} has no two halves: take dim >= 2")
    if layers < 1:
        raise ValueError(f"layers={layers} leaves nothing to mix: take layers >= 1")
    half = dim // 2
    return [(half, dim - half) if i % 2 == 0 else (dim - half, half) for i in range(layers)]


def _orthonormal(rows: int, columns: int, generator: torch.Generator) -> Float[Tensor, "rows columns"]:
    """Orthonormal columns, or rows where they are fewer."""
    if rows >= columns:
        return random_orthonormal(rows, columns, generator)
    return random_orthonormal(columns, rows, generator).mT
