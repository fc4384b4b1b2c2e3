"""Projection on principal components: white, scaled, of the numerical rank, and invertible where nothing is lost."""

import pytest
import torch

from identify.principal_components import fit_projection


def _low_rank(n=300, rank=3, width=10, seed=0):
    generator = torch.Generator().manual_seed(seed)
    scales = torch.tensor([3.0, 1.0, 0.2])[:rank]
    lift, _ = torch.linalg.qr(torch.randn(width, rank, generator=generator))
    return (torch.randn(n, rank, generator=generator) * scales) @ lift.T + 5.0


def _second_moment(y):
    return y.T @ y / len(y)


def test_whitened_components_have_mean_zero_and_identity_covariance():
    x = [_low_rank(seed=0), _low_rank(seed=1)]
    y = fit_projection(x, None, whiten=True)(torch.stack(x))
    assert y.shape == (2, 300, 3)
    for one in y:
        assert float(one.mean(0).abs().max()) < 1e-4
        assert torch.allclose(_second_moment(one), torch.eye(3), atol=1e-3)


def test_unwhitened_components_keep_their_shape_at_mean_variance_one():
    x = _low_rank()
    y = fit_projection([x], None, whiten=False)(x[None])[0]
    variances = _second_moment(y).diagonal()
    assert float(variances.mean()) == pytest.approx(1, abs=1e-3)
    singular = torch.linalg.svdvals(x - x.mean(0))[:3] ** 2 / 300
    assert torch.allclose(variances / variances[0], singular / singular[0], rtol=1e-3)


def test_nothing_is_lost_at_full_rank_and_the_loss_is_reported():
    x = _low_rank()
    full = fit_projection([x], None, whiten=True)
    assert full.kept == pytest.approx(1, abs=1e-5)
    y = full(x[None])[0]
    design = torch.cat([y, torch.ones(len(y), 1)], 1)
    back = design @ torch.linalg.lstsq(design, x).solution
    assert torch.allclose(back, x, atol=1e-3)
    two = fit_projection([x], 2, whiten=True)
    spectrum = torch.linalg.svdvals(x - x.mean(0)) ** 2
    assert two.basis.shape == (1, 10, 2)
    assert two.kept == pytest.approx(float(spectrum[:2].sum() / spectrum.sum()), abs=1e-4)
    assert two.kept < 0.999


def test_sequences_are_projected_frame_by_frame():
    x = _low_rank()
    projection = fit_projection([x], None, whiten=True)
    frames = projection(x[None])[0]
    sequences = projection.project([x.reshape(60, 5, 10)])[0]
    assert torch.allclose(sequences.reshape(300, 3), frames, atol=1e-4)


def test_a_large_offset_does_not_drown_a_small_variance():
    x = _low_rank().double()
    near = fit_projection([x.float()], None, whiten=True)
    far = fit_projection([(x + 100.0).float()], None, whiten=True)
    y_near, y_far = near(x.float()[None])[0], far((x + 100.0).float()[None])[0]
    correlation = torch.corrcoef(torch.cat([y_near.T, y_far.T]))[:3, 3:].diagonal().abs()
    assert float(correlation.min()) > 0.999


def test_constant_data_is_refused():
    with pytest.raises(ValueError, match="x is constant over all samples; there is nothing to encode"):
        fit_projection([_low_rank(), torch.ones(300, 10)], None, whiten=True)
