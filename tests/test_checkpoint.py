"""Checkpoints: a resumed run is the undisturbed run; what is damaged or foreign is refused and left alone."""

import pytest
import torch
from safetensors.torch import save_file

from identify import KNN, fit
from identify.checkpoint import read_state
from tests.small_training import SMALL, sequences, small


class Interrupted(Exception):
    """Ends a run in the middle."""


def _stop_at(step):
    def progress(done, of):
        if done == step:
            raise Interrupted

    return progress


@pytest.mark.parametrize("optimizer", ["muon", "adamw"])
@pytest.mark.parametrize("stop", [7, 13])
def test_a_resumed_run_is_the_undisturbed_run(tmp_path, optimizer, stop):
    x, path = sequences(), tmp_path / "run" / "state.safetensors"
    config = small(optimizer=optimizer, method=KNN, restarts=2)
    whole = fit(x, config, (0, 1))
    with pytest.raises(Interrupted):
        fit(x, config, (0, 1), progress=_stop_at(stop), checkpoint=path, checkpoint_every=6)
    steps = []
    resumed = fit(x, config, (0, 1), progress=lambda done, of: steps.append(done), checkpoint=path, checkpoint_every=6)
    assert steps[0] == 6 * (stop // 6) + 1
    assert torch.equal(resumed.encode(x), whole.encode(x))
    assert torch.equal(resumed.encode(x, trained=False), whole.encode(x, trained=False))
    assert torch.equal(resumed.factor, whole.factor)
    assert torch.equal(resumed.history.step, whole.history.step)
    assert torch.equal(resumed.history.entropy, whole.history.entropy)


def test_a_start_is_not_regressed_a_second_time(tmp_path):
    x, path = sequences(), tmp_path / "state"
    config = small(start_steps=10)
    start = [x[:, :, :2].contiguous()]
    whole = fit(x, config, (0,), start=start)
    with pytest.raises(Interrupted):
        fit(x, config, (0,), start=start, progress=_stop_at(13), checkpoint=path, checkpoint_every=6)
    resumed = fit(x, config, (0,), start=start, checkpoint=path)
    assert torch.equal(resumed.encode(x), whole.encode(x))
    assert torch.equal(resumed.encode(x, trained=False), whole.encode(x, trained=False))


def test_a_finished_run_is_read_back_without_a_step(tmp_path):
    x, path = sequences(), tmp_path / "state"
    first = fit(x, SMALL, (0,), checkpoint=path)
    again = fit(x, SMALL, (0,), checkpoint=path, progress=_stop_at(1))
    assert torch.equal(first.encode(x), again.encode(x))
    assert [one.name for one in tmp_path.iterdir()] == ["state"]


@pytest.mark.parametrize("keep", [0, 4, 100, -10])
def test_a_truncated_checkpoint_is_refused_and_left_alone(tmp_path, keep):
    x, path = sequences(), tmp_path / "state"
    fit(x, SMALL, (0,), checkpoint=path)
    content = path.read_bytes()[:keep]
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"checkpoint=.*state is damaged or not a training state.*remove it"):
        fit(x, SMALL, (0,), checkpoint=path)
    assert path.read_bytes() == content


def test_a_file_of_something_else_is_refused(tmp_path):
    path = tmp_path / "state"
    save_file({"weight": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match="is damaged or not a training state"):
        fit(sequences(), SMALL, (0,), checkpoint=path)
    save_file({"weight": torch.zeros(2)}, path, {"state": '{"schema": 99}'})
    with pytest.raises(ValueError, match="has schema 99, this version reads 2"):
        read_state(path)
    save_file({"weight": torch.zeros(2)}, path, {"state": "[1]"})
    with pytest.raises(ValueError, match="is damaged or not a training state"):
        read_state(path)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    x, path = sequences(), tmp_path / "state"
    fit(x, SMALL, (0,), checkpoint=path)
    for config, seeds in ((small(steps=21), (0,)), (SMALL, (1,))):
        with pytest.raises(ValueError, match="belongs to another configuration or other seeds; give another path"):
            fit(x, config, seeds, checkpoint=path)
    wider = torch.randn(40, 6, 5, generator=torch.Generator().manual_seed(0))
    narrower = wider[..., :3].contiguous()
    with pytest.raises(ValueError, match="belongs to other data; give another path or remove it"):
        fit(narrower, SMALL, (0,), checkpoint=path)


def test_a_write_that_fails_leaves_the_old_checkpoint(tmp_path, monkeypatch):
    x, path = sequences(), tmp_path / "state"
    fit(x, SMALL, (0,), checkpoint=path)
    before = path.read_bytes()

    def full_disk(*_args):
        raise OSError("no space left")

    monkeypatch.setattr("identify.checkpoint.save_file", full_disk)
    from identify.checkpoint import save_state

    with pytest.raises(OSError, match="no space left"):
        save_state(path, {"a": torch.zeros(1)}, SMALL, (0,), 3)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["state"]
