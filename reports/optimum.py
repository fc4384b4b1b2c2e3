"""Evidence that a run reached its optimum: its held-out objective beside that of the true latents.

The oracle is the same estimator on the same held-out sequences, given the true latents, their true conditional mean and
their true noise covariance, or the true log densities where the latent model has no constant covariance. A run has
reached the optimum when it lies no more than three standard errors below the oracle. One that lies more than three
above it exceeds what any code can attain: it found a bias of the estimator, and refutes nothing.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from identify.methods import Method
from identify.objective import HeldOut, held_out_objective
from identify.whitened_alignment import WhitenedConfig
from synthetic import Mixing, Pointwise, Trajectories, Transition, Violation, World

_ERRORS = 3.0


def optimum_evidence(found: HeldOut, true: HeldOut, unit: str = "nats a frame") -> dict[str, Any]:
    """Objective, oracle, standard error (in `unit`), whether the optimum was reached, and a sentence."""
    gap, error = true.value - found.value, true.standard_error
    reached = math.isfinite(gap) and gap <= _ERRORS * error
    exceeds = math.isfinite(gap) and gap < -_ERRORS * error
    text = (
        f"held-out objective {found.value:.3f}, oracle {true.value:.3f} ± {error:.3f} {unit}: gap {gap:.3f}, "
        f"{'within' if reached and not exceeds else 'beyond'} {_ERRORS:g} standard errors"
        f"{', above what a code can attain: a bias of the estimator' if exceeds else ''}"
    )
    return {
        "reached": reached,
        "exceeds": exceeds,
        "objective": found.value,
        "oracle": true.value,
        "standard_error": error,
        "text": text if math.isfinite(found.value) else "the code collapsed: its held-out objective is minus infinity",
    }


def oracle(world: World, test: Trajectories, method: Method) -> HeldOut:
    """The objective at the true latents with the true transition (raises ValueError without a constant covariance)."""
    return _objective(test.z.double(), world.transition, world.name, method)


def witness_oracle(violation: Violation, test: Trajectories, method: Method) -> HeldOut:
    """The objective at a violation's witness, which attains the optimum by its proof; errors as for `oracle`."""
    witness = violation.witness
    h = Pointwise(witness) if isinstance(witness, Mixing) else witness
    return _objective(h(test.z.double()), violation.recovered, violation.world.name, method)


def law_at(z: Float[Tensor, "n t m"], densities: Float[Tensor, "n u"], method: Method) -> HeldOut:
    """The objective at given codes, with known log densities of every frame given its past."""
    return held_out_objective(z, z[:, 1:], torch.eye(z.shape[2], dtype=z.dtype), method, densities)


def whitened_at(z: Float[Tensor, "n t m"], method: Method) -> HeldOut:
    """The objective of a method on whitened codes, which needs no law, at given codes."""
    return held_out_objective(z, z[:, 1:], torch.eye(z.shape[2], dtype=z.dtype), method)


def unit(method: Method) -> str:
    """What the objective is measured in."""
    if not isinstance(method.latent, WhitenedConfig):
        return "nats a frame"
    return "(sum of correlations, less penalties)" if method.latent.aligned else "(distance to the normal law)"


def _objective(z: Float[Tensor, "n t m"], law: Transition, name: str, method: Method) -> HeldOut:
    if method.latent.covariance == "conditional":
        return law_at(z, torch.stack([law.log_density(z[:, t], z[:, :t]) for t in range(1, z.shape[1])], 1), method)
    covariance = law.noise_covariance
    if covariance is None:
        raise ValueError(f"world {name} has no constant noise covariance; its oracle is not a Gaussian")
    means = torch.stack([law.mean(z[:, :t]) for t in range(1, z.shape[1])], dim=1)
    factor = torch.linalg.cholesky(covariance.double())
    return held_out_objective(z, z[:, 1:] - means, factor, method)
