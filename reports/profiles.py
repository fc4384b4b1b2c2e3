"""Profiles: which claims are run, at what size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reports.claim import Claim
from reports.theorem import Theorem


@dataclass(frozen=True)
class Profile:
    """A named set of claims with their theorems and the derivation checks to run beside them."""

    name: str
    claims: tuple[Claim, ...]
    theorems: tuple[Theorem, ...]
    checks: tuple[str, ...]


def profile(name: str) -> Profile:
    """The profile called `name`; raises ValueError where there is none."""
    from reports.quick_profile import quick

    profiles: dict[str, Callable[[], Profile]] = {"quick": quick}
    if name not in profiles:
        raise ValueError(f"unknown profile {name!r}: this version has {', '.join(map(repr, profiles))}")
    return profiles[name]()
