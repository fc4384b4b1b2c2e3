"""Checks that every paired objective makes first: two arrays of the same shape, rows that can be averaged, scales."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor

Codes = Float[Tensor, "*s n m"]
PerRow = Float[Tensor, "*s n"]
Value = Float[Tensor, "*s"]
Scale = float | Tensor
"""A concentration or noise level: a number, or a learned tensor, of no dimensions or with one entry a network [*s]."""


def check_pair(first: Tensor, second: Tensor, names: tuple[str, str] = ("first", "second"), least: int = 2) -> None:
    """Raises ValueError for shapes that differ, missing axes, or fewer than `least` rows."""
    if first.shape != second.shape:
        raise ValueError(
            f"{names[0]} has shape {tuple(first.shape)}, {names[1]} {tuple(second.shape)}; "
            "row i of both must be one pair, so give the same shape [n m]"
        )
    if first.ndim < 2:
        raise ValueError(f"{names[0]} has shape {tuple(first.shape)}; give codes as rows, shape [n m] (or [s n m])")
    if first.shape[-2] < least:
        raise ValueError(f"{names[0]} has n={first.shape[-2]} rows; an objective over pairs needs at least {least}")


def check_scale(value: Scale, name: str) -> None:
    """Raises ValueError unless value is finite and above 0 throughout."""
    numbers = [value] if isinstance(value, float | int) else value.detach().flatten().tolist()
    for number in numbers:
        if not (number > 0 and math.isfinite(number)):
            raise ValueError(f"{name}={number}; give a finite number above 0")


def beside_rows(scale: Scale, codes: Codes) -> Tensor:
    """The scale with an axis for the rows of codes [*s n m], so that it multiplies one number a row."""
    return torch.as_tensor(scale, dtype=codes.dtype, device=codes.device).unsqueeze(-1)


def beside_entries(scale: Scale, codes: Codes) -> Tensor:
    """The same with axes for rows and columns."""
    return beside_rows(scale, codes).unsqueeze(-1)
