"""Fitting: seeds together and alone, restarts, divergence, starts, history and bad input."""

import math
from itertools import pairwise

import pytest
import torch

import identify
from identify import KNN, EncoderConfig, FitConfig, PredictorConfig, fit
from identify.device import resolve_device
from identify.training import Training
from tests.small_training import SMALL, sequences, small
from tests.unchecked_types import unchecked_types

CONFIGS = {
    "log det": SMALL,
    "kNN with warm start": small(method=KNN),
    "recurrent": small(predictor=PredictorConfig("recurrent", (4,))),
    "AdamW": small(optimizer="adamw"),
}


def _same(a, b, tolerance=2e-4):
    return torch.allclose(a, b, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_a_seed_comes_out_the_same_whichever_seeds_run_beside_it(config):
    x = sequences()
    together = fit(x, config, (0, 1))
    for i, seed in enumerate((0, 1)):
        alone = fit(x, config, (seed,))
        assert _same(together.encode(x)[i], alone.encode(x)[0])
        assert _same(together.encode(x, trained=False)[i], alone.encode(x, trained=False)[0])
        assert _same(together.factor[i], alone.factor[0])
        assert _same(together.history.alignment[i], alone.history.alignment[0])
    assert not _same(together.encode(x)[0], together.encode(x)[1], 0.1)


def test_no_frame_comes_twice_in_a_batch_and_all_come_in_time():
    training = Training(small(batch=20), torch.zeros(1, 20, 8, 2), (0, 1))
    drawn = [training._window_indices() for _ in range(40)]
    for _, row, frame in drawn:
        assert frame.shape == (2, 20, 3)
        assert int(frame.max()) <= 7
        for network in range(2):
            frames = [(int(r), int(t)) for r, window in zip(row[network], frame[network], strict=True) for t in window]
            assert len(set(frames)) == 60
    starts = {(int(r), int(f)) for _, row, frame in drawn for r, f in zip(row[0], frame[0, :, 0], strict=True)}
    assert starts == {(r, f) for r in range(20) for f in range(6)}


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(ValueError, match=r"batch=80: x holds only 40 windows of 3 frames that do not overlap"):
        fit(sequences(), small(batch=80), (0,))


def test_a_fit_is_a_function_of_its_arguments_and_of_no_global_seed():
    x = sequences()
    torch.manual_seed(1)
    first = fit(x, SMALL, (3,))
    torch.manual_seed(2)
    assert torch.equal(first.encode(x), fit(x, SMALL, (3,)).encode(x))


def test_each_seed_can_have_data_of_its_own():
    data = [sequences(seed=0), sequences(seed=1)]
    together = fit(data, SMALL, (0, 1))
    for i in range(2):
        assert _same(together.encode(data)[i], fit(data[i], SMALL, (i,)).encode(data[i])[0], 1e-3)


def test_training_raises_the_objective():
    x = sequences(n=400)
    config = small(steps=150, batch=64, learning_rate=0.05, history_every=1)
    history = fit(x, config, (0, 1)).history
    total = history.alignment + history.entropy
    assert total.shape == (2, 150)
    assert bool((total[:, -20:].mean(1) > total[:, :5].mean(1) + 0.2).all())


def test_history_keeps_first_last_and_every_tenth_step():
    assert fit(sequences(), small(steps=25), (0,)).history.step.tolist() == [0, 10, 20, 24]


def test_progress_counts_every_step():
    seen = []
    fit(sequences(), small(steps=4), (0,), progress=lambda done, of: seen.append((done, of)))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_watcher_sees_the_networks_after_every_step():
    seen = []
    found = fit(sequences(), small(steps=3), (0,), watch=lambda step, network: seen.append((step, _codes(network))))
    assert [step for step, _ in seen] == [1, 2, 3]
    assert torch.equal(seen[-1][1], _codes(found.network))
    assert not torch.equal(seen[0][1], seen[-1][1])


def _codes(network):
    with torch.no_grad():
        return network.encoder(torch.eye(network.encoder.network.layers[0].weight.shape[1])[None])


def test_no_steps_leave_the_networks_as_they_were_initialised():
    x = sequences()
    untrained = fit(x, small(steps=0), (0, 1))
    assert torch.equal(untrained.encode(x), untrained.encode(x, trained=False))
    assert untrained.history.step.numel() == 0
    trained = fit(x, SMALL, (0, 1))
    assert _same(trained.encode(x, trained=False), untrained.encode(x))
    assert not _same(trained.encode(x), untrained.encode(x), 1e-2)


def test_the_learning_rate_rises_and_falls_to_zero():
    config = small(steps=100, learning_rate=0.1, warm_up=0.1)
    rates = [config.rate(step) for step in range(100)]
    assert rates[:10] == pytest.approx([0.01 * (i + 1) for i in range(10)])
    assert all(a >= b for a, b in pairwise(rates[10:]))
    assert max(rates) == pytest.approx(0.1)
    assert rates[55] == pytest.approx(0.05)
    assert 0 < rates[-1] < 1e-4


def test_restarts_keep_the_best_network_by_the_training_objective():
    """The table holds one objective for each restart; the kept network is its best; fit has no argument for latents."""
    x = sequences()
    fitted = fit(x, small(restarts=3, steps=8), (0, 1))
    assert fitted.restart_objectives.shape == (2, 3)
    assert bool(fitted.restart_objectives.isfinite().all())
    kept = torch.tensor([one.value for one in fitted.held_out(x)])
    assert _same(kept, fitted.restart_objectives.max(1).values, 1e-3)
    assert not _same(kept, fitted.restart_objectives.min(1).values, 1e-3)
    assert fitted.encode(x).shape == (2, 40, 6, 2)


def test_restarts_are_runs_of_their_own():
    """Restart 0 of a seed is the run without restarts, and restarts of different seeds are different runs."""
    x = sequences()
    table = fit(x, small(restarts=2, steps=5), (0, 1)).restart_objectives
    assert len(set(table.flatten().tolist())) == 4
    first = Training(small(restarts=2), torch.zeros(1, 3, 6, 2), (0,))
    alone = Training(SMALL, torch.zeros(1, 3, 6, 2), (0,))
    for name, value in alone.initial.items():
        assert torch.equal(first.initial[name][:1], value)


@pytest.mark.parametrize("method", [identify.LOG_DET, KNN], ids=["log det", "kNN"])
def test_a_diverging_network_is_frozen_and_harms_no_other(method):
    x = sequences()[None]
    config = small(method=method, steps=12)
    sick, well = (Training(config, x, (0, 1, 2)) for _ in range(2))
    for training in (sick, well):
        for _ in range(4):
            training.advance()
    next(sick.network.encoder.parameters()).data[1] = math.nan
    for training in (sick, well):
        training.advance()
    others = [p.detach()[1].clone() for p in sick.network.parameters()]
    for training in (sick, well):
        for _ in range(7):
            training.advance()
    assert sick.diverged.tolist() == [False, True, False]
    assert well.diverged.tolist() == [False, False, False]
    for a, b in zip(sick.network.parameters(), well.network.parameters(), strict=True):
        assert _same(a[[0, 2]], b[[0, 2]])
    for kept, now in zip(others, sick.network.parameters(), strict=True):
        assert torch.equal(kept.nan_to_num(), now.detach()[1].nan_to_num())


def test_a_diverged_seed_is_flagged_and_its_restarts_step_in():
    x = sequences()
    ruined = fit(x, small(learning_rate=1e30, steps=8), (0, 1))
    assert ruined.diverged == (True, True)
    assert all(one.value == -math.inf for one in ruined.held_out(x))
    assert fit(x, SMALL, (0, 1)).diverged == (False, False)


def test_a_start_puts_the_encoder_where_it_says():
    """Regression onto given codes comes within 5 % of their variance, and counts as the initial network."""
    x = sequences(n=300)
    codes = x[:, :, :2] @ torch.tensor([[1.0, 0.5], [0.0, 1.0]])
    config = small(steps=0, batch=128, start_steps=300)
    started = fit(x, config, (0, 1), start=[codes])
    for found in started.encode(x, trained=False):
        assert float((found - codes).var() / codes.var()) < 0.05
    random = fit(x, config, (0,)).encode(x)[0]
    assert float((random - codes).var() / codes.var()) > 0.5


def test_held_out_is_the_objective_of_the_codes():
    x = sequences(n=60)
    fitted = fit(x, SMALL, (0, 1))
    new = sequences(n=50, seed=5)
    values = fitted.held_out(new)
    z = fitted.encode(new)
    with torch.no_grad():
        residuals = z[:, :, 1:] - fitted.network.predictor(z)
    from identify.objective import held_out_objective

    for i in range(2):
        assert values[i] == held_out_objective(z[i], residuals[i], fitted.factor[i], SMALL.method)


def test_bad_data_is_named():
    x = sequences()
    bad = x.clone()
    bad[3, 2, 1] = math.nan
    with pytest.raises(ValueError, match=r"NaN or infinite value, first at \[sequence, step, channel\] = \[3, 2, 1\]"):
        fit(bad, SMALL, (0,))
    with pytest.raises(ValueError, match="sequences of 6 steps, shorter than window=7"):
        fit(x, small(window=7), (0,))
    with pytest.raises(ValueError, match="x has 6 frames of 9 channels; more frames than channels"):
        fit(torch.randn(2, 3, 9, generator=torch.Generator().manual_seed(0)), SMALL, (0,))
    with pytest.raises(ValueError, match="x has rank 2, below the code width 3"):
        fit(_flat(x), small(encoder=EncoderConfig(3, (8,))), (0,))
    with pytest.raises(ValueError, match="x is constant"):
        fit(torch.ones_like(x), SMALL, (0,))
    with pytest.raises(ValueError, match="x holds 1 data sets for 2 seeds"):
        fit([x], SMALL, (0, 1))
    with unchecked_types(), pytest.raises(ValueError, match=r"x has shape\(s\) \[\(40, 6\)\]"):
        fit(x[..., 0], SMALL, (0,))
    with pytest.raises(ValueError, match=r"batch=2 windows of 3 frames are too few.*2 dimensions; raise batch above 2"):
        fit(x, small(batch=2), (0,))


def _flat(x):
    generator = torch.Generator().manual_seed(0)
    return torch.randn(*x.shape[:2], 2, generator=generator) @ torch.randn(2, 5, generator=generator)


def test_bad_seeds_starts_and_devices_are_named():
    x = sequences()
    for seeds in ((), (1, 1)):
        with pytest.raises(ValueError, match=r"seeds=\[.*\]; give at least one seed, each once"):
            fit(x, SMALL, seeds)
    with pytest.raises(ValueError, match=r"start has shape .*; give one code a frame, shape \(1, 40, 6, 2\)"):
        fit(x, SMALL, (0,), start=[x])
    with pytest.raises(ValueError, match="device='abacus'; known are auto, cpu, cuda"):
        fit(x, SMALL, (0,), device="abacus")
    with pytest.raises(ValueError, match="device='cuda:99' is not on this machine"):
        fit(x, SMALL, (0,), device="cuda:99")


def test_auto_takes_what_is_there():
    assert resolve_device("cpu") == torch.device("cpu")
    assert resolve_device("auto").type in ("cuda", "mps", "cpu")
    with pytest.raises(ValueError, match="device='meta'; known are"):
        resolve_device("meta")


@pytest.mark.parametrize(
    ("name", "value"),
    [("steps", -1), ("batch", 0), ("window", 1), ("restarts", 0), ("history_every", 0), ("learning_rate", 0.0)],
)
def test_bad_configurations_are_named(name, value):
    with pytest.raises(ValueError, match=rf"{name}={value}; it must be"):
        small(**{name: value})


def test_other_bad_configurations_are_named():
    with pytest.raises(ValueError, match=r"warm_up=1\.0; it is a share of the steps"):
        small(warm_up=1.0)
    with unchecked_types(), pytest.raises(ValueError, match="optimizer='sgd'; known are muon and adamw"):
        small(optimizer="sgd")


def test_the_public_names_are_all_there_and_stay_what_they_are():
    """`fit` is the function, also after its module was imported; unknown names are refused."""
    for name in identify.__all__:
        assert getattr(identify, name) is not None
    assert callable(identify.fit)
    assert identify.FitConfig is FitConfig
    assert identify.entropy.knn(torch.zeros(3, 1) + torch.arange(3.0)[:, None], 1).isfinite()
    with pytest.raises(AttributeError, match="has no attribute 'train'"):
        identify.train  # noqa: B018
