"""Held-out scores of a recovered code against the true latents, one pure function each."""

from identify.metrics.affine import affine_r2
from identify.metrics.canonical import mean_cca, pwcca, svcca
from identify.metrics.matching import mcc, weak_mcc
from identify.metrics.procrustes import procrustes_r2
from identify.metrics.score import Score

__all__ = ["Score", "affine_r2", "mcc", "mean_cca", "procrustes_r2", "pwcca", "svcca", "weak_mcc"]
