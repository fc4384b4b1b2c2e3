"""All checks, in the order in which reports list them, and how a name finds its check."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from proofs_checks.check import Check


def all_checks() -> tuple[Check, ...]:
    """Every check of every theme module."""
    from proofs_checks import (
        affine_eigenfunction,
        automorphism,
        bottleneck,
        categorical_entropy,
        change_of_variables,
        context_covariance,
        contrastive_kernel,
        covariance_relation,
        covering_map,
        determinant_expansion,
        dimension,
        dirichlet_energy,
        dirichlet_simplex,
        flat_prior,
        fold_barrier,
        folding_entropy,
        gaussian_entropy,
        hermite,
        input_dependent_noise,
        kalman_likelihood,
        kernel_density,
        limit_cycle,
        linear_unmixing,
        mutual_information,
        neighbour_entropy,
        objective,
        plug_in_entropy,
        pushforward_joint,
        quadratic_statistics,
        rank_deficiency,
        reverse_divergence,
        sphere,
        sphere_jacobian,
        stop_gradient,
        stop_gradient_field,
        sufficient_statistics,
        tangential_gram,
        temporal_chain,
        tent_fold,
        theorem_one,
        two_pasts,
        variational_bound,
        von_mises_fisher,
    )

    return (
        *folding_entropy.CHECKS,
        *determinant_expansion.CHECKS,
        *stop_gradient.CHECKS,
        *theorem_one.CHECKS,
        *two_pasts.CHECKS,
        *covariance_relation.CHECKS,
        *automorphism.CHECKS,
        *tent_fold.CHECKS,
        *flat_prior.CHECKS,
        *contrastive_kernel.CHECKS,
        *rank_deficiency.CHECKS,
        *context_covariance.CHECKS,
        *covering_map.CHECKS,
        *objective.CHECKS,
        *pushforward_joint.CHECKS,
        *mutual_information.CHECKS,
        *variational_bound.CHECKS,
        *temporal_chain.CHECKS,
        *linear_unmixing.CHECKS,
        *reverse_divergence.CHECKS,
        *bottleneck.CHECKS,
        *sphere.CHECKS,
        *sphere_jacobian.CHECKS,
        *dimension.CHECKS,
        *dirichlet_simplex.CHECKS,
        *categorical_entropy.CHECKS,
        *sufficient_statistics.CHECKS,
        *quadratic_statistics.CHECKS,
        *hermite.CHECKS,
        *affine_eigenfunction.CHECKS,
        *dirichlet_energy.CHECKS,
        *kalman_likelihood.CHECKS,
        *limit_cycle.CHECKS,
        *input_dependent_noise.CHECKS,
        *stop_gradient_field.CHECKS,
        *change_of_variables.CHECKS,
        *von_mises_fisher.CHECKS,
        *tangential_gram.CHECKS,
        *fold_barrier.CHECKS,
        *kernel_density.CHECKS,
        *neighbour_entropy.CHECKS,
        *gaussian_entropy.CHECKS,
        *plug_in_entropy.CHECKS,
    )


def find(name: str, checks: Sequence[Check] | None = None) -> Check:
    """The check with this id or alias, upper or lower case; `ValueError` names the nearest ones if there is none."""
    checks = all_checks() if checks is None else checks
    by_name = {known: check for check in checks for known in check.names}
    if name.lower() in by_name:
        return by_name[name.lower()]
    near = difflib.get_close_matches(name.lower(), by_name, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(near)}?" if near else "`identify check --list` shows all"
    raise ValueError(f"no check is called {name!r}: {hint}")
