"""Ceilings that take a minute to compute, recorded; `noisy_ceilings.measured_ceilings` makes them anew."""

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


def _ceilings(frame: tuple[float, float, float], past: tuple[float, float, float]) -> Ceilings:
    return Ceilings(Ceiling(*frame, frame_reason(100)), Ceiling(*past, past_reason(100)))


RECORDED_CEILINGS: dict[str, Ceilings] = {
    "rotation_dots": _ceilings((0.9952, 0.99455, 0.99563), (0.99555, 0.99479, 0.99614)),
    "rotation_dots_varying": _ceilings((0.93448, 0.92291, 0.94387), (0.97444, 0.97012, 0.9771)),
    "figure_eight_dots": _ceilings((0.99489, 0.99449, 0.99523), (0.9978, 0.99763, 0.99795)),
    "figure_eight_dots_varying": _ceilings((0.94221, 0.93414, 0.94786), (0.99179, 0.99097, 0.99241)),
    "square_dots": _ceilings((0.99728, 0.99717, 0.99736), (0.99743, 0.99721, 0.99761)),
    "square_dots_varying": _ceilings((0.96347, 0.95805, 0.96923), (0.9843, 0.98353, 0.98492)),
    "rotation_dots_signal_noise": _ceilings((0.97416, 0.97144, 0.9764), (0.98282, 0.98045, 0.98458)),
    "rotation_dots_place_noise": _ceilings((0.94078, 0.9312, 0.94659), (0.97713, 0.97341, 0.97953)),
    "place_cells": _ceilings((0.94766, 0.93625, 0.95457), (0.97937, 0.97882, 0.98026)),
}
