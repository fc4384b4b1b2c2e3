"""Plain JSON: what a record, a report or a table may hold, written in one canonical way.

Numbers of numpy become Python numbers, tuples and sets become lists, enumerations become their value and numbers that
are not finite become `null`, because JSON has no name for them.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """`value` as nested dicts, lists, strings, finite numbers, booleans and None; `ValueError` for anything else."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [plain(entry) for entry in value]
    if isinstance(value, set | frozenset):
        return sorted(plain(entry) for entry in value)
    if isinstance(value, PurePath):
        return str(value)
    raise ValueError(f"cannot store a {type(value).__name__} as JSON: give numbers, strings, lists or dicts")


def canonical(value: Any) -> bytes:
    """The one spelling of `value`: keys sorted, no spaces, UTF-8."""
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(value: Any) -> str:
    """sha256 of the canonical spelling, in hexadecimal."""
    return hashlib.sha256(canonical(value)).hexdigest()
