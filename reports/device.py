"""The torch device a report runs on, chosen and checked before anything starts."""

from __future__ import annotations

CHOICES = ("auto", "cpu", "cuda", "mps")


def choose_device(name: str) -> str:
    """`auto` takes CUDA where there is one, else the CPU; other names are checked to be there.

    Apple's `mps` is never chosen on its own: it lacks double precision, which the measures use.
    Raises `ValueError` for an unknown device and for one that torch does not see.
    """
    if name not in CHOICES:
        raise ValueError(f"unknown device {name!r}: choose one of {', '.join(CHOICES)}")
    if name == "cpu":
        return name
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    there = torch.cuda.is_available() if name == "cuda" else torch.backends.mps.is_available()
    if not there:
        raise ValueError(f"device {name!r} is not there: torch {torch.__version__} sees none; use --device auto or cpu")
    return name
