"""All checks, in the order in which reports list them, and how a name finds its check."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from importlib import import_module

from proofs_checks.check import Check

THEMES = (
    "folding_entropy",
    "determinant_expansion",
    "stop_gradient",
    "theorem_one",
    "two_pasts",
    "covariance_relation",
    "automorphism",
    "tent_fold",
    "flat_prior",
    "contrastive_kernel",
    "rank_deficiency",
    "context_covariance",
    "covering_map",
    "objective",
    "pushforward_joint",
    "mutual_information",
    "variational_bound",
    "temporal_chain",
    "linear_unmixing",
    "reverse_divergence",
    "bottleneck",
    "sphere",
    "sphere_jacobian",
    "dimension",
    "dirichlet_simplex",
    "categorical_entropy",
    "sufficient_statistics",
    "quadratic_statistics",
    "hermite",
    "affine_eigenfunction",
    "dirichlet_energy",
    "kalman_likelihood",
    "limit_cycle",
    "input_dependent_noise",
    "stop_gradient_field",
    "change_of_variables",
    "von_mises_fisher",
    "tangential_gram",
    "fold_barrier",
    "kernel_density",
    "neighbour_entropy",
    "gaussian_entropy",
    "plug_in_entropy",
)
"""Modules with a tuple `CHECKS`; imported when the checks are asked for, because sympy is slow to load."""


def all_checks() -> tuple[Check, ...]:
    """Every check of every theme module."""
    modules = (import_module(f"proofs_checks.{theme}") for theme in THEMES)
    return tuple(check for module in modules for check in module.CHECKS)


def find(name: str, checks: Sequence[Check] | None = None) -> Check:
    """The check with this id or alias, upper or lower case; `ValueError` names the nearest ones if there is none."""
    checks = all_checks() if checks is None else checks
    by_name = {known: check for check in checks for known in check.names}
    if name.lower() in by_name:
        return by_name[name.lower()]
    near = difflib.get_close_matches(name.lower(), by_name, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else "`identify check --list` shows all"
    raise ValueError(f"no check is called {name!r}: {hint}")
