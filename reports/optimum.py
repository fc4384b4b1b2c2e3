"""Evidence that a run reached its optimum: its held-out objective beside that of the true latents.

The oracle is the same estimator on the same held-out sequences, given the true latents, their true conditional mean and
their true noise covariance. A run has reached the optimum when it lies within three standard errors of the oracle.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from identify.methods import Method
from identify.objective import HeldOut, held_out_objective
from synthetic import Trajectories, World

_ERRORS = 3.0


def optimum_evidence(found: HeldOut, true: HeldOut) -> dict[str, Any]:
    """Objective, oracle, standard error (nats a frame), whether the optimum was reached, and a sentence."""
    gap, error = true.value - found.value, true.standard_error
    reached = math.isfinite(gap) and gap <= _ERRORS * error
    text = (
        f"held-out objective {found.value:.3f}, oracle {true.value:.3f} ± {error:.3f} nats a frame: gap {gap:.3f}, "
        f"{'within' if reached else 'beyond'} {_ERRORS:g} standard errors"
    )
    return {
        "reached": reached,
        "objective": found.value,
        "oracle": true.value,
        "standard_error": error,
        "text": text if math.isfinite(found.value) else "the code collapsed: its held-out objective is minus infinity",
    }


def oracle(world: World, test: Trajectories, method: Method) -> HeldOut:
    """The objective at the true latents with the true transition (raises ValueError without a constant covariance)."""
    covariance = world.transition.noise_covariance
    if covariance is None:
        raise ValueError(f"world {world.name} has no constant noise covariance; its oracle is not a Gaussian")
    z = test.z.double()
    means = torch.stack([world.transition.mean(z[:, :t]) for t in range(1, z.shape[1])], dim=1)
    factor = torch.linalg.cholesky(covariance.double())
    return held_out_objective(z, z[:, 1:] - means, factor, method)
