"""Laws every mixing obeys: the inverse undoes it, the Jacobian is its derivative, non-injective ones say so."""

import pytest
import torch

from synthetic import Composition, DotImage, LeakyReLU, Linear, Mixing, TentFold, Twist, leaky_network, swirl_matrix
from synthetic.leaky_network import bounded, narrow, skewed, wide
from synthetic.orthogonal import random_conditioned, random_orthonormal, random_rotation
from tests.synthetic_mixings import every_mixing, latents_for

MIXINGS = every_mixing()
INJECTIVE = [name for name, mixing in MIXINGS.items() if mixing.injective.holds]
LISTED = [name for name in MIXINGS if name != "dot_image_clamped"]


def derivative(mixing: Mixing, z: torch.Tensor) -> torch.Tensor:
    """dg/dz by automatic differentiation, one output at a time."""
    z = z.clone().requires_grad_()
    x = mixing(z)
    rows = [torch.autograd.grad(x[..., i].sum(), z, retain_graph=True)[0] for i in range(mixing.output_dim)]
    return torch.stack(rows, -2)


@pytest.mark.parametrize("name", INJECTIVE)
def test_inverse_undoes_the_mixing(name):
    mixing = MIXINGS[name]
    z = latents_for(mixing)
    torch.testing.assert_close(mixing.inverse(mixing(z)), z, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", LISTED)
def test_every_preimage_is_mapped_back(name):
    mixing = MIXINGS[name]
    x = mixing(latents_for(mixing))
    points = mixing.preimages(x)
    torch.testing.assert_close(mixing(points), x.expand_as(mixing(points)), rtol=1e-8, atol=1e-9)
    assert len(points) == (1 if mixing.injective.holds else 2)


WITHOUT_DERIVATIVE_RULE = ("tent_fold", "folded", "sign_fold", "level_set_flow", "circle_shift")


@pytest.mark.parametrize("name", MIXINGS)
def test_jacobian_is_the_derivative(name):
    mixing = MIXINGS[name]
    if name in (
        "tent_fold",
        "folded",
        "sign_fold",
        "level_set_flow",
        "circle_shift",
    ):  # no derivative rule: central differences
        z, step = latents_for(mixing), 1e-6
        columns = []
        for i in range(mixing.input_dim):
            shift = step * torch.eye(mixing.input_dim, dtype=z.dtype)[i]
            columns.append((mixing(z + shift) - mixing(z - shift)) / (2 * step))
        torch.testing.assert_close(mixing.jacobian(z), torch.stack(columns, -1), rtol=1e-4, atol=1e-5)
    else:
        z = latents_for(mixing, 20)
        torch.testing.assert_close(mixing.jacobian(z), derivative(mixing, z), rtol=1e-9, atol=1e-10)


def test_a_wrong_jacobian_is_seen():
    z = latents_for(LeakyReLU(3))
    with pytest.raises(AssertionError):
        torch.testing.assert_close(LeakyReLU(3, 0.25).jacobian(z), derivative(LeakyReLU(3, 0.2), z))


@pytest.mark.parametrize("name", ["narrow_5", "skewed_5", "dot_image_swirled", "spiral"])
def test_single_precision_follows_double(name):
    mixing = MIXINGS[name]
    z = latents_for(mixing)
    x = mixing(z.float())
    assert x.dtype == torch.float32
    torch.testing.assert_close(x.double(), mixing(z), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", [name for name in MIXINGS if name not in INJECTIVE])
def test_a_folded_mixing_has_no_inverse(name):
    mixing = MIXINGS[name]
    with pytest.raises(ValueError, match="has no inverse"):
        mixing.inverse(mixing(latents_for(mixing, 3)))


@pytest.mark.parametrize("dim", [2, 4, 10])
def test_conditioning_of_orthogonal_layers_is_bounded(dim):
    """A LeakyReLU multiplies the condition number by at most 1 / slope = 5; two of them stand between three layers."""
    mixing = narrow(dim, torch.Generator().manual_seed(dim))
    condition = mixing.condition_number(latents_for(mixing))
    assert condition.min() >= 1
    assert condition.max() <= 25 * (1 + 1e-9)
    assert condition.max() > 5  # the bound is not vacuous


@pytest.mark.parametrize(("condition", "layers"), [(1.0, 3), (3.0, 2), (10.0, 1), (10.0, 3), (100.0, 5)])
def test_the_condition_number_stays_below_its_bound(condition, layers):
    """Everywhere; some point passes its square root, and a network of slope .2 (the twin) passes 10."""
    mixing = bounded(5, torch.Generator().manual_seed(0), layers=layers, condition=condition)
    found = mixing.condition_number(latents_for(mixing))
    assert found.max() <= condition * (1 + 1e-9)
    assert found.max() >= condition**0.5 * (1 - 1e-9)
    assert narrow(5, torch.Generator().manual_seed(0)).condition_number(latents_for(mixing)).max() > 10


def test_condition_number_of_known_jacobians():
    z = torch.tensor([[1.0, 1.0], [1.0, -1.0]], dtype=torch.float64)
    assert LeakyReLU(2, 0.2).condition_number(z).tolist() == pytest.approx([1, 5])
    matrix = random_conditioned(6, 17.0, torch.Generator().manual_seed(0))
    assert float(Linear(matrix).condition_number(torch.zeros(6, dtype=torch.float64))) == pytest.approx(17)
    assert abs(float(torch.linalg.det(matrix))) == pytest.approx(1)


def test_skewed_layers_are_worse_conditioned_than_orthogonal_ones():
    generator = torch.Generator().manual_seed(0)
    z = latents_for(narrow(5, generator))
    assert skewed(5, generator).condition_number(z).median() > 100 > narrow(5, generator).condition_number(z).median()


@pytest.mark.parametrize("dim", [1, 2, 7])
def test_rotations_rotate(dim):
    rotation = random_rotation(dim, torch.Generator().manual_seed(dim))
    torch.testing.assert_close(rotation @ rotation.T, torch.eye(dim, dtype=torch.float64))
    assert float(torch.linalg.det(rotation)) == pytest.approx(1)


def test_twists_keep_norm_and_volume():
    twist = Twist(rate=1.3, power=2, dim=3)
    z = latents_for(twist)
    torch.testing.assert_close(twist(z).norm(dim=-1), z.norm(dim=-1))
    torch.testing.assert_close(torch.linalg.det(twist.jacobian(z)), torch.ones(z.shape[:-1], dtype=z.dtype))


def test_the_swirl_loses_nothing():
    matrix = swirl_matrix(10)
    assert int(torch.linalg.matrix_rank(matrix)) == 100
    assert float(torch.linalg.cond(matrix)) < 20
    torch.testing.assert_close(swirl_matrix(10, strength=0.0), torch.eye(100, dtype=torch.float64))


def test_the_swirl_moves_the_middle_and_leaves_the_rim():
    image = torch.rand(100, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    change = (swirl_matrix(10) @ image - image).reshape(10, 10).abs()
    assert change[[0, 0, -1, -1], [0, -1, 0, -1]].max() < 1e-12
    assert change[3:7, 3:7].max() > 0.1


def test_dots_are_drawn_where_the_paper_puts_them():
    """z = (x, y) lights pixel ((x + 3) 10 / 6, (y + 3) 10 / 6) of a 10 x 10 image, with width one pixel."""
    image = DotImage()(torch.tensor([0.0, -1.2], dtype=torch.float64)).reshape(10, 10)
    assert float(image[5, 3]) == pytest.approx(1)
    assert float(image[6, 3]) == pytest.approx(float(torch.exp(torch.tensor(-0.5))))
    assert DotImage().frame == pytest.approx((-3, 2.4))


def test_a_frame_is_where_it_was_asked_for():
    image = DotImage.in_frame(-2.0, 4.0, side=13)
    assert image.frame == pytest.approx((-2, 4))
    corners = image(torch.tensor([[-2.0, -2.0], [4.0, -2.0]], dtype=torch.float64)).unflatten(-1, (13, 13))
    assert float(corners[0, 0, 0]) == float(corners[1, 12, 0]) == pytest.approx(1)
    assert DotImage.in_frame(-3.0, 2.4)(torch.ones(2)).allclose(DotImage()(torch.ones(2)), atol=1e-6)


@pytest.mark.parametrize("name", ["banana", "sine_shear", "spiral"])
def test_maps_of_the_plane_that_keep_area(name):
    mixing = MIXINGS[name]
    volume = torch.linalg.det(derivative(mixing, latents_for(mixing))).abs()
    torch.testing.assert_close(volume, torch.ones_like(volume))
    stretched = Composition((mixing, Linear(torch.diag(torch.tensor([1.0, 1.1], dtype=torch.float64)))))
    assert not torch.allclose(torch.linalg.det(stretched.jacobian(latents_for(mixing))).abs(), volume, rtol=1e-2)


def test_clamping_sends_what_lies_outside_to_the_edge():
    image = DotImage(clamp=True)
    outside = torch.tensor([[7.0, 0.3], [9.0, 0.3]], dtype=torch.float64)
    x = image(outside)
    assert torch.equal(x[0], x[1])
    assert image.in_view(outside).tolist() == [False, False]
    assert float(image.jacobian(outside)[..., 0].abs().max()) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LeakyReLU(2, 0.0), "slope=0.0"),
        (lambda: LeakyReLU(2, -0.2), "slope=-0.2"),
        (lambda: Twist(1.0, 2, 1), "dim=1"),
        (lambda: Twist(1.0, 0), "power=0"),
        (lambda: TentFold(0), "dim=0"),
        (lambda: DotImage(scale=0.0), "scale=0.0"),
        (lambda: DotImage(side=1), "side=1"),
        (lambda: Composition(()), "maps=()"),
        (lambda: Composition((LeakyReLU(2), LeakyReLU(3))), "dimension 2"),
        (lambda: leaky_network((torch.ones(3, 2, dtype=torch.float64),)), r"weights\[0\]"),
        (lambda: Linear(torch.ones(2, 2)).preimages(torch.ones(2)), "rank 1"),
        (lambda: DotImage(clamp=True).preimages(torch.ones(100)), "clamp=True"),
        (lambda: narrow(2, torch.Generator(), layers=0), "layers=0"),
        (lambda: bounded(2, torch.Generator(), layers=0), "layers=0"),
        (lambda: bounded(2, torch.Generator(), condition=0.5), "condition=0.5 is no condition number: take a finite"),
        (lambda: narrow(7, torch.Generator(), observed_dim=5), "observed_dim=5 channels cannot carry 7 variables"),
        (lambda: wide(7, torch.Generator(), observed_dim=5), "take more channels or less nuisance"),
        (lambda: random_orthonormal(2, 3, torch.Generator()), "columns=3"),
        (lambda: random_conditioned(2, 0.5, torch.Generator()), "condition=0.5"),
        (lambda: swirl_matrix(10, radius=6.0), "radius=6.0"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
