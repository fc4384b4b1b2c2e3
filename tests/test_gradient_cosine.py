"""The cosine of entropy and stop-gradient: against eq. 54 taken apart, its invariance, and what must change it."""

from dataclasses import replace

import pytest
import torch

from identify import EncoderConfig, PredictorConfig
from identify.gradient_cosine import gradient_cosine
from identify.paired_methods import JEPA, JUDGES
from identify.paired_network import PairedNetwork
from identify.paired_objectives.gaussian_pair import GaussianPair
from identify.paired_objectives.spherical_pair import SphericalPair


def network(method, seeds=(0, 1)):
    generators = [torch.Generator().manual_seed(seed) for seed in seeds]
    return PairedNetwork(4, EncoderConfig(3, (6,)), PredictorConfig("linear"), generators, method)


def batch(seeds=2):
    return torch.randn(seeds, 60, 2, 4, generator=torch.Generator().manual_seed(5))


def _flat(value, net):
    grads = torch.autograd.grad(value.sum(), list(net.encoder.parameters()), retain_graph=True)
    return torch.cat([one.flatten(1) for one in grads], -1)


@pytest.mark.parametrize("model", [GaussianPair(0.5, "empirical"), SphericalPair(3.0, "empirical")])
def test_it_is_the_cosine_of_the_entropy_and_of_what_eq_54_takes_away(model):
    """Whole gradient of the likelihood less its gradient with the target held is that through the target alone."""
    method = replace(JEPA, model=model)
    net, y = network(method), batch()
    first, second = net.pairs(y)
    predicted = net.predict(first)
    through_target = _flat(model.log_prob(second, predicted).mean(-1), net) - _flat(
        model.log_prob(second.detach(), predicted).mean(-1), net
    )
    entropy = _flat(JUDGES[model.lives_on].of_one(second, model), net)
    expected = torch.nn.functional.cosine_similarity(entropy, -through_target, -1)
    assert torch.allclose(gradient_cosine(net, y), expected, atol=1e-4)


def test_the_noise_level_on_the_plane_does_not_matter_and_the_target_does():
    y = batch()
    one = gradient_cosine(network(JEPA), y)
    other = gradient_cosine(network(replace(JEPA, model=GaussianPair(0.2, "empirical"))), y)
    assert torch.allclose(one, other, atol=1e-4)
    assert not torch.allclose(one, gradient_cosine(network(JEPA), y.flip(2)), atol=1e-2)
    assert bool((one.abs() <= 1 + 1e-6).all())
