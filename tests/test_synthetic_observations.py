"""Observation models: noise as declared, likelihoods against SciPy, information against derivatives; bad input.

Draws are held against distribution functions by Kolmogorov-Smirnov with Massart's bound, false-alarm rate 1e-8 each.
"""

import math

import numpy as np
import pytest
import torch
from scipy import special, stats

import synthetic
from synthetic import (
    Assumption,
    Beside,
    DotImage,
    GaussianCells,
    Linear,
    NoiseLevel,
    PixelNoise,
    PlaceCells,
    SineShear,
    SpikeCounts,
    TentFold,
    VonMisesCells,
    image_information,
    image_log_likelihood,
    noisy_dots,
    noisy_linear,
    place_cells,
)
from tests.test_synthetic_mixing import derivative
from tests.unchecked_types import unchecked_types

RATE = 1e-8
NOISY = [name for name, make in synthetic.worlds().items() if make().observation is not None]


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def track(n: int = 200) -> torch.Tensor:
    angle = 2 * math.pi * torch.rand(n, generator=seeded(1), dtype=torch.float64)
    return torch.stack((angle.cos(), angle.sin()), -1)


def cells(kind: type[PlaceCells], neurons: int = 20, width: float = 0.4) -> PlaceCells:
    return kind.drawn(neurons, seeded(2), width=(width, 1.5 * width))


def far_from(sample: torch.Tensor, law: str) -> bool:
    """Null: draws of the law. At n = 10^5 a distance of .016 is missed with probability < 1e-3 (Massart twice)."""
    values = sample.flatten().numpy()
    return bool(stats.kstest(values, law).statistic > math.sqrt(math.log(2 / RATE) / (2 * values.size)))


@pytest.mark.parametrize("kind", [VonMisesCells, GaussianCells])
def test_rates_give_the_place(kind):
    z, mixing = track(), cells(kind)
    torch.testing.assert_close(mixing.inverse(mixing(z)), z, rtol=1e-7, atol=1e-7)
    other = cells(kind, width=0.45)
    assert (other.inverse(mixing(z)) - z).abs().max() > 1e-3


@pytest.mark.parametrize("kind", [VonMisesCells, GaussianCells])
def test_slopes_of_the_rates(kind):
    z, mixing = track(20), cells(kind)
    found = derivative(mixing, z)
    torch.testing.assert_close(mixing.jacobian(z), found, rtol=1e-9, atol=1e-9)
    assert not torch.allclose(cells(kind, width=0.45).jacobian(z), found, rtol=1e-2)


def test_tuning_is_the_textbook_one():
    places = torch.tensor([0.5, 3.0], dtype=torch.float64)
    widths, peaks = torch.tensor([0.3, 0.6]).double(), torch.tensor([10.0, 20.0]).double()
    apart = torch.tensor([0.2 - 0.5, 0.2 - 3.0], dtype=torch.float64)
    z = torch.tensor([math.cos(0.2), math.sin(0.2)], dtype=torch.float64)
    bell = torch.exp(-0.5 * (apart / widths).square())
    torch.testing.assert_close(GaussianCells(places, widths, peaks, 1.0)(z), 1 + peaks * bell)
    circular = torch.exp((apart.cos() - 1) / widths.square())
    torch.testing.assert_close(VonMisesCells(places, widths, peaks, 1.0)(z), 1 + peaks * circular)


def test_places_on_one_line_leave_two_places_open():
    one = torch.ones(2, dtype=torch.float64)
    mixing = VonMisesCells(torch.tensor([0.0, math.pi], dtype=torch.float64), one, one)
    mirrored = track(5) * torch.tensor([1.0, -1.0])
    torch.testing.assert_close(mixing(track(5)), mixing(mirrored))
    assert not mixing.injective.holds
    with pytest.raises(ValueError, match="add a neuron elsewhere"):
        mixing.preimages(mixing(track(5)))


def test_what_passes_by_a_mixing_passes_unchanged():
    mixing = Beside(SineShear(), 2)
    z = torch.randn(30, 4, generator=seeded(), dtype=torch.float64)
    torch.testing.assert_close(mixing(z)[:, 2:], z[:, 2:])
    torch.testing.assert_close(mixing.inverse(mixing(z)), z)
    torch.testing.assert_close(mixing.jacobian(z), derivative(mixing, z))
    folded = Beside(TentFold(1))
    assert not folded.injective.holds
    assert folded.preimages(folded(z[:, :2])).shape == (2, 30, 2)


@pytest.mark.parametrize("level", [NoiseLevel.constant(0.1), NoiseLevel(0.1, 0.5)])
def test_the_level_handed_out_is_that_of_the_noise(level):
    """Residuals over the level are N(0, 1), levels are uniform; the twin divides by one level for all."""
    world = noisy_dots("rotation", level)
    z, x, levels = world.sample(20, 50, seeded(3), torch.float64)
    residual = x - world.mixing(torch.cat((z, levels), -1))[..., :-1]
    assert not far_from(residual / levels, "norm")
    assert far_from(residual / 0.2, "norm")
    if level.low < level.high:
        assert not far_from((levels - level.low) / (level.high - level.low), "uniform")
    else:
        assert bool((levels == level.low).all())


def test_a_seed_is_the_same_noise_in_both_precisions():
    single, double = (noisy_dots("square").sample(3, 4, seeded(), dtype=one) for one in (torch.float32, torch.float64))
    torch.testing.assert_close(single.x.double(), double.x, rtol=0, atol=1e-5)
    assert torch.equal(single.nuisance, double.nuisance.float())


def test_pixel_noise_has_its_density():
    image, x = (torch.rand(7, 5, generator=seeded(seed), dtype=torch.float64) for seed in (0, 1))
    level = torch.linspace(0.1, 0.7, 7, dtype=torch.float64)[:, None]
    found = PixelNoise(5).log_density(x, torch.cat((image, level), -1))
    expected = stats.norm.logpdf(x.numpy(), image.numpy(), level.numpy()).sum(-1)
    torch.testing.assert_close(found, torch.from_numpy(expected))
    assert not np.allclose(found.numpy(), stats.norm.logpdf(x.numpy(), image.numpy(), 2 * level.numpy()).sum(-1))


def integrated(squared: np.ndarray, low: float, high: float, pixels: int) -> np.ndarray:
    """The level integrated out in closed form: with v = 1 / level^2 an incomplete gamma function of order k."""
    k = (pixels - 1) / 2
    between = special.gammainc(k, squared / (2 * low**2)) - special.gammainc(k, squared / (2 * high**2))
    power = special.gammaln(k) - k * np.log(squared / 2) - math.log(2 * (high - low))
    return power + np.log(between) - pixels / 2 * math.log(2 * math.pi)


def test_the_level_is_integrated_out():
    level, squared = NoiseLevel(0.1, 0.5), torch.linspace(0.6, 30, 50, dtype=torch.float64)
    expected = torch.from_numpy(integrated(squared.numpy(), 0.1, 0.5, 100))
    torch.testing.assert_close(level.log_marginal(squared, 100), expected, rtol=1e-8, atol=1e-8)
    known = torch.from_numpy(stats.norm.logpdf(squared.sqrt().numpy(), 0, 0.3)) - 99 * math.log(
        0.3 * math.sqrt(2 * math.pi)
    )
    torch.testing.assert_close(NoiseLevel.constant(0.3).log_marginal(squared, 100), known)
    assert (known - expected).abs().max() > 1  # the twin: a level taken for known


@pytest.mark.parametrize("level", [NoiseLevel.constant(0.1), NoiseLevel(0.1, 0.5)])
def test_the_table_of_likelihoods_is_fine_enough(level):
    """Against the integral at each image, as far as likelihoods matter (within 30 nats of the largest)."""
    image = DotImage.in_frame(-3.0, 3.0)
    z = torch.randn(40, 30, 2, generator=seeded(), dtype=torch.float64)
    x = image(z[:, 0]) + 0.1 * torch.randn(40, 100, generator=seeded(1), dtype=torch.float64)
    squared = (x[:, None] - image(z)).square().sum(-1)
    exact, found = level.log_marginal(squared, 100), image_log_likelihood(image, level)(x, z)
    matters = exact > exact.amax(-1, keepdim=True) - 30
    torch.testing.assert_close(found[matters], exact[matters], rtol=0, atol=1e-3)
    shared = image_log_likelihood(image, level)(x, z[:1])
    torch.testing.assert_close(shared[:1], found[:1])


def test_information_of_an_image():
    """The mean of 1 / level^2 is 1 / (low high); information is minus the mean curvature of the log density."""
    image, z = DotImage.in_frame(-3.0, 3.0), torch.tensor([0.3, -0.7], dtype=torch.float64)
    levels = torch.linspace(0.1, 0.5, 100_001, dtype=torch.float64)
    assert NoiseLevel(0.1, 0.5).precision == pytest.approx(float(torch.trapezoid(levels**-2, levels)) / 0.4, rel=1e-6)
    clean = image(z)
    curvature = torch.autograd.functional.hessian(lambda at: (clean - image(at)).square().sum() / (2 * 0.2**2), z)
    torch.testing.assert_close(image_information(image, NoiseLevel.constant(0.2), z), curvature)
    assert not torch.allclose(image_information(image, NoiseLevel.constant(0.1), z), curvature)


def test_counts_have_their_probability():
    rates, counts = cells(VonMisesCells)(track(50)), SpikeCounts(20)
    x = counts.sample(rates, seeded())
    expected = stats.poisson.logpmf(x.numpy(), rates.numpy() * 0.025).sum(-1)
    torch.testing.assert_close(counts.log_density(x, rates), torch.from_numpy(expected))


def test_counts_have_their_mean_and_variance():
    """Null: sums of n Poisson counts are Poisson; both tails 1e-9. A bin 10 % longer (the twin) is 20 errors away."""
    rates, n = cells(VonMisesCells)(track(3)), 20_000
    x = SpikeCounts(20, 0.1).sample(rates.expand(n, -1, -1), seeded())
    assert torch.equal(x, x.round())
    for bin, alarm in ((0.1, False), (0.11, True)):
        mean = n * bin * float(rates.sum())
        low, high = stats.poisson.ppf((1e-9, 1 - 1e-9), mean)
        assert (not low <= float(x.sum()) <= high) is alarm


def test_information_of_counts_is_their_mean_curvature():
    """log p is linear in x, so the mean of its curvature is its curvature at the mean counts."""
    mixing, counts = cells(VonMisesCells), SpikeCounts(20)
    for angle in torch.tensor([0.3, 2.0, 5.0], dtype=torch.float64):

        def loss(u: torch.Tensor, mean: torch.Tensor) -> torch.Tensor:
            rates = mixing(torch.stack((u.cos(), u.sin()), -1))
            return -(mean * rates.log() - counts.bin * rates).sum()

        mean = counts.bin * mixing(torch.stack((angle.cos(), angle.sin())))
        curvature = torch.autograd.functional.hessian(lambda u, mean=mean: loss(u, mean), angle)
        torch.testing.assert_close(counts.angle_information(mixing, angle), curvature)
        assert not torch.allclose(SpikeCounts(20, 0.03).angle_information(mixing, angle), curvature)


def test_no_estimate_of_the_angle_beats_the_bound():
    """Maximum likelihood on a grid at one place, 4000 bins of .25 s: variance within 6 errors and 5 % of 1 / I.

    Null: squared errors over the bound have mean 1 or more, up to 6 standard errors (rate 2e-9). A bound twice too high
    (the twin) lies 20 errors away.
    """
    mixing, counts = VonMisesCells.drawn(120, seeded(2)), SpikeCounts(120, 0.25)
    truth = torch.tensor(1.0, dtype=torch.float64)
    x = counts.sample(mixing(torch.stack((truth.cos(), truth.sin()))).expand(4000, -1), seeded())
    grid = truth + torch.linspace(-0.3, 0.3, 601, dtype=torch.float64)
    mean = counts.bin * mixing(torch.stack((grid.cos(), grid.sin()), -1))
    best = grid[(x @ mean.log().T - mean.sum(-1)).argmax(-1)]
    ratio = (best - truth).square() * counts.angle_information(mixing, truth)
    error = 6 * float(ratio.std()) / math.sqrt(len(ratio))
    assert 1 - error < float(ratio.mean()) < 1.05 + error
    assert float(ratio.mean()) / 2 < 1 - error


@pytest.mark.parametrize("name", NOISY)
def test_noisy_worlds_say_what_noise_hides(name):
    world = synthetic.worlds()[name]()
    assert not world.assumptions[Assumption.NO_NUISANCE].holds
    assert world.assumptions[Assumption.INJECTIVE_MIXING].holds
    assert world.filtering is not None
    assert 0.3 < world.ceiling.r2 < world.filtering.r2 < 1
    for one in (world.ceiling, world.filtering):
        assert one.low <= one.r2 <= one.high
    assert world.sample(2, 3, seeded()).x.shape[-1] == world.observation.output_dim


def test_parameters_without_a_ceiling_claim_none():
    assert math.isnan(noisy_dots("square", NoiseLevel.constant(0.2)).ceiling.r2)
    assert math.isnan(place_cells(neurons=40).filtering.r2)


def test_the_noise_of_a_loud_world_is_louder():
    assert noisy_linear(1.0).ceiling.r2 < noisy_linear(0.5).ceiling.r2 < noisy_linear(0.1).ceiling.r2 < 1


BELL = {"places": torch.ones(2).double(), "widths": torch.ones(2).double(), "peaks": torch.ones(2).double()}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NoiseLevel(-0.1, 0.2), "low=-0.1 is no noise level: take a finite low >= 0"),
        (lambda: NoiseLevel(math.nan, 0.2), "low=nan is no noise level"),
        (lambda: NoiseLevel(0.3, 0.2), "high=0.2 lies below low=0.3"),
        (lambda: NoiseLevel.constant(math.inf), "low=inf"),
        (lambda: NoiseLevel(0.0, 0.2).log_marginal(torch.ones(2), 5), "take low > 0"),
        (lambda: PixelNoise(0), "pixels=0 show nothing: take pixels >= 1"),
        (lambda: Beside(SineShear(), 0), "width=0 passes nothing by: take width >= 1"),
        (lambda: SpikeCounts(0), "neurons=0 fire nothing: take neurons >= 1"),
        (lambda: SpikeCounts(5, 0.0), "bin=0.0 seconds counts nothing: take a finite bin > 0"),
        (lambda: VonMisesCells.drawn(0, seeded()), "neurons=0 fire nothing: take neurons >= 1"),
        (lambda: GaussianCells.drawn(3, seeded(), width=(0.5, 0.2)), r"width=\(0.5, 0.2\): take 0 < low <= high"),
        (lambda: GaussianCells.drawn(3, seeded(), peak=(-1.0, 2.0)), r"peak=\(-1.0, 2.0\): take 0 < low <= high"),
        (lambda: VonMisesCells(**{**BELL, "widths": -BELL["widths"]}), "widths has smallest entry -1: take all above"),
        (lambda: VonMisesCells(**BELL, background=0.0), "background=0.0: take background > 0"),
        (lambda: place_cells(neurons=0), "neurons=0 fire nothing"),
        (lambda: noisy_dots("star"), "motion='star' is unknown: take one of rotation, figure_eight, square"),
        (lambda: noisy_linear(-1.0), "level=-1.0: take a finite level > 0"),
        (lambda: noisy_linear(observed_dim=1), "columns=2"),
        (lambda: DotImage.in_frame(2.0, -2.0), "high=-2.0 does not lie above low=2.0: give a frame with low < high"),
    ],
)
def test_impossible_parameters_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_sizes_that_do_not_fit_are_refused():
    with unchecked_types(), pytest.raises(ValueError, match=r"sizes \[1, 2\]: give each neuron one"):
        VonMisesCells(**{**BELL, "peaks": torch.ones(1)})
    world = noisy_linear()
    with pytest.raises(ValueError, match="observation takes 6 dimensions, mixing gives 11: make them equal"):
        synthetic.World(**{**vars(world), "observation": PixelNoise(5)})
    plain = Linear(torch.eye(2, dtype=torch.float64))
    with pytest.raises(ValueError, match=r"latents and nuisance have 2 \+ 1: make them equal"):
        synthetic.World(**{**vars(world), "mixing": plain, "observation": None})
