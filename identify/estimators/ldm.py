"""LDM as scikit-learn transformers: `fit(X, groups=...)` on rows in time order, `transform` frame by frame.

- `LDM`: linear prediction of the next latent, Gaussian entropy;
- `PredictiveLDM`: a perceptron predicts it, nearest-neighbour entropy after a Gaussian start (LDM Theorem 1);
- `KalmanLDM`: a Kalman filter predicts it (LDM eq. 15). `transform` stays the encoder of one frame; `filter` returns
  the states given all frames so far.

`score` is the held-out objective in nats a frame. Rows of X without groups or `sequence_length` are one sequence.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from identify import kalman_filter
from identify.encoders import EncoderConfig
from identify.estimators.saved import load_tensors, save_tensors
from identify.estimators.sequences import sequence_rows, windows
from identify.fitted import Fitted, History
from identify.fitting import fit
from identify.kalman_predictor import KalmanConfig, KalmanPredictor
from identify.methods import KNN, LOG_DET, Method
from identify.network import Network
from identify.predictors import PredictorConfig
from identify.principal_components import Projection
from identify.training import FitConfig

BATCH_FRAMES = 1024


class LDM(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """LDM with a linear predictor.

    Parameters: width of the code, gradient steps, hidden widths of the encoder, rows of one sequence (None: groups, or
    one sequence), seed. They are checked by `fit`, as scikit-learn has it.
    """

    _shortest = 2

    def __init__(
        self,
        n_components: Any = 1,
        *,
        steps: Any = 500,
        hidden: Any = (32, 32, 32),
        sequence_length: Any = None,
        random_state: Any = None,
    ) -> None:
        self.n_components = n_components
        self.steps = steps
        self.hidden = hidden
        self.sequence_length = sequence_length
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None, groups: Any = None) -> LDM:
        """Train on rows in time order; ValueError for too few rows, NaN, or a code wider than the data's rank."""
        x = validate_data(self, X, dtype=np.float64, ensure_min_samples=8)
        pieces = windows(x, sequence_rows(len(x), groups, self.sequence_length), self._shortest)
        seed = int(check_random_state(self.random_state).randint(2**31 - 1))
        config = self._config(pieces.shape[0], pieces.shape[1])
        self._keep(fit(torch.tensor(pieces).float(), config, [seed]))
        return self

    def transform(self, X: Any) -> Float[np.ndarray, "n m"]:
        """Codes of single frames."""
        check_is_fitted(self)
        x = validate_data(self, X, dtype=np.float64, reset=False)
        return self.fitted_.encode(torch.tensor(x)[:, None])[0, :, 0].numpy()

    def score(self, X: Any, y: Any = None, groups: Any = None) -> float:
        """Objective on these rows, nats a frame, at the noise covariance of the fit."""
        check_is_fitted(self)
        x = validate_data(self, X, dtype=np.float64, reset=False)
        pieces = windows(x, sequence_rows(len(x), groups, self.sequence_length), self._shortest)
        return self.fitted_.held_out(torch.tensor(pieces))[0].value

    def save(self, path: str | Path) -> None:
        """Write to a safetensors file; ValueError where random_state is no number."""
        check_is_fitted(self)
        one = self.fitted_
        tensors = {f"network/{name}": value for name, value in one.network.state_dict().items()}
        tensors |= {"mean": one.projection.mean, "basis": one.projection.basis, "factor": one.factor}
        about = {"seed": one.seeds[0], "kept": one.projection.kept, "batch": one.config.batch}
        save_tensors(Path(path), type(self).__name__, self.get_params(), tensors, window=one.config.window, **about)

    @classmethod
    def load(cls, path: str | Path) -> LDM:
        """Read back what `save` wrote; ValueError for another estimator or a damaged file."""
        header, tensors = load_tensors(Path(path), cls.__name__)
        parameters = header["parameters"]
        loaded = cls(**{**parameters, "hidden": tuple(parameters["hidden"])})
        basis = tensors["basis"]
        config = replace(loaded._configured(), batch=header["batch"], window=header["window"])
        generator = torch.Generator().manual_seed(0)
        network = Network(basis.shape[-1], config.encoder, config.predictor, [generator], loaded._method().latent)
        network.double().load_state_dict({k.removeprefix("network/"): v for k, v in tensors.items() if "/" in k})
        none = torch.zeros(1, 0)
        loaded._keep(
            Fitted(
                config=config,
                seeds=(header["seed"],),
                network=network,
                projection=Projection(tensors["mean"], basis, header["kept"]),
                initial={},
                factor=tensors["factor"],
                history=History(torch.zeros(0, dtype=torch.long), none, none),
                diverged=(False,),
                restart_objectives=none,
            )
        )
        loaded.n_features_in_ = basis.shape[1]
        return loaded

    def _configured(self) -> FitConfig:
        """The configuration, but for a batch that these data can fill."""
        return FitConfig(
            method=self._method(),
            encoder=EncoderConfig(self.n_components, tuple(self.hidden), "leaky_relu", skip=True),
            predictor=self._predictor(),
            steps=self.steps,
            window=self._shortest,
        )

    def _config(self, n: int, t: int) -> FitConfig:
        window = min(t, self._window())
        tiles = n * max(1, (t - min(window, t - window + 1) + 1) // window)
        return replace(self._configured(), window=window, batch=min(tiles, max(1, BATCH_FRAMES // window)))

    def _window(self) -> int:
        return 2

    def _method(self) -> Method:
        return LOG_DET

    def _predictor(self) -> PredictorConfig | KalmanConfig:
        return PredictorConfig("linear")

    def _keep(self, fitted: Fitted) -> None:
        """Keep the fit in double precision, in which a frame's code does not depend on the frames beside it."""
        projection = fitted.projection
        self.fitted_ = replace(
            fitted,
            network=fitted.network.double(),
            projection=Projection(projection.mean.double(), projection.basis.double(), projection.kept),
            factor=fitted.factor.double(),
        )
        self._n_features_out = self.n_components


class PredictiveLDM(LDM):
    """LDM with a perceptron for the predictor and nearest-neighbour entropy."""

    def _method(self) -> Method:
        return KNN

    def _predictor(self) -> PredictorConfig:
        return PredictorConfig("mlp", (16,), skip=True, activation="leaky_relu")


class KalmanLDM(LDM):
    """LDM with a Kalman filter of `states` dimensions for the predictor."""

    _shortest = 3

    def __init__(
        self,
        n_components: Any = 1,
        *,
        states: Any = 2,
        steps: Any = 500,
        hidden: Any = (32, 32, 32),
        sequence_length: Any = None,
        random_state: Any = None,
    ) -> None:
        super().__init__(
            n_components,
            steps=steps,
            hidden=hidden,
            sequence_length=sequence_length,
            random_state=random_state,
        )
        self.states = states

    def filter(self, X: Any, groups: Any = None) -> Float[np.ndarray, "n k"]:
        """States given all frames of a sequence so far, one for each row."""
        check_is_fitted(self)
        x = validate_data(self, X, dtype=np.float64, reset=False)
        predictor = self.fitted_.network.predictor
        assert isinstance(predictor, KalmanPredictor)
        states = np.empty((len(x), self.states))
        with torch.no_grad():
            system = predictor.system_parameters.system()
            for rows in sequence_rows(len(x), groups, self.sequence_length):
                z: Tensor = self.fitted_.encode(torch.tensor(x[rows])[None])
                found = kalman_filter.update(z, system, kalman_filter.predict(z, system))
                states[rows] = found.state[0, 0].numpy()
        return states

    def _window(self) -> int:
        return 10

    def _predictor(self) -> KalmanConfig:
        return KalmanConfig(self.states)

    def _keep(self, fitted: Fitted) -> None:
        super()._keep(fitted)
        predictor = self.fitted_.network.predictor
        assert isinstance(predictor, KalmanPredictor)
        predictor.filtering = True
