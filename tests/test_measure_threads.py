"""Small arrays are measured on one thread, large ones on all, and the caller's setting comes back. No randomness."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from identify import measurement, verdict_of
from identify.blas_threads import SHARED_OUT, threads_for


def _threads():
    return max(pool["num_threads"] for pool in threadpool_info())


@pytest.mark.parametrize(("entries", "inside"), [(SHARED_OUT - 1, 1), (SHARED_OUT, 2)])
def test_threads_are_limited_for_small_arrays_and_restored(entries, inside):
    with threadpool_limits(2):
        with threads_for(entries):
            assert _threads() == inside
        assert _threads() == 2


def test_a_verdict_runs_on_one_thread(monkeypatch):
    seen = []
    judge = measurement.judge
    monkeypatch.setattr(measurement, "judge", lambda *a, **k: seen.append(_threads()) or judge(*a, **k))
    z = np.random.default_rng(0).standard_normal((100, 2))
    with threadpool_limits(2):
        assert verdict_of(z, z).found == "identity"
    assert seen == [1]
