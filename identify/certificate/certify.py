r"""A certificate for recordings without ground truth: fit predictive LDM from several starts, test what can be tested.

Theorem 1 [mikulasch2026ldm] says: *if* the latents have Gaussian transitions of constant covariance, predicted means
that span, an injective mixing, and as many dimensions as the code, *then* every optimum is affine to them. Data show
parts of the *if* and the agreement of optima, never the latents. So the statement is conditional:

    the code is affine to any latents that satisfy the theorem.

Certified if and only if every needed row is supported; a row that could not be told withholds the certificate. No data
without truth show that the true latents are Gaussian rather than a bent copy that is (V5), that the encoder should be
shared over time (V8: a code that turns with time fits as well), that no independent latent is left out (V10), and that
the model family was right to be restricted (V11: a free density fits any bent code). Measured error rates:
docs/certify.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from identify.certificate.evidence import (
    Row,
    agreeing,
    assumption_rows,
    components,
    consistency,
    consistency_row,
    observation_row,
    optimum_row,
)
from identify.certificate.pieces import Pieces, cut
from identify.certificate.row_rank import row_rank, row_rank_row
from identify.diagnostics.diagnose import diagnose
from identify.diagnostics.dimension import Dimension, intrinsic_dimension
from identify.encoders import EncoderConfig
from identify.fitted import Fitted
from identify.fitting import fit
from identify.methods import KNN, EntropyConfig
from identify.objective import HeldOut
from identify.predictors import PredictorConfig
from identify.training import FitConfig
from identify.verdict import Verdict

INVISIBLE = (
    "that the true latents are the Gaussian ones (a bent copy of them may be)",
    "that one encoder serves all times",
    "that no latent independent of the others is left out",
    "that the model family was right to be restricted",
)
"""What no data without truth can show."""
BATCH, STEPS = 256, 1200
"""Fewer steps end so far from the optimum that the covariance of residuals seems to follow the past."""
_CONDITION = "Conditional on Theorem 1: the code is affine to any latents that satisfy it."


@dataclass(frozen=True, eq=False)
class Certificate:
    """Rows of evidence, the verdict on them, and the fit behind it.

    `codes` are those of the best start on the held-out pieces, `best` its place among the seeds, `pairs` the verdicts
    of starts that agree.
    """

    rows: tuple[Row, ...]
    dim: int
    seeds: tuple[int, ...]
    best: int
    objectives: tuple[HeldOut, ...]
    pairs: dict[tuple[int, int], Verdict]
    codes: Float[np.ndarray, "s k t m"]
    observed: Dimension | None
    recordings: int
    frames: int
    channels: int
    alpha: float
    eps: float
    fitted: Fitted

    @property
    def certified(self) -> bool:
        """Whether every needed row is supported."""
        return all(row.says == "supported" for row in self.rows if row.needed)

    def rows_that(self, says: str) -> tuple[str, ...]:
        """Names of the needed rows that say this."""
        return tuple(row.name for row in self.rows if row.needed and row.says == says)

    @property
    def sentence(self) -> str:
        """The certificate in plain words."""
        head = (
            f"CERTIFIED. {_CONDITION} Every assumption that data can show is supported"
            if self.certified
            else f"NOT CERTIFIED. {_CONDITION} But the evidence is incomplete"
        )
        parts = [head]
        for says, intro in (
            ("supported", "Supported"),
            ("not supported", "Not supported"),
            ("could not be told", "Could not be told"),
        ):
            names = self.rows_that(says)
            if names:
                parts.append(f"{intro}: {', '.join(names)}")
        parts.append(f"No data can show {'; '.join(INVISIBLE)}")
        return ". ".join(parts) + "."

    def table(self) -> str:
        """The rows as text."""
        lines = []
        for row in self.rows:
            lines.append(f"{row.name:36} {row.says}{'' if row.needed else ' (not needed)'}")
            lines += [f"    {row.detail}", f"    sees: {row.power}"]
        lines.append(
            f"{self.recordings} recordings, {self.frames} frames of {self.channels} channels, code of {self.dim} "
            f"dimensions, seeds {', '.join(map(str, self.seeds))}; tests at {self.alpha:g} together, eps {self.eps:g}"
        )
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """The stable keys."""
        return {
            "schema": 1,
            "certified": self.certified,
            "theorem": "Theorem 1",
            "sentence": self.sentence,
            "dim": self.dim,
            "seeds": list(self.seeds),
            "best_seed": self.seeds[self.best],
            "recordings": self.recordings,
            "frames": self.frames,
            "channels": self.channels,
            "alpha": self.alpha,
            "eps": self.eps,
            "rows": [row.to_json() for row in self.rows],
            "objectives": [one._asdict() for one in self.objectives],
            "pairs": [{"seeds": [self.seeds[i], self.seeds[j]], **v.to_json()} for (i, j), v in self.pairs.items()],
            "invisible": list(INVISIBLE),
        }


def default_config(dim: int) -> FitConfig:
    """Small leaky networks with a linear skip on pairs of frames, three nearest neighbours after a log det start."""
    return FitConfig(
        method=replace(KNN, entropy=EntropyConfig("knn", k=3)),
        encoder=EncoderConfig(dim, (32, 32, 32), "leaky_relu", skip=True),
        predictor=PredictorConfig("mlp", (16,), skip=True, activation="leaky_relu"),
        steps=STEPS,
        batch=BATCH,
        window=2,
    )


def certify(
    sequences: Any,
    config: FitConfig | None = None,
    *,
    seeds: Sequence[int] = (0, 1, 2),
    dim: int | None = None,
    alpha: float = 0.01,
    eps: float = 0.05,
    progress: Callable[[int, int], None] | None = None,
) -> Certificate:
    """Fit recordings from several starts and hold what came out against the assumptions of Theorem 1.

    Args:
        sequences: [n t p], or a list of recordings [t p] that may differ in length; numpy or torch.
        config: of the fit; None for `default_config` at the width `dim`.
        seeds: one start each, at least two.
        dim: width of the code; None for the intrinsic dimension of the observations.
        alpha: false-alarm rate of the assumption tests together.
        eps: share of the variance, in the worst direction, up to which codes of two starts count as affine.
        progress: called with (step, steps) of the fit.

    Raises:
        ValueError: recordings that cannot be cut into pieces, fewer than two seeds, a dim that contradicts config.
    """
    if len(seeds) < 2:
        raise ValueError(f"seeds={list(seeds)}: agreement of starts needs at least two, give for example (0, 1, 2)")
    if config is not None and dim not in (None, config.encoder.width):
        raise ValueError(f"dim={dim}, but config encodes into {config.encoder.width}: leave one of them out")
    if config is not None and not isinstance(config.predictor, PredictorConfig):
        raise ValueError("config.predictor is a filter, whose state no assumption test reads: give a PredictorConfig")
    pieces = cut(sequences)
    observed = _observed(pieces, alpha, seeds[0])
    width = config.encoder.width if config is not None else dim if dim is not None else _width(observed)
    if config is None:
        config = _fitting_batch(default_config(width), pieces)
    fitted = fit(pieces.train, config, seeds, progress=progress)
    return judge_fit(fitted, pieces, observed, alpha=alpha, eps=eps)


def judge_fit(fitted: Fitted, pieces: Pieces, observed: Dimension | None, *, alpha: float, eps: float) -> Certificate:
    """The certificate of networks that are trained already, on held-out pieces."""
    x = pieces.held_out
    codes = fitted.encode(x)
    found = fitted.held_out(x)
    together = agreeing(found)
    best = together[0] if together else 0
    seed = fitted.seeds[0]
    pairs = consistency(codes, together, eps, seed)
    width = codes.shape[-1]
    z = codes[best].double().numpy()
    table = diagnose(z, alpha=alpha, seed=seed)
    rows = (
        optimum_row(found, together),
        consistency_row(pairs, eps),
        observation_row(observed, width),
        row_rank_row(row_rank(fitted, best, codes[best])),
        *assumption_rows(table, z, components(x), alpha, seed),
    )
    return Certificate(
        rows=rows,
        dim=width,
        seeds=fitted.seeds,
        best=best,
        objectives=tuple(found),
        pairs=pairs,
        codes=codes.double().numpy(),
        observed=observed,
        recordings=pieces.recordings,
        frames=(len(pieces.train) + len(x)) * x.shape[1],
        channels=x.shape[2],
        alpha=alpha,
        eps=eps,
        fitted=fitted,
    )


def _observed(pieces: Pieces, alpha: float, seed: int) -> Dimension | None:
    """Dimension of what the training observations fill; None where they repeat."""
    try:
        return intrinsic_dimension(pieces.train.double().numpy(), alpha=alpha, rng=np.random.default_rng([seed, 8]))
    except ValueError:
        return None


def _width(observed: Dimension | None) -> int:
    if observed is None:
        raise ValueError("dim=None: observations repeat, so that their dimension cannot be estimated; give dim")
    return min(max(round(observed.estimate), observed.lowest), observed.highest)


def _fitting_batch(config: FitConfig, pieces: Pieces) -> FitConfig:
    """The configuration with a batch that the training pieces can fill."""
    n, t, _ = pieces.train.shape
    tiles = n * max(1, (t - min(config.window, t - config.window + 1) + 1) // config.window)
    return replace(config, batch=min(config.batch, tiles))
