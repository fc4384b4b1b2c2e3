"""Where cells are computed: worker processes of this machine, or an engine that joblib has a backend for.

A backend is a name that joblib knows (`loky`, `threading`, `multiprocessing`, `sequential`, `dask`, or one that was
registered with it), or `MODULE:CLASS` for a class of joblib backends that takes no arguments. Dask is reached by the
address of its scheduler; others know their engine from their own settings.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

from joblib import cpu_count, parallel_config
from joblib.parallel import get_active_backend

HERE = ("loky", "threading", "multiprocessing", "sequential")
"""Backends whose workers are on this machine and run this very code."""
_SECONDS_TO_CONNECT = 15


class Engine(NamedTuple):
    """An open backend: what joblib takes for it, whether its workers may be elsewhere, and how many cells at a time."""

    joblib: Any
    away: bool
    cores: int

    @property
    def hands_over(self) -> bool:
        """Whether results come one by one, as they are ready."""
        with parallel_config(backend=self.joblib):
            return bool(get_active_backend()[0].supports_return_generator)


LOCAL = Engine("loky", False, cpu_count())


@dataclass(frozen=True)
class Backend:
    """A joblib backend by name, and the address of its engine. `ValueError` for an address that nothing can use."""

    name: str = "loky"
    address: str | None = None

    def __post_init__(self) -> None:
        if self.address is not None and self.name != "dask":
            raise ValueError(
                f"address={self.address} is of no use to backend={self.name}: only dask takes one; tell other engines "
                "by their own settings"
            )
        if self.address is None and self.name == "dask":
            raise ValueError("backend=dask needs the scheduler's address: --address tcp://HOST:8786")

    @contextmanager
    def open(self) -> Iterator[Engine]:
        """Connect for the time of a run; `ValueError` where the backend is unknown or its engine does not answer."""
        if self.name == "dask":
            with _dask(str(self.address)) as engine:
                yield engine
        else:
            yield Engine(_backend(self.name), self.name not in HERE, self._cores())

    def _cores(self) -> int:
        if self.name in HERE:
            return cpu_count()
        with parallel_config(backend=_backend(self.name), n_jobs=-1):
            backend, jobs = get_active_backend()
            return max(1, int(backend.effective_n_jobs(jobs)))


WORKER_PROCESSES = Backend()


def _backend(name: str) -> Any:
    module, _, factory = name.partition(":")
    try:
        made = getattr(importlib.import_module(module), factory)() if factory else name
        with parallel_config(backend=made):
            return made
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        line = " ".join(str(error).split())
        raise ValueError(
            f"backend={name} cannot be had ({line}): take {', '.join(HERE)}, dask, or MODULE:CLASS of a joblib backend"
        ) from None


@contextmanager
def _dask(address: str) -> Iterator[Engine]:
    try:
        from distributed import Client
    except ImportError:
        raise ValueError("backend=dask needs the package distributed: install identifiability-lab[dask]") from None
    from reports.dask_backend import DaskBackend

    try:
        client = Client(address, timeout=_SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ValueError(f"address={address}: no Dask scheduler answers there ({error})") from None
    try:
        client.wait_for_workers(1, timeout=_SECONDS_TO_CONNECT)
    except TimeoutError:
        client.close()
        raise ValueError(f"address={address}: the Dask scheduler has no workers; start `dask worker`") from None
    try:
        yield Engine(DaskBackend(client=client), True, sum(client.ncores().values()))
    finally:
        client.close()
