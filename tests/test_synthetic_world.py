"""What every world promises about sampling, and what it refuses."""

import dataclasses

import pytest
import torch

import synthetic
from synthetic import (
    AdditiveNoise,
    BlockPredictor,
    GaussianNoise,
    LinearPredictor,
    PrivateNormal,
    RotationTanh,
    StandardNormal,
)

NAMES = list(synthetic.worlds())


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("name", NAMES)
def test_shapes_types_and_names(name):
    world = synthetic.worlds()[name]()
    trajectories = world.sample(7, 3, seeded())
    assert world.name == name
    assert trajectories.z.shape == (7, 3, world.dim)
    assert trajectories.x.shape == (7, 3, world.observed_dim)
    assert (trajectories.nuisance is None) is (world.nuisance is None)
    assert trajectories.z.dtype == trajectories.x.dtype == torch.float32
    assert torch.isfinite(trajectories.x).all()


@pytest.mark.parametrize("name", ["markov_gaussian_4_narrow", "wobbly_selected", "fold"])
def test_a_seed_is_a_sample(name):
    world = synthetic.worlds()[name]()
    first, again, other = (world.sample(5, 4, seeded(seed)) for seed in (1, 1, 2))
    assert torch.equal(first.x, again.x)
    assert not torch.equal(first.x, other.x)


def test_a_seed_means_the_same_trajectory_in_both_precisions():
    world = synthetic.markov_gaussian(3)
    single, double = (world.sample(5, 4, seeded(), dtype=kind) for kind in (torch.float32, torch.float64))
    assert torch.equal(single.z, double.z.float())
    assert double.x.dtype == torch.float64


def test_large_samples_equal_the_mixing_of_their_latents():
    """Observations are computed in blocks of rows; more rows than one block holds."""
    world = synthetic.markov_gaussian(2)
    trajectories = world.sample(3000, 2, seeded(), dtype=torch.float64)
    torch.testing.assert_close(trajectories.x, world.mixing(trajectories.z))


def test_the_predicted_mean_is_the_papers():
    world = synthetic.markov_gaussian(3, alpha=0.2)
    past = torch.randn(5, 4, 3, generator=seeded(), dtype=torch.float64)
    rotation = world.transition.predictor.rotation
    turned = torch.einsum("ij,nj->ni", rotation, past[:, -1])
    torch.testing.assert_close(world.transition.mean(past), turned + 0.1 * torch.tanh(turned))
    torch.testing.assert_close(world.transition.noise_covariance, 0.2 * torch.eye(3, dtype=torch.float64))


def test_the_predictor_stretches():
    """abs(det J) >= 1 for mu(z) = R z + 0.1 tanh(R z); the twin with gain -0.1 shrinks, and is refused."""
    predictor = synthetic.markov_gaussian(4).transition.predictor
    points = torch.randn(50, 4, generator=seeded(), dtype=torch.float64)
    jacobians = [torch.autograd.functional.jacobian(lambda p: predictor(p[None]), point) for point in points]
    assert torch.linalg.det(torch.stack(jacobians)).abs().min() >= 1
    with pytest.raises(ValueError, match=r"gain=-0\.1"):
        RotationTanh(predictor.rotation, -0.1)


def test_blocks_predict_side_by_side():
    half, none = (LinearPredictor(scale * torch.eye(2, dtype=torch.float64)) for scale in (0.5, 0.0))
    past = torch.randn(6, 1, 4, generator=seeded(), dtype=torch.float64)
    predicted = BlockPredictor((half, none))(past)
    torch.testing.assert_close(predicted[:, :2], 0.5 * past[:, 0, :2])
    assert float(predicted[:, 2:].abs().max()) == 0


def test_noise_density_is_the_textbook_one():
    sigma = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
    e = torch.randn(5, 2, generator=seeded(), dtype=torch.float64)
    expected = torch.distributions.MultivariateNormal(torch.zeros(2, dtype=torch.float64), sigma).log_prob(e)
    torch.testing.assert_close(GaussianNoise(sigma).log_density(e, e[:, None]), expected)


def with_nuisance(latents: int, nuisance: int, mixed: int) -> synthetic.World:
    return dataclasses.replace(
        synthetic.markov_gaussian(latents),
        mixing=synthetic.markov_gaussian(mixed).mixing,
        nuisance=PrivateNormal(nuisance),
    )


def test_nuisance_is_mixed_in_and_handed_out():
    world = with_nuisance(2, 3, 5)
    z, x, nuisance = world.sample(4, 3, seeded(), dtype=torch.float64)
    assert not world.assumptions[synthetic.Assumption.NO_NUISANCE].holds
    torch.testing.assert_close(world.mixing.inverse(x), torch.cat((z, nuisance), -1))
    assert torch.equal(z, world.latents(4, 3, seeded()))


def test_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        synthetic.markov_gaussian(2).name = "other"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: synthetic.markov_gaussian(2, alpha=-0.1), "alpha=-0.1"),
        (lambda: synthetic.markov_gaussian(0), "dim=0"),
        (lambda: synthetic.markov_gaussian(2, mixing="broad"), "mixing='broad' is unknown"),
        (lambda: synthetic.markov_gaussian(3, mixing=synthetic.Banana()), "mixing takes 2 dimensions"),
        (lambda: synthetic.markov_gaussian(2).sample(0, 2, seeded()), "n=0"),
        (lambda: synthetic.markov_gaussian(2).sample(2, 0, seeded()), "length=0"),
        (lambda: synthetic.wobbly_in_view().sample(2, 21, seeded()), "length=21"),
        (lambda: synthetic.wobbly_selected(variance=9.0).sample(2, 20, seeded()), "fewer than one sequence in 1000"),
        (lambda: synthetic.wobbly_published(variance=-1.0), "variance=-1.0"),
        (lambda: synthetic.NearCycle(synthetic.LimitCycle(), radius=0.4), "radius=0.4"),
        (lambda: synthetic.NearCycle(synthetic.LimitCycle(), variance=-1.0), "variance=-1.0"),
        (lambda: synthetic.LimitCycle(step=0.0), "step=0.0"),
        (lambda: synthetic.plane_world("helix"), "mixing='helix'"),
        (lambda: synthetic.gaussian_autoregression(synthetic.Banana(), rho=1.0), "rho=1.0"),
        (lambda: synthetic.gaussian_autoregression(synthetic.Banana(), rotation=torch.ones(2, 2)), "not orthogonal"),
        (lambda: synthetic.constant_predictor(dim=1), "dim=1"),
        (lambda: synthetic.constant_predictor(rate=0.0), "rate=0"),
        (lambda: synthetic.fold(dim=1), "dim=1"),
        (lambda: GaussianNoise(torch.tensor([[1.0, 0.5], [0.2, 1.0]])), "not symmetric"),
        (lambda: GaussianNoise(torch.diag(torch.tensor([1.0, 0.0]))), "smallest eigenvalue"),
        (lambda: GaussianNoise.isotropic(2, 0.0), "variance=0.0"),
        (lambda: RotationTanh(2 * torch.eye(2)), "not orthogonal"),
        (lambda: AdditiveNoise(LinearPredictor(torch.eye(2)), GaussianNoise.isotropic(3, 1.0)), "predictor has dim"),
        (lambda: BlockPredictor(()), "blocks=()"),
        (lambda: StandardNormal(0), "dimension=0"),
        (lambda: PrivateNormal(0), "dimension=0"),
        (lambda: with_nuisance(2, 3, 4), r"latents and nuisance have 2 \+ 3"),
        (
            lambda: dataclasses.replace(synthetic.markov_gaussian(2), initial=StandardNormal(3)),
            "initial has dimension 3",
        ),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
