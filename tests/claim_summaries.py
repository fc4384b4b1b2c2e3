"""Summaries as training cells leave them, made up run by run: what decision rules read, and nothing else."""

from typing import Any

CLASSES = ("identity", "similarity", "affine", "nonlinear")


def run(
    found: str | None = "affine",
    r2: float = 0.999,
    reached: bool = True,
    certified: bool = True,
    affine_holds: bool | None = None,
    affine_loss: float = 0.3,
) -> dict[str, Any]:
    """One seed: class found, affine R2, whether the optimum was reached; affine holds where the class lies in it."""
    loss = {"estimate": affine_loss, "low": affine_loss - 0.01, "high": affine_loss + 0.01}
    inside = found in ("identity", "similarity", "affine") if affine_holds is None else affine_holds
    return {
        "scores": {"r2_affine": {"estimate": r2, "low": r2 - 0.002, "high": r2 + 0.002}},
        "ladder": [{"class": name, "holds": inside if name == "affine" else None, "loss": loss} for name in CLASSES],
        "verdict": {"class": found, "outcome": "SUPPORTED" if certified else "INCONCLUSIVE"},
        "optimum": {"reached": reached},
    }


def summary(*runs: dict[str, Any], ceiling: float = 1.0) -> dict[str, Any]:
    """A cell of these runs."""
    scores = [one["scores"]["r2_affine"]["estimate"] for one in runs]
    mean = sum(scores) / len(scores)
    return {
        "runs": list(runs),
        "over_seeds": {"r2_affine": {"estimate": mean, "low": mean - 0.01, "high": mean + 0.01}},
        "ceiling": {"r2": ceiling, "low": ceiling - 0.01, "high": ceiling + 0.01},
    }


def unmixed(*correlations: tuple[float, float], reached: bool = True) -> dict[str, Any]:
    """A linear ICA cell with one run for each pair of matched correlations."""
    worst = min(min(pair) for pair in correlations)
    return {
        "runs": [{"correlations": list(pair), "optimum": {"reached": reached}} for pair in correlations],
        "over_seeds": {"correlation": {"estimate": worst, "low": worst, "high": worst}},
    }
