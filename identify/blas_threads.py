"""Threads of the linear algebra libraries: one for arrays too small to share out.

A verdict on 2,000 rows is hundreds of small eigenproblems; two threads that wait for each other make it an order of
magnitude slower on a machine that has other work.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from threadpoolctl import threadpool_limits

SHARED_OUT = 5_000_000
"""Entries of both arrays from which on threads are left alone."""


def threads_for(entries: int) -> AbstractContextManager[object]:
    """Limit BLAS and OpenMP to one thread inside the block where `entries` is below SHARED_OUT; restored after it."""
    return threadpool_limits(1) if entries < SHARED_OUT else nullcontext()
