"""Signal under private nuisance: the law of the world, how hard its mixing is, and encoders matched to couplings."""

from __future__ import annotations

import pytest
import torch

from identify.coupling_encoder import CouplingConfig, CouplingEncoder
from identify.encoders import input_projection
from identify.fitting import fit
from identify.latent_models import GaussianConfig
from identify.methods import Method
from identify.predictors import PredictorConfig
from identify.training import FitConfig
from reports.baselines import linear_r2
from synthetic.assumptions import Assumption
from synthetic.coupling import additive_coupling
from synthetic.coupling_world import coupling_world
from synthetic.follow_up import follow_up_world, shared_information


def test_signal_and_nuisance_come_back_from_the_observation():
    world = follow_up_world(3, nuisance_dim=4, observed_dim=12, seed=1)
    sample = world.sample(6, 3, torch.Generator().manual_seed(0), torch.float64)
    both = torch.cat((sample.z, sample.nuisance), -1)
    torch.testing.assert_close(world.mixing.inverse(sample.x), both)
    assert not world.assumptions[Assumption.NO_NUISANCE].holds
    assert world.assumptions[Assumption.STATIONARY].holds


def test_shared_information_is_the_gain_of_the_true_transition():
    """H[s'] - H[s'|s] from the world's own noise covariance, with unit marginal variance."""
    covariance = follow_up_world(4, rho=0.8).transition.noise_covariance
    assert shared_information(4, 0.8) == pytest.approx(-0.5 * float(torch.logdet(covariance)))


@pytest.mark.parametrize("dim", [5, 20])
def test_linear_regression_stays_below_eight_tenths(dim):
    """A regression test at fixed seeds; without the layers regression would give 1."""
    sample = follow_up_world(dim).sample(2000, 2, torch.Generator().manual_seed(0))
    assert 0.5 < linear_r2(sample.z, sample.x) < 0.8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"signal_dim": 0}, "signal_dim=0"),
        ({"signal_dim": 2, "nuisance_dim": 0}, "dimension=0"),
        ({"signal_dim": 2, "rho": 1.0}, "rho=1.0"),
        ({"signal_dim": 2, "layers": 0}, "layers=0"),
        ({"signal_dim": 90}, r"observed_dim=100 channels cannot hold 90 \+ 15"),
    ],
)
def test_impossible_worlds_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        follow_up_world(**arguments)


@pytest.mark.parametrize("dim", [2, 5, 8])
def test_with_the_weights_of_the_mixing_the_encoder_is_its_inverse(dim):
    mixing = additive_coupling(dim, torch.Generator().manual_seed(dim))
    encoder = CouplingEncoder(dim, CouplingConfig(dim), [torch.Generator().manual_seed(0)]).double()
    x = torch.randn(1, 50, dim, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    assert not torch.allclose(encoder(x)[0], mixing.inverse(x[0]), atol=0.1)
    for weight, layer in zip(encoder.weights, mixing.maps, strict=True):
        weight.data = layer.shift[None]
    torch.testing.assert_close(encoder(x)[0], mixing.inverse(x[0]))


def test_networks_start_from_their_own_generators():
    def weights(*seeds):
        generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        return CouplingEncoder(6, CouplingConfig(6, 2, 0.5), generators).weights[0].detach()

    assert torch.equal(weights(0, 1)[1], weights(1)[0])
    torch.testing.assert_close(torch.linalg.svdvals(weights(0)[0]), torch.full((3,), 0.5))


def test_the_coupling_encoder_reads_raw_channels():
    x = [torch.randn(10, 3, generator=torch.Generator().manual_seed(0)) + 5]
    assert torch.equal(input_projection(x, CouplingConfig(3))(x[0][None])[0], x[0])


@pytest.mark.slow
def test_a_matched_encoder_learns_a_coupling_world_and_bad_restarts_show_in_the_objective():
    """A regression test at fixed seeds: raw x gives .78, the best of six restarts by training objective over .99."""
    world = coupling_world(4, seed=0)
    sample = world.sample(4000, 2, torch.Generator().manual_seed(0))
    fresh = world.sample(1000, 2, torch.Generator().manual_seed(1))
    config = FitConfig(
        Method("log det", latent=GaussianConfig("isotropic")),
        CouplingConfig(4, start=1.0),
        PredictorConfig("linear"),
        steps=300,
        batch=128,
        window=2,
        optimizer="adamw",
        learning_rate=0.03,
        restarts=6,
    )
    fitted = fit(sample.x, config, (0,))
    assert linear_r2(fresh.z, fitted.encode(fresh.x)[0]) > 0.99
    assert linear_r2(fresh.z, fitted.encode(fresh.x, trained=False)[0]) < 0.9
    assert float(fitted.restart_objectives.max() - fitted.restart_objectives.min()) > 0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CouplingConfig(1), "width=1"),
        (lambda: CouplingConfig(2, layers=0), "layers=0"),
        (lambda: CouplingConfig(2, start=-1.0), "start=-1.0"),
        (lambda: CouplingEncoder(3, CouplingConfig(2), [torch.Generator()]), "x has 3 channels, width=2"),
    ],
)
def test_impossible_encoders_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
