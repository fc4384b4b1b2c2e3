"""Held-out scores of a recovered code against the true latents, one pure function each."""

from identify.metrics.affine import affine_r2
from identify.metrics.amari import amari_distance
from identify.metrics.canonical import mean_cca, pwcca, svcca
from identify.metrics.dci import DCI, dci
from identify.metrics.matching import mcc, weak_mcc
from identify.metrics.nonlinear import nonlinear_r2
from identify.metrics.procrustes import procrustes_r2
from identify.metrics.score import Score
from identify.metrics.subspace import Subspace, principal_angles, recovered_subspace

__all__ = [
    "DCI",
    "Score",
    "Subspace",
    "affine_r2",
    "amari_distance",
    "dci",
    "mcc",
    "mean_cca",
    "nonlinear_r2",
    "principal_angles",
    "procrustes_r2",
    "pwcca",
    "recovered_subspace",
    "svcca",
    "weak_mcc",
]
