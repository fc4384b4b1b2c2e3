"""Tables of probabilities: random joint laws, their entropies, and what relabelling does to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def random_joint(draw: np.random.Generator, *shape: int) -> np.ndarray:
    """A joint law of the given shape, drawn uniformly from the simplex."""
    return draw.dirichlet(np.ones(int(np.prod(shape)))).reshape(shape)


def random_channel(draw: np.random.Generator, inputs: int, outputs: int) -> np.ndarray:
    """Conditional laws [input, output], each drawn uniformly from the simplex."""
    return draw.dirichlet(np.ones(outputs), size=inputs)


def random_function(draw: np.random.Generator, inputs: int, outputs: int) -> np.ndarray:
    """A channel [input, output] without noise: every input is sent to one output, drawn uniformly."""
    return np.eye(outputs)[draw.integers(outputs, size=inputs)]


def marginal(joint: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    """The law of the variables that lie along `axes`."""
    return joint.sum(axis=tuple(axis for axis in range(joint.ndim) if axis not in axes))


def entropy(joint: np.ndarray) -> float:
    """-sum p log p in nats, with 0 log 0 = 0."""
    mass = joint[joint > 0]
    return float(-(mass * np.log(mass)).sum())


def mutual_information(joint: np.ndarray) -> float:
    """H[x] + H[y] - H[x, y] of a table [x, y]."""
    return entropy(joint.sum(axis=1)) + entropy(joint.sum(axis=0)) - entropy(joint)
