r"""Self-supervised methods as values with two knobs: a latent model and an entropy estimator (LDM table 1).

`form` says which objective is meant (LDM eq. 12-13), per predicted frame:

- ``"MI"``:  $\langle\log P(z_t|z_{:t})\rangle + H[z_t]$, at the optimum the information between past and present;
- ``"LDM"``: $\langle\log P(z_t|z_{:t})\rangle + H[z_t|z_{:t}]$, at the optimum 0 (= -KL); the conditional entropy is
  estimated as $H[z_t,z_{t-1}]-H[z_{t-1}]$, so it is meant for Markov latents.

`warm_start` is the share of the steps that run on the Gaussian entropy before the method's own estimator takes over:
nearest neighbours and narrow kernels fold the latent space when they start from a random network.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from identify import entropy
from identify.latent_models import GaussianConfig


@dataclass(frozen=True)
class EntropyConfig:
    """An entropy estimator: `k` belongs to knn, `bandwidth` (in units of the whitened code) to kde."""

    kind: Literal["log_det", "knn", "kde", "stop_gradient"] = "log_det"
    k: int = 1
    bandwidth: float = 0.5

    def __post_init__(self) -> None:
        if self.kind not in ("log_det", "knn", "kde", "stop_gradient"):
            raise ValueError(f"kind={self.kind!r}; known entropies are log_det, knn, kde and stop_gradient")
        if self.k < 1:
            raise ValueError(f"k={self.k}; the neighbour's rank starts at 1")
        if not (self.bandwidth > 0 and math.isfinite(self.bandwidth)):
            raise ValueError(f"bandwidth={self.bandwidth}; a kernel needs a finite bandwidth above 0")

    def terms(self) -> Callable[[entropy.Samples], entropy.Terms]:
        """The estimator, exact under affine maps of the code.

        Stop-gradient estimates a gradient and has no value of its own (LDM eq. 54): its runs are judged by `knn` (k=3).
        """
        if self.kind == "log_det":
            return entropy.log_det_terms
        if self.kind == "kde":
            return entropy.whitened(partial(entropy.kde_terms, bandwidth=self.bandwidth))
        return entropy.whitened(partial(entropy.knn_terms, k=3 if self.kind == "stop_gradient" else self.k))


@dataclass(frozen=True)
class Method:
    """A latent model and an entropy estimator, in MI or LDM form."""

    name: str
    latent: GaussianConfig = field(default_factory=GaussianConfig)
    entropy: EntropyConfig = field(default_factory=EntropyConfig)
    form: Literal["MI", "LDM"] = "MI"
    warm_start: float = 0.0

    def __post_init__(self) -> None:
        if self.form not in ("MI", "LDM"):
            raise ValueError(f"form={self.form!r}; an objective is MI or LDM")
        if not 0 <= self.warm_start <= 1:
            raise ValueError(f"warm_start={self.warm_start}; it is a share of the steps, between 0 and 1")


LOG_DET = Method("log det")
KNN = Method("kNN", entropy=EntropyConfig("knn", k=1), warm_start=0.5)
KDE = Method("KDE", entropy=EntropyConfig("kde", bandwidth=0.5), warm_start=0.6)
STOP_GRADIENT = Method(
    "stop-gradient", latent=GaussianConfig("fixed", sigma=math.sqrt(0.1)), entropy=EntropyConfig("stop_gradient")
)
