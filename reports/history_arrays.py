"""The course of training as arrays of a record: what learning curves are drawn from."""

from __future__ import annotations

import numpy as np

from identify.fitted import History


def history_arrays(history: History) -> dict[str, np.ndarray]:
    """Steps [k], objective [s k] in nats a frame, and the cosine of gradients [s k] where training took it."""
    arrays = {
        "history/step": history.step.numpy(),
        "history/objective": (history.alignment + history.entropy).numpy(),
    }
    return arrays if history.cosine is None else arrays | {"history/cosine": history.cosine.numpy()}
