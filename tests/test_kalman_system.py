"""What a Kalman filter cannot work with is named, with its value and a remedy."""

import math

import pytest
import torch

from identify.kalman_filter import log_prob
from identify.kalman_riccati import steady_state
from tests.kalman_cases import SHAPES, case
from tests.unchecked_types import unchecked_types

BAD_SYSTEMS = {
    "transition not square": (
        lambda s: s._replace(transition=s.transition[:, :2]),
        r"transition has shape \(2, 2, 4\); give one square matrix a network",
    ),
    "readout flat": (lambda s: s._replace(readout=s.readout[0]), r"readout has shape \(2, 4\); give one matrix"),
    "process of another size": (
        lambda s: s._replace(process=s.process[:, :3, :3]),
        r"process has shape \(2, 3, 3\); for 2 networks, 4 states and 2 latents give \(2, 4, 4\)",
    ),
    "readout of other states": (
        lambda s: s._replace(readout=s.readout[..., :3]),
        r"readout has shape \(2, 2, 3\); .* give \(2, 2, 4\)",
    ),
    "offset of one network": (lambda s: s._replace(offset=s.offset[:1]), r"offset has shape \(1, 2\)"),
    "NaN": (lambda s: s._replace(transition=s.transition * math.nan), r"transition is nan at index \[0, 0, 0\]"),
    "infinite": (
        lambda s: s._replace(initial_mean=s.initial_mean + math.inf),
        r"initial_mean is inf at index \[0, 0\]",
    ),
    "asymmetric": (
        lambda s: s._replace(noise=s.noise + torch.ones(2, 2).triu(1)),
        r"noise differs from its transpose by 1; give a symmetric covariance",
    ),
    "negative": (
        lambda s: s._replace(process=-s.process),
        r"process has an eigenvalue -.*; a covariance must be positive definite, add to its diagonal",
    ),
    "singular": (lambda s: s._replace(initial=0 * s.initial), r"initial has an eigenvalue 0; a covariance must be"),
}


@pytest.mark.parametrize("change", BAD_SYSTEMS)
def test_bad_systems_are_named(change):
    system, z, _ = case(SHAPES["more states"])
    spoil, message = BAD_SYSTEMS[change]
    with unchecked_types(), pytest.raises(ValueError, match=message):
        log_prob(z, spoil(system))
    with unchecked_types(), pytest.raises(ValueError, match=message):
        steady_state(spoil(system))


BAD_DATA = {
    "no frames": (lambda z: {"z": z[:, :, :0]}, r"z has shape \(2, 3, 0, 2\); give at least one sequence of at least"),
    "no sequences": (lambda z: {"z": z[:, :0]}, r"z has shape \(2, 0, 7, 2\); give at least one sequence"),
    "no network axis": (lambda z: {"z": z[0]}, r"z has shape \(3, 7, 2\); give \[s b t m\] with s=2 networks and m=2"),
    "states for latents": (lambda z: {"z": torch.cat([z, z], -1)}, r"z has shape \(2, 3, 7, 4\); give \[s b t m\]"),
    "NaN": (lambda z: {"z": z * math.nan}, r"z is nan at index \[0, 0, 0, 0\]; .* mark entries of z that are missing"),
    "mask of frames": (
        lambda z: {"z": z, "observed": z[..., 0] > 0},
        r"observed has shape \(2, 3, 7\); give \[1 or 2 1 or 3 7 2\]",
    ),
    "noise of another length": (
        lambda z: {"z": z, "noise": torch.eye(2, dtype=z.dtype).expand(2, 3, 6, 2, 2)},
        r"noise has shape \(2, 3, 6, 2, 2\); give \[2 1 or 3 7 2 2\]",
    ),
    "noise not positive": (
        lambda z: {"z": z, "noise": torch.zeros(2, 1, 7, 2, 2, dtype=z.dtype)},
        "noise has an eigenvalue 0; a covariance must be positive definite",
    ),
    "noise not finite": (
        lambda z: {"z": z, "noise": torch.full((2, 1, 7, 2, 2), math.inf, dtype=z.dtype)},
        r"noise is inf at index \[0, 0, 0, 0, 0\]",
    ),
}


@pytest.mark.parametrize("change", BAD_DATA)
def test_bad_data_are_named(change):
    system, z, _ = case(SHAPES["more states"])
    spoil, message = BAD_DATA[change]
    with unchecked_types(), pytest.raises(ValueError, match=message):
        log_prob(system=system, **spoil(z))
