"""Scores read off one test sequence, as the wobbly system's published .94 was: how much such a number scatters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float
from torch import Tensor


def single_sequence_scores(
    z: Sequence[Float[Tensor, "n t d"]], codes: Float[Tensor, "s n t m"], published: float
) -> dict[str, Any]:
    """In-sample affine R2 within each test sequence, over all seeds: quantiles and the share at or above `published`.

    The published protocol fits and scores the read-out on one sequence; it is repeated here to show its spread, and
    nothing else in the report is scored in sample.
    """
    scores = np.asarray(
        [
            _in_sample_r2(latents.double().numpy(), code.double().numpy())
            for one_z, one_codes in zip(z, codes, strict=True)
            for latents, code in zip(one_z, one_codes, strict=True)
        ]
    )
    low, median, high = np.quantile(scores, [0.05, 0.5, 0.95])
    return {
        "published": published,
        "low": float(low),
        "median": float(median),
        "high": float(high),
        "share_at_least_published": float(np.mean(scores >= published)),
        "sequences": len(scores),
    }


def _in_sample_r2(z: Float[np.ndarray, "t d"], code: Float[np.ndarray, "t m"]) -> float:
    design = np.column_stack([code, np.ones(len(code))])
    residuals = z - design @ np.linalg.lstsq(design, z, rcond=None)[0]
    return float(np.mean(1 - residuals.var(axis=0) / z.var(axis=0)))
