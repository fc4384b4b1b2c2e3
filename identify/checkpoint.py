"""Training state in safetensors: written atomically, read without unpickling, refused when it does not belong."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

SCHEMA = 2


def fingerprint(data: Tensor) -> str:
    """sha256 of the values: a run goes on from a checkpoint of its own data only."""
    return hashlib.sha256(data.detach().cpu().contiguous().numpy().tobytes()).hexdigest()


def described(config: Any) -> Any:
    """A frozen dataclass as plain data with the names of classes: two of them may share all their fields."""
    if is_dataclass(config) and not isinstance(config, type):
        values = {one.name: described(getattr(config, one.name)) for one in fields(config)}
        return {"class": type(config).__name__, **values}
    return [described(one) for one in config] if isinstance(config, tuple | list) else config


def save_state(
    path: Path, tensors: Mapping[str, Tensor], config: Any, seeds: Sequence[int], step: int, data: str = ""
) -> None:
    """Write tensors with their configuration (a frozen dataclass), seeds, step and the fingerprint of the data.

    The file appears whole or not at all.
    """
    header = {"schema": SCHEMA, "config": described(config), "seeds": list(seeds), "step": step, "data": data}
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        save_file(
            {k: v.detach().cpu().contiguous() for k, v in tensors.items()}, temporary, {"state": json.dumps(header)}
        )
        os.replace(temporary, path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def load_state(path: Path, config: Any, seeds: Sequence[int], data: str = "") -> tuple[dict[str, Tensor], int]:
    """Read back what `save_state` wrote for the same configuration, seeds and data, and the step it had reached."""
    tensors, header = read_state(path)
    if header["config"] != json.loads(json.dumps(described(config))) or header["seeds"] != list(seeds):
        raise ValueError(
            f"checkpoint={path} belongs to another configuration or other seeds; give another path or remove it"
        )
    if header["data"] != data:
        raise ValueError(f"checkpoint={path} belongs to other data; give another path or remove it")
    return tensors, header["step"]


def read_state(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Tensors and header of a state file; raises ValueError where it is truncated, damaged or not ours."""
    try:
        with safe_open(path, framework="pt") as stored:
            metadata = stored.metadata() or {}
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
        header = json.loads(metadata["state"])
    except (SafetensorError, KeyError, json.JSONDecodeError) as error:
        raise ValueError(
            f"checkpoint={path} is damaged or not a training state ({error}); remove it to start anew"
        ) from None
    if not isinstance(header, dict):
        raise ValueError(f"checkpoint={path} is damaged or not a training state; remove it to start anew")
    if header.get("schema") != SCHEMA:
        raise ValueError(f"checkpoint={path} has schema {header.get('schema')}, this version reads {SCHEMA}")
    return tensors, header
