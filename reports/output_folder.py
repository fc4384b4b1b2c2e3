"""The folder a report is written to: writable, and never one that holds somebody else's files under our names."""

from __future__ import annotations

import tempfile
from pathlib import Path

OURS = ("report.html", "report.json", "figures", "tables")


def prepare_folder(out: Path) -> None:
    """Make `out` and its sub-folders; nothing in it is deleted.

    Raises `ValueError` where it cannot be made or written, or holds files of our names without our records.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise ValueError(f"cannot write to out={str(out)!r} ({reason}): choose another folder with --out") from None
    foreign = [name for name in OURS if (out / name).exists()]
    if foreign and not (out / "records").is_dir():
        raise ValueError(
            f"out={str(out)!r} holds {foreign[0]} but no records of ours: choose another folder with --out"
        )
    for name in ("records", "figures", "tables"):
        (out / name).mkdir(exist_ok=True)
