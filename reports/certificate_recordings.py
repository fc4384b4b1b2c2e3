"""Certificates of recordings: a physical simulation whose state is known, and real series that ship with statsmodels.

`python -m reports.certificate_recordings FOLDER` certifies them all and writes `recordings.json` there.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.linalg import expm

from reports.atomic_file import write_atomically
from reports.code_version import code_version
from reports.environment import environment
from reports.plain_json import plain

RECORD = "recordings.json"
CHANNELS = 30


class Recording(NamedTuple):
    """What was recorded, the state behind it where it is known, and the width to encode into (None: estimated)."""

    about: str
    x: list[Float[np.ndarray, "t p"]]
    state: Float[np.ndarray, "n t d"] | None
    dim: int | None


def brownian_oscillator() -> Recording:
    """A damped oscillator in a heat bath: dq = v dt, dv = -(q + .5 v) dt + dW, seen every .7 by 30 bent sensors.

    (q, v) is a stationary Gaussian Markov process whose law over a step is exact: A = exp(.7 F), covariance I - A A^T.
    Sensors are tanh of random directions beside the directions themselves.
    """
    rng = np.random.default_rng(12)
    drift = np.array([[0.0, 1.0], [-1.0, -0.5]])
    step = expm(0.7 * drift)
    noise = np.linalg.cholesky(np.eye(2) - step @ step.T)
    state = np.empty((40, 400, 2))
    state[:, 0] = rng.standard_normal((40, 2))
    for t in range(1, state.shape[1]):
        state[:, t] = state[:, t - 1] @ step.T + rng.standard_normal((40, 2)) @ noise.T
    directions, lift = rng.standard_normal((2, CHANNELS)), rng.standard_normal((2, CHANNELS))
    x = np.tanh(1.5 * state @ directions) + 0.3 * state @ lift
    return Recording("Brownian oscillator (simulated), 30 sensors", list(x), state, None)


def macroeconomic() -> Recording:
    """Quarterly growth of ten United States aggregates, 1959 to 2009."""
    from statsmodels.datasets import macrodata

    levels = macrodata.load_pandas().data
    grown = np.diff(np.log(levels[["realgdp", "realcons", "realinv", "realgovt", "realdpi", "m1", "cpi"]]), axis=0)
    rates = levels[["unemp", "tbilrate", "infl"]].to_numpy()[1:]
    about = "United States quarterly aggregates (statsmodels macrodata)"
    return Recording(about, [np.concatenate([grown, rates], axis=1)], None, 2)


def sea_surface() -> Recording:
    """Sea surface temperature off Peru, 1950 to 2010: one recording a year, delayed by a month, two and three."""
    from statsmodels.datasets import elnino

    months = elnino.load_pandas().data.to_numpy()[:, 1:].reshape(-1)
    delayed = np.stack([months[k : len(months) - 3 + k] for k in range(4)], axis=1)
    return Recording("El Nino sea surface temperature, four delays (statsmodels elnino)", [delayed], None, 2)


RECORDINGS: dict[str, Callable[[], Recording]] = {
    "brownian_oscillator": brownian_oscillator,
    "macroeconomic": macroeconomic,
    "sea_surface": sea_surface,
}


def certify_recording(name: str) -> dict[str, Any]:
    """Certify one, and hold the code against the state where it is known."""
    from identify.certificate import certify, cut

    one = RECORDINGS[name]()
    started = time.process_time()
    found = certify(one.x, dim=one.dim)
    row = {
        "name": name,
        "about": one.about,
        "seconds": time.process_time() - started,
        "dim_given": one.dim is not None,
        **{k: v for k, v in found.to_json().items() if k not in ("rows", "pairs")},
        "not_supported": list(found.rows_that("not supported")),
        "open": list(found.rows_that("could not be told")),
        "truth": None,
    }
    if one.state is not None:
        from identify import measure

        state = cut(list(one.state)).held_out
        told = measure(state.numpy(), found.codes[found.best], scores=["r2_affine"])
        score = told.scores["r2_affine"]
        row["truth"] = {"class": told.verdict.found, "r2": score.estimate, "low": score.low, "high": score.high}
    return row


def main() -> None:
    """Certify all recordings."""
    import torch

    torch.set_num_threads(1)
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("certificate")
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "recordings": [certify_recording(name) for name in RECORDINGS],
        "code_version": code_version("reports.certificate_recordings"),
        "environment": environment("cpu"),
    }
    write_atomically(folder / RECORD, (json.dumps(plain(record), indent=1) + "\n").encode())


if __name__ == "__main__":
    main()
