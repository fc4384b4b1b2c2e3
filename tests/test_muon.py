"""Muon for stacks of networks: orthogonalised steps, network by network."""

import math

import pytest
import torch

from identify.muon import BatchedMuon, orthogonalised


def _matrices(s, i, o, seed=0):
    return torch.randn(s, i, o, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(8, 8), (4, 20), (20, 4), (2, 2)])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_singular_values_come_near_one_whatever_the_scale(shape, scale):
    """Between .68 and 1.21 where the smallest is above .003 of the Frobenius norm (the quintic's own range)."""
    u, _, vh = torch.linalg.svd(_matrices(3, *shape), full_matrices=False)
    values = torch.logspace(-2, 0, min(shape))
    g = scale * u @ (values.diag() @ vh)
    found = torch.linalg.svdvals(orthogonalised(g))
    assert float(found.min()) > 0.68
    assert float(found.max()) < 1.21


def test_singular_vectors_stay():
    g = _matrices(3, 5, 7)
    u, _, vh = torch.linalg.svd(g, full_matrices=False)
    inner = u.mT @ orthogonalised(g) @ vh.mT
    off_diagonal = inner - torch.diag_embed(inner.diagonal(dim1=-2, dim2=-1))
    assert float(off_diagonal.abs().max()) < 1e-4


def test_a_zero_gradient_moves_nothing():
    weight = torch.nn.Parameter(_matrices(2, 4, 4))
    bias = torch.nn.Parameter(torch.ones(2, 1, 4))
    before = [weight.detach().clone(), bias.detach().clone()]
    weight.grad, bias.grad = torch.zeros_like(weight), torch.zeros_like(bias)
    BatchedMuon([weight, bias], lr=0.1).step()
    assert torch.equal(weight, before[0])
    assert torch.equal(bias, before[1])
    assert not bool(orthogonalised(torch.zeros(2, 3, 4)).any())


def test_the_first_step_is_the_orthogonalised_gradient_stretched_for_wide_layers():
    weight = torch.nn.Parameter(torch.zeros(2, 4, 16))
    weight.grad = _matrices(2, 4, 16)
    BatchedMuon([weight], lr=0.1).step()
    assert torch.allclose(weight, -0.1 * math.sqrt(16 / 4) * orthogonalised(1.95 * weight.grad), atol=1e-6)


def test_vectors_take_the_first_step_of_adam_at_half_the_rate():
    bias = torch.nn.Parameter(torch.zeros(2, 1, 5))
    bias.grad = _matrices(2, 1, 5)
    BatchedMuon([bias], lr=0.1).step()
    assert torch.allclose(bias, -0.05 * bias.grad.sign(), atol=1e-6)


def _descend(targets, steps=30):
    weight = torch.nn.Parameter(torch.zeros_like(targets))
    bias = torch.nn.Parameter(torch.zeros(len(targets), 1, targets.shape[2]))
    optimizer = BatchedMuon([weight, bias], lr=0.05)
    for _ in range(steps):
        optimizer.zero_grad()
        ((weight + bias - targets) ** 2).sum().backward()
        optimizer.step()
    return weight.detach(), bias.detach()


def test_networks_side_by_side_are_the_networks_alone():
    targets = _matrices(3, 4, 6)
    weight, bias = _descend(targets)
    for i in range(3):
        alone_weight, alone_bias = _descend(targets[i : i + 1])
        assert torch.allclose(weight[i], alone_weight[0], atol=1e-5)
        assert torch.allclose(bias[i], alone_bias[0], atol=1e-5)


def test_parameters_without_gradient_are_left_alone():
    idle = torch.nn.Parameter(torch.ones(1, 3, 3))
    BatchedMuon([idle], lr=1.0).step()
    assert bool((idle == 1).all())


def test_a_closure_is_refused():
    with pytest.raises(ValueError, match="closure: BatchedMuon evaluates no closure"):
        BatchedMuon([torch.nn.Parameter(torch.ones(1, 2, 2))], lr=0.1).step(lambda: 0.0)
