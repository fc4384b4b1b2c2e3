"""Sampling speed. The wobbly dot images, 10,000 sequences of 100 frames, should take under 5 s on one core."""

import pytest
import torch

import synthetic

CASES = {
    "wobbly_published": (10_000, 100),
    "wobbly_in_view": (10_000, 20),
    "wobbly_selected": (10_000, 20),
    "rotation_dots_varying": (10_000, 100),
    "place_cells": (10_000, 100),
    "markov_gaussian_10_narrow": (100_000, 2),
    "markov_gaussian_10_wide": (100_000, 2),
    "spiral": (100_000, 2),
    "fold": (100_000, 2),
}


@pytest.mark.parametrize("name", CASES)
def test_sampling(benchmark, name):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        world, (n, length) = synthetic.worlds()[name](), CASES[name]
        sample = benchmark.pedantic(
            lambda: world.sample(n, length, torch.Generator().manual_seed(0)), rounds=3, warmup_rounds=1
        )
    finally:
        torch.set_num_threads(threads)
    assert sample.x.shape == (n, length, world.observed_dim)
