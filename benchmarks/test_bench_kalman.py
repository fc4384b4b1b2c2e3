"""One gradient of the Kalman filter's log density: 100 frames, 10 states, 5 latents, single precision.

`shared` is the exact fast path (parameters the same for every frame), `loop` the recursion that it replaces and that
noise of every frame needs, with covariances of its own for each sequence.
"""

import time

import pytest
import torch

from benchmarks.one_thread import one_thread
from identify.kalman_filter import predictive_log_prob, unchecked_predict
from identify.kalman_parameters import KalmanParameters


def _gradient(networks, batch, how, length=100):
    generators = [torch.Generator().manual_seed(seed) for seed in range(networks)]
    parameters = KalmanParameters(5, 10, generators)
    z = torch.randn(networks, batch, length, 5, generator=torch.Generator().manual_seed(99)).requires_grad_()

    def run():
        system = parameters.system()
        noise = system.noise[:, None, None].expand(-1, batch, length, -1, -1) if how == "loop" else None
        value = predictive_log_prob(z, unchecked_predict(z, system, noise=noise)).mean()
        value.backward()
        return float(value.detach())

    return run


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize("how", ["shared", "loop"])
@pytest.mark.parametrize(("networks", "batch"), [(1, 8), (1, 32), (5, 8)])
def test_gradient(benchmark, networks, batch, how):
    benchmark.group = f"gradient of the log density, {networks} networks, {batch} sequences, CPU time"
    other = _gradient(networks, batch, "loop" if how == "shared" else "shared")()
    with one_thread():
        value = benchmark.pedantic(_gradient(networks, batch, how), rounds=15, warmup_rounds=2)
    assert value == pytest.approx(other, rel=1e-5)
