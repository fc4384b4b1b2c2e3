"""Code version of a cell: sha256 over the source files that can influence its result, and no others.

The files are the import closure of the module that defines the cell: starting there, every `import` and
`from ... import` (also those inside functions) that names a module of the wings or of `reports` is followed, with the
`__init__` of every package on the way. Hashed are the module names and the bytes. So a change of a loss runs the cells
that use it again, and a change of the page or of a figure runs nothing again. A string that is the full name of one of
our modules counts as an import of it (packages load their public names that way); names put together at run time are
not followed. Versions of other packages are in the record's environment, not in its address.
"""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("synthetic", "identify", "proofs_checks", "reports")
_MODULE = re.compile(rf"({'|'.join(PACKAGES)})(\.\w+)+")


@cache
def code_version(module: str) -> str:
    """sha256 (hexadecimal) over the sources that `module` reaches; `ValueError` where the module has no source file."""
    total = hashlib.sha256()
    for name, path in sorted(source_closure(module).items()):
        total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def source_closure(module: str) -> dict[str, Path]:
    """Module name to source file, for `module` and all modules of this project that it imports, directly or not."""
    start = _source(module) or _foreign_source(module)
    found = {module: start}
    waiting = [module]
    while waiting:
        for name in _imports(waiting.pop(), found):
            path = _source(name)
            if path is not None and name not in found:
                found[name] = path
                waiting.append(name)
    return found


def _source(module: str) -> Path | None:
    if module.split(".")[0] not in PACKAGES:
        return None
    stem = ROOT.joinpath(*module.split("."))
    candidates = (stem.with_suffix(".py"), stem / "__init__.py")
    return next((path for path in candidates if path.is_file()), None)


def _foreign_source(module: str) -> Path:
    path = getattr(sys.modules.get(module), "__file__", None)
    if path is None or not Path(path).is_file():
        raise ValueError(f"module={module!r} has no source file to hash: define the cell in a file")
    return Path(path)


def _imports(module: str, found: dict[str, Path]) -> list[str]:
    path = found[module]
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            origin = ".".join(part for part in (base, node.module) if part)
            names += [origin, *(f"{origin}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _MODULE.fullmatch(node.value):
            names.append(node.value)
    prefixes = {".".join(name.split(".")[:length]) for name in names for length in range(1, name.count(".") + 2)}
    return sorted(prefixes | {package}) if package else sorted(prefixes)
