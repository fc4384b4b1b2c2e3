"""Images of a Gaussian dot: pixel (i, j) shows exp(-((i - u)^2 + (j - v)^2) / (2 s^2)), u and v pixel coordinates of z.

u = (z_1 + offset) scale, v likewise from z_2 (LDM Fig. 5C: offset 3, scale 10/6, side 10, s = 1). The frame is where u
and v lie between the first and the last pixel's centre, 0 and side - 1.

The image is the outer product of two vectors. Neighbouring pixels give the position back: the log of their ratio is
(u - i - 1/2) / s^2, so the image is injective on all of R^2; clamping u and v to the frame first makes it many to one.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from synthetic.assumptions import Declaration
from synthetic.mixing import Mixing


@dataclass(frozen=True)
class DotImage(Mixing):
    """R^2 -> [0, 1]^(side * side), row i, column j at index side i + j. ValueError for scale, blur <= 0 or side < 2."""

    offset: float = 3.0
    scale: float = 10 / 6
    side: int = 10
    blur: float = 1.0
    clamp: bool = False

    def __post_init__(self) -> None:
        if not (self.scale > 0 and self.blur > 0):
            raise ValueError(f"scale={self.scale}, blur={self.blur}: take both > 0")
        if self.side < 2:
            raise ValueError(f"side={self.side} shows no position: take side >= 2")

    @classmethod
    def in_frame(cls, low: float, high: float, side: int = 10, *, blur: float = 1.0, clamp: bool = False) -> DotImage:
        """The image whose frame is [low, high]^2; ValueError unless low < high, and as above."""
        if not low < high:
            raise ValueError(f"high={high} does not lie above low={low}: give a frame with low < high")
        return cls(offset=-low, scale=(side - 1) / (high - low), side=side, blur=blur, clamp=clamp)

    @property
    def input_dim(self) -> int:
        """Two."""
        return 2

    @property
    def output_dim(self) -> int:
        """Number of pixels."""
        return self.side**2

    @property
    def injective(self) -> Declaration:
        """Injective unless clamped."""
        if self.clamp:
            low, high = self.frame
            return Declaration(False, f"positions outside [{low:g}, {high:g}]^2 are clamped to its edge")
        return Declaration(True, "ratios of neighbouring pixels give the dot's position")

    @property
    def frame(self) -> tuple[float, float]:
        """Lowest and highest coordinate that lies in the frame."""
        return -self.offset, (self.side - 1) / self.scale - self.offset

    def in_view(self, z: Float[Tensor, "*batch 2"]) -> Bool[Tensor, "*batch"]:
        """Whether the dot's centre lies in the frame, per position."""
        low, high = self.frame
        return ((z >= low) & (z <= high)).all(-1)

    def clamped(self, z: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2"]:
        """The position that is drawn."""
        return z.clamp(*self.frame) if self.clamp else z

    def __call__(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p"]:
        """The image, flattened."""
        profile = self._profile(z)
        return (profile[..., 0, :, None] * profile[..., 1, None, :]).flatten(-2)

    def jacobian(self, z: Float[Tensor, "*batch d"]) -> Float[Tensor, "*batch p d"]:
        """Derivative of one profile times the other; zero along clamped coordinates."""
        profile = self._profile(z)
        pixels = torch.arange(self.side, dtype=z.dtype, device=z.device)
        slope = profile * (pixels - self._pixel(z)[..., None]) / self.blur**2 * self.scale
        if self.clamp:
            slope = slope * (z == self.clamped(z))[..., None]
        first = slope[..., 0, :, None] * profile[..., 1, None, :]
        second = profile[..., 0, :, None] * slope[..., 1, None, :]
        return torch.stack((first.flatten(-2), second.flatten(-2)), -1)

    def preimages(self, x: Float[Tensor, "*batch p"]) -> Float[Tensor, "branches *batch d"]:
        """Position from the log ratios of pixels beside the brightest one; ValueError when clamped."""
        if self.clamp:
            raise ValueError("clamp=True sends half-lines to one image: the preimages cannot be listed")
        image = x.unflatten(-1, (self.side, self.side))
        u = self._position(image.sum(-1))
        v = self._position(image.sum(-2))
        return torch.stack((u, v), -1).unsqueeze(0)

    def _pixel(self, z: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2"]:
        return (self.clamped(z) + self.offset) * self.scale

    def _profile(self, z: Float[Tensor, "*batch 2"]) -> Float[Tensor, "*batch 2 s"]:
        pixels = torch.arange(self.side, dtype=z.dtype, device=z.device)
        return torch.exp(-0.5 * ((self._pixel(z)[..., None] - pixels) / self.blur).square())

    def _position(self, profile: Float[Tensor, "*batch s"]) -> Float[Tensor, "*batch"]:
        """u = i + 1/2 + s^2 log(profile_{i+1} / profile_i), at the brightest neighbouring pair, in units of z."""
        pair = torch.minimum(profile[..., 1:], profile[..., :-1]).argmax(-1, keepdim=True)
        ratio = torch.log(profile.gather(-1, pair + 1) / profile.gather(-1, pair)).squeeze(-1)
        pixel = pair.squeeze(-1) + 0.5 + self.blur**2 * ratio
        return pixel / self.scale - self.offset
