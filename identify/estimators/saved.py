"""Estimators as safetensors with a JSON header: parameters and arrays, never a pickle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

SCHEMA = 1


def save_tensors(path: Path, kind: str, parameters: dict[str, Any], tensors: dict[str, Tensor], **about: Any) -> None:
    """Write an estimator of class `kind`; ValueError for parameters that JSON cannot hold."""
    header = {"schema": SCHEMA, "kind": kind, "parameters": parameters, **about}
    try:
        text = json.dumps(header)
    except TypeError as error:
        raise ValueError(
            f"parameters of {kind} cannot be saved ({error}): give plain numbers, also random_state"
        ) from error
    save_file({name: value.contiguous() for name, value in tensors.items()}, path, {"estimator": text})


def load_tensors(path: Path, kind: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Header and tensors; ValueError where the file is damaged or holds another estimator."""
    try:
        with safe_open(path, framework="pt") as stored:
            header = json.loads((stored.metadata() or {}).get("estimator", "{}"))
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise ValueError(f"{path} cannot be read: {error}") from error
    if header.get("schema") != SCHEMA or header.get("kind") != kind:
        raise ValueError(
            f"{path} holds {header.get('kind', 'no estimator')!r}, not a {kind}: load it with its own class"
        )
    return header, tensors
