r"""A cell that measures the bias of entropy estimators against closed forms: mean of $\hat H-H$ over fresh samples.

Laws are products of d equal marginals of mean 0 and variance 1, so that $H=d\,H_1$ with $H_1$ of the marginal: normal
$\frac12\log2\pi e$, uniform $\log\sqrt{12}$, Laplace $1+\log\sqrt2$, and a mixture of two normals, whose entropy is an
integral in one dimension. Estimators work on whitened samples, as in training.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from scipy import integrate

from identify.methods import EntropyConfig
from reports.cell import CellResult, Progress
from reports.recovery_cell import one_thread
from synthetic.standard_law import LAPLACE, NORMAL, GaussianMixture, StandardLaw, Uniform

MIXTURE = GaussianMixture((0.5, 0.5), (-1.0, 1.0), (0.4, 0.4))
LAWS: Mapping[str, StandardLaw] = MappingProxyType(
    {"normal": NORMAL, "uniform": Uniform(), "Laplace": LAPLACE, "two normals": MIXTURE}
)
ESTIMATORS: Mapping[str, EntropyConfig] = MappingProxyType(
    {
        "log det": EntropyConfig("log_det"),
        "kNN, k = 1": EntropyConfig("knn", k=1),
        "kNN, k = 3": EntropyConfig("knn", k=3),
        "KDE": EntropyConfig("kde", bandwidth=0.5),
        "matched KDE": EntropyConfig("matched_kde", bandwidth=0.5),
    }
)
_SAMPLES = 32_768  # samples drawn for a case, in as many replicates as they make


def marginal_entropy(law: StandardLaw) -> float:
    """$-\\int p\\log p$ by quadrature over ten standard deviations on either side."""

    def integrand(u: float) -> float:
        log_density = float(law.log_density(torch.tensor(u, dtype=torch.float64)))
        return -math.exp(log_density) * log_density if math.isfinite(log_density) else 0.0

    edges = (-math.sqrt(3), -1.0, 0.0, 1.0, math.sqrt(3))
    value, _ = integrate.quad(integrand, -30.0, 30.0, points=edges, limit=400, epsabs=1e-10)
    return float(value)


@dataclass(frozen=True)
class EstimatorBiasCell:
    """All estimators on one law, for every dimension and number of samples."""

    id: str
    law: str
    dims: tuple[int, ...]
    counts: tuple[int, ...]
    seed: int
    cost: float

    def configuration(self) -> dict[str, Any]:
        """Everything the result depends on."""
        return {
            "id": self.id,
            "law": self.law,
            "dims": list(self.dims),
            "counts": list(self.counts),
            "seed": self.seed,
            "samples": _SAMPLES,
            "estimators": {name: [one.kind, one.k, one.bandwidth] for name, one in ESTIMATORS.items()},
        }

    def compute(self, device: str, progress: Progress) -> CellResult:
        """Bias with its 95 % interval, in nats, for every case."""
        cases = [(d, n) for d in self.dims for n in self.counts]
        rows = []
        with one_thread():
            for done, (d, n) in enumerate(cases):
                rows += self._case(d, n)
                progress(done + 1, len(cases))
        worst = {
            name: max((row for row in rows if row["estimator"] == name), key=lambda row: abs(row["bias"]))
            for name in ESTIMATORS
        }
        summary = {
            "kind": "entropy bias",
            "law": self.law,
            "method": "entropies against closed forms",
            "seed": self.seed,
            "runs": [],
            "cases": rows,
            "over_seeds": {
                f"bias of {name}": {"estimate": row["bias"], "low": row["low"], "high": row["high"]}
                for name, row in worst.items()
            },
        }
        return CellResult(summary)

    def _case(self, d: int, n: int) -> list[dict[str, Any]]:
        """The same samples for every estimator; normal intervals over replicates."""
        generator = torch.Generator().manual_seed(int(np.random.SeedSequence([self.seed, d, n]).generate_state(1)[0]))
        z = LAWS[self.law].sample((_SAMPLES // n, n, d), generator)
        true = d * marginal_entropy(LAWS[self.law])
        rows = []
        for name, config in ESTIMATORS.items():
            errors = torch.stack([config.terms()(one).mean() for one in z]) - true
            bias, spread = float(errors.mean()), float(errors.std())
            half = 1.96 * spread / math.sqrt(len(errors))
            rows.append(
                {
                    "estimator": name,
                    "d": d,
                    "n": n,
                    "bias": bias,
                    "low": bias - half,
                    "high": bias + half,
                    "spread": spread,
                }
            )
        return rows
