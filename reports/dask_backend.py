"""joblib's Dask backend, with a cell whose workers die handed over as an answer.

Dask runs a task of a dead worker again elsewhere, and gives up after a few deaths (its setting `allowed-failures`).
joblib 1.6 never hears of that and would wait for ever; here the task comes back finished, with the error.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple

from joblib._dask import DaskDistributedBackend

from reports.runner import Finished, Task


class _Lost(NamedTuple):
    task: Task
    error: BaseException


class DaskBackend(DaskDistributedBackend):
    """For batches of one call whose first argument is a `Task`."""

    def submit(self, func: Any, callback: Callable[[Any], None]) -> Future[Any]:
        """Send a batch of one to the cluster."""
        task = func.items[0][1][0]
        future: Future[Any] = super().submit(func, callback)

        def pass_on(done: Future[Any]) -> None:
            error = None if done.cancelled() else done.exception()
            if error is not None:
                callback(_Lost(task, error))

        future.add_done_callback(pass_on)
        return future

    def effective_n_jobs(self, n_jobs: int) -> int:
        """The cluster's cores, two at least: joblib would compute for a single one in this process."""
        return max(2, int(super().effective_n_jobs(n_jobs)))

    def retrieve_result_callback(self, out: Any) -> Any:
        """The batch's results, those of a lost one included."""
        if not isinstance(out, _Lost):
            return super().retrieve_result_callback(out)
        line = " ".join(f"{type(out.error).__name__}: {out.error}".split())
        return [Finished(out.task, None, f"the worker process died, again and again ({line})", "", 0.0)]
