"""Every kind of mixing, small, each with latents on which to try it."""

from __future__ import annotations

import torch
from torch import Tensor

from synthetic import (
    ArctanTurn,
    AsinhWarp,
    Banana,
    CircleShift,
    Composition,
    Cube,
    DotImage,
    InverseMap,
    LaplaceWarp,
    LeakyReLU,
    LevelSetFlow,
    Linear,
    LinearTurn,
    Mixing,
    SecondHermite,
    Shift,
    SignFold,
    SineShear,
    SinhWarp,
    SphericalTurn,
    TentFold,
    Twist,
    swirl_matrix,
)
from synthetic.leaky_network import MIXINGS


def every_mixing() -> dict[str, Mixing]:
    mixings: dict[str, Mixing] = {
        "leaky_relu": LeakyReLU(3),
        "linear": Linear(torch.tensor([[1.0, 2.0], [0.0, 1.0], [1.0, 0.0]], dtype=torch.float64)),
        "spiral": Twist(rate=1.0, power=1),
        "twist": Twist(rate=0.7, power=2, dim=4),
        "banana": Banana(),
        "sine_shear": SineShear(),
        "linear_turn": LinearTurn(1.3),
        "arctan_turn": ArctanTurn(0.9),
        "spherical_turn": SphericalTurn(2.0),
        "level_set_flow": LevelSetFlow(),
        "circle_shift": CircleShift(2.0),
        "sinh_warp": SinhWarp(3),
        "sinh_warp_last": SinhWarp(3, 0.8, last=1),
        "asinh_warp": AsinhWarp(3, 2.0),
        "cube": Cube(2),
        "cube_with_slope": Cube(2, 0.7),
        "laplace_warp": LaplaceWarp(2),
        "shift": Shift(2, 0.7),
        "inverse_map": InverseMap(Composition((SinhWarp(2), SineShear()))),
        "second_hermite": SecondHermite(),
        "sign_fold": SignFold(),
        "tent_fold": TentFold(2),
        "dot_image": DotImage(),
        "dot_image_clamped": DotImage(clamp=True),
        "dot_image_swirled": Composition((DotImage(offset=5.0, scale=0.9), Linear(swirl_matrix(10)))),
        "folded": Composition((TentFold(2), Twist(rate=0.5, power=1))),
    }
    for name, make in MIXINGS.items():
        for dim in (1, 2, 5):
            mixings[f"{name}_{dim}"] = make(dim, torch.Generator().manual_seed(dim))
    return mixings


def latents_for(mixing: Mixing, n: int = 200, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 2, mixing.input_dim, generator=generator, dtype=torch.float64)
