import numpy as np
import pytest
import torch

from identify.jacobian_geometry import folding, geometry, jacobians


def _points(n, d, seed=0):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_affine_h_has_a_constant_jacobian_though_both_maps_bend():
    def generator(z):
        return torch.stack([z[:, 0], z[:, 1] + torch.sin(z[:, 0]), z[:, 0] ** 2], dim=1)

    def encoder(x):
        return torch.stack([2 * x[:, 0], x[:, 1] - torch.sin(x[:, 0])], dim=1)

    found = geometry(encoder, generator, _points(200, 2))
    assert found.deviation == pytest.approx(0, abs=1e-12)
    assert (found.rank, found.least_rank, found.sign_share) == (2, 2, 0)
    assert found.singular_values == pytest.approx(np.tile([2.0, 1.0], (200, 1)))
    assert found.from_orthogonal > 0.2


def test_volume_factor_on_a_line_where_the_ambient_gram_is_wrong():
    # x = (t, c t), f = x1 + c x2: f o g = (1 + c^2) t, volume factor sqrt(1 + c^2); the ambient Gram says 1 + c^2
    c = 0.75
    found = geometry(lambda x: x[:, :1] + c * x[:, 1:], lambda z: torch.cat([z, c * z], dim=1), _points(5, 1))
    assert found.log_volume_on_manifold == pytest.approx(np.full(5, 0.5 * np.log(1 + c**2)))
    # M = {(t, 0)}, f = x2 is constant on M although its ambient Gram is 1
    lost = geometry(lambda x: x[:, 1:], lambda z: torch.cat([z, 0 * z], dim=1), _points(5, 1))
    assert (lost.log_volume_on_manifold == -np.inf).all()
    assert lost.rank == 0


def test_the_twist_is_volume_preserving_and_not_affine():
    def twist(z):
        angle = 0.5 * (z**2).sum(1)
        cos, sin = angle.cos(), angle.sin()
        return torch.stack([cos * z[:, 0] - sin * z[:, 1], sin * z[:, 0] + cos * z[:, 1]], dim=1)

    found = geometry(lambda x: x, twist, _points(300, 2))
    assert found.log_volume == pytest.approx(np.zeros(300), abs=1e-10)
    assert found.deviation > 0.5
    # at |z| = r the twist with angle r^2 / 2 has squared singular values summing to 2 + r^4
    r2 = (_points(300, 2) ** 2).sum(1).numpy()
    assert (found.singular_values**2).sum(axis=1) == pytest.approx(2 + r2**2)


def test_overcomplete_codes_use_the_gram_of_columns():
    found = geometry(lambda x: torch.cat([x, 2 * x], dim=1), lambda z: z, _points(10, 2))
    assert found.log_volume == pytest.approx(np.full(10, np.log(5.0)))
    assert found.sign_share is None


def test_reverse_mode_serves_narrow_codes():
    assert jacobians(lambda z: z.prod(dim=1, keepdim=True), _points(4, 3)).shape == (4, 1, 3)


def test_folding_entropy_of_the_square_is_log_two():
    z = np.random.default_rng(0).standard_normal((4000, 1))
    found = folding(z**2, z, 2 * np.abs(z[:, 0]), near=1e-2, far=0.3, density=np.exp(-(z[:, 0] ** 2) / 2))
    inner = np.abs(z[:, 0]) < 2
    assert found.folded[inner & (np.abs(z[:, 0]) > 0.2)].mean() > 0.97
    assert found.entropy / found.share == pytest.approx(np.log(2), abs=0.02)
    straight = folding(2 * z, z, np.full(4000, 2.0), near=1e-2, far=0.3)
    assert (straight.share, straight.entropy) == (0, 0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: folding(np.zeros((3, 1)), np.zeros((3, 1)), np.ones(3), near=0.0, far=1.0), r"near=0\.0"),
        (lambda: geometry(lambda x: x, lambda z: z, _points(1, 2)), r"z has 1 points"),
        (lambda: jacobians(lambda z: z.sum(), _points(4, 2)), r"must map rows to rows"),
    ],
)
def test_bad_geometry_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
