"""Handwritten digits as pairs of views: two images of one digit, drawn within one side of a split by image.

The images are scikit-learn's (1,797 of 8 x 8 pixels, values scaled to 0..1). The digit only says which images are
paired; no encoder sees it.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor

DIGITS = 10
PIXELS = 64


class Images(NamedTuple):
    """Images, one a row, and the digit that each shows."""

    pixels: Float[Tensor, "n 64"]
    digit: Int[Tensor, " n"]


def split_digits(seed: int, test_share: float = 0.25) -> tuple[Images, Images]:
    """Training and held-out images, every digit in the same share of both."""
    pixels, digit = load_digits(return_X_y=True)
    train, test = train_test_split(range(len(digit)), test_size=test_share, stratify=digit, random_state=seed)
    x, y = torch.from_numpy(pixels).float() / 16, torch.from_numpy(digit).long()
    return Images(x[train], y[train]), Images(x[test], y[test])


def draw_pairs(
    digit: Int[Tensor, " n"], count: int, generator: torch.Generator
) -> tuple[Int[Tensor, " k"], Int[Tensor, " k"]]:
    """Rows of `count` pairs: any image, and another one of its digit.

    Raises ValueError for a digit with a single image.
    """
    order = torch.argsort(digit, stable=True)
    sizes = torch.bincount(digit)
    if (sizes == 1).any():
        raise ValueError(f"digit has a single image of {int((sizes == 1).nonzero()[0])}: a pair needs two")
    start = sizes.cumsum(0) - sizes
    place = torch.randint(len(digit), (count,), generator=generator)
    shown = digit[order[place]]
    step = 1 + (torch.rand(count, generator=generator) * (sizes[shown] - 1)).long()
    partner = start[shown] + (place - start[shown] + step) % sizes[shown]
    return order[place], order[partner]
