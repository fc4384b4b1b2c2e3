"""All diagnostics of one set of sequences, with one false-alarm rate for the table.

Each of the k tests gets alpha / k, so under the assumptions the probability that any of them reports a violation is at
most alpha (Bonferroni). The order matters once: the covariance is judged first, because residuals whose covariance
follows the past are not Gaussian when pooled.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from identify.blas_threads import threads_for
from identify.diagnostics.constant_covariance import constant_covariance
from identify.diagnostics.coverage import coverage
from identify.diagnostics.diagnosis import Diagnosis, check_alpha
from identify.diagnostics.dimension import dimension
from identify.diagnostics.gaussian_residuals import gaussian_residuals
from identify.diagnostics.injectivity import injectivity
from identify.diagnostics.memory import memory
from identify.diagnostics.noise_rank import noise_rank
from identify.diagnostics.residuals import residuals
from identify.diagnostics.sequence_check import as_companion, as_sequences
from identify.diagnostics.stationarity import stationarity

TESTS = 8


class Diagnoses(NamedTuple):
    """The table, in the order of the theorem's assumptions; `alpha` is the false-alarm rate of all of it together."""

    rows: tuple[Diagnosis, ...]
    sequences: int
    steps: int
    latents: int
    predictor: str
    alpha: float
    seed: int

    def __getitem__(self, name: Any) -> Any:
        """Return the diagnosis of an assumption by its name, or a field by its position."""
        if not isinstance(name, str):
            return tuple(self)[name]
        for row in self.rows:
            if row.assumption == name:
                return row
        raise ValueError(f"{name!r} is not diagnosed: take one of {', '.join(row.assumption for row in self.rows)}")

    @property
    def violated(self) -> tuple[str, ...]:
        """Names of the assumptions that are violated."""
        return tuple(row.assumption for row in self.rows if row.decision == "violated")

    def table(self) -> str:
        """The table as text, one line an assumption, findings below."""
        lines = [f"{'assumption':20} {'decision':10} {'statistic':>10} {'p':>9} {'seen from':>9}  defect"]
        for row in self.rows:
            p = f"{row.p_value:9.2g}" if np.isfinite(row.p_value) else f"{'-':>9}"
            lines.append(
                f"{row.assumption:20} {row.decision:10} {row.statistic:10.4g} {p} {row.smallest_seen:9.3g}"
                f"  {row.defect}"
            )
            lines += [f"{'':20} {finding}" for finding in row.findings]
        lines.append(
            f"{self.sequences} sequences of {self.steps} steps, {self.latents} latents, predicted means: "
            f"{self.predictor}; false-alarm rate of the table at most {self.alpha:g}"
        )
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """Return what a reader needs."""
        return {**self._asdict(), "rows": [row.to_json() for row in self.rows]}


def diagnose(z: Any, *, means: Any = None, code: Any = None, alpha: float = 0.01, seed: int = 0) -> Diagnoses:
    """Test the assumptions of the identifiability theorem on latents.

    Args:
        z: latents, true or recovered, [n t d]; pairs (past, present) are sequences of two steps. At most 40,000 rows
            are used, the first whole sequences.
        means: predicted means of steps 2..t, [n t-1 d]; fitted out of fold where None.
        code: [n t m], what is made of z (observations, or recovered latents where z is true), for injectivity.
        alpha: false-alarm rate of the whole table.
        seed: of everything random.

    Raises:
        ValueError: shapes or values that cannot be diagnosed, a rate outside (0, .2].
    """
    check_alpha(alpha)
    latents = as_sequences(z)
    if code is not None:
        code = as_companion(code, "code", latents, latents.shape[1])
    each = alpha / TESTS
    rng = np.random.default_rng(seed)
    with threads_for(latents.size):
        found = residuals(latents, means, rng=rng)
        covariance = constant_covariance(found, alpha=each, rng=rng)
        moving = covariance.decision == "violated"
        rows = (
            gaussian_residuals(found, alpha=each, context_dependent=moving, rng=rng),
            covariance,
            noise_rank(found, alpha=each),
            coverage(found, alpha=each),
            memory(found, alpha=each, context_dependent=moving, rng=rng),
            stationarity(latents, alpha=each, rng=rng),
            dimension(latents, latents.shape[2], alpha=each, rng=rng),
            injectivity(latents, code, alpha=each, rng=rng),
        )
    n, t, d = latents.shape
    return Diagnoses(rows, n, t, d, found.predictor, alpha, seed)
