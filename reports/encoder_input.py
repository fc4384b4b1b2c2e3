"""What an encoder is given beside the frame x_t: nothing, the frame before, the time, or whether it is the condition.

| sees | input | theorem |
| frame | x_t | as assumed: one map of one frame |
| past | (x_t, x_{t-1}), zeros before the first frame | encoder of the past |
| time | (x_t, t), t = 0, 1, .. | encoder that is not shared over time |
| condition | (0, x_0), then (x_t, 0) | encoder of the signal beside one of its condition, the frame before |
"""

from __future__ import annotations

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Sees = Literal["frame", "past", "time", "condition"]


def encoder_input(x: Float[Tensor, "n t p"], sees: Sees) -> Float[Tensor, "n t q"]:
    """Observations with what is added to each frame; ValueError for an unknown addition."""
    if sees == "frame":
        return x
    if sees == "past":
        before = torch.cat((torch.zeros_like(x[:, :1]), x[:, :-1]), 1)
        return torch.cat((x, before), -1)
    if sees == "time":
        time = torch.arange(x.shape[1], dtype=x.dtype, device=x.device)
        return torch.cat((x, time[None, :, None].expand(len(x), -1, 1)), -1)
    if sees == "condition":
        nothing = torch.zeros_like(x)
        first = torch.cat((nothing[:, :1], x[:, :1]), -1)
        return torch.cat((first, torch.cat((x, nothing), -1)[:, 1:]), 1)
    raise ValueError(f"sees={sees!r} is unknown: take 'frame', 'past', 'time' or 'condition'")
