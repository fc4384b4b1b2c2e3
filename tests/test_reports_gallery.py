"""The gallery shows every world it is given, with what it does not satisfy, and gives the same bytes twice."""

import pytest
import torch

from reports.commands import worlds as command
from reports.figures.style import journal_style
from reports.figures.world_pictures import draw, is_image
from reports.gallery import write_gallery, write_notes
from synthetic import fold, one_dimension, wobbly_in_view


@pytest.fixture(scope="module")
def worlds():
    return {world.name: world for world in (fold().world, wobbly_in_view(), one_dimension().world)}


def test_the_page_shows_every_world_and_its_broken_assumptions(worlds, tmp_path):
    page = write_gallery(tmp_path / "once", worlds).read_text()
    notes = write_notes(tmp_path / "once", worlds).read_text()
    for name, world in worlds.items():
        assert f'src="{name}.png"' in page
        assert f"## {name}" in notes
        for one, said in world.assumptions.items():
            assert (f"{one.name.lower().replace('_', ' ')}: {said.why}" in notes) == (not said.holds)
    write_gallery(tmp_path / "again", worlds)
    write_notes(tmp_path / "again", worlds)
    for path in (tmp_path / "once").iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_images_are_shown_as_images_and_a_single_latent_as_a_histogram(worlds):
    def panels(world):
        with journal_style():
            return draw(world, world.sample(20, 5, torch.Generator().manual_seed(0))).axes

    assert is_image(worlds["wobbly_in_view"])
    assert not is_image(worlds["fold"])
    assert panels(worlds["wobbly_in_view"])[1].images
    assert not panels(worlds["fold"])[1].images
    assert panels(worlds["one_dimension"])[0].patches
    assert len(panels(worlds["fold"])[2].lines) == 3  # two latents and the axis


def test_the_command_writes_it(monkeypatch, tmp_path, worlds):
    import synthetic

    monkeypatch.setattr(synthetic, "worlds", lambda: {"fold": lambda: worlds["fold"]})
    command.run(gallery=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"index.html", "fold.png"}
