"""The best R2 that any encoder could reach: 1 - E Var(z | x) / Var(z), averaged over the coordinates of z.

It is 1 where x determines z. No encoder of one frame beats E[z | x], and an affine readout of E[z | x] loses nothing.
"""

from __future__ import annotations

from typing import NamedTuple


class Ceiling(NamedTuple):
    """Best reachable R2 with a 95 % interval (a point where it is known exactly) and the reason."""

    r2: float
    low: float
    high: float
    why: str


INJECTIVE = Ceiling(1.0, 1.0, 1.0, "x determines z")
