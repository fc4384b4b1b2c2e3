"""Cells that unmix linearly: linear ICA as LDM on simulated processes and on photographs.

The unmixing is fitted on one half of the rows and scored on the other; the oracle is the same prior's objective on that
half at the true unmixing, each source at its best scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float
from scipy import stats

from identify.linear_ica import (
    AutoregressiveNormal,
    GeneralisedNormal,
    LinearICA,
    SourcePrior,
    fit_linear_ica,
    objective_terms,
)
from identify.metrics import mcc
from identify.objective import HeldOut
from identify.splits import split_rows
from reports.cell import CellResult, Progress
from reports.optimum import optimum_evidence
from reports.over_seeds import over_seeds
from synthetic import ornstein_uhlenbeck

Rows = Float[np.ndarray, "n 2"]


@dataclass(frozen=True)
class OrnsteinUhlenbeckCell:
    """Two Ornstein-Uhlenbeck processes turned by 45 degrees, unmixed by a rotation and their known laws (Fig. 2C)."""

    id: str
    seeds: tuple[int, ...]
    cost: float = 6.0
    steps: int = 50_000
    theta: tuple[float, float] = (2.0, 0.2)
    sigma: float = 0.3
    step: float = 0.1

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "seeds": list(self.seeds),
            "steps": self.steps,
            "law": [*self.theta, self.sigma, self.step],
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Simulate one process for each seed, fit on its first half, score on its second."""
        world = ornstein_uhlenbeck(self.theta, self.sigma, self.step)
        generator = torch.Generator().manual_seed(self.seeds[0])
        sample = world.sample(len(self.seeds), self.steps, generator, torch.float64)
        prior = AutoregressiveNormal.ornstein_uhlenbeck(self.theta, self.sigma, self.step)
        truth = torch.linalg.inv(world.mixing(torch.eye(2, dtype=torch.float64)).T).numpy()
        half = self.steps // 2
        runs, unmixed = [], []
        for i, seed in enumerate(self.seeds):
            sources, mixed = sample.z[i].numpy(), sample.x[i].numpy()
            found = fit_linear_ica(mixed[:half], prior, np.random.default_rng(seed), orthogonal=True)
            runs.append(_run(seed, sources[half:], mixed[half:], mixed[half:], found, truth, prior))
            unmixed.append(mixed @ found.unmixing.T)
            progress(i + 1, len(self.seeds))
        shown = slice(0, 2000)
        arrays = {
            "sources": sample.z[0, shown].numpy(),
            "mixed": sample.x[0, shown].numpy(),
            "unmixed": np.ascontiguousarray(unmixed[0][shown]),
        }
        return CellResult(_summary("Ornstein-Uhlenbeck", "known laws, W a rotation", runs), arrays)


@dataclass(frozen=True)
class ImageCell:
    """Two photographs mixed by [[1, .7], [.7, 1]] (LDM Fig. 2B); every seed cuts other 200 x 200 pieces.

    `view="gradients"` fits on differences of neighbouring pixels, which the same matrix mixes; `"pixels"` fits on the
    values, as published. Sources are always compared as pixel values.
    """

    id: str
    seeds: tuple[int, ...]
    view: Literal["gradients", "pixels"]
    shape: float
    cost: float = 4.0
    side: int = 200

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {"id": self.id, "seeds": list(self.seeds), "view": self.view, "shape": self.shape, "side": self.side}

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Cut, mix, fit on half of the rows, score on all pixels of the cut."""
        mixing = np.array([[1.0, 0.7], [0.7, 1.0]])
        prior = GeneralisedNormal(self.shape)
        runs, arrays = [], {}
        for i, seed in enumerate(self.seeds):
            rng = np.random.default_rng(seed)
            images = cuts(rng, self.side)
            sources = columns(images)
            mixed = sources @ mixing.T
            signal = columns(np.diff(images, axis=2)) @ mixing.T if self.view == "gradients" else mixed
            split = split_rows(len(signal), seed=seed)
            found = fit_linear_ica(signal[split.train], prior, rng)
            truth = _best_scaled(np.linalg.inv(mixing), signal[split.train], self.shape)
            run = _run(seed, sources, mixed, signal[split.held_out], found, truth, prior)
            unmixed_signal = signal @ np.linalg.inv(mixing).T
            runs.append(run | {"excess_kurtosis": stats.kurtosis(unmixed_signal, axis=0).tolist()})
            if i == 0:
                arrays = {
                    "sources": images,
                    "mixed": _as_images(mixed, images.shape),
                    "unmixed": _as_images(_like(sources, mixed @ found.unmixing.T), images.shape),
                }
            progress(i + 1, len(self.seeds))
        return CellResult(
            _summary("photographs", f"{self.view}, generalised normal of shape {self.shape:g}", runs), arrays
        )


def _run(
    seed: int, sources: Rows, mixed: Rows, held_out: Rows, found: LinearICA, truth: np.ndarray, prior: SourcePrior
) -> dict[str, Any]:
    score = mcc(sources, mixed @ found.unmixing.T, split_rows(len(sources), seed=seed))
    fitted = _held_out(held_out, found.unmixing, prior)
    return {
        "seed": seed,
        "correlation": score.to_json() | {"estimate": float(score.parts.min())},
        "correlations": score.parts.tolist(),
        "optimum": optimum_evidence(fitted, _held_out(held_out, truth, prior)),
        "gradient_norm": found.gradient_norm,
    }


def _held_out(x: Rows, unmixing: np.ndarray, prior: SourcePrior) -> HeldOut:
    terms = objective_terms(x, unmixing, prior)
    return HeldOut(float(terms.mean()), float(terms.std()) / math.sqrt(len(terms)))


def _best_scaled(unmixing: np.ndarray, x: Rows, shape: float) -> np.ndarray:
    """Rows scaled to the maximum of the objective: there <|y|^shape> = 1 for every source."""
    return unmixing / (np.mean(np.abs(x @ unmixing.T) ** shape, axis=0) ** (1 / shape))[:, None]


def _summary(sources: str, method: str, runs: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "kind": "ica",
        "sources": sources,
        "method": method,
        "runs": runs,
        "over_seeds": {"correlation": over_seeds([run["correlation"]["estimate"] for run in runs], 1.0)},
    }


def cuts(rng: np.random.Generator, side: int) -> Float[np.ndarray, "2 h w 3"]:
    """One square piece of each of scikit-learn's two sample photographs, values in [0, 1]."""
    from sklearn.datasets import load_sample_images

    pieces = []
    for image in load_sample_images().images:
        row, column = (int(rng.integers(extent - side + 1)) for extent in image.shape[:2])
        pieces.append(image[row : row + side, column : column + side] / 255.0)
    return np.stack(pieces)


def columns(images: Float[np.ndarray, "2 h w 3"]) -> Rows:
    """Every channel of every pixel is a row; values are centred."""
    flat = images.reshape(2, -1).T
    return flat - flat.mean(axis=0)


def _as_images(rows: Rows, shape: tuple[int, ...]) -> Float[np.ndarray, "2 h w 3"]:
    """Each signal stretched to [0, 1] for display."""
    low, high = rows.min(axis=0), rows.max(axis=0)
    return np.ascontiguousarray(((rows - low) / (high - low)).T.reshape(shape))


def _like(sources: Rows, unmixed: Rows) -> Rows:
    """Order and signs of the sources, for display."""
    correlation = np.corrcoef(sources.T, unmixed.T)[:2, 2:]
    order = [0, 1] if np.abs(correlation).trace() >= np.abs(correlation[:, ::-1]).trace() else [1, 0]
    chosen = unmixed[:, order]
    return chosen * np.sign([correlation[0, order[0]], correlation[1, order[1]]])
