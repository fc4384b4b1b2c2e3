"""Spaces of codes: heads land in them, dimensions and measures are right, rows off them are named."""

import math

import pytest
import torch

from identify.latent_spaces import Categories, Plane, Simplex, Sphere
from tests.paired_codes import SPACES, normals
from tests.unchecked_types import unchecked_types

every = pytest.mark.parametrize("space", [make(4) for make in SPACES.values()], ids=SPACES)


@every
def test_heads_land_in_their_space(space):
    raw = 5 * normals(2, 20, space.raw_width)
    space.check(space.head(raw), "codes")
    space.check(space.head(raw.float()), "codes")


@every
def test_the_rank_of_a_head_is_the_dimension_of_its_space(space):
    """Categories are laws of latents: their parameters have K - 1 dimensions, the latent none."""
    jacobian = torch.autograd.functional.jacobian(lambda u: space.head(u[None])[0], normals(4))
    parameters = 3 if isinstance(space, Categories) else space.dimension
    assert int(torch.linalg.matrix_rank(jacobian)) == parameters


def test_heads_do_not_see_length_or_offset():
    raw = normals(6, 4)
    assert torch.allclose(Sphere(4).head(3 * raw), Sphere(4).head(raw), atol=1e-14)
    assert torch.allclose(Simplex(4).head(raw + 3), Simplex(4).head(raw), atol=1e-14)
    assert not torch.allclose(Simplex(4).head(3 * raw), Simplex(4).head(raw), atol=0.01)
    assert torch.equal(Plane(4).head(raw), raw)


def test_measures():
    assert Sphere(2).log_measure == pytest.approx(math.log(2 * math.pi), abs=1e-14)
    assert Sphere(3).log_measure == pytest.approx(math.log(4 * math.pi), abs=1e-14)
    assert Simplex(3).log_measure == pytest.approx(math.log(0.5), abs=1e-14)
    assert Categories(5).log_measure == pytest.approx(math.log(5), abs=1e-14)
    assert Plane(2).log_measure == math.inf


def test_the_floor_keeps_logarithms_and_their_gradient_finite():
    raw = torch.tensor([[0.0, 300.0, -300.0]], requires_grad=True)
    Simplex(3).head(raw).log().sum().backward()
    assert bool(raw.grad.isfinite().all())
    assert not bool(Simplex(3, floor=0.0).head(raw).log().isfinite().all())


def test_bad_spaces_are_named():
    with pytest.raises(ValueError, match="width=1; the sphere needs a width of at least 2"):
        Sphere(1)
    with pytest.raises(ValueError, match="width=0; the plane needs a width of at least 1"):
        Plane(0)
    with pytest.raises(ValueError, match=r"floor=0\.5; the least coordinate lies between 0 and 1/K = 0\.333"):
        Simplex(3, floor=0.5)


def test_bad_codes_are_named():
    with pytest.raises(ValueError, match=r"raw has shape \(5, 3\); give rows of width 4"):
        Sphere(4).head(normals(5, 3))
    with unchecked_types(), pytest.raises(ValueError, match=r"raw has shape \(4,\); give rows of width 4"):
        Sphere(4).head(normals(4))
    with pytest.raises(ValueError, match="raw has a row of zeros, which has no direction"):
        Sphere(4).head(torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"codes has a row off the sphere by .*; divide each row by its norm"):
        Sphere(4).check(normals(5, 4), "codes")
    with pytest.raises(ValueError, match="codes has a row off the sphere by nan"):
        Sphere(4).check(torch.full((2, 4), math.nan), "codes")
    corner = torch.eye(4)
    Categories(4).check(corner, "codes")
    with pytest.raises(ValueError, match=r"codes has a row off the simplex by inf; .* coordinates are above 0"):
        Simplex(4).check(corner, "codes")
