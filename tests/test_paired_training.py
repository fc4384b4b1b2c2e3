"""Rows of table 1 in training: codes on their space, batched seeds, checkpoints, learned scales, held-out values.

Runs are short and seeds fixed; `test_directions_come_back` is a regression test by a rule fixed beforehand.
"""

import re
from dataclasses import asdict, replace

import pytest
import torch

from identify import LOG_DET, EncoderConfig, FitConfig, KalmanConfig, PredictorConfig, fit
from identify.checkpoint import described
from identify.metrics import affine_r2
from identify.paired_held_out import held_out_pairs
from identify.paired_methods import (
    BYOL,
    CATEGORICAL,
    INFO_NCE,
    JEPA,
    NT_XENT,
    ROWS,
    SIMPLEX,
    VICREG,
    PairedMethod,
    vicreg_as_published,
)
from identify.paired_objectives.gaussian_entropies import LogDet, Neighbours
from identify.paired_objectives.kernel_entropies import Candidates, Kernel
from identify.paired_objectives.pair_entropy import StopGradient
from identify.paired_objectives.spherical_pair import SphericalPair
from identify.splits import make_split
from synthetic import sphere_walk
from tests.paired_codes import pair_for
from tests.small_training import sequences, small

LEARNED = replace(INFO_NCE, name="concentration learned", learns_scale=True)
WARM = replace(NT_XENT, name="warm start", entropy=Neighbours(2), start=Kernel(), warm_start=0.5)
METHODS = {one.name: one for one in (*ROWS, vicreg_as_published(3), LEARNED, WARM)}


def paired(method, **changes):
    return small(**{"method": method, "encoder": EncoderConfig(3, (8,)), "window": 2, **changes})


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_codes_of_every_row_live_on_its_space_and_training_moves_them(method):
    x = sequences(50)
    config = paired(method, encoder=EncoderConfig(2, (8,)), steps=6)
    fitted = fit(x, config, (0, 1))
    codes, before = fitted.encode(x), fitted.encode(x, trained=False)
    space = method.model.space(2)
    space.check(codes, "codes")
    space.check(before, "codes")
    assert codes.shape == (2, 50, 6, 2)
    assert not torch.allclose(codes, before)
    assert fitted.diverged == (False, False)
    assert all(one.standard_error >= 0 for one in fitted.held_out(x))
    assert (fitted.scales != float(method.model.scale)).all().item() is method.learns_scale


@pytest.mark.parametrize("method", [NT_XENT, LEARNED, BYOL, SIMPLEX], ids=lambda one: one.name)
def test_a_seed_trains_alike_alone_and_beside_others(method):
    x = sequences()
    config = paired(method, encoder=EncoderConfig(2, (8,)), gradient_cosines=True)
    together, alone = fit(x, config, (0, 1)), fit(x, config, (1,))
    assert torch.allclose(together.encode(x)[1], alone.encode(x)[0], atol=1e-4)
    assert torch.allclose(together.scales[1], alone.scales[0], rtol=1e-4)
    assert torch.allclose(together.history.cosine[1, :1], alone.history.cosine[0, :1], atol=1e-4)


class Interrupted(Exception):
    """Ends a run in the middle."""


def _stop(done, of):
    if done == 13:
        raise Interrupted


def test_a_resumed_run_is_the_undisturbed_run(tmp_path):
    x, path = sequences(), tmp_path / "state"
    config = paired(LEARNED, encoder=EncoderConfig(2, (8,)), gradient_cosines=True, history_every=3)
    whole = fit(x, config, (0, 1))
    with pytest.raises(Interrupted):
        fit(x, config, (0, 1), progress=_stop, checkpoint=path, checkpoint_every=6)
    resumed = fit(x, config, (0, 1), checkpoint=path)
    assert torch.equal(resumed.encode(x), whole.encode(x))
    assert torch.equal(resumed.scales, whole.scales)
    assert torch.equal(resumed.history.cosine, whole.history.cosine)


def test_a_checkpoint_of_a_method_with_the_same_fields_is_refused(tmp_path):
    x, path = sequences(), tmp_path / "state"
    one = PairedMethod("row", SphericalPair(2.0, "empirical"), Candidates())
    other = replace(one, entropy=StopGradient(), form="LDM")
    assert asdict(one)["entropy"] == asdict(other)["entropy"]
    assert described(one.entropy) != described(other.entropy)
    fit(x, paired(one, encoder=EncoderConfig(2, (8,)), steps=3), (0,), checkpoint=path)
    with pytest.raises(ValueError, match="belongs to another configuration"):
        fit(x, paired(other, encoder=EncoderConfig(2, (8,)), steps=3), (0,), checkpoint=path)


def test_scales_of_several_networks_are_those_of_each():
    for method in (NT_XENT, JEPA, SIMPLEX, CATEGORICAL):
        pairs = [pair_for(method, seed=seed) for seed in (0, 10)]
        first, second = (torch.stack(views) for views in zip(*pairs, strict=True))
        scales = (1.5, 4.0)
        together = replace(method, model=method.model.with_scale(torch.tensor(scales, dtype=first.dtype)))
        alone = [
            float(replace(method, model=method.model.with_scale(scale)).loss(*pair))
            for scale, pair in zip(scales, pairs, strict=True)
        ]
        assert together.loss(first, second).tolist() == pytest.approx(alone, abs=1e-9)
        assert alone[0] != pytest.approx(alone[1], abs=1e-3)


def test_directions_come_back():
    """Regression: NT-Xent at the world's temperature recovers two seeds of three to R2 .97, untrained codes none."""
    world = sphere_walk(kappa=10.0)
    train, test = (world.sample(n, 2, torch.Generator().manual_seed(n)) for n in (5000, 1000))
    method = replace(NT_XENT, model=SphericalPair(10.0, "empirical"))
    encoder = EncoderConfig(3, (32, 32), "leaky_relu", skip=True)
    config = FitConfig(method=method, encoder=encoder, steps=300, batch=128, window=2)
    fitted = fit(train.x, config, (0, 1, 2))

    def scores(codes):
        split = make_split(len(test.z), seed=0)
        return [affine_r2(test.z[:, 1].double().numpy(), one[:, 1].double().numpy(), split).estimate for one in codes]

    assert sum(one >= 0.97 for one in scores(fitted.encode(test.x))) >= 2
    assert all(one < 0.97 for one in scores(fitted.encode(test.x, trained=False)))


def test_a_predictor_is_used_where_the_row_has_one():
    x = sequences()
    one = fit(x, paired(replace(INFO_NCE, predicts=False), encoder=EncoderConfig(2, (8,))), (0,))
    other = fit(x, paired(INFO_NCE, encoder=EncoderConfig(2, (8,))), (0,))
    y = one.projection.project([x])
    codes, predictions = one.network(y)
    assert torch.equal(predictions, codes[:, :, :-1])
    codes, predictions = other.network(y)
    assert not torch.allclose(predictions, codes[:, :, :-1], atol=0.01)
    SphericalPair().space(2).check(predictions, "predictions")


def test_held_out_values_are_means_over_blocks():
    method = NT_XENT
    first, second = (one.unsqueeze(0) for one in pair_for(method, n=200))
    (found,) = held_out_pairs(method, first, second)
    blocks = zip(first[0, :198].split(66), second[0, :198].split(66), strict=True)
    values = [float(-method.loss(a, b)) for a, b in blocks]
    assert found.value == pytest.approx(sum(values) / 3, abs=1e-9)
    assert found.standard_error == pytest.approx(float(torch.tensor(values).std()) / 3**0.5, abs=1e-6)
    collapsed = torch.zeros(1, 200, 3, dtype=torch.float64)
    (lost,) = held_out_pairs(VICREG, collapsed, collapsed)
    assert lost.value == -float("inf")


def test_bad_configurations_are_refused():
    for changes, message in (
        ({"window": 3}, "window=3; a paired method trains on pairs, give window=2"),
        ({"predictor": KalmanConfig(2)}, "a paired method predicts from one frame; give a PredictorConfig"),
        ({"method": LOG_DET, "gradient_cosines": True}, "gradient_cosines=True is for paired methods"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            paired(NT_XENT, **changes) if "method" not in changes else small(**changes)
    for method, changes, message in (
        (VICREG, {"learns_scale": True}, "learns_scale=True with LogDet and the flat prior: F has no upper bound"),
        (JEPA, {"learns_scale": True}, "learns_scale=True with StopGradient"),
        (NT_XENT, {"warm_start": 0.5}, "warm_start=0.5 with start=None; give an estimator to start with"),
        (NT_XENT, {"start": Kernel()}, "warm_start=0.0 with start=Kernel"),
        (NT_XENT, {"start": Kernel(), "warm_start": 1.5}, "warm_start=1.5"),
    ):
        with pytest.raises(ValueError, match=re.escape(message)):
            replace(method, **changes)
    with pytest.raises(ValueError, match="100 pairs are held out; two blocks of 64 are needed, give more sequences"):
        held_out_pairs(VICREG, torch.zeros(1, 100, 2), torch.zeros(1, 100, 2))
    with pytest.raises(ValueError, match="log det has a covariance for a scale; read `factor`"):
        _ = fit(sequences(), small(steps=1), (0,)).scales
    with pytest.raises(ValueError, match=r"x has rank \d, below the code width 7 \(dimension 6\)"):
        fit(sequences(), paired(NT_XENT, encoder=EncoderConfig(7, (8,))), (0,))


def test_the_start_estimator_rules_the_first_steps_and_judges_stand_in_for_stopped_gradients():
    assert isinstance(WARM.at(0.49).entropy, Kernel)
    assert isinstance(WARM.at(0.5).entropy, Neighbours)
    assert isinstance(JEPA.judged().entropy, Neighbours)
    assert NT_XENT.judged() is NT_XENT
    assert PredictorConfig() == paired(NT_XENT, predictor=PredictorConfig()).predictor
    with pytest.raises(ValueError, match="space='sphere'; LogDet is for space plane"):
        replace(WARM, start=LogDet()).at(0.0)
