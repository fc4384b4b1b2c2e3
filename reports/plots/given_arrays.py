"""Arrays named on the command line: `NAME=FILE[:KEY]`, a container whose keys are names, or files in the kind's order.

Names a kind knows stand in its `KindName.arrays`; containers may hold other keys as well, which are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from reports.arrays import read_array

_CONTAINERS = (".npz", ".safetensors")


def read_given(kind: str, sources: Sequence[str], names: Sequence[str]) -> dict[str, np.ndarray]:
    """The arrays a kind is to be drawn from, as float64, complex numbers and text refused.

    Raises ValueError for a name that the kind does not know or that is given twice, for more files than names, and for
    what `reports.arrays.read_array` refuses.
    """
    found: dict[str, np.ndarray] = {}
    for position, source in enumerate(sources):
        for name, values in _named(kind, source, position, names).items():
            if name in found:
                raise ValueError(f"array {name!r} is given twice: name each file once, as {name}=FILE")
            found[name] = _numbers(name, values)
            if found[name].ndim == 2 and 1 in found[name].shape and ".csv" in source.lower():
                found[name] = found[name].ravel()  # a csv has no vectors: one row or one column is one
    return found


def _named(kind: str, source: str, position: int, names: Sequence[str]) -> Mapping[str, np.ndarray]:
    name, equals, rest = source.partition("=")
    if equals and not Path(source).exists():
        if name not in names:
            raise ValueError(f"unknown array {name!r} in {source!r}: {kind} is drawn from {', '.join(names)}")
        return {name: read_array(rest)}
    path = Path(source)
    if path.suffix.lower() in _CONTAINERS and path.is_file():
        known = [key for key in _keys(path) if key in names]
        if known:
            return {key: read_array(f"{source}:{key}") for key in known}
    if position >= len(names):
        raise ValueError(f"{source} is one file too many: {kind} is drawn from {', '.join(names)}")
    return {names[position]: read_array(source)}


def _keys(path: Path) -> list[str]:
    if path.suffix.lower() == ".npz":
        try:
            with np.load(path, allow_pickle=False) as archive:
                return list(archive.files)
        except (ValueError, OSError, EOFError) as error:
            raise ValueError(f"{path} cannot be read: {error}") from error
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as archive:
            return list(archive.keys())
    except SafetensorError as error:
        raise ValueError(f"{path} cannot be read: {error}") from error


def _numbers(name: str, values: np.ndarray) -> np.ndarray:
    if values.dtype.kind not in "fiub":
        raise ValueError(f"array {name!r} holds {values.dtype}: give real numbers")
    return values.astype(float)


def shaped(arrays: Mapping[str, np.ndarray], name: str, *ranks: int) -> np.ndarray:
    """The array of that name, of one of these numbers of axes, not empty; ValueError with the remedy otherwise."""
    if name not in arrays:
        raise ValueError(f"array {name!r} is missing: give it as {name}=FILE")
    values = arrays[name]
    if values.ndim not in ranks or values.size == 0:
        wanted = " or ".join(map(str, ranks))
        raise ValueError(f"array {name!r} has shape {values.shape}: give one of {wanted} axes that is not empty")
    return values


def equal_lengths(arrays: Mapping[str, np.ndarray], **axes: int) -> None:
    """ValueError unless the named arrays are equally long along these axes."""
    lengths = {name: arrays[name].shape[axis] for name, axis in axes.items() if name in arrays}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"arrays differ in length ({said}): give as many entries of each")
