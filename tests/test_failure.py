"""Failed runs told from held-out objectives: the rule by hand, and runs of a small world one of which folds.

No statement here is statistical; the training test is a regression test with fixed seeds.
"""

import math

import pytest
import torch

from identify import MATCHED_KDE, failed_runs
from identify.objective import HeldOut, held_out_objective


def _runs(*values, error=0.02):
    return [HeldOut(value, error) for value in values]


def test_runs_far_below_the_best_failed():
    found = failed_runs(_runs(2.0, 1.9, 1.5, -0.3))
    assert found.failed == (False, False, True, True)
    assert found.gaps == pytest.approx((0.0, 0.1, 0.5, 2.3))
    assert found.confirmed


def test_both_conditions_are_needed():
    """A tenth of the information and three standard errors: neither noise nor imperfect training is a failure."""
    assert failed_runs(_runs(2.0, 1.75, error=0.1)).failed == (False, False)
    assert failed_runs(_runs(2.0, 1.75, error=0.05)).failed == (False, True)
    assert failed_runs(_runs(2.0, 1.85, error=0.001)).failed == (False, False)
    assert failed_runs(_runs(2.0, 1.85, error=0.001), share=0.05).failed == (False, True)
    assert failed_runs(_runs(2.0, 1.75, error=0.1), errors=1.0).failed == (False, True)


def test_order_does_not_matter_and_the_best_is_never_flagged():
    values = (0.4, 2.0, 1.95, -1.0)
    for shift in range(4):
        turned = values[shift:] + values[:shift]
        assert failed_runs(_runs(*turned)).failed == tuple(value < 1 for value in turned)


def test_without_information_standard_errors_decide():
    assert failed_runs(_runs(-0.1, -0.5)).failed == (False, True)
    assert failed_runs(_runs(-0.1, -0.12)).failed == (False, False)


def test_a_best_run_alone_is_not_confirmed():
    assert not failed_runs(_runs(2.0, 1.0, 0.9)).confirmed
    assert failed_runs(_runs(2.0, 1.99, 0.9)).confirmed


@pytest.mark.parametrize("value", [-math.inf, math.nan])
def test_collapsed_runs_failed_always(value):
    collapsed = HeldOut(value, math.nan)
    found = failed_runs([*_runs(1.0, 1.0), collapsed])
    assert found.failed == (False, False, True)
    assert found.gaps[2] == math.inf
    every = failed_runs([collapsed, collapsed])
    assert every.failed == (True, True)
    assert not every.confirmed


def _held_out(z, method=MATCHED_KDE):
    """Held-out objective of pairs of codes at the best linear predictor of one from the other."""
    past = torch.cat([z[:, :1], torch.ones_like(z[:, :1, :1])], -1)[:, 0]
    residuals = z[:, 1:] - (past @ torch.linalg.lstsq(past, z[:, 1]).solution)[:, None]
    covariance = residuals[:, 0].mT @ residuals[:, 0] / len(z)
    return held_out_objective(z, residuals, torch.linalg.cholesky(covariance), method)


def test_a_fold_and_a_lost_dimension_are_seen_and_affine_maps_are_not():
    """Codes of one world by four encoders: two affine ones, one that folds an axis, one that sees noise instead of it.

    The twin: judged by the alignment alone, the entropy left out, a shrunk code would beat all others.
    """
    generator = torch.Generator().manual_seed(0)
    z = [torch.randn(2000, 2, generator=generator, dtype=torch.float64)]
    z.append(0.95 * z[0] + math.sqrt(1 - 0.95**2) * torch.randn(2000, 2, generator=generator, dtype=torch.float64))
    true = torch.stack(z, 1)
    mixed = true @ torch.tensor([[2.0, 1.0], [0.0, 0.01]], dtype=torch.float64) + 5.0
    folded = torch.stack([true[..., 0].abs(), true[..., 1]], -1)
    noisy = torch.stack([torch.randn(2000, 2, generator=generator, dtype=torch.float64), true[..., 1]], -1)
    found = failed_runs([_held_out(one) for one in (true, mixed, folded, noisy)])
    assert found.failed == (False, False, True, True)
    assert found.gaps[1] == pytest.approx(0, abs=1e-8)
    assert found.confirmed
    alignments = [-float((one[:, 1] - one[:, 0]).square().sum(-1).mean()) for one in (true, mixed / 100, folded, noisy)]
    assert max(range(4), key=alignments.__getitem__) == 1


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"held_out has 1 run\(s\); failure shows by comparison"):
        failed_runs(_runs(1.0))
    with pytest.raises(ValueError, match=r"errors=-1.0; the number of standard errors is at least 0"):
        failed_runs(_runs(1.0, 1.0), errors=-1.0)
    with pytest.raises(ValueError, match=r"share=1.0; it is a share of the information"):
        failed_runs(_runs(1.0, 1.0), share=1.0)
