"""Linear ICA as a scikit-learn transformer: sources W (x - mean), each with the likelier of two shapes of tails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from identify.estimators.saved import load_tensors, save_tensors
from identify.ica_priors import GeneralisedNormal
from identify.linear_ica import fit_shaped_ica, objective_terms


class LinearICA(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """As many sources as channels; `score` is the log likelihood in nats a row."""

    def __init__(self, *, shapes: Any = (1.0, 4.0), restarts: Any = 3, random_state: Any = None) -> None:
        self.shapes = shapes
        self.restarts = restarts
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> LinearICA:
        """Unmix rows; ValueError for NaN, too few rows, or a singular covariance."""
        x = validate_data(self, X, dtype=np.float64, ensure_min_samples=2)
        self.mean_ = x.mean(axis=0)
        rng = np.random.default_rng(check_random_state(self.random_state).randint(2**31 - 1))
        found = fit_shaped_ica(x - self.mean_, rng, tuple(self.shapes), self.restarts)
        self.components_, self.prior_shapes_ = found.ica.unmixing, np.array(found.prior.shape)
        self._n_features_out = len(self.components_)
        return self

    def transform(self, X: Any) -> Float[np.ndarray, "n d"]:
        """Sources of rows."""
        check_is_fitted(self)
        return (validate_data(self, X, dtype=np.float64, reset=False) - self.mean_) @ self.components_.T

    def score(self, X: Any, y: Any = None) -> float:
        """Mean log likelihood of rows."""
        check_is_fitted(self)
        x = validate_data(self, X, dtype=np.float64, reset=False) - self.mean_
        prior = GeneralisedNormal(tuple(self.prior_shapes_.tolist()))
        return float(objective_terms(x, self.components_, prior).mean())

    def save(self, path: str | Path) -> None:
        """Write to a safetensors file."""
        check_is_fitted(self)
        arrays = {"mean": self.mean_, "components": self.components_, "shapes": self.prior_shapes_}
        tensors = {name: torch.tensor(value) for name, value in arrays.items()}
        save_tensors(Path(path), type(self).__name__, self.get_params(), tensors)

    @classmethod
    def load(cls, path: str | Path) -> LinearICA:
        """Read back what `save` wrote; ValueError for another estimator or a damaged file."""
        header, tensors = load_tensors(Path(path), cls.__name__)
        loaded = cls(**{**header["parameters"], "shapes": tuple(header["parameters"]["shapes"])})
        loaded.mean_, loaded.components_ = tensors["mean"].numpy(), tensors["components"].numpy()
        loaded.prior_shapes_ = tensors["shapes"].numpy()
        loaded.n_features_in_ = loaded._n_features_out = len(loaded.mean_)
        return loaded
