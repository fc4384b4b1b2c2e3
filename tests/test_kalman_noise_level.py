"""The noise level of a frame from what its principal components leave out, and classes of equal level."""

import math

import pytest
import torch

from identify.kalman_noise_level import class_edges, level_class, residual_level
from identify.principal_components import fit_projection

CHANNELS, KEPT = 60, 10


def _frames(levels, seed=0, directions=4):
    """Strong signal in a few directions, white noise of the given levels [n t] in all channels."""
    generator = torch.Generator().manual_seed(seed)
    lift = torch.linalg.qr(torch.randn(CHANNELS, directions, generator=generator))[0]
    signal = 10 * torch.randn(*levels.shape, directions, generator=generator) @ lift.mT
    return signal + levels[..., None] * torch.randn(*levels.shape, CHANNELS, generator=generator)


def _levels(n=200, t=20):
    return 0.1 + 0.4 * torch.rand(n, t, generator=torch.Generator().manual_seed(9))


def test_the_level_is_that_of_the_noise():
    """(p - q) e^2u / l^2 is chi-squared with p - q = 50 degrees but for the few noisy directions that the components
    follow: relative error .1 of a frame. The mean over 4,000 frames of u - log l has standard error .1 / 63 = .0016
    about -1/(2 50) = -.01 (the mean of log chi-squared); 6 of them are .0096, false alarm 2e-9. Components that follow
    noise lower u by less than .02 (sample eigenvalues); a factor of 1.1 in the level (.095) is always seen.
    """
    levels = _levels()
    x = _frames(levels)
    projection = fit_projection([x.flatten(0, 1)], KEPT, False)
    off = residual_level([x], projection)[0] - levels.log()
    assert float(off.mean()) == pytest.approx(-0.01, abs=0.0096 + 0.02)
    assert float(off.std()) == pytest.approx(0.1, rel=0.2)
    corrupted = residual_level([1.1 * x], projection._replace(mean=1.1 * projection.mean))[0] - levels.log()
    assert abs(float(corrupted.mean()) + 0.01) > 0.0096 + 0.02


def test_whitening_and_rotation_of_the_channels_change_nothing_and_scale_moves_it():
    x = _frames(_levels(50))
    turn = torch.linalg.qr(torch.randn(CHANNELS, CHANNELS, generator=torch.Generator().manual_seed(1)))[0]
    level = residual_level([x], fit_projection([x.flatten(0, 1)], KEPT, False))
    for other, shift in ((x, 0.0), (x @ turn, 0.0), (3 * x, math.log(3))):
        found = residual_level([other], fit_projection([other.flatten(0, 1)], KEPT, True))
        assert torch.allclose(found, level + shift, atol=2e-3)


def test_classes_hold_as_many_frames_in_the_order_of_the_level():
    level = torch.randn(2, 30, 40, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 5.0])[:, None, None]
    classes = level_class(level, class_edges(level, 6))
    for one, of in zip(level, classes, strict=True):
        counts = of.flatten().bincount(minlength=6)
        assert int((counts - 200).abs().max()) <= 1
        means = torch.stack([one[of == k].mean() for k in range(6)])
        assert bool((means.diff() > 0).all())
    assert not bool(level_class(level, class_edges(level, 1)).any())


def test_bad_input_is_named():
    x = _frames(_levels(20))
    projection = fit_projection([x.flatten(0, 1)], KEPT, False)
    whole = fit_projection([x.flatten(0, 1)], None, False)
    with pytest.raises(ValueError, match="projection keeps 60 of 60 components; keep fewer"):
        residual_level([x], whole)
    with pytest.raises(ValueError, match="x holds 2 data sets for 1 networks; give one for each"):
        residual_level([x, x], projection)
    with pytest.raises(ValueError, match="classes=0; give at least one"):
        class_edges(torch.zeros(1, 2, 2), 0)
