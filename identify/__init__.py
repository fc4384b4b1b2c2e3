"""Learning by latent distribution matching, and measuring what came back."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "CLASSES": "identify.ladder.classes",
    "Measurement": "identify.measurement",
    "Verdict": "identify.verdict",
    "check_class": "identify.ladder.classes",
    "is_contained": "identify.ladder.classes",
    "measure": "identify.measurement",
    "verdict_of": "identify.measurement",
}
"""Public name and the module it lives in; loaded on first use, so that the version costs no import of torch."""

__all__ = ["CLASSES", "Measurement", "Verdict", "check_class", "is_contained", "measure", "verdict_of"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOME[name]), name)
