"""The classes of maps from true to recovered latents, and which class lies in which.

b an offset, Q orthogonal, P a permutation, S signs, D diagonal, c > 0, phi_i strictly monotone: a lattice, not a chain.
"""

from __future__ import annotations

CLASSES: dict[str, str] = {
    "identity": "z",
    "permutation_sign": "P S z",
    "orthogonal": "Q z",
    "permutation_similarity": "c P S z + b",
    "permutation_scale": "P D z + b",
    "similarity": "c Q z + b",
    "affine": "A z + b",
    "componentwise": "P phi(z)",
    "nonlinear": "any invertible map",
    "none": "not invertible on the support",
}
"""Name and formula, in the order in which the verdict looks for the first class that holds."""

LINEAR = (
    "identity",
    "permutation_sign",
    "orthogonal",
    "permutation_similarity",
    "permutation_scale",
    "similarity",
    "affine",
)
NEEDS_EQUAL_WIDTH = (*LINEAR[:-1], "componentwise")

_PARENTS: dict[str, tuple[str, ...]] = {
    "identity": ("permutation_sign",),
    "permutation_sign": ("orthogonal", "permutation_similarity"),
    "orthogonal": ("similarity",),
    "permutation_similarity": ("permutation_scale", "similarity"),
    "permutation_scale": ("affine", "componentwise"),
    "similarity": ("affine",),
    "affine": ("nonlinear",),
    "componentwise": ("nonlinear",),
    "nonlinear": (),
    "none": (),
}


def _above(name: str) -> frozenset[str]:
    found: set[str] = set()
    for parent in _PARENTS[name]:
        found |= {parent} | _above(parent)
    return frozenset(found)


SUPERSETS: dict[str, frozenset[str]] = {name: _above(name) for name in CLASSES}
"""Classes strictly larger than each class."""


def is_contained(inner: str, outer: str) -> bool:
    """Say whether every map of class `inner` is a map of class `outer`.

    Raises:
        ValueError: a name that is no class.
    """
    for name in (inner, outer):
        check_class(name)
    return inner == outer or outer in SUPERSETS[inner]


def check_class(name: str) -> str:
    """Return the name if it is a class.

    Raises:
        ValueError: otherwise.
    """
    if name not in CLASSES:
        raise ValueError(f"class {name!r} is not on the ladder: choose one of {', '.join(CLASSES)}")
    return name
