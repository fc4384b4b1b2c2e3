"""Scikit-learn estimators: fit, transform, score, clone; saved without pickle."""

from identify.estimators.ica import LinearICA
from identify.estimators.ldm import LDM, KalmanLDM, PredictiveLDM

__all__ = ["LDM", "KalmanLDM", "LinearICA", "PredictiveLDM"]
