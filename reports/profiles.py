"""Profiles: which claims are run, at what size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    from reports.follow_up_profile import follow_up_claims
    from reports.lejepa_profile import lejepa_claims
    from reports.theorems_follow_up import FOLLOW_UP
    from reports.theorems_lejepa import LEJEPA

    claims = (*follow_up_claims(), *lejepa_claims())
    return Profile("worlds", claims, (FOLLOW_UP, LEJEPA), (*FOLLOW_UP.checks, *LEJEPA.checks))


def categorical() -> Profile:
    """Categorical LDM on handwritten digits."""
    from reports.categorical_profile import CATEGORICAL_LDM, categorical_claims

    return Profile("categorical", categorical_claims(), (CATEGORICAL_LDM,), CATEGORICAL_LDM.checks)


def estimators() -> Profile:
    """Which entropy estimator is the default, and how failed runs show."""
    from reports.estimators_profile import estimator_claims
    from reports.theorems import THEOREM_1

    return Profile("estimators", estimator_claims(), (THEOREM_1,), ())


def methods() -> Profile:
    """Rows of LDM table 1 trained on plane, sphere and simplex, and the question of table 2."""
    from reports.methods_profile import methods_claims
    from reports.theorems_methods import TWO_FORMS

    return Profile("methods", methods_claims(), (TWO_FORMS,), (*TWO_FORMS.checks, "eq-14"))


def kalman() -> Profile:
    """LDM with a Kalman filter, on noisy images and spikes."""
    from reports.kalman_profile import KALMAN_LDM, kalman_claims

    return Profile("kalman", kalman_claims(), (KALMAN_LDM,), KALMAN_LDM.checks)


def _factories() -> dict[str, Callable[[], Profile]]:
    from reports.falsification_profile import theorems
    from reports.quick_profile import quick

    return {
        "quick": quick,
        "worlds": worlds,
        "theorems": theorems,
        "categorical": categorical,
        "kalman": kalman,
        "estimators": estimators,
        "methods": methods,
    }


def smaller_profiles() -> tuple[Profile, ...]:
    """Those that `paper` and `full` are put together from."""
    return tuple(make() for make in _factories().values())


def _all_factories() -> dict[str, Callable[[], Profile]]:
    """The smaller ones first, so that a claim is looked up there before it is run at the size of a paper."""
    from reports.paper_profile import full, paper

    return _factories() | {"paper": paper, "full": full}


def profile(name: str) -> Profile:
    """The profile called `name`; raises ValueError where there is none."""
    profiles = _all_factories()
    if name not in profiles:
        raise ValueError(f"unknown profile {name!r}: this version has {', '.join(map(repr, profiles))}")
    return profiles[name]()


def profile_with(names: Sequence[str]) -> Profile:
    """The first profile, quick before others and paper last, that knows all these claims or theorems.

    A theorem's name stands for its whole table: the claims of quick, and the rows of `theorems` with their training.
    `ValueError` where no profile knows all names.
    """
    from reports.composition import together
    from reports.falsification_profile import THEOREMS
    from reports.report import names_of, unknown_names
    from reports.theorems import LINEAR_ICA

    if {theorem.id for theorem in (*THEOREMS, LINEAR_ICA)} & set(names):
        tables = together("theorems", [profile("quick"), profile("theorems")])
        if not unknown_names(tables, names):
            return tables
    seen = []
    for make in _all_factories().values():
        seen.append(make())
        if not unknown_names(seen[-1], names):
            return seen[-1]
    unknown = unknown_names(seen[-1], names)
    listed = "; ".join(names_of(one) for one in seen if one.name in _factories())
    raise ValueError(f"unknown claim {unknown[0]!r}: {listed}")
