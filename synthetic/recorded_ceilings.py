"""Ceilings that take minutes to compute, recorded; `noisy_ceilings.measured_ceilings` makes them anew."""

from __future__ import annotations

from typing import NamedTuple

from synthetic.ceiling import Ceiling


class Ceilings(NamedTuple):
    """Best R2 of codes of one observation, and of codes of all observations so far (None: not stated)."""

    frame: Ceiling
    past: Ceiling | None


def frame_reason(length: int) -> str:
    """Why, for codes of one observation."""
    return f"E[z | x_t] by weighted points, sequences of {length}"


def past_reason(length: int) -> str:
    """Why, for codes of all observations so far."""
    return f"E[z | x_:t+1] by a particle filter, sequences of {length}"


RECORDED_CEILINGS: dict[str, Ceilings] = {}
