r"""Self-supervised methods as values with two knobs: a latent model and an entropy estimator (LDM table 1).

`form` says which objective is meant (LDM eq. 12-13), per predicted frame:

- ``"MI"``:  $\langle\log P(z_t|z_{:t})\rangle + H[z_t]$, at the optimum the information between past and present;
- ``"LDM"``: $\langle\log P(z_t|z_{:t})\rangle + H[z_t|z_{:t}]$, at the optimum 0 (= -KL); the conditional entropy is
  estimated as $H[z_t,z_{t-1}]-H[z_{t-1}]$, so it is meant for Markov latents.

`warm_start` is the share of the steps that run on the Gaussian entropy before the method's own estimator takes over:
nearest neighbours and narrow kernels fold the latent space when they start from a random network.

`DEFAULT` is what `FitConfig` takes where no method is given: matched kernels after a short warm start. The table in
docs/estimators_report.md chose it, worlds x estimators with twenty seeds each, by a rule fixed beforehand; nearest
neighbours with k = 3 come close and are as reliable.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, get_args

from identify import entropy
from identify.latent_models import GaussianConfig
from identify.whitened_alignment import WhitenedConfig

Kind = Literal["log_det", "knn", "kde", "matched_kde", "stop_gradient"]
_KERNELS = {"kde": entropy.kde_terms, "matched_kde": entropy.matched_kde_terms}


@dataclass(frozen=True)
class EntropyConfig:
    """An entropy estimator.

    `k` belongs to knn; `bandwidth` (in units of the whitened code) and `centres` (kernels at most, None: one a sample)
    to kde and matched_kde. `samples` limits how many frames of a batch enter a training step's entropy, evenly spaced
    in time; log_det and held-out values use all.
    """

    kind: Kind = "log_det"
    k: int = 1
    bandwidth: float = 0.5
    centres: int | None = None
    samples: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind={self.kind!r}; known entropies are {', '.join(get_args(Kind))}")
        if self.k < 1:
            raise ValueError(f"k={self.k}; the neighbour's rank starts at 1")
        if not (self.bandwidth > 0 and math.isfinite(self.bandwidth)):
            raise ValueError(f"bandwidth={self.bandwidth}; a kernel needs a finite bandwidth above 0")
        if self.kind == "matched_kde" and self.bandwidth > 1:
            raise ValueError(
                f"bandwidth={self.bandwidth}; a matched kernel is at most as wide as the sample, bandwidth=1"
            )
        if self.centres is not None and self.centres < 2:
            raise ValueError(
                f"centres={self.centres}; leaving one out needs at least 2 centres, or None for all samples"
            )
        if self.samples is not None and self.samples < 2:
            raise ValueError(f"samples={self.samples}; an entropy needs at least 2 samples, or None for all")

    def terms(self) -> Callable[[entropy.Samples], entropy.Terms]:
        """The estimator, exact under affine maps of the code.

        Stop-gradient estimates a gradient and has no value of its own (LDM eq. 54): its runs are judged by `knn` (k=3).
        """
        if self.kind == "log_det":
            return entropy.log_det_terms
        if self.kind == "kde" or self.kind == "matched_kde":
            kernel = partial(_KERNELS[self.kind], bandwidth=self.bandwidth, centres=self.centres)
            return kernel if self.kind == "matched_kde" else entropy.whitened(kernel)
        return entropy.whitened(partial(entropy.knn_terms, k=3 if self.kind == "stop_gradient" else self.k))


@dataclass(frozen=True)
class Method:
    """A latent model and an entropy estimator, in MI or LDM form; `DEFAULT` has matched kernels."""

    name: str
    latent: GaussianConfig | WhitenedConfig = field(default_factory=GaussianConfig)
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
MATCHED_KDE = Method("matched KDE", entropy=EntropyConfig("matched_kde", bandwidth=0.5), warm_start=0.25)
STOP_GRADIENT = Method(
    "stop-gradient", latent=GaussianConfig("fixed", sigma=math.sqrt(0.1)), entropy=EntropyConfig("stop_gradient")
)
DEFAULT = MATCHED_KDE
