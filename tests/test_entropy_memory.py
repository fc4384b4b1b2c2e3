"""Memory of entropies with gradient, in a process of its own: tracemalloc does not see what torch allocates.

Also neighbours of the nearly equal codes that deep untrained encoders give in float32. Nothing here is statistical.
"""

import math
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from identify import entropy

GIBIBYTE = 2**30
ROOT = Path(__file__).resolve().parent.parent

MEASURE = """
import resource, torch
from identify import entropy
torch.set_num_threads(1)
z = torch.randn(20_000, 3, generator=torch.Generator().manual_seed(0)).requires_grad_()

def peak():
    print(1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)

peak()
for terms in (entropy.log_det_terms, entropy.knn_terms, entropy.kde_terms, entropy.matched_kde_terms):
    terms(z).mean().backward()
    assert bool(z.grad.isfinite().all())
peak()
with torch.no_grad():
    (z @ z.mT).sum()
peak()
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the unit of ru_maxrss differs elsewhere")
def test_entropies_of_twenty_thousand_samples_stay_far_below_a_gibibyte_with_gradient():
    """A tenth of it is enough for all in turn; the twin: one full table of inner products (1.6 GB) would be seen."""
    done = subprocess.run([sys.executable, "-c", MEASURE], capture_output=True, text=True, cwd=ROOT, check=True)
    before, after, with_table = map(int, done.stdout.split())
    assert after - before < 0.1 * GIBIBYTE
    assert with_table - before > GIBIBYTE


def test_no_tensor_of_the_distance_matrix_is_larger_than_a_block(monkeypatch):
    z = torch.randn(300, 7, generator=torch.Generator().manual_seed(0))
    blocks = []
    exact = torch.cdist

    def watched(*args, **kwargs):
        blocks.append(exact(*args, **kwargs))
        return blocks[-1]

    monkeypatch.setattr(torch, "cdist", watched)
    whole = entropy.nearest_neighbours(z, 1)
    assert max(one.numel() for one in blocks) == 90_000
    blocks.clear()
    monkeypatch.setattr(entropy, "_DISTANCE_ENTRIES", 6000)
    assert torch.equal(entropy.nearest_neighbours(z, 1), whole)
    assert max(one.numel() for one in blocks) == 6000


def _deep_codes(width, seed=0):
    """Codes of ten default-initialised layers: nearly constant, far from the origin in units of their spread."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)  # nn.Linear takes no generator
        layers = [nn.Linear(100, 100) for _ in range(10)]
        encoder = nn.Sequential(
            *(part for layer in layers for part in (layer, nn.LeakyReLU(0.2))), nn.Linear(100, width)
        )
        return encoder(torch.randn(512, 100))


@pytest.mark.parametrize("width", [2, 10])
@pytest.mark.parametrize("terms", [entropy.knn_terms, entropy.whitened(entropy.knn_terms)], ids=["bare", "whitened"])
def test_neighbours_of_deep_float32_codes_are_apart_and_send_gradients_to_every_sample(terms, width):
    fixed = _deep_codes(width).detach()
    assert float((fixed - fixed.mean(0)).norm(dim=1).max() / fixed.norm(dim=1).min()) < 0.05
    radii = (fixed - fixed[entropy.nearest_neighbours(fixed, 1)]).norm(dim=1)
    assert float(radii.min()) > 0
    exact = torch.cdist(fixed.double(), fixed.double()).fill_diagonal_(math.inf).min(1).values
    assert torch.allclose(radii.double(), exact, rtol=1e-4)
    codes = fixed.clone().requires_grad_()
    terms(codes, 1).mean().backward() if terms is entropy.knn_terms else terms(codes).mean().backward()
    assert bool(codes.grad.isfinite().all())
    assert bool((codes.grad.norm(dim=1) > 0).all())


def test_distances_from_inner_products_are_zero_and_dead():
    """The twin: |a|^2 + |b|^2 - 2ab in float32, which cdist takes by default, cannot tell these codes apart."""
    codes = _deep_codes(2).detach().requires_grad_()
    distances = torch.cdist(codes, codes, compute_mode="use_mm_for_euclid_dist")
    apart = distances.masked_fill(torch.eye(512, dtype=torch.bool), math.inf).min(1).values
    assert float((apart.detach() == 0).float().mean()) > 0.5
    apart.clamp_min(1e-12).log().mean().backward()
    assert float((codes.grad.norm(dim=1) == 0).float().mean()) > 0.2
