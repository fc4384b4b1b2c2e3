"""Arrays from files: npy, npz, csv, safetensors; `FILE`, or `FILE:KEY` where a file holds several. Never a pickle."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

FORMATS = (".npy", ".npz", ".csv", ".safetensors")


def read_array(source: str) -> np.ndarray:
    """Read `FILE` or `FILE:KEY`.

    Raises:
        ValueError: unknown format, missing or superfluous key, pickled objects, text in a csv, an unreadable file.
        OSError: a file that is not there.
    """
    path, key = _split(source)
    if path.suffix.lower() not in FORMATS:
        raise ValueError(f"{path}: format {path.suffix or '(none)'!r} is not known, give one of {', '.join(FORMATS)}")
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise ValueError(f"{path} is empty")
    kind = path.suffix.lower()
    if kind in (".npz", ".safetensors"):
        return _from_container(path, key, kind)
    if key is not None:
        raise ValueError(f"{source}: a {kind} file holds one array, leave out ':{key}'")
    return _from_npy(path) if kind == ".npy" else _from_csv(path)


def _split(source: str) -> tuple[Path, str | None]:
    if Path(source).exists():
        return Path(source), None
    for suffix in FORMATS:
        at = source.lower().rfind(suffix + ":")
        if at >= 0:
            cut = at + len(suffix)
            return Path(source[:cut]), source[cut + 1 :]
    return Path(source), None


def _from_npy(path: Path) -> np.ndarray:
    try:
        array: Any = np.load(path, allow_pickle=False, mmap_mode=None)
    except (ValueError, EOFError, OSError) as error:
        raise ValueError(_why_unreadable(path, error)) from error
    return np.asarray(array)


def _why_unreadable(path: Path, error: Exception) -> str:
    if "allow_pickle" in str(error) or "Object arrays" in str(error):
        return f"{path} holds pickled objects, which are never loaded: save plain numbers with numpy.save"
    return f"{path} cannot be read: {error}"


def _from_container(path: Path, key: str | None, kind: str) -> np.ndarray:
    try:
        if kind == ".npz":
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
                return np.asarray(archive[_chosen(path, key, list(archive.files))])
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="np") as archive:
                return np.asarray(archive.get_tensor(_chosen(path, key, list(archive.keys()))))
        except SafetensorError as error:
            raise ValueError(f"{path} cannot be read: {error}") from error
        except TypeError as error:
            raise ValueError(f"{path} holds a number type that numpy lacks ({error}): save it as float32") from error
    except (EOFError, OSError) as error:
        raise ValueError(_why_unreadable(path, error)) from error
    except ValueError as error:
        if "allow_pickle" in str(error) or "Object arrays" in str(error):
            raise ValueError(_why_unreadable(path, error)) from error
        raise
    except Exception as error:
        if type(error).__module__ in ("zipfile", "zlib"):
            raise ValueError(f"{path} cannot be read: {error}") from error
        raise


def _chosen(path: Path, key: str | None, names: list[str]) -> str:
    if key is None and len(names) == 1:
        return names[0]
    if key in names:
        return str(key)
    held = ", ".join(names[:10]) or "nothing"
    problem = f"{path} has no array {key!r}" if key is not None else f"{path} holds {len(names)} arrays"
    raise ValueError(f"{problem}: choose one as {path}:KEY out of {held}")


def _from_csv(path: Path) -> np.ndarray:
    """Read comma-separated numbers; the loop over rows runs only to say where a bad one stands."""
    try:
        with path.open(encoding="utf-8") as lines:
            return np.loadtxt(lines, delimiter=",", ndmin=2, comments=None)
    except (ValueError, UnicodeDecodeError):
        raise ValueError(_first_fault(path)) from None


def _first_fault(path: Path) -> str:
    width = None
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            for number, row in enumerate(csv.reader(lines), 1):
                if not row:
                    continue
                for column, entry in enumerate(row, 1):
                    if not _is_number(entry):
                        what = "a header or text" if number == 1 else "text"
                        return f"{path}: line {number}, column {column} is {what} ({entry[:30]!r}): give numbers only"
                if width is not None and len(row) != width:
                    return f"{path}: line {number} has {len(row)} columns, the lines before have {width}"
                width = len(row)
    except UnicodeDecodeError:
        return f"{path} is not a text file: a csv holds numbers and commas in UTF-8"
    return f"{path} cannot be read as comma-separated numbers"


def _is_number(entry: str) -> bool:
    try:
        float(entry)
    except ValueError:
        return False
    return True
