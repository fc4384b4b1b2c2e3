"""What training needs to know of a violation or control: its world, codes to start from, and the best known value.

| carrier | start | best known code, in its world | in the intact twin |
|---|---|---|---|
| `Violation` | witness | true latents, or the witness where the model has no law for them | true latents |
| `InfoViolation` | first numbers of the condition, then the witness | the same | true signal |
| `AlignmentViolation` | witness | witness, which beats all linear codes | true latents |
| `PositiveControl` | the map that it resembles | true latents | |

A code counts as optimal when its held-out objective is not below that value by more than three standard errors.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from identify.methods import Method
from identify.objective import HeldOut
from reports.optimum import law_at, oracle, whitened_at, witness_oracle
from reports.witness_gap import AnyViolation
from synthetic import AlignmentViolation, InfoViolation, PositiveControl, Trajectories, Violation, World

Carrier = AnyViolation | PositiveControl


def world_of(carrier: Carrier, intact: bool = False) -> World:
    """The carrier's world, or the intact twin of a violation."""
    if isinstance(carrier, PositiveControl) or not intact:
        return carrier.world
    return carrier.twin.world if isinstance(carrier, InfoViolation) else carrier.twin


def start_codes(carrier: Carrier | None, sample: Trajectories) -> Float[Tensor, "n t m"]:
    """Codes that the encoder is regressed onto; ValueError for a world that violates and resembles nothing."""
    if carrier is None:
        raise ValueError("start='witness': this world violates nothing, so it has no witness; use start='random'")
    if isinstance(carrier, PositiveControl):
        return carrier.resembling(sample.z)
    if not isinstance(carrier, InfoViolation):
        return carrier.witness(sample.z)
    codes = carrier.witness(joint_latents(sample))
    return torch.cat((joint_latents(sample)[:, :1, : codes.shape[2]], codes[:, 1:]), 1)


def best_known(
    carrier: Carrier | None, intact: bool, world: World, test: Trajectories, method: Method, width: int
) -> HeldOut:
    """The objective on the test sequences at the codes of that width known to be best; ValueError as `oracle`."""
    if isinstance(carrier, AlignmentViolation):
        z = test.z.double()
        return whitened_at(z if intact else carrier.witness(z), method)
    if isinstance(carrier, InfoViolation) and not intact:
        return _at_the_code(carrier, test, method)
    told = world.transition.noise_covariance is not None and width == world.dim
    if told or intact or not isinstance(carrier, Violation):
        return oracle(world, test, method)
    return witness_oracle(carrier, test, method)


def _at_the_code(violation: InfoViolation, test: Trajectories, method: Method) -> HeldOut:
    """A free density is held against the code's own law, a Gaussian one against the closest of its class."""
    double = Trajectories(test.z.double(), test.x, None if test.nuisance is None else test.nuisance.double())
    codes = start_codes(violation, double)
    if method.latent.covariance == "conditional":
        return law_at(
            codes, violation.witness.pushed_log_density(violation.signal.joint, joint_latents(double)), method
        )
    return law_at(codes, violation.recovered.log_density(codes[:, 1], codes[:, :1])[:, None], method)


def broken_bound(carrier: Carrier | None, z: Float[Tensor, "n d"], code: Float[Tensor, "n m"]) -> dict[str, Any] | None:
    """What a violation of a bound alone breaks: the quantity measured here, and the bound that it must not exceed."""
    if carrier is None or isinstance(carrier, PositiveControl) or carrier.kind != "breaks_bound":
        return None
    if isinstance(carrier, AlignmentViolation):
        assert carrier.bound is not None
        error = min(float((code - side * z).square().sum(-1).mean()) for side in (1, -1))
        return {"quantity": "squared error to the closest Q z", "value": error, "bound": carrier.bound.bound}
    assert isinstance(carrier, InfoViolation)
    return {
        "quantity": "dimensions of the statistic, against those of the code",
        "value": float(carrier.statistic.output_dim),
        "bound": float(code.shape[1]),
    }


def joint_latents(sample: Trajectories) -> Float[Tensor, "n t d"]:
    """What the mixing reads: latents, with the nuisance beside them where there is any."""
    return sample.z if sample.nuisance is None else torch.cat((sample.z, sample.nuisance), -1)
