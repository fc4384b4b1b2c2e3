"""Learning by latent distribution matching, and measuring what came back."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "CLASSES": "identify.ladder.classes",
    "DEFAULT": "identify.methods",
    "KDE": "identify.methods",
    "KNN": "identify.methods",
    "LOG_DET": "identify.methods",
    "MATCHED_KDE": "identify.methods",
    "STOP_GRADIENT": "identify.methods",
    "AutoregressiveNormal": "identify.linear_ica",
    "Certificate": "identify.certificate.certify",
    "CouplingConfig": "identify.coupling_encoder",
    "EncoderConfig": "identify.encoders",
    "EntropyConfig": "identify.methods",
    "FitConfig": "identify.training",
    "Fitted": "identify.fitted",
    "GaussianConfig": "identify.latent_models",
    "GeneralisedNormal": "identify.linear_ica",
    "KalmanConfig": "identify.kalman_predictor",
    "KernelCCA": "identify.kernel_cca",
    "Measurement": "identify.measurement",
    "Method": "identify.methods",
    "PairedMethod": "identify.paired_methods",
    "PredictorConfig": "identify.predictors",
    "Verdict": "identify.verdict",
    "WhitenedConfig": "identify.whitened_alignment",
    "certify": "identify.certificate.certify",
    "check_class": "identify.ladder.classes",
    "diagnose": "identify.diagnostics.diagnose",
    "failed_runs": "identify.failure",
    "fit": "identify.fitting",
    "fit_kernel_cca": "identify.kernel_cca",
    "fit_linear_ica": "identify.linear_ica",
    "is_contained": "identify.ladder.classes",
    "measure": "identify.measurement",
    "progress_bar": "identify.live_progress",
    "verdict_of": "identify.measurement",
}
"""Public name and the module it lives in; loaded on first use, so that the version costs no import of torch."""
_MODULES = ("entropy", "estimators", "latent_spaces", "paired_methods")
"""Public modules: families of functions that are called by their module's name."""

__all__ = [
    "CLASSES",
    "DEFAULT",
    "KDE",
    "KNN",
    "LOG_DET",
    "MATCHED_KDE",
    "STOP_GRADIENT",
    "AutoregressiveNormal",
    "Certificate",
    "CouplingConfig",
    "EncoderConfig",
    "EntropyConfig",
    "FitConfig",
    "Fitted",
    "GaussianConfig",
    "GeneralisedNormal",
    "KalmanConfig",
    "KernelCCA",
    "Measurement",
    "Method",
    "PairedMethod",
    "PredictorConfig",
    "Verdict",
    "WhitenedConfig",
    "certify",
    "check_class",
    "diagnose",
    "entropy",
    "estimators",
    "failed_runs",
    "fit",
    "fit_kernel_cca",
    "fit_linear_ica",
    "is_contained",
    "latent_spaces",
    "measure",
    "paired_methods",
    "progress_bar",
    "verdict_of",
]


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"identify.{name}")
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
