"""Each entropy with its gradient, as one training step takes it: n samples in two dimensions, whitened, one thread."""

import pytest
import torch

from benchmarks.one_thread import one_thread
from identify import EntropyConfig

ENTROPIES = {
    "log_det": EntropyConfig("log_det"),
    "knn": EntropyConfig("knn", k=1),
    "kde": EntropyConfig("kde", bandwidth=0.5),
}


@pytest.mark.parametrize("n", [512, 2048, 8192])
@pytest.mark.parametrize("name", ENTROPIES)
def test_entropy_with_gradient(benchmark, name, n):
    terms = ENTROPIES[name].terms()
    z = torch.randn(n, 2, generator=torch.Generator().manual_seed(0))

    def value_and_gradient():
        leaf = z.clone().requires_grad_()
        value = terms(leaf).mean()
        value.backward()
        return value.detach(), leaf.grad

    benchmark.group = f"entropy, n = {n}"
    with one_thread():
        value, gradient = benchmark.pedantic(value_and_gradient, rounds=5, warmup_rounds=1)
    assert 2.5 < float(value) < 3.5
    assert bool(gradient.isfinite().all())
