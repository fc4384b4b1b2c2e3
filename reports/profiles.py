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


def worlds() -> Profile:
    """Two published experiments: signal under nuisance, and autoregressive latents behind coupling layers."""
    from reports.follow_up_profile import FOLLOW_UP, follow_up_claims
    from reports.lejepa_profile import LEJEPA, lejepa_claims

    claims = (*follow_up_claims(), *lejepa_claims())
    return Profile("worlds", claims, (FOLLOW_UP, LEJEPA), (*FOLLOW_UP.checks, *LEJEPA.checks))


def profile(name: str) -> Profile:
    """The profile called `name`; raises ValueError where there is none."""
    from reports.quick_profile import quick

    profiles: dict[str, Callable[[], Profile]] = {"quick": quick, "worlds": worlds}
    if name not in profiles:
        raise ValueError(f"unknown profile {name!r}: this version has {', '.join(map(repr, profiles))}")
    return profiles[name]()
