"""Gate 2: which classes hold, which fail, which are undecided.

C holds if the upper bound of its excess loss over every fitted class that is not smaller (or of its loss itself) is
below eps; it fails if some lower bound is above eps. Classes that are not comparable with C count: where componentwise
is exact, a similarity that is as good as affine is none. Certainty flows along the lattice: below a class that fails
everything fails, above a class that holds everything holds. Where the loss itself is above eps (noise), "no larger
class is better" also needs that bends of variance 2 eps would have been found: see `planted_bends`.
"""

from __future__ import annotations

from typing import NamedTuple

from identify.ladder.classes import CLASSES, SUPERSETS
from identify.ladder.residuals import Bounds, Fold, excess_bounds, forms_of


class Gate(NamedTuple):
    """Decision by class and the bounds behind it; `excess` is the tightest statement about each class."""

    holds: dict[str, bool | None]
    excess: dict[str, Bounds]


def decide(folds: tuple[Fold, ...], eps: float, alpha: float, bends_would_show: bool) -> Gate:
    """Apply gate 2 to every class that was fitted, `nonlinear` aside (gate 1 settles it)."""
    fitted = [name for name in CLASSES if name in folds[0].residuals]
    known = forms_of(folds)
    excess: dict[str, Bounds] = {}
    holds: dict[str, bool | None] = {}
    for name in fitted:
        if name == "nonlinear":
            continue
        total = excess_bounds(folds, name, None, alpha, known)
        compared = [excess_bounds(folds, name, larger, alpha, known) for larger in fitted if _rivals(name, larger)]
        lower = max((b.lower for b in compared), default=0.0)
        upper = max((b.upper for b in compared), default=total.upper)
        relative_counts = bool(compared) and bends_would_show
        excess[name] = Bounds(lower, min(total.upper, upper) if relative_counts else total.upper)
        holds[name] = False if lower > eps else True if excess[name].upper < eps else None
    return Gate(_along_the_lattice(holds), excess)


def _rivals(name: str, other: str) -> bool:
    return other != name and name not in SUPERSETS[other]


def _along_the_lattice(holds: dict[str, bool | None]) -> dict[str, bool | None]:
    settled = dict(holds)
    for name in holds:
        larger = [other for other in SUPERSETS[name] if other in holds]
        if any(holds[other] is False for other in larger):
            settled[name] = False
    for name in holds:
        smaller = [other for other in holds if name in SUPERSETS[other]]
        if settled[name] is None and any(settled[other] is True for other in smaller):
            settled[name] = True
    return settled


def first_class(holds: dict[str, bool | None]) -> str | None:
    """Return the first class of the ladder that holds while every smaller class fails, or None."""
    for name in CLASSES:
        if holds.get(name) is True:
            smaller = [other for other in CLASSES if name in SUPERSETS[other] and other in holds]
            return name if all(holds[other] is False for other in smaller) else None
    return None


def also_minimal(found: str, holds: dict[str, bool | None]) -> tuple[str, ...]:
    """Other classes that hold, are minimal among those that hold, and are not comparable with the one found."""
    holding = [name for name in holds if holds[name] is True]
    minimal = [name for name in holding if not any(name in SUPERSETS[other] for other in holding)]
    return tuple(
        name for name in minimal if name != found and name not in SUPERSETS[found] and found not in SUPERSETS[name]
    )
