"""The environment a record was made in: commit, lock file, versions, machine."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from reports.code_version import ROOT

PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "sympy")


def environment(device: str) -> dict[str, Any]:
    """What a reader needs to make the record again, as plain JSON; `device` is a torch device name."""
    commit, dirty = _commit()
    return {
        "commit": commit,
        "dirty": dirty,
        "lock": _lock_hash(),
        "python": platform.python_version(),
        "packages": {name: _version(name) for name in PACKAGES},
        "device": device_text(device),
        "platform": platform.platform(),
        "processor": processor(),
        "cores": os.cpu_count(),
    }


def device_text(device: str) -> str:
    """`cpu`, or the device with the name its maker gave it."""
    if device.startswith("cuda"):
        import torch

        return f"{device} ({torch.cuda.get_device_name(device)})"
    return device


def processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _commit() -> tuple[str, bool | None]:
    # an installed copy may lie inside somebody else's repository: only a tracked checkout has a commit of ours
    try:
        _git("ls-files", "--error-unmatch", "reports/code_version.py")
        return _git("rev-parse", "HEAD").strip(), bool(_git("status", "--porcelain", "--untracked-files=no").strip())
    except (OSError, subprocess.SubprocessError):
        return "unknown", None


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", "-C", str(ROOT), *arguments], check=True, capture_output=True, text=True, timeout=10
    ).stdout


def _lock_hash() -> str:
    lock = ROOT / "requirements.lock"
    return hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else "unknown"


def _version(package: str) -> str:
    try:
        return installed_version(package)
    except PackageNotFoundError:
        return "not installed"
