"""The figure of h's geometry shows the numbers it is given: points, signs and pairs of maps that are known."""

import numpy as np
import pytest
import torch

from identify.jacobian_geometry import folding, geometry
from reports.figures.illustration import illustrate
from reports.figures.jacobian_geometry import PAIRS, deviations, distances_to_orthogonal, draw
from reports.figures.style import journal_style


def _bent(z):
    """Angle of z doubled, radius kept: a twofold cover of the plane."""
    radius, angle = z.norm(dim=1), 2 * torch.atan2(z[:, 1], z[:, 0])
    return torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)


def _folded(z):
    return torch.stack([z[:, 0].abs(), z[:, 1]], dim=1)


def _measured(h, n=600, d=2):
    z = torch.randn(n, d, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    found = geometry(h, lambda rows: rows, z)
    folds = folding(h(z).numpy(), z.numpy(), np.exp(found.log_volume), near=0.1, far=0.5)
    return z.numpy(), found, folds


def _legend(panel):
    return [] if panel.get_legend() is None else [text.get_text() for text in panel.get_legend().get_texts()]


@pytest.mark.parametrize("h", [_bent, _folded, lambda z: torch.cat([z, z.sin()], dim=1)])
def test_values_at_points_are_those_the_summary_is_made_of(h):
    _, found, _ = _measured(h)
    for values, summary in (
        (deviations(found.jacobian), found.deviation),
        (distances_to_orthogonal(found), found.from_orthogonal),
    ):
        assert np.sqrt(np.mean(values**2)) == pytest.approx(summary, abs=1e-12)


def test_a_fold_shows_two_signs_and_its_pairs():
    """|z_1|: the determinant is the sign of z_1, and partners are mirror images up to the distance that counts."""
    z, found, folds = _measured(_folded)
    figure = draw(z, found, folds).figure
    constancy, sign, orthogonal, pairs = figure.axes[:4]
    assert [name.split(",")[0] for name in _legend(sign)] == ["positive", "negative"]
    negative = sign.collections[1].get_offsets()
    assert (negative[:, 0] < 0).all()
    assert len(negative) == (z[:, 0] < 0).sum()
    assert 0 < len(pairs.lines) <= PAIRS
    for line in pairs.lines:
        (first, second), heights = line.get_data()
        assert first == pytest.approx(-second, abs=0.1)
        assert np.ptp(heights) < 0.1
    assert np.abs(orthogonal.collections[0].get_array()).max() < 1e-12
    assert constancy.collections[0].get_array().max() > 0.5


def test_the_twin_without_a_fold_shows_none():
    z, found, folds = _measured(lambda z: z @ torch.tensor([[2.0, 1.0], [0.0, 1.0]], dtype=torch.float64))
    drawing = draw(z, found, folds)
    constancy, sign, _, pairs = drawing.figure.axes[:4]
    assert pairs.get_title() == "folds: none found"
    assert not pairs.lines
    assert _legend(sign) == ["positive, 100%"]
    assert np.abs(constancy.collections[0].get_array()).max() < 1e-12
    assert "folding entropy 0 nats" in drawing.caption


def test_singular_points_and_wider_codes_are_told():
    z, found, folds = _measured(lambda z: torch.relu(z))
    sign, orthogonal = draw(z, found, folds).figure.axes[1:3]
    assert _legend(orthogonal) == ["singular"]
    assert any(name.startswith("zero") for name in _legend(sign))
    z, found, folds = _measured(lambda z: torch.cat([z, z.sin()], dim=1), d=3)
    assert draw(z, found, folds).figure.axes[1].texts[0].get_text() == "none: the code is wider"


def test_it_is_saved_like_every_figure(tmp_path):
    with journal_style():
        made = illustrate("geometry", draw(*_measured(_bent)), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {f"geometry.{kind}" for kind in ("pdf", "svg", "png")}
    assert made.svg.startswith("<svg ")


def test_points_of_something_else_are_named():
    z, found, folds = _measured(_bent)
    with pytest.raises(ValueError, match=r"z has 599 points, the geometry 600"):
        draw(z[1:], found, folds)
    with pytest.raises(ValueError, match=r"shape \(600, 1\).*two latents"):
        draw(z[:, :1], found, folds)
