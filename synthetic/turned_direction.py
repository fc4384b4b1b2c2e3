"""Directions on the circle that turn evenly: p(z_:t) = R(angle) z_{t-1}, for von Mises noise about p.

Several of them side by side are a flow on a torus: closed where the angles stand in rational ratios, dense otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from synthetic.assumptions import Assumption, Declaration, Declarations
from synthetic.predictor import Predictor


@dataclass(frozen=True)
class TurnedDirection(Predictor):
    """p = R(angle) z_{t-1} on the unit circle: the direction predicted next, `angle` radians ahead."""

    angle: float

    @property
    def dim(self) -> int:
        """Two."""
        return 2

    @property
    def declarations(self) -> Declarations:
        """Covered; never of full row rank on a circle."""
        return {
            Assumption.COVERAGE: Declaration(True, "the predicted directions fill the circle"),
            Assumption.ROW_RANK: Declaration(False, "p^T J_p = 0 for unit vectors p"),
        }

    def __call__(self, past: Float[Tensor, "*batch t d"]) -> Float[Tensor, "*batch d"]:
        """The latest direction, turned."""
        turn = torch.tensor(self.angle, dtype=past.dtype, device=past.device)
        x, y = past[..., -1, :].unbind(-1)
        return torch.stack((x * turn.cos() - y * turn.sin(), x * turn.sin() + y * turn.cos()), -1)
