"""Predictors are causal, batched network by network, and say what they cannot be made of."""

import pytest
import torch

from identify.encoders import EncoderConfig
from identify.network import Network
from identify.predictors import PredictorConfig, activation, make_predictor
from tests.unchecked_types import unchecked_types

CONFIGS = {
    "constant": PredictorConfig("constant"),
    "linear": PredictorConfig("linear"),
    "mlp": PredictorConfig("mlp", (8, 8)),
    "mlp with skip": PredictorConfig("mlp", (8,), skip=True, activation="leaky_relu"),
    "recurrent": PredictorConfig("recurrent", (6,)),
}


def _generators(*seeds):
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def _windows(s=2, b=3, t=6, m=2):
    return torch.randn(s, b, t, m, generator=torch.Generator().manual_seed(9))


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_one_prediction_for_every_frame_but_the_first(config):
    assert make_predictor(2, config, _generators(0, 1))(_windows()).shape == (2, 3, 5, 2)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
@pytest.mark.parametrize("frame", range(6))
def test_a_frame_changes_no_prediction_of_itself_or_of_earlier_frames(config, frame):
    predictor, z = make_predictor(2, config, _generators(0, 1)), _windows()
    changed = z.clone()
    changed[:, :, frame] += 1.0
    difference = (predictor(changed) - predictor(z)).detach().abs().amax((0, 1, 3))
    assert not bool(difference[:frame].any())
    if config.kind != "constant" and frame < 5:
        assert difference[frame] > 1e-4


@pytest.mark.parametrize("kind", ["linear", "mlp", "recurrent"])
def test_how_far_a_predictor_looks_back(kind):
    predictor, z = make_predictor(2, CONFIGS[kind], _generators(0, 1)), _windows()
    changed = z.clone()
    changed[:, :, 0] += 1.0
    difference = (predictor(changed) - predictor(z)).detach().abs().amax((0, 1, 3))
    assert bool((difference[1:] > 1e-7).all() if kind == "recurrent" else (difference[1:] == 0).all())


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_networks_side_by_side_are_the_networks_alone(config):
    z = _windows()
    together = make_predictor(2, config, _generators(0, 1))(z)
    for i in range(2):
        alone = make_predictor(2, config, _generators(i))(z[i : i + 1])
        assert torch.allclose(together[i], alone[0], atol=1e-6)


@pytest.mark.parametrize(("kind", "linear"), [("linear", True), ("mlp", False), ("recurrent", False)])
def test_only_the_linear_predictor_is_affine(kind, linear):
    z = _windows()
    predict = make_predictor(2, CONFIGS[kind], _generators(0, 1))
    level = predict(torch.zeros_like(z))
    gap = (predict(2 * z) - level) - 2 * (predict(z) - level)
    assert (float(gap.detach().abs().max()) < 1e-5) is linear


def test_the_constant_predictor_starts_at_zero_and_learns_a_level():
    predictor = make_predictor(2, CONFIGS["constant"], _generators(0, 1))
    assert not bool(predictor(_windows()).any())
    predictor.level.data += 1.0
    assert bool((predictor(_windows()) == 1).all())


def test_a_selection_of_networks_keeps_order_and_leaves_the_original_alone():
    network = Network(4, EncoderConfig(2, (5,)), CONFIGS["mlp"], _generators(0, 1, 2))
    y = torch.randn(3, 7, 2, 4, generator=torch.Generator().manual_seed(0))
    z, ahead = network(y)
    chosen = network.select(torch.tensor([2, 0]))
    z_chosen, ahead_chosen = chosen(y[[2, 0]])
    assert torch.allclose(z_chosen, z[[2, 0]], atol=1e-6)
    assert torch.allclose(ahead_chosen, ahead[[2, 0]], atol=1e-6)
    for parameter in chosen.parameters():
        parameter.data.zero_()
    assert torch.equal(network(y)[0], z)


def test_bad_predictors_are_named():
    with (
        unchecked_types(),
        pytest.raises(ValueError, match="kind='oracle'; a predictor is constant, linear, mlp or recurrent"),
    ):
        PredictorConfig("oracle")
    with pytest.raises(ValueError, match=r"hidden=\(8, 0\); every hidden width must be at least 1"):
        PredictorConfig("mlp", (8, 0))
    with pytest.raises(ValueError, match=r"hidden=\(64, 64\); a recurrent predictor has one state width"):
        PredictorConfig("recurrent")
    with pytest.raises(ValueError, match="activation='step'; known are silu and leaky_relu"):
        activation("step")


def test_bad_encoders_are_named():
    with pytest.raises(ValueError, match="width=0; a code needs at least one dimension"):
        EncoderConfig(0)
    with pytest.raises(ValueError, match=r"hidden=\(0,\); every hidden width"):
        EncoderConfig(2, (0,))
    with pytest.raises(ValueError, match="components=1 < width=2"):
        EncoderConfig(2, components=1)
