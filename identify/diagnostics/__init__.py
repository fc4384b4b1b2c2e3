"""Tests of the identifiability theorem's assumptions on latents, each with the defect it would have seen."""

from identify.diagnostics.constant_covariance import constant_covariance
from identify.diagnostics.coverage import Span, coverage, span_of_means
from identify.diagnostics.diagnose import Diagnoses, diagnose
from identify.diagnostics.diagnosis import Diagnosis
from identify.diagnostics.dimension import Dimension, dimension, intrinsic_dimension
from identify.diagnostics.gaussian_residuals import gaussian_residuals
from identify.diagnostics.injectivity import injectivity
from identify.diagnostics.memory import memory
from identify.diagnostics.noise_rank import noise_rank
from identify.diagnostics.residuals import Residuals, residuals
from identify.diagnostics.stationarity import stationarity

__all__ = [
    "Diagnoses",
    "Diagnosis",
    "Dimension",
    "Residuals",
    "Span",
    "constant_covariance",
    "coverage",
    "diagnose",
    "dimension",
    "gaussian_residuals",
    "injectivity",
    "intrinsic_dimension",
    "memory",
    "noise_rank",
    "residuals",
    "span_of_means",
    "stationarity",
]
