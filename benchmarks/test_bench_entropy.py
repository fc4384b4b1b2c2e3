"""Each entropy with its gradient, as one training step takes it: whitened samples, one thread.

n samples in two dimensions, and 2,048 samples in ten. Kernels stand on every sample, or on 1,024 of them (`centres`).
"""

import math

import pytest
import torch

from benchmarks.one_thread import one_thread
from identify import EntropyConfig

ENTROPIES = {
    "log_det": EntropyConfig("log_det"),
    "knn": EntropyConfig("knn", k=3),
    "kde": EntropyConfig("kde", bandwidth=0.5),
    "matched_kde": EntropyConfig("matched_kde", bandwidth=0.5),
    "matched_kde, 1024 centres": EntropyConfig("matched_kde", bandwidth=0.5, centres=1024),
}


@pytest.mark.parametrize(("n", "d"), [(512, 2), (2048, 2), (8192, 2), (2048, 10)])
@pytest.mark.parametrize("name", ENTROPIES)
def test_entropy_with_gradient(benchmark, name, n, d):
    terms = ENTROPIES[name].terms()
    z = torch.randn(n, d, generator=torch.Generator().manual_seed(0))

    def value_and_gradient():
        leaf = z.clone().requires_grad_()
        value = terms(leaf).mean()
        value.backward()
        return value.detach(), leaf.grad

    benchmark.group = f"entropy, n = {n}, d = {d}"
    with one_thread():
        value, gradient = benchmark.pedantic(value_and_gradient, rounds=5, warmup_rounds=1)
    assert abs(float(value) / d - 0.5 * math.log(2 * math.pi * math.e)) < 0.25
    assert bool(gradient.isfinite().all())
